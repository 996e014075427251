"""Of a sealed suite ids, numbers and grades land; its text lands as hashes, what was said to it as NULL."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tasks.land.rows import call_row, grade_row, prompt_row, sample_rows
from tasks.model import Message, Sample
from tests.tasks.land.landing_cases import Ended, answered, failed, land_run, make_suite
from warehouse.query import run_sql

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SEALED = replace(make_suite(3), sealed=True)
FREE = make_suite(3, "free")


def spoken() -> Ended:
    """An answer with every text that one can have."""
    call, outcome, judged = answered(SEALED, 1)
    assert outcome.answer is not None
    answer = replace(outcome.answer, text="It is 2.", reasoning="1 plus 1", error="said: How much is 1")
    grade = replace(judged[0].grade, passed=False, reason="wrong", explanation="2 against 3")
    return (
        call,
        replace(outcome, answer=answer, error="said: How much is 1"),
        [replace(judged[0], grade=grade)],
    )


def test_a_call_keeps_its_numbers_and_loses_what_was_said() -> None:
    call, outcome, _ = spoken()
    clear, sealed = call_row("r1", call, outcome), call_row("r1", call, outcome, sealed=True)
    assert {name for name in clear if clear[name] != sealed[name]} == {"response", "reasoning", "error"}
    assert (sealed["response"], sealed["reasoning"], sealed["error"]) == (None, None, None)


def test_a_failed_call_keeps_the_kind_of_its_error_alone() -> None:
    call, outcome, _ = failed(SEALED, 2)
    sealed = call_row("r1", call, outcome, sealed=True)
    assert (sealed["error_kind"], sealed["error"]) == ("timeout", None)


def test_a_grade_keeps_score_and_reason() -> None:
    (judged,) = spoken()[2]
    clear, sealed = grade_row("r1", NOW, judged), grade_row("r1", NOW, judged, sealed=True)
    assert {name for name in clear if clear[name] != sealed[name]} == {"answer", "explanation"}
    assert (sealed["answer"], sealed["explanation"], sealed["reason"]) == (None, None, "wrong")


def test_a_prompt_is_hashes_with_the_roles_of_its_turns() -> None:
    turns = (Message(role="system", content="Be brief."), Message(role="user", content="How much is 1?"))
    call = replace(spoken()[0], messages=turns)
    row = prompt_row(call, sealed=True)
    messages = json.loads(str(row["messages"]))
    assert [turn["role"] for turn in messages] == ["system", "user"]
    assert all(turn["content"].startswith("sha256:") for turn in messages)
    assert row["system"] == messages[0]["content"]
    assert row["prompt_hash"] == call.prompt_hash
    assert prompt_row(replace(call, messages=turns[1:]), sealed=True)["system"] is None


def test_samples_keep_id_category_and_cluster() -> None:
    sample = Sample(
        "s1",
        row={"input": "Which?", "choices": ["a", "b"]},
        input="Which?",
        target="A",
        targets=("A", "B"),
        category="easy",
        cluster="c",
        metadata={"hint": "Which?"},
    )
    (row,) = sample_rows(replace(SEALED, samples=(sample,)))
    assert (row["sample_id"], row["category"], row["cluster"], row["metadata"]) == ("s1", "easy", "c", None)
    assert str(row["input"]).startswith("sha256:")
    assert isinstance(row["targets"], list)
    assert row["target"] == row["targets"][0] != row["targets"][1]


def test_the_hash_of_a_letter_is_not_that_of_the_letter_alone() -> None:
    """Four hashes would be compared in no time; the question is part of it."""
    one, other = (Sample(f"s{i}", row={"input": f"Which {i}?"}, input="", target="A") for i in range(2))
    rows = sample_rows(replace(SEALED, samples=(one, other)))
    assert len({str(row["target"]) for row in rows}) == 2


def test_what_is_null_stays_null() -> None:
    (row,) = sample_rows(replace(SEALED, samples=(Sample("s1", row={}),)))
    assert (row["input"], row["target"], row["targets"]) == (None, None, [])


def test_a_sealed_and_a_free_suite_of_one_warehouse(tmp_path: Path) -> None:
    for number, suite in enumerate((SEALED, FREE)):
        land_run(tmp_path, f"r{number}", suite, [[answered(suite, i) for i in range(3)]])
    rows = run_sql(
        tmp_path,
        "select suite, count(*), count(response), count(g.answer), sum(g.passed::int) "
        "from calls join grades g using (run_id, call_key, suite) group by suite order by suite",
    ).rows
    assert [tuple(row) for row in rows] == [("free", 3, 3, 3, 3), ("sums", 3, 0, 0, 3)]
