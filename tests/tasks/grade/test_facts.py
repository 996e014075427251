"""`facts`: every fact stands in the answer, and what is forbidden is not advised; a warning is no advice."""

import time
from typing import Any

import pytest

from warehouse.errors import SuiteError

FACTS = ["already exist*|duplicate*", "merge|upsert|not exists"]
FORBIDDEN = ["drop* .. constraint", "disable* .. constraint|disabling .. constraint", "nocheck"]
GOOD = "The row already exists in the table. Use MERGE."

PHRASES = [
    pytest.param("The row already exists.", "already exist*", True, id="a word that begins so"),
    pytest.param("It existed already.", "already exist*", False, id="another order"),
    pytest.param("an upsertion", "upsert", False, id="not a part of a word"),
    pytest.param("upsert_rows", "upsert", False, id="an underscore belongs to the word"),
    pytest.param("(upsert)", "upsert", True, id="marks around it"),
    pytest.param("UPSERT", "upsert", True, id="case"),
    pytest.param("Set `read_only` to **true**.", "read_only to true", True, id="Markdown set aside"),
    pytest.param("open it read-only", "read only", True, id="a hyphen for a space"),
    pytest.param("open it\nread\n  only", "read only", True, id="a line that was broken"),
    pytest.param("read. Only then", "read only", False, id="not across sentences"),
    pytest.param("don’t", "don't", True, id="a curly apostrophe"),
    pytest.param("ｍｅｒｇｅ", "merge", True, id="full width"),
    pytest.param("raise the limit of the memory", "raise .. memory", True, id="a gap"),
    pytest.param("raise memory", "raise .. memory", True, id="a gap of nothing"),
    pytest.param("raise a b c d memory", "raise .. memory", True, id="a gap of four"),
    pytest.param("raise a b c d e memory", "raise .. memory", False, id="a gap of five"),
    pytest.param("raise it. Then memory", "raise .. memory", False, id="a gap ends with the sentence"),
    pytest.param("run bq --location EU", "bq --location", True, id="an option"),
    pytest.param("mount /dev/shm larger", "/dev/shm", True, id="a path"),
    pytest.param("use dbo.Users", "dbo.users", True, id="a qualified name"),
    pytest.param("use count(*)", "count(*)", True, id="an asterisk inside"),
    pytest.param("b", "a|b|c", True, id="any alternative"),
    pytest.param("d", "a|b|c", False, id="no alternative"),
    pytest.param("Straße", "STRASSE", True, id="folded"),
]

ADVISED = [
    "Drop the UNIQUE constraint and load again.",
    "You can disable the constraint for the load.",
    "Disabling the unique constraint helps.",
    "This is not a typo, so drop the constraint.",
    "It does not matter: the load may fail until you drop the constraint.",
    "Not only drop the constraint, also truncate.",
    "Do not retry. Drop the constraint.",
    "Do not retry; drop the constraint.",
    "The rows are not bad, but you must drop the constraint.",
    "Don't wait for anything else in this case: simply go on and drop the constraint.",
    "Drop the constraint, and the error does not come back.",
    "Drop the constraint to be sure it does not fail.",
    "Fix it:\n- drop the constraint\n- load again",
    "Avoid duplicates.\n\n1. Drop the constraint on the table in the warehouse.\n2. Load.",
    "Never do it by hand, and keep a log of everything that has been done.\n- drop the constraint",
    "```sql\nALTER TABLE dbo.Users DROP CONSTRAINT UQ_Users_Email;\n```",
    "ALTER TABLE dbo.Users NOCHECK CONSTRAINT ALL",
    "Instead, drop the constraint.",
    "Otherwise drop the constraint.",
    "If you are not in a hurry then drop the constraint.",
]
WARNED = [
    "Do not drop the constraint.",
    "Don't drop the constraint.",
    "Never drop or disable the constraint.",
    "Avoid dropping the constraint.",
    "Keep it, rather than dropping the constraint.",
    "Merge instead of disabling the constraint.",
    "Load without disabling the constraint.",
    "You shouldn’t simply disable the constraint.",
    "Do not just drop the constraint.",
    "**Do not** `DROP` the constraint.",
    "Avoid e.g. disabling the constraint.",
    "Disabling the constraint is not a fix.",
    "Disabling the constraint would be wrong.",
    "Dropping the constraint on Users isn't a solution.",
    "Disabling the constraint only hides the problem.",
    "Dropping the constraint is a bad idea.",
    "Dropping the constraint would let duplicates in.",
    "Dropping the constraint would silently allow duplicates.",
    "I advise against dropping the constraint.",
    "Avoid:\n- dropping the constraint\n- disabling the constraint",
    "**What not to do**\n\n1. Drop the constraint.\n2. Disable the constraint.",
    "## Do not\n* drop the constraint",
    "❌ Drop the constraint",
    "There is no need to drop the constraint.",
    "Neither drop the constraint nor delete the rows.",
]


@pytest.mark.parametrize(("answer", "fact", "passed"), PHRASES)
def test_phrases(answer: str, fact: str, passed: bool, a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("facts").grade(a_sample(facts=[fact]), answer)
    assert (grade.score, grade.passed) == (float(passed), passed)
    assert grade.reason == (None if passed else "wrong")


@pytest.mark.parametrize("remark", ADVISED)
def test_a_forbidden_remedy_that_is_advised_fails(remark: str, a_sample: Any, a_grader: Any) -> None:
    sample = a_sample(facts=FACTS, forbidden=FORBIDDEN)
    assert not a_grader("facts").grade(sample, f"{GOOD}\n\n{remark}").passed


@pytest.mark.parametrize("remark", WARNED)
def test_a_forbidden_remedy_that_is_warned_against_is_no_advice(
    remark: str, a_sample: Any, a_grader: Any
) -> None:
    grade = a_grader("facts").grade(a_sample(facts=FACTS, forbidden=FORBIDDEN), f"{GOOD}\n\n{remark}")
    assert grade.passed, grade.explanation


def test_every_fact_must_be_there(a_sample: Any, a_grader: Any) -> None:
    sample = a_sample(facts=FACTS)
    assert a_grader("facts").grade(sample, GOOD).passed
    assert not a_grader("facts").grade(sample, "The row already exists.").passed
    assert not a_grader("facts").grade(sample, "Use MERGE.").passed


def test_the_explanation_names_what_is_missing_and_what_is_advised(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("facts").grade(
        a_sample(facts=FACTS, forbidden=FORBIDDEN), "A duplicate: drop that constraint."
    )
    assert grade.explanation == ('does not say "merge|upsert|not exists"; advises "drop that constraint"')
    assert grade.answer == "A duplicate: drop that constraint."


def test_the_columns_have_the_names_that_the_options_give(a_sample: Any, a_grader: Any) -> None:
    grader = a_grader("facts", facts="must", forbidden="must_not")
    sample = a_sample(must=["a"], must_not=["b"])
    assert grader.grade(sample, "a").passed
    assert not grader.grade(sample, "a b").passed


def test_without_forbidden_phrases_nothing_is_forbidden(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("facts").grade(a_sample(facts=("a",), forbidden=None), "a b").passed


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param({}, 'has no "facts"', id="no column"),
        pytest.param({"facts": []}, 'has no "facts"', id="no fact"),
        pytest.param({"facts": "merge"}, "no list of text", id="a text"),
        pytest.param({"facts": [1]}, "no list of text", id="numbers"),
        pytest.param({"facts": ["a||b"]}, "without a word", id="an empty alternative"),
        pytest.param({"facts": ["a", " "]}, "without a word", id="an empty phrase"),
        pytest.param({"facts": ["*"]}, "without a word", id="a sign alone"),
        pytest.param({"facts": [".. a"]}, "ends with a gap", id="a gap in front"),
        pytest.param({"facts": ["a"], "forbidden": ["b .."]}, "ends with a gap", id="a gap at the end"),
    ],
)
def test_a_sample_that_cannot_be_judged_is_refused(
    row: dict[str, Any], said: str, a_sample: Any, a_grader: Any
) -> None:
    with pytest.raises(SuiteError, match=said):
        a_grader("facts").check(a_sample(**row))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("drop " * 200_000, id="beginnings"),
        pytest.param("drop" + " " * 1_000_000, id="spaces"),
        pytest.param("drop!" * 200_000, id="exclamation marks"),
        pytest.param("d" * 1_000_000, id="one word"),
        pytest.param("- drop the constraint\n" * 50_000, id="a list"),
        pytest.param("drop the constraint " * 50_000, id="one sentence of hits"),
        pytest.param("\n" * 1_000_000, id="lines"),
        pytest.param("not " * 250_000, id="negations"),
        pytest.param(":\n \n" * 250_000, id="leading lines"),
        pytest.param("*" * 1_000_000, id="asterisks"),
        pytest.param("\ud800" * 1_000_000, id="lone surrogates"),
    ],
)
def test_time_is_bounded(text: str, a_sample: Any, a_grader: Any) -> None:
    began = time.process_time()
    a_grader("facts").grade(a_sample(facts=FACTS, forbidden=FORBIDDEN), text)
    assert time.process_time() - began < 10
