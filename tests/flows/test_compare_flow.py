"""The page of a comparison says what was compared, and shows what models said as text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flows.compare import meant, page
from flows.parameters import LAST, PREVIOUS
from tasks.comparing.contests import Contest, Entry
from tasks.comparing.results import Disagreement, Result
from warehouse.errors import SpecError

NOW = datetime(2026, 1, 3, tzinfo=UTC)
NEW = Entry(
    "r3", NOW, "evaluate", "complete", "sums", "1+a", "v", "12345678", "simulated/v", True, 2, 2, True
)
OTHER = replace(NEW, run_id="r2", started_at=NOW - timedelta(days=1), suite="other")
OLD = replace(NEW, run_id="r1", started_at=NOW - timedelta(days=2))
HOSTILE = "<img src=x onerror=alert(1)> [click](https://evil.example) # big"


def test_last_and_the_one_before_are_runs_with_something_in_common() -> None:
    assert meant([NEW, OTHER, OLD], PREVIOUS, LAST) == ("r1", "r3")
    assert meant([NEW, OTHER, OLD], "r2", LAST) == ("r2", "r3")
    assert meant([NEW, OTHER, OLD], "v", "r1") == ("v", "r1")


@pytest.mark.parametrize(
    ("entries", "a", "b"),
    [
        pytest.param([], PREVIOUS, LAST, id="no run"),
        pytest.param([NEW, OTHER], PREVIOUS, LAST, id="no run before with its suite"),
        pytest.param([NEW, OLD], PREVIOUS, "v", id="before a variant"),
    ],
)
def test_what_is_not_there_is_said(entries: list[Entry], a: str, b: str) -> None:
    with pytest.raises(SpecError):
        meant(entries, a, b)


def test_nothing_that_a_model_said_is_markup() -> None:
    told = Disagreement(
        "sums",
        "s1",
        None,
        "v",
        "w",
        0.0,
        1.0,
        None,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        None,
        None,
        None,
        "x",
        HOSTILE,
    )
    result = Result(Contest(OLD, NEW, f"{HOSTILE}a", "r3"), 0)
    text = "\n".join(page([result], [told], [HOSTILE]))
    assert text.count("&lt;img") >= 4, "it is shown"
    assert "<img" not in text
    assert "](http" not in text.replace("\\]", "")
    assert "://" not in text
