"""A night's lines, one by one: the worst first, what is hostile shown, what is not known said."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tasks.home import Home
from tasks.night import words
from tasks.night.drift import Alarm, Drift, Moved
from tasks.night.facts import Bill, Failure, Night, read_night
from tasks.night.summary import (
    MOST,
    NightSummary,
    check_baseline,
    fold,
    newest_night,
    night_markdown,
    summarize_night,
)
from tasks.night.words import Before, Statement
from tests.tasks.night.week import CLAUDE, GPT, Week
from tests.warehouse.sample_run import land, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.errors import SpecError
from warehouse.files import TableWriter

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
NIGHT = Night(
    run_id="night-1",
    kind="evaluate",
    status="complete",
    started_at=AT,
    finished_at=AT + timedelta(minutes=58),
    planned=100,
    answered=100,
    failed=0,
    simulated=False,
    suites=("sums",),
    variants=("a",),
    budget_usd=None,
    baseline="last",
    bill=Bill(100, 0, Decimal("2.50"), None),
)
HOSTILE = (
    "</p><script>alert(1)</script> ![x](https://e.vil/p.png) [click](javascript:alert(1)) `code` **bold** "
    "www.e.vil a@e.vil | cell\n# heading\n- item\n\x1b]0;owned\x07 \u202egnp &lt;b&gt; _em_ ~~gone~~ <https://e.vil>"
)


def text(said: object) -> list[str]:
    return [each.text for each in said]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({}, [], id="complete"),
        pytest.param(
            {"status": "partial", "answered": 60},
            [
                "it is partial: 60 of 100 calls were answered, 40 were not; to go on: "
                "nightbench resume night-1"
            ],
            id="partial",
        ),
        pytest.param(
            {"status": "cancelled", "answered": 60, "failed": 10},
            [
                "it is cancelled: 60 of 100 calls were answered, 30 were not; to go on: "
                "nightbench resume night-1"
            ],
            id="cancelled",
        ),
        pytest.param(
            {"status": "budget_stopped", "answered": 60},
            [
                "its budget stopped it: 60 of 100 calls were answered; to go on with more: "
                "nightbench resume night-1 --budget-usd MORE"
            ],
            id="stopped by its budget",
        ),
        pytest.param(
            {"status": "failed", "answered": 60, "failed": 40},
            [
                "it has failed: 60 of 100 calls were answered, 40 failed for good; to ask those again: "
                "nightbench resume night-1 --retry-failed"
            ],
            id="failed",
        ),
        pytest.param(
            {"status": "running", "answered": 60},
            ["it is still at work: 60 of 100 calls were answered"],
            id="at work",
        ),
        pytest.param(
            {"answered": 0, "failed": 100},
            ["no answer came: all 100 calls failed"],
            id="nothing but failures",
        ),
    ],
)
def test_a_run_that_is_not_whole_says_how_to_go_on(change: dict[str, object], said: list[str]) -> None:
    assert text(words.whole(Night(**{**vars(NIGHT), **change}))) == said


@pytest.mark.parametrize(
    ("bill", "budget", "before", "said"),
    [
        pytest.param(NIGHT.bill, None, None, "it cost $2.50", id="alone"),
        pytest.param(NIGHT.bill, "25", None, "it cost $2.50, 10 % of its budget of $25.00", id="of a budget"),
        pytest.param(
            NIGHT.bill,
            None,
            Before("night-0", Bill(100, 0, Decimal(2), None)),
            "it cost $2.50; night-0 cost $2.00 (+25.0 %)",
            id="beside the baseline",
        ),
        pytest.param(
            NIGHT.bill,
            None,
            Before("night-0", Bill(100, 0, Decimal(2), None), is_alike=False),
            "it cost $2.50; night-0 cost $2.00",
            id="beside a baseline that asked something else",
        ),
        pytest.param(
            Bill(100, 40, Decimal("0.05"), "compatible/x"),
            None,
            None,
            "it cost at least $0.0500: 40 of 100 calls have no price (compatible/x)",
            id="a model without a price",
        ),
        pytest.param(
            Bill(100, 0, Decimal("2.5"), None, 3, Decimal("0.12")),
            None,
            None,
            "it cost $2.50; at most $0.1200 more for 3 attempts whose end nobody saw",
            id="attempts whose end is not known",
        ),
        pytest.param(None, None, None, "what it cost so far is in no table yet", id="not committed"),
    ],
)
def test_the_cost_is_said_beside_what_it_is_measured_by(
    bill: Bill | None, budget: str | None, before: Before | None, said: str
) -> None:
    night = replace(NIGHT, bill=bill)
    usd = Decimal(budget) if budget is not None else None
    assert text(words.cost(night, usd, None, before)) == [said]


def test_simulated_models_cost_nothing_and_say_nothing() -> None:
    night = replace(NIGHT, simulated=True)
    (cost,) = text(words.cost(night, Decimal(25), None, None))
    assert cost == "nothing was paid; at the prices of the simulated models it is $2.50"
    (ran,) = text(words.ran(night))
    assert ran.endswith("; its models are simulated, and say nothing of real ones")


def test_a_budget_that_is_nearly_used_is_something_to_look_at() -> None:
    assert text(words.used(NIGHT, Decimal(3), Decimal("2.5"))) == ["83 % of the budget of $3.00 is used"]
    assert text(words.used(NIGHT, Decimal(4), Decimal("2.5"))) == []
    assert text(words.used(replace(NIGHT, status="budget_stopped"), Decimal(3), Decimal(3))) == []


def test_of_many_failures_the_most_frequent_are_said() -> None:
    failures = [Failure("timeout", 9, (CLAUDE, GPT, "c"), "read timed out"), Failure("auth", 1, (GPT,), None)]
    assert text(words.failed(replace(NIGHT, failures=failures))) == [
        f'9 calls failed for good, timeout ({CLAUDE}, {GPT} and 1 more): "read timed out"',
        f"1 call failed for good, auth ({GPT})",
    ]


def moved(category: str | None = None, nights: int = 1, **more: object) -> Moved:
    fields: dict[str, object] = {
        "suite": "sums",
        "variant": "a",
        "category": category,
        "nights": nights,
        "baseline_nights": 14,
    }
    fields |= {"n": 1000, "accuracy": 0.85, "baseline_accuracy": 0.89, "difference": -0.04}
    fields |= {"ci_low": -0.06, "ci_high": -0.02, "p_holm": 0.0004, "alarm": category is None}
    served = dict.fromkeys(("served_model", "baseline_served_model"), "m-1")
    marks = dict.fromkeys(("fingerprint", "baseline_fingerprint"), "fp-1")
    return Moved(**{**fields, **served, **marks, **more})  # type: ignore[arg-type]


def test_an_alarm_says_how_much_where_and_whether_another_model_is_served() -> None:
    parts = [moved(name) for name in ("carry", "times", "minus")]
    same = Drift([Alarm(moved(), parts, again=True)])
    assert text(words.alarms(same)) == [
        "sums, a: 4.0 points lower than in the 14 nights before (85.0 % after 89.0 %, 95 % from -6.0 to "
        "-2.0, n = 1,000, p = 0.0004); most in carry (-4.0), times (-4.0) and 1 more; the provider serves "
        "the same model as before; the night before raised this alarm, too"
    ]
    other = Drift([Alarm(moved(served_model="m-2"), [], again=False)])
    assert text(words.alarms(other))[0].endswith("; the provider serves m-2, after m-1")


def test_another_fingerprint_alone_is_told_once() -> None:
    drift = Drift(newest=[moved(fingerprint="fp-2"), moved(fingerprint="fp-2", suite="words")])
    assert text(words.served(drift)) == ["another system fingerprint, of the same model: a"]


def test_fifteen_lines_at_most_and_what_ran_and_cost_are_among_them() -> None:
    said = [Statement("night", "head"), *(Statement("changed", f"{i}") for i in range(20))]
    said += [Statement("ran", "ran"), Statement("ran", "scores"), Statement("cost", "cost")]
    kept, folded = fold(said, "night-1")
    assert len(kept) == MOST
    assert folded == len(said) - MOST + 1
    assert text(kept[:3]) == ["head", "0", "1"]
    assert text(kept[-3:]) == ["ran", "cost", f"and {folded} more: nightbench report night-1"]
    assert fold(said[:15], "night-1") == (said[:15], 0)


def test_a_night_with_everything_wrong_has_fifteen_lines(home: Path) -> None:
    at_home = Home(home)
    Week(at_home).land(3, claude_stops_after=500)
    summary = summarize_night(at_home, "night-3", budget_usd=Decimal("0.01"))
    assert "of the budget of $0.0100 is used" in "\n".join(summary.to_look_at)
    assert len(summary.lines) <= MOST


def rendered(page: str) -> str:
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(page))


def test_nothing_that_others_wrote_is_markup() -> None:
    said: Sequence[Statement] = [
        Statement("night", HOSTILE),
        Statement("look", HOSTILE, f"nightbench `{HOSTILE}`"),
        Statement("changed", HOSTILE, alarm=True),
    ]
    page = night_markdown(NightSummary("night-1", "partial", said))
    assert len(page.splitlines()) == 3
    html = rendered(page)
    tags = {"<h3>", "</h3>", "<ul>", "</ul>", "<li>", "</li>", "<strong>", "</strong>", "<code>", "</code>"}
    plain = html
    for tag in tags:
        plain = plain.replace(tag, "")
    assert "<" not in plain
    assert html.count("<strong>") == 2
    assert html.count("<code>") == 1
    assert not {"\x1b", "\u202e"} & set(page)
    assert "alert(1)" in plain


def test_a_run_without_any_answer_is_summarized(home: Path) -> None:
    at_home = Home(home)
    at_home.make()
    started = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    run = row("runs", run_id="night-1", status="failed", started_at=started, planned_calls=4)
    with TableWriter(at_home.warehouse, "runs", started.date(), "night-1", "0") as writer:
        writer.write([run])
        file = writer.close()
    assert file is not None
    commit_run(
        at_home.warehouse,
        run_id="night-1",
        kind="evaluate",
        status="failed",
        run_date=started.date(),
        files=[file],
    )
    rewrite_catalog(at_home.warehouse)
    lines = summarize_night(at_home, "night-1").lines
    assert lines[0] == "Night: night-1, 2026-03-02, failed: 1 thing to look at"
    assert "Changed: nothing is compared, because no answer is in the tables" in lines
    assert "Cost: it cost $0.00" in lines


def test_what_is_no_night_is_refused(home: Path) -> None:
    at_home = Home(home)
    at_home.make()
    land(at_home.warehouse, "again", kind="regrade")
    rewrite_catalog(at_home.warehouse)
    with pytest.raises(SpecError, match="is of kind regrade"):
        read_night(at_home, "again")
    with pytest.raises(SpecError, match='there is no run "monday"'):
        read_night(at_home, "monday")
    with pytest.raises(SpecError, match="there is no run in"):
        newest_night(at_home)
    with pytest.raises(SpecError, match='there is no run "monday" with answers'):
        check_baseline(at_home, "monday")


def test_a_night_that_died_is_the_newest(home: Path) -> None:
    at_home = Home(home)
    week = Week(at_home)
    week.land(1)
    assert newest_night(at_home) == "night-1"
    week.die(2)
    assert newest_night(at_home) == "night-2"
