"""`run --rehearse`: a night is seen in a minute on simulated models, and what it would have been is said."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flows.cli.show import note, say
from tasks.home import Home, Settings
from tasks.spec import EvalSpec, make_spec
from warehouse.errors import SpecError

if TYPE_CHECKING:  # a help text has no need of them
    from tasks.runs import RunRecord

SEEN = """
select
    (select count(*) from attempts where run_id = '{run_id}' and error_kind = 'rate_limited') as rate_limited,
    (select sum(usd) from call_costs where run_id = '{run_id}') as usd,
    (select count(*) - count(usd) from call_costs where run_id = '{run_id}') as n_unpriced
"""


def begin_rehearsal(settings: Settings, spec: EvalSpec, run_id: str) -> EvalSpec:
    """Write the record of a spec's rehearsal, or find that of the same run; returns the spec that is run.

    Raises: SpecError, SuiteError: it cannot be rehearsed, or the id is another run's; nothing was sent.
    """
    from tasks.rehearse import plan_rehearsal
    from tasks.runs import begin_run, read_run

    settings.home.make()
    rehearsed, rehearsal, predicted = plan_rehearsal(settings, spec)
    if (settings.home.runs / f"{run_id}.json").exists():  # it goes on under the limits that it began with
        old = read_run(settings.home, run_id)
        if old.kind != "rehearsal" or old.eval_spec().fingerprint() != rehearsed.fingerprint():
            raise SpecError(
                f'run id "{run_id}" belongs to another run, begun {old.started_at[:16]}. Nothing was sent. '
                f"Give another --run-id."
            )
        budget = rehearsed.model_dump(mode="json")["budget_usd"]
        return make_spec({**old.spec, "budget_usd": budget}, f"runs/{run_id}.json")
    begin_run(
        settings.home,
        rehearsed,
        run_id,
        trigger="cli",
        kind="rehearsal",
        suite_folders=settings.suite_folders[1:],
        rehearsal=rehearsal.as_json(),
        predicted=predicted,
    )
    note(
        f"rehearsal: a night of {in_words(60 * rehearsal.minutes)}, seen in "
        f"{in_words(60 * rehearsal.minutes / rehearsal.compression)} "
        f"({rehearsal.compression:,.1f} times as fast), on simulated models: nothing is sent to anybody."
    )
    for sentence in rehearsal.notes:
        note(sentence)
    return rehearsed


def add_seen(home: Home, record: "RunRecord", seen_s: float) -> None:
    """Count the seconds that a rehearsal's calls took in this process."""
    from tasks.rehearsal import Rehearsal
    from tasks.runs import note_rehearsal

    assert record.rehearsal is not None, "only a rehearsal has seconds to count"
    before = Rehearsal.read(record.rehearsal)
    note_rehearsal(home, record.run_id, {**before.as_json(), "seen_s": round(before.seen_s + seen_s, 3)})


def rehearsal_report(home: Home, run_id: str, run: Mapping[str, Any]) -> dict[str, Any]:
    """What a rehearsal says of the night; `run` is its row of the table runs."""
    from tasks.rehearsal import Rehearsal
    from tasks.runs import read_run
    from warehouse.query import run_sql

    record = read_run(home, run_id)
    assert record.rehearsal is not None, "a rehearsal's record says how it was made"
    rehearsal = Rehearsal.read(record.rehearsal)
    rate_limited, usd, n_unpriced = run_sql(home.warehouse, SEEN.format(run_id=run_id)).rows[0]
    return {
        "compression": rehearsal.compression,
        "seen_s": rehearsal.seen_s,
        "night_minutes": round(rehearsal.seen_s * rehearsal.compression / 60.0, 2),
        "predicted_minutes": round(rehearsal.minutes, 2),
        "calls": run["answered_calls"] + run["failed_calls"],
        "planned_calls": run["planned_calls"],
        "rate_limited": rate_limited,
        "usd": None if n_unpriced else usd or Decimal(0),
        "predicted_usd": run["predicted_usd"],
        "predicted_usd_low": run["predicted_usd_low"],
        "predicted_usd_high": run["predicted_usd_high"],
        "budget_usd": record.eval_spec().budget_usd,
        "stopped_by_budget": run["status"] == "budget_stopped",
    }


def say_rehearsal(report: Mapping[str, Any]) -> None:
    """The same in sentences."""
    from flows.pages.summary import money

    whole = report["calls"] == report["planned_calls"]
    part = "" if whole else f" for {report['calls']:,} of {report['planned_calls']:,} calls"
    say(
        f"the night would take {in_words(60 * report['night_minutes'])}{part}; predicted were "
        f"{in_words(60 * report['predicted_minutes'])}"
    )
    say(f"{report['calls']:,} calls, {report['rate_limited']:,} times a limit was hit (429)")
    budget = report["budget_usd"]
    if report["stopped_by_budget"]:
        say(
            f"the budget of ${budget} would stop it after {report['calls']:,} of "
            f"{report['planned_calls']:,} calls, at ${money(report['usd'])}"
        )
    else:
        enough = f", within the budget of ${budget}" if budget is not None and whole else ""
        say(f"it would cost ${money(report['usd'])}{enough}")


def in_words(seconds: float) -> str:
    """A duration as one says it.

    >>> [in_words(s) for s in (0.4, 59.6, 90, 2460, 9000)]
    ['0.4 s', '60 s', '90 s', '41 minutes', '2.5 hours']
    """
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
