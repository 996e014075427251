"""What a night asks: the spec given, or the one that a variable names; variables have the last word."""

from decimal import Decimal
from pathlib import Path

import pytest

from flows.hosting.night import BASELINE, BUDGET, SPEC
from flows.nightly import spec_of
from tasks.home import Home
from tasks.spec import make_spec
from warehouse.errors import SpecError

TOML = 'suites = ["json_only"]\nlimit = 3\nbudget_usd = "1.00"\n[[models]]\nmodel = "openai/gpt-4o"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "week-days.toml").write_text(TOML)
    return Home(tmp_path)


def test_a_variable_names_the_spec_its_budget_and_its_baseline(home: Home) -> None:
    spec = spec_of(home, None, {SPEC: "week-days"})
    assert (spec.limit, spec.budget_usd, spec.baseline) == (3, Decimal("1.00"), "last")
    spec = spec_of(home, None, {SPEC: "week-days", BUDGET: "2.5", BASELINE: "night-1"})
    assert (spec.budget_usd, spec.baseline) == (Decimal("2.5"), "night-1")


def test_a_spec_that_is_given_wins_over_the_name_and_not_over_budget_and_baseline(home: Home) -> None:
    given = make_spec({"suites": ["x"], "models": [{"model": "openai/a"}], "budget_usd": "9"})
    spec = spec_of(home, given, {SPEC: "no such", BUDGET: "2", BASELINE: "none"})
    assert [entry.name for entry in spec.suite_entries] == ["x"]
    assert (spec.budget_usd, spec.baseline) == (Decimal(2), "none")
    assert spec_of(home, given, {}) == given
    assert spec.fingerprint() == given.fingerprint(), "a resumed night may have another"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        pytest.param({}, "a night without a spec", id="none"),
        pytest.param({SPEC: "weekends"}, "There is: week-days", id="no such spec"),
        pytest.param({SPEC: "../../etc/passwd"}, f"the variable {SPEC} is", id="a path"),
        pytest.param({SPEC: "week-days", BUDGET: "a lot"}, f"variable {BUDGET}", id="no money"),
        pytest.param({SPEC: "week-days", BASELINE: "Last Night"}, "baseline", id="no run"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    home: Home, variables: dict[str, str], named: str
) -> None:
    with pytest.raises(SpecError) as refused:
        spec_of(home, None, variables)
    assert named in str(refused.value)
    assert "Nothing was sent" in str(refused.value)
