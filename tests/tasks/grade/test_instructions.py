"""Each kind of instruction passes and fails on both sides of its border; four graders count them."""

import json
from typing import Any

import pytest

from tasks.grade.instructions.kinds import KINDS, followed, read_instructions, relaxed
from tasks.grade.instructions.text import Text
from tasks.grade.registry import GRADERS
from warehouse.errors import SuiteError

FRENCH = "Le rapport est prêt et il sera envoyé à la fin de la semaine."
# kind, options, an answer that follows, one that just does not
BORDERS: list[tuple[str, dict[str, Any], str, str]] = [
    ("words", {"at_least": 4}, "one don't well-known 1,234.5", "one don't well-known"),
    ("words", {"at_most": 2}, "two words!", "now three words"),
    ("sentences", {"at_least": 2}, "One. Two!", "One, e.g. this by J. Doe."),
    ("sentences", {"at_most": 2}, "Version 1.2 is out. Good", "One. Two? Three"),
    ("sentences", {"at_least": 3, "at_most": 3}, "- a item\n- b item\n- c item", "a item\nb item\nc item"),
    ("sentences", {"at_least": 2, "at_most": 2}, "終わりです。次です。", "終わりです。"),
    ("sentence_words", {"at_most": 3}, "One two three. Four five six.", "One two three four."),
    ("paragraphs", {"at_least": 2, "at_most": 2}, "a\nb\n \n\nc", "a\n\nb\n\nc"),
    ("lines", {"at_least": 2, "at_most": 2}, "a\n\nb", "a\nb\nc"),
    ("required_words", {"words": ["cat", "dog"]}, "A Cat, a ｄｏｇ.", "A cat and dogs."),
    ("forbidden_words", {"words": ["very"]}, "every", "v\u200bery"),
    ("word_count", {"word": "ship", "at_least": 2, "at_most": 2}, "Ship! ship? shipment", "ship ship ship"),
    ("letter_count", {"letter": "z", "at_most": 1}, "Zoo", "zZ"),
    ("letter_count", {"letter": "e", "at_least": 3}, "eEe", "ee"),
    ("paragraph_start", {"paragraph": 2, "word": "then"}, "a\n\n**Then** b", "a\n\nThence b"),
    ("capital_words", {"at_least": 2}, "NOW and THEN", "NOW and A"),
    ("capital_words", {"at_most": 0}, "I am here", "NO"),
    ("lowercase", {}, "all small, 1 thing ß", "all small But one"),
    ("uppercase", {}, "ALL OF IT 1", "ALL OF iT"),
    ("no_commas", {}, "a; b", "a，b"),
    ("no_digits", {}, "three", "٣"),
    ("bullets", {"at_least": 2, "at_most": 2}, "* a\n- b\n* * *", "- a\n- b\n+ c"),
    ("numbered", {"at_least": 2, "at_most": 2}, "1. a\n2) b", "1. a\n3. b"),
    ("sections", {"at_least": 2, "at_most": 2}, "## Section 1\na\n**SECTION 2:**\nb", "Section 1\nSection 1"),
    ("highlights", {"at_least": 2}, "*a* and **b c**", "*a* and ** and *b\nc*"),
    ("placeholders", {"at_least": 2}, "[name], [a day]", "[name], []"),
    ("title", {}, "# <<A title>>\ntext", "text <<A title>>"),
    ("postscript", {"marker": "P.S."}, "text\n\np.s. more", "text\n\nP.S."),
    ("two_responses", {}, "one\n******\ntwo", "one\n******\nOne"),
    ("starts_with", {"text": "In short"}, "in  SHORT, yes", "Well, in short"),
    ("starts_with", {"text": "The"}, "The end", "Therefore it ends"),
    ("ends_with", {"text": "done"}, "It is done", "It is undone"),
    ("ends_with", {"text": "That is all."}, "Yes. That is all.", "Yes. That is all. Bye"),
    ("repeat_prompt", {"text": "Name a city."}, "Name a\ncity. Rome.", "Name a city."),
    ("quoted", {}, "„Hello“", '"Hello'),
    ("json", {}, ' {"a": 1}\n', '```json\n{"a": 1}\n```'),
    ("one_of", {"options": ["Yes", "No"]}, "yes.", "Yes, it is"),
    ("no_commentary", {}, "Surely it rains.", "Sure, it rains."),
    ("no_commentary", {}, "Let me know is a phrase. It ends.", "It rains. Let me know!"),
    ("language", {"language": "fr"}, FRENCH, "The report is ready and it will be sent."),
    ("language", {"language": "ru"}, "Отчёт готов, файл report.csv", "Report report.csv готов"),
    ("language", {"language": "ja"}, "報告は金曜日に送ります。", "報告完成"),
]
UNFIT: list[tuple[Any, str]] = [
    ("no JSON", "no JSON"),
    ([], "not a list"),
    ([1], 'no "kind"'),
    ([{"kind": "word"}], 'no kind "word"; known are words'),
    ([{"kind": "words"}], "give at_least, at_most or both"),
    ([{"kind": "words", "at_least": 3, "at_most": 2}], "leave nothing"),
    ([{"kind": "words", "at_least": "many"}], "at_least: "),
    ([{"kind": "title", "text": "x"}], 'no option "text"; it has none'),
    ([{"kind": "starts_with", "text": " "}], "text is empty"),
    ([{"kind": "required_words", "words": ["two words"]}], "not one word"),
    ([{"kind": "letter_count", "letter": "ab", "at_most": 1}], "not one letter"),
    ([{"kind": "one_of", "options": ["Yes", "yes."]}], "two or more different"),
    ([{"kind": "language", "language": "xx"}], "language: "),
    ([{"kind": "title"}, {"kind": "title"}], '"title" is there twice'),
]
HOSTILE = {
    "words": "word " * 40_000,
    "sentence ends": "." * 200_000,
    "abbreviations": "e.g. " * 40_000,
    "asterisks": "*" * 200_000,
    "open highlights": "*a" * 100_000,
    "brackets": "[" * 200_000,
    "angles": "<<" * 100_000,
    "lines": "\n- a" * 50_000,
    "hyphens": "a-" * 100_000,
    "digits": "1," * 100_000,
    "zero width": "\u200b" * 200_000,
    "controls": "\x00\x1b" * 100_000,
    "surrogates": "\ud800" * 200_000,
    "marks": "e" + "\u0301" * 100_000,
}


def instruction(kind: str, options: dict[str, Any]) -> Any:
    return read_instructions(json.dumps([{"kind": kind, **options}]))[0]


@pytest.mark.parametrize(
    ("kind", "options", "follows", "misses"), [pytest.param(*case, id=str(case[:2])) for case in BORDERS]
)
def test_a_border_has_two_sides(kind: str, options: dict[str, Any], follows: str, misses: str) -> None:
    one = instruction(kind, options)
    assert followed(one, Text(follows)) is None
    assert followed(one, Text(misses))
    assert followed(one, Text(" \u200b\n")) == "an empty answer"


def test_every_kind_has_a_border() -> None:
    assert {case[0] for case in BORDERS} == set(KINDS)
    assert len(KINDS) >= 25


@pytest.mark.parametrize(("listed", "said"), [pytest.param(*case, id=case[1]) for case in UNFIT])
def test_what_cannot_be_judged_is_refused(listed: Any, said: str, a_sample: Any, a_grader: Any) -> None:
    text = listed if isinstance(listed, str) else json.dumps(listed)
    with pytest.raises(SuiteError, match=said):
        a_grader("instructions").check(a_sample(instructions=text))


def test_a_sample_without_instructions_is_refused(a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match='has no "asked"'):
        a_grader("instructions", column="asked").check(a_sample(instructions="[]"))


def test_the_loose_forms_are_the_eight_of_the_paper() -> None:
    assert relaxed("*a*\nb\n*c*") == ("*a*\nb\n*c*", "b\n*c*", "*a*\nb", "b", "a\nb\nc", "b\nc", "a\nb")
    assert relaxed("") == ("",)


def test_four_accuracies(a_sample: Any, a_grader: Any) -> None:
    sample = a_sample(instructions='[{"kind": "lowercase"}, {"kind": "no_commas"}, {"kind": "no_digits"}]')
    answer = "Here, you are\nsmall letters, small words"
    graders = [
        a_grader("instructions", level=level, loose=loose)
        for level in ("prompt", "instruction")
        for loose in (False, True)
    ]
    grades = [grader.grade(sample, answer) for grader in graders]
    assert [grade.score for grade in grades] == [0, 0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    assert [grade.passed for grade in grades] == [False] * 4
    assert json.loads(str(grades[0].explanation)) == {
        "followed": ["no_digits"],
        "missed": ["lowercase", "no_commas"],
        "why": ["the capital H", "2 commas"],
    }
    assert json.loads(str(grades[1].explanation))["missed"] == ["no_commas"]


def test_the_loose_grade_forgives_a_line_around_the_answer(a_sample: Any, a_grader: Any) -> None:
    sample = a_sample(instructions='[{"kind": "json"}, {"kind": "no_commentary"}]')
    answer = 'Here is the JSON:\n{"a": 1}\nLet me know!'
    assert not a_grader("instructions").grade(sample, answer).passed
    assert a_grader("instructions", loose=True).grade(sample, answer).passed


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
def test_hostile_answers_end(text: str, a_sample: Any, a_grader: Any) -> None:
    """Whatever is quadratic here would take longer than the suite's limit on a test."""
    asked = {kind: {"kind": kind, **options} for kind, options, _, _ in BORDERS}
    grade = a_grader("instructions").grade(a_sample(instructions=json.dumps([*asked.values()])), text)
    told = json.loads(str(grade.explanation))
    assert {*told["followed"], *told["missed"]} == set(KINDS)


def test_the_type_is_registered() -> None:
    assert GRADERS["instructions"].type == "instructions"
