"""TO_CHAR and SIMILAR TO of PostgreSQL return here what they return on its server, or have no grade."""

from typing import Any

import pytest

from tasks.grade.base import UnjudgedError
from tests.tasks.grade.conftest import MakeGrader
from tests.tasks.grade.sql.conftest import grade

AT = "timestamp '2024-01-01 15:04:05'"


@pytest.mark.parametrize(
    ("asked_for", "wanted"),
    [
        (f"to_char({AT}, 'YYYY-MM')", "2024-01"),
        (f"to_char({AT}, 'YYYY-MM-DD HH24:MI:SS')", "2024-01-01 15:04:05"),
        (f"to_char({AT}, 'Mon YYYY')", "Jan 2024"),
        (f"to_char({AT}, 'FMMonth FMDD, YYYY')", "January 1, 2024"),
        (f"to_char({AT}, 'Month') || '|'", "January  |"),
        (f"to_char({AT}, 'Day') || '|'", "Monday   |"),
        (f"to_char({AT}, 'FMDay, Dy HH12:MI AM')", "Monday, Mon 03:04 PM"),
        (f"to_char({AT}, 'YYYY\"-Q\"Q')", "2024-Q1"),
        (f"to_char({AT}, 'IYYY-IW')", "2024-01"),
    ],
)
def test_a_time_is_written_as_the_server_writes_it(
    asked: Any, a_grader: MakeGrader, asked_for: str, wanted: str
) -> None:
    grader = a_grader("sql_result", dialect="postgres")
    got = grade(grader, asked(f"select '{wanted}'"), f"select {asked_for}")
    assert got.passed, got.explanation
    assert not grade(grader, asked("select 'Mon 2024'"), f"select {asked_for}").passed


def test_a_pattern_that_is_not_known_here_has_no_grade(asked: Any, a_grader: MakeGrader) -> None:
    grader = a_grader("sql_result", dialect="postgres")
    for pattern in ("'999.99'", "'FM9,999'", "'J'", "'MONTH'"):
        with pytest.raises(UnjudgedError):
            grade(grader, asked("select 'x'"), f"select to_char(x, {pattern}) from t")


@pytest.mark.parametrize(
    ("pattern", "wanted"), [("(x|z)%", "1"), ("_", "1, 2, 4"), ("[^x]", "2, 4"), ("x.", "9"), ("%y", "2, 4")]
)
def test_similar_to_has_the_signs_of_like(
    asked: Any, a_grader: MakeGrader, pattern: str, wanted: str
) -> None:
    grader = a_grader("sql_result", dialect="postgres")
    right = asked(f"select a from t where a in ({wanted})")
    got = grade(grader, right, f"select a from t where b similar to '{pattern}'")
    assert got.passed, got.explanation
