"""Columns and grader are guessed from a user's rows, with a reason, and pass the rows' own targets."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.grade.registry import make_graders
from tasks.load.render import render_messages
from tasks.load.scaffold import Scaffold, write_suite
from tasks.new_suite import prove
from tasks.rehearsal import answer_form
from warehouse.errors import SuiteError

NAMES = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo")


def make(tmp_path: Path, rows: list[dict[str, Any]] | str, **told: str) -> Scaffold:
    file = tmp_path / ("rows.csv" if isinstance(rows, str) else "rows.jsonl")
    text = rows if isinstance(rows, str) else "".join(json.dumps(row) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return write_suite("mine", file, tmp_path / "suites", told=told, encoding=None, others=(), prove=prove)


def refusal(tmp_path: Path, rows: list[dict[str, Any]] | str, **told: str) -> str:
    with pytest.raises(SuiteError) as caught:
        make(tmp_path, rows, **told)
    assert "Nothing was written" in str(caught.value)
    assert not (tmp_path / "suites").exists()
    return str(caught.value)


def qa(*targets: Any, question: str = "What is number {}?", **more: Any) -> list[dict[str, Any]]:
    return [{"question": question.format(at), "answer": target, **more} for at, target in enumerate(targets)]


CASES = [
    pytest.param(qa("2 + 2 = 4\n#### 4", "so it is\n#### 12"), "numeric", id="a solution and ####"),
    pytest.param(qa("1/2", "p - q", question=r"Say {} in \boxed{{}}."), "exact", id="a box"),
    pytest.param(qa("4", "-1,234.5", "$12", "60%", "12 km"), "numeric", id="numbers"),
    pytest.param(qa(4, 2.5, 100), "numeric", id="numbers of JSON"),
    pytest.param(qa("007", "0042", "1000"), "includes", id="a leading zero is no number"),
    pytest.param(qa("2024-01-02", "2024-03-04", "1999-12-31"), "includes", id="dates are no numbers"),
    pytest.param(qa("1.2.3", "3.11.7", "2.0"), "includes", id="versions are no numbers"),
    pytest.param(qa("Canberra", "Ottawa", "New Delhi"), "includes", id="short texts"),
    pytest.param(qa(["Peking", "Beijing"], ["Kyiv", "Kiev"]), "includes", id="several right answers"),
    pytest.param(qa("東京", "北京", "서울"), "includes", id="a script without spaces"),
    pytest.param(qa("yes", "no", "no"), "exact", id="yes or no"),
    pytest.param(qa(True, False, True), "exact", id="true or false"),
    pytest.param(qa(*["spam", "ham", "other"] * 4), "exact", id="labels"),
    pytest.param(qa("x", "y", "zz"), "exact", id="one character"),
    pytest.param(
        qa(*NAMES, question="Who is older: " + " or ".join(NAMES) + "? {}"), "exact", id="in the question"
    ),
    pytest.param(qa('{"a": 1}', '{"b": [1, 2]}'), "json_schema", id="JSON text"),
    pytest.param(qa({"a": 1}, {"b": [1, None], "c": "ü"}), "json_schema", id="JSON objects"),
    pytest.param(qa(r"^\d{4}$", r"(?i)ye(s|p)\b"), "regex", id="patterns"),
    pytest.param(
        [{"question": f"Q{n}", "regex": "abc"} for n in range(3)], "regex", id="a column of patterns"
    ),
    pytest.param(
        qa("B", "A", question="Which? {}\nA) one\nB) two\nC) three"), "choice", id="options in the text"
    ),
    pytest.param(qa("B", "C", choices=["one", "two", "three"]), "choice", id="letters"),
    pytest.param(qa("two", "three", choices=["one", "two", "three"]), "choice", id="texts"),
    pytest.param(qa(0, 2, 1, choices=["one", "two", "three"]), "choice", id="indexes from 0"),
    pytest.param(qa(1, 3, choices=["one", "two", "three"]), "choice", id="indexes from 1"),
    pytest.param(qa("2", "4", choices=["2", "4", "8"]), "choice", id="numbers that are the choices"),
    pytest.param(qa("A", "B", options='["one", "two"]'), "choice", id="choices as JSON text"),
    pytest.param(qa("A", "B", options="one | two"), "choice", id="choices in one text"),
    pytest.param(
        [{"prompt": f"Give JSON {n}.", "schema": '{"type": "object"}'} for n in range(2)],
        "json_only",
        id="schemas",
    ),
    pytest.param(
        qa(*["A long text with many words, of the kind that people write. " * 3] * 2), "judge", id="long"
    ),
]


@pytest.mark.parametrize(("rows", "grader"), CASES)
def test_a_grader_is_guessed_that_passes_the_rows_own_targets(
    tmp_path: Path, rows: list[dict[str, Any]], grader: str
) -> None:
    made = make(tmp_path, rows)
    assert made.guess.type == grader, made.guess.why
    assert made.guess.why
    score = make_graders(made.suite.graders, "here")[0]
    if grader in {"regex", "judge", "json_only"}:
        return
    for sample in made.suite.samples:
        for target in sample.targets:
            form = answer_form(made.suite)
            said = f"Answer: {target}" if form in {"number", "letter"} else target
            said = rf"\boxed{{{target}}}" if form == "boxed" else said
            assert score.grade(sample, said).passed, said
        assert not score.grade(sample, "none of these, and no number").passed


@pytest.mark.parametrize(
    "choices",
    [["red", "blue"], '["red", "blue"]', "red | blue", "red\nblue", [{"text": "red"}, {"text": "blue"}],
     {"text": ["red", "blue"], "label": ["A", "B"]}],
)  # fmt: skip
def test_choices_are_printed_one_a_line_whatever_their_form(tmp_path: Path, choices: Any) -> None:
    made = make(tmp_path, qa("A", "B", choices=choices))
    sent = render_messages(made.suite, made.suite.samples[0], system=None, prompt=None)[0]["content"]
    assert sent.startswith("What is number 0?\n\nA) red\nB) blue\n\nThink")
    assert made.suite.samples[0].choices == ("red", "blue")


def test_indexes_become_letters(tmp_path: Path) -> None:
    made = make(tmp_path, qa(0, 2, 1, choices=["one", "two", "three"]))
    assert [sample.target for sample in made.suite.samples] == ["A", "C", "B"]


def test_columns_of_letters_are_choices_and_an_empty_last_one_is_none(tmp_path: Path) -> None:
    made = make(tmp_path, "question,A,B,C,D,answer\nQ1,a,b,c,d,D\nQ2,e,f,g,,C\n")
    assert [sample.choices for sample in made.suite.samples] == [("a", "b", "c", "d"), ("e", "f", "g")]


def test_an_empty_choice_between_others_is_told_with_its_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, "question,A,B,C,answer\nQ1,a,b,c,C\nQ2,a,,c,C\n")
    assert "line 3: a choice is empty" in said


def test_a_target_that_names_no_choice_is_told_with_its_line(tmp_path: Path) -> None:
    said = refusal(tmp_path, "question;A;B;C;answer\nQ1;a;b;c;A\nQ2;a;b;c;E\n")
    assert "line 3: the target is neither a letter nor the text of a choice" in said


@pytest.mark.parametrize(
    ("rows", "told", "said"),
    [
        pytest.param("x,y,z\na,b,c\n", {}, "--input COL", id="no question"),
        pytest.param("question,y,z\na,b,c\n", {}, "--target COL", id="no target"),
        pytest.param("question,answer\na,b\n", {"target": "anwser"}, "Did you mean answer?", id="a slip"),
        pytest.param("question,answer\na,b\n", {"choices": "answer"}, "holds no lists", id="no lists"),
        pytest.param("question,answer\na,\n", {}, "line 2: no target", id="no row with a target"),
    ],
)
def test_what_cannot_be_guessed_names_the_columns_and_the_option(
    tmp_path: Path, rows: str, told: dict[str, str], said: str
) -> None:
    message = refusal(tmp_path, rows, **told)
    assert said in message
    assert "rows.csv" in message


def test_rows_without_question_or_target_are_left_out_and_told(tmp_path: Path) -> None:
    made = make(tmp_path, "id,question,answer\n1,Who?,Ada\n2,,Bo\n3,Which one?, \n4,What?,Cy\n")
    assert [sample.sample_id for sample in made.suite.samples] == ["1", "4"]
    assert "line 3 (no question), line 4 (no target)" in " ".join(made.notes)


def test_nearly_all_numbers_names_the_odd_one(tmp_path: Path) -> None:
    made = make(tmp_path, qa(*"123456789", "ten"))
    assert 'the first that is none is in line 10 ("ten")' in " ".join(made.notes)


@pytest.mark.parametrize(
    ("row", "input_", "target", "prompt"),
    [
        pytest.param(
            {"question": {"stem": "Why?", "note": "n"}, "gold": {"answer": "Because."}},
            "question.stem", "gold.answer", "Why?", id="nested",
        ),
        pytest.param(
            {"instruction": "Shorten.", "input": "A text.", "output": "A."},
            "instruction", "output", "Shorten.\n\nA text.", id="an instruction and its input",
        ),
        pytest.param(
            {"context": "Ada is 36.", "question": "How old?", "answers": ["36 years", "thirty-six"]},
            "question", "answers", "Ada is 36.\n\nHow old?", id="a passage",
        ),
        pytest.param(
            {"a": "Who was it?", "b": "Ada"}, "a", "b", "Who was it?", id="by what stands there",
        ),
    ],
)  # fmt: skip
def test_columns_are_guessed(
    tmp_path: Path, row: dict[str, Any], input_: str, target: str, prompt: str
) -> None:
    made = make(tmp_path, [row])
    assert made.columns.input is not None
    assert made.columns.target is not None
    assert (made.columns.input.name, made.columns.target.name) == (input_, target)
    sent = render_messages(made.suite, made.suite.samples[0], system=None, prompt=None)[0]["content"]
    assert sent.startswith(prompt)


def test_a_fine_tuning_file_asks_the_turns_and_expects_the_last(tmp_path: Path) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Capital of Chad?"},
        {"role": "assistant", "content": "N'Djamena", "weight": 1},
    ]
    made = make(tmp_path, [{"messages": turns}])
    sample = made.suite.samples[0]
    assert sample.target == "N'Djamena"
    assert [turn["role"] for turn in sample.messages or ()] == ["system", "user"]


def test_what_looks_like_a_date_or_a_number_stays_text(tmp_path: Path) -> None:
    made = make(
        tmp_path, "id,question,answer,when\n01,Which day?,05/03/2024,2024-01-02\n02,Which code?,1e5,t\n"
    )
    assert [(s.sample_id, s.target, s.metadata) for s in made.suite.samples] == [
        ("01", "05/03/2024", {"when": "2024-01-02"}),
        ("02", "1e5", {"when": "t"}),
    ]


def test_names_that_sql_does_not_like_are_quoted(tmp_path: Path) -> None:
    made = make(
        tmp_path,
        'Select,"The ""answer"", it\'s",a.b\nWho is it?,Ada,c\n',
        input="select",
        target='The "answer", it\'s',
    )
    assert made.suite.samples[0].target == "Ada"
    assert made.suite.samples[0].metadata == {"a.b": "c"}
