"""Each check finds what was planted, and is silent on what only looks like it."""

import random
import string
from pathlib import Path
from typing import Any

import pytest

from tasks.load.checks.encoding import unbroken
from tasks.load.checks.similar import alike, jaccard, shingles_of, sketch
from tasks.load.checks.subject import Finding, Subject, answers_of
from tasks.load.inspect_suite import inspect, is_bad
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import GraderConfig, Message, Sample, Suite

GRADER = GraderConfig("includes", {"whole": True})


def sample(number: int, **columns: Any) -> Sample:
    row = {
        "sample_id": f"s{number}",
        "input": f"Question {number}, of its own?",
        "target": f"answer{number}",
        **columns,
    }
    return Sample(
        sample_id=row["sample_id"],
        row=row,
        input=row["input"],
        target=row["target"],
        targets=tuple(row.get("targets") or ([] if row["target"] is None else [row["target"]])),
        choices=tuple(row.get("choices", ())),
        messages=row.get("messages"),
        scored=row.get("scored", True),
    )


def suite(
    samples: list[Sample], *, prompt: str | None = None, grader: GraderConfig = GRADER, name: str = "mine"
) -> Suite:
    return Suite(name, "1+0", "/x", name, None, None, {"max_tokens": 10}, (grader,), prompt, tuple(samples))


def found(of: Suite, *, sql: str = "", others: dict[str, Suite] | None = None, **more: Any) -> list[Finding]:
    prompts = {
        one.sample_id: render_messages(of, one, system=None, prompt=None)[-1]["content"] for one in of.samples
    }
    given: dict[str, Any] = {
        "refused": lambda _: None,
        "contexts": {"openai/small": 1000, "openai/large": 5000},
        "tokens": lambda prompt: len(prompt) // 4,
        **more,
    }
    return inspect(Subject(of, sql, prompts, **given), others or {}, frozenset({"built_in", "built_in_2"}))


def kinds(findings: list[Finding]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.severity, f.check, f.sample_ids) for f in findings]


def test_a_sound_suite_has_no_finding() -> None:
    assert found(suite([sample(n) for n in range(20)])) == []


def test_one_question_twice_is_a_duplicate_and_with_two_targets_a_contradiction() -> None:
    rows = [sample(0, input="Who?"), sample(1, input=" who? ", target="answer0"), sample(2)]
    assert kinds(found(suite(rows))) == [("warning", "duplicate_questions", ("s0", "s1"))]
    rows[1] = sample(1, input="Who? ", target="other")
    assert kinds(found(suite(rows))) == [("error", "contradictory_targets", ("s0", "s1"))]


def test_one_question_on_two_passages_is_two_questions() -> None:
    rows = [sample(n, input="Who?", passage=f"Passage {n}.") for n in range(2)]
    assert found(suite(rows, prompt="{{ passage }} {{ input }}")) == []


def test_programs_that_differ_by_case_are_two_questions_where_their_answers_do_so_too() -> None:
    rows = [sample(0, input="f('a')", target="'a'"), sample(1, input="f('A')", target="'A'")]
    assert twice_in(rows) == []
    rows[1] = sample(1, input="f('A')", target="7")
    assert twice_in(rows) == [("warning", "contradictory_targets", ("s0", "s1"))]


def twice_in(rows: list[Sample]) -> list[tuple[str, str, tuple[str, ...]]]:
    findings = found(suite(rows, grader=GraderConfig("exact")))
    return kinds([f for f in findings if f.check in {"contradictory_targets", "duplicate_questions"}])


@pytest.mark.parametrize(
    ("target", "check"),
    [
        ("", "empty_target"),
        (" \n", "empty_target"),
        (None, "empty_target"),
        ("#N/A", "open_target"),
        ("TODO", "open_target"),
    ],
)
def test_empty_and_open_targets(target: str | None, check: str) -> None:
    assert [f.check for f in found(suite([sample(0, target=target), sample(1)]))] == [check]


def test_what_a_grader_refuses_is_told_in_its_words() -> None:
    finding = found(suite([sample(0)]), refused=lambda _: 'sample "s0" has no number')[0]
    assert (finding.severity, finding.check) == ("error", "unfit_target")
    assert "has no number" in finding.what


LEAKS = [
    pytest.param("What is the capital of Chad? Answer: Lima", "Lima", "error", id="after a word for answer"),
    pytest.param("The answer is 42. How much is 6 times 7?", "42", "error", id="a number"),
    pytest.param("Wie viel ist es? Lösung = 42", "42", "error", id="in German"),
    pytest.param("What is the capital (Lima) of Peru?", "Lima", "warning", id="within"),
    pytest.param("The answer is 420. Why not?", "42", None, id="another number"),
    pytest.param("The answer is 4.25. Why not?", "4", None, id="the beginning of a number"),
    pytest.param("Answer in Limassol's way: which city?", "Lima", None, id="a part of a word"),
    pytest.param("There are 42 cats, and as many dogs. How many dogs?", "42", None, id="a number by chance"),
]


@pytest.mark.parametrize(("question", "target", "severity"), LEAKS)
def test_a_target_that_the_question_gives_away(question: str, target: str, severity: str | None) -> None:
    findings = found(suite([sample(0, input=question, target=target), *(sample(n) for n in range(1, 9))]))
    assert kinds(findings) == ([(severity, "leaked_target", ("s0",))] if severity else [])


def test_where_the_answer_is_to_be_found_in_the_text_it_is_a_note() -> None:
    rows = [sample(n, input=f"A text on City{n} and more. Which city?", target=f"City{n}") for n in range(9)]
    findings = found(suite(rows))
    assert [(f.severity, f.check) for f in findings] == [("note", "leaked_target")]
    assert not is_bad(findings)


def test_a_template_that_prints_the_target() -> None:
    finding = found(suite([sample(n) for n in range(3)], prompt="{{ input }} {{- target | upper }}"))[0]
    assert (finding.severity, finding.column) == ("error", "prompt.jinja")
    assert found(suite([sample(n) for n in range(3)], prompt="{{ input }} Say the target.")) == []


def multiple(letters: str, size: int = 4) -> Suite:
    rows = [
        sample(n, target=letter, choices=[f"choice {n}-{place}" for place in range(size)])
        for n, letter in enumerate(letters)
    ]
    return suite(rows, grader=GraderConfig("choice"))


@pytest.mark.parametrize(
    ("letters", "severity"),
    [
        pytest.param("B" * 12, "error", id="always the same"),
        pytest.param("A" * 30 + "BCDBCDBCDB", "warning", id="far from balanced"),
        pytest.param("ABCD" * 5, None, id="balanced"),
        pytest.param("AABCABDCADBA", None, id="as chance has it"),
        pytest.param("AB", None, id="two rows"),
    ],
)
def test_the_balance_of_letters(letters: str, severity: str | None) -> None:
    findings = found(multiple(letters))
    assert [(f.severity, f.check) for f in findings] == (
        [(severity, "unbalanced_choices")] if severity else []
    )


def test_chance_alone_is_seldom_taken_for_imbalance() -> None:
    draw = random.Random(1)
    flagged = [found(multiple("".join(draw.choice("ABCD") for _ in range(60)))) for _ in range(60)]
    assert [findings for findings in flagged if findings] == []


def test_two_choices_of_one_text_and_a_marked_choice() -> None:
    rows = [
        sample(0, target="A", choices=["x", "x "]),
        sample(1, target="B", choices=["Lima", "Quito (correct)"]),
    ]
    checks = {f.check: f.sample_ids for f in found(suite(rows, grader=GraderConfig("choice")))}
    assert checks == {"twin_choices": ("s0",), "leaked_target": ("s1",)}


def test_nearly_all_targets_the_same() -> None:
    rows = [sample(n, target="no" if n else "yes") for n in range(20)]
    assert [f.check for f in found(suite(rows))] == ["one_sided_targets"]


def test_rows_over_a_models_context() -> None:
    rows = [sample(0), sample(1, input="Why? " * 1000), sample(2, input="Who? " * 5000)]
    findings = found(suite(rows))
    assert kinds(findings) == [("error", "over_context", ("s2",)), ("warning", "over_context", ("s1",))]
    assert "openai/small has 1,000" in findings[1].what


BROKEN = [
    "café",
    "naïve",
    "“quoted”",
    "it’s",
    "5 €",
    "10 µm",
    "dash – dash",
    "Привет",
    "Ünïcödé",
    "日本語",
    "🙂 ok",
]
SOUND = [
    "café", "CAFÉ», dit-il", "«É»", "SÃO PAULO", "Ã", "ÀÉÎ", "x ≤ √2·π", "√π", "Привет", "日本語", "🙂🙂",
    "¿Qué?",
    "Ångström – “ok”…", "Größe: 5 µm², ±3°", "ÂNGELO", "İSTANBUL ÖĞRENCİ", "Ελλάδα «ναι»", "العربية", "½ – ¾",
    "L’ÉTÉ’S", "Ñandú", "ß§", "naïve—façade", "£5–£10", "®™©",
]  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_utf8_that_was_read_as_something_else_is_found(text: str) -> None:
    for encoding in ("cp1252", "latin-1"):
        wrong = text.encode().decode(encoding, "ignore" if encoding == "cp1252" else "strict")
        if encoding == "cp1252" and wrong.encode("cp1252") != text.encode():
            continue  # a byte that Windows-1252 does not have was dropped
        findings = found(suite([sample(0, input=f"Before {wrong} after?"), sample(1)]))
        assert kinds(findings) == [("error", "mojibake", ("s0",))], wrong
        assert findings[0].column == "input"


@pytest.mark.parametrize("text", SOUND)
def test_text_beyond_ascii_is_not_taken_for_broken(text: str) -> None:
    assert found(suite([sample(0, input=f"Before {text} after?"), sample(1)])) == []


@pytest.mark.parametrize("text", ["caf\ufffd", "caf√©", "it‚Äôs", "it\x92s"])
def test_other_ways_in_which_text_breaks(text: str) -> None:
    findings = found(suite([sample(0, metadata={"note": [text]}), sample(1)]))
    assert kinds(findings) == [("error", "mojibake", ("s0",))]
    assert findings[0].column == "metadata"


def test_mojibake_is_undone_as_an_example() -> None:
    assert (unbroken("Ã©"), unbroken("â€™"), unbroken("É»"), unbroken("é")) == ("é", "’", None, None)


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        pytest.param("select * from read_csv('rows.csv')", {"target"}, id="a reader that looks"),
        pytest.param("select * from 'rows.csv'", {"target"}, id="a file's name alone"),
        pytest.param("select * from read_csv('rows.csv', all_varchar = true)", set(), id="all text"),
        pytest.param(
            "select * from read_csv('rows.csv', columns = {'sample_id': 'varchar', 'input': 'varchar', "
            "'target': 'varchar'})", set(), id="explicit columns",
        ),
        pytest.param(
            "select *, date '2024-01-02' as d from read_csv('rows.csv', all_varchar = 1)", set(), id="meant",
        ),
    ],
)  # fmt: skip
def test_a_column_that_duckdb_re_typed(tmp_path: Path, sql: str, columns: set[str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "suite.toml").write_text('name = "mine"\n[[graders]]\ntype = "exact"\n')
    (folder / "samples.sql").write_text(sql)
    (folder / "rows.csv").write_text(
        "sample_id,input,target\na,Which day?,2024-03-05\nb,And then?,2024-03-06\n"
    )
    findings = found(load_suite(folder, tmp_path), sql=sql)
    assert {f.column for f in findings} == columns
    assert all(f.check == "retyped_column" and f.severity == "warning" for f in findings)


LONG = (
    "A baker makes 12 loaves in the morning and 30 more after lunch, and sells all but 5. How many were sold?"
)


def test_a_question_of_another_suite_is_found_though_it_was_edited() -> None:
    other = suite([sample(7, input=LONG.replace("baker", "cook")), sample(8)], name="theirs")
    findings = found(suite([sample(0, input=LONG), sample(1)]), others={"theirs": other})
    assert kinds(findings) == [("warning", "near_duplicates", ("s0",))]
    assert "s0 is s7 there" in findings[0].what


def test_other_numbers_make_another_question() -> None:
    other = suite([sample(7, input=LONG.replace("12", "15"))], name="theirs")
    assert found(suite([sample(0, input=LONG), sample(1)]), others={"theirs": other}) == []


def test_kin_among_the_built_in_suites_is_a_note() -> None:
    other = suite([sample(7, input=LONG), sample(8)], name="built_in_2")
    findings = found(suite([sample(0, input=LONG), sample(1)], name="built_in"), others={"built_in_2": other})
    assert [f.severity for f in findings] == ["note"]


def test_no_pair_is_missed_that_comparing_all_with_all_finds() -> None:
    draw = random.Random(2)
    words = ["".join(draw.choices(string.ascii_lowercase, k=5)) for _ in range(300)]
    texts = [draw.choices(words, k=40) for _ in range(60)]
    edited = [[draw.choice(words) if draw.random() < 0.02 else word for word in text] for text in texts]
    mine = sketch([sample(n, input=" ".join(text)) for n, text in enumerate(texts)])
    theirs = sketch([sample(n, input=" ".join(text)) for n, text in enumerate(edited)])
    every = {
        (a.sample_id, b.sample_id) for a in mine for b in theirs if jaccard(a.shingles, b.shingles) >= 0.7
    }
    assert len(every) > 20
    assert set(alike(mine, theirs)) == every


def test_shingles_of_a_script_without_spaces_are_characters() -> None:
    assert len(shingles_of("パン屋は朝に十二個のパンを焼き昼に三十個焼いた")) > 10


def test_a_sealed_suite_is_not_quoted() -> None:
    from dataclasses import replace

    sealed = replace(suite([sample(0, input="cafÃ© secret"), sample(1)]), sealed=True)
    finding = found(sealed, refused=lambda _: "secret")
    assert "secret" not in str(finding)
    assert "Ã©" not in str(finding)


def test_turns_are_the_question_of_a_conversation() -> None:
    turns = (Message(role="user", content="The answer is Lima. Which city?"),)
    findings = found(suite([sample(0, input=None, target="Lima", messages=turns), sample(1)]))
    assert [f.check for f in findings] == ["leaked_target"]
    assert answers_of(sample(1)) == ("answer1",)
