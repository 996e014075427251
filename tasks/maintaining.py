"""What `maintain` does in a home, in order: verify, retention, compaction when due.

Each tells what came of it. Where the warehouse does not hold, nothing is forgotten or merged, because a
repair may need what would go; but a retention that fails does not keep small files from being merged.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from tasks.compacting import compact_home, old_files, plan_home
from tasks.forgetting import plan_forgetting
from tasks.forgetting_done import forget
from tasks.home import Home
from tasks.maintenance import Maintenance
from warehouse.errors import NightbenchError

Result = Literal["done", "nothing", "failed"]
NAMED = 3  # things that a sentence names; of more it says how many


@dataclass(frozen=True)
class Step:
    """One step, and what came of it in a sentence."""

    name: str
    result: Result
    words: str


@dataclass(frozen=True)
class Maintained:
    """Every step that was asked for, in order."""

    steps: Sequence[Step]

    @property
    def failed(self) -> Sequence[Step]:
        """Those that did."""
        return [step for step in self.steps if step.result == "failed"]

    @property
    def lines(self) -> list[str]:
        """A line a step."""
        return [f"{step.name}: {step.words}" for step in self.steps]


def maintain(
    home: Home,
    options: Maintenance,
    *,
    now: datetime | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Maintained:
    """Do what the options say, a step after the other; what one raises is its outcome.

    `tell` takes each when it has ended.
    """
    at = now or datetime.now(UTC)
    steps: list[Step] = []

    def take(name: str, step: Callable[[], Step]) -> Step:
        steps.append(_tried(name, step))
        tell(steps[-1])
        return steps[-1]

    holds = not options.verify or take("verify", lambda: verify_all(home)).result != "failed"
    if holds and options.forget != "nothing":
        take("retention", lambda: keep_to_retention(home, options, at))
    if holds and options.compact:
        grace = timedelta(hours=options.grace_hours)
        take("compaction", lambda: compact_when_due(home, grace, dry_run=options.dry_run))
    return Maintained(steps)


def verify_all(home: Home) -> Step:
    """Check that all is as it was committed.

    Raises: WarehouseError: it cannot be read at all.
    """
    from warehouse.integrity.verify import verify  # DuckDB and what reads Parquet take half a second

    found = verify(home.warehouse)
    read = f"{found.n_runs:,} runs, {found.n_files:,} files, {found.n_bytes / 1e6:,.1f} MB"
    if not found.problems:
        return Step("verify", "done", f"{read}: all of it holds")
    first = found.problems[0]
    more = f" and {len(found.problems) - 1:,} more" if len(found.problems) > 1 else ""
    told = f"{read}: {first.kind}: {first.sentence()}{more}"
    way_on = "Nothing was forgotten or merged. `nightbench verify` names all, --repair restores what can be"
    return Step("verify", "failed", f"{told} {way_on}")


def keep_to_retention(home: Home, options: Maintenance, now: datetime) -> Step:
    """Forget what is older, or more, than is to be kept.

    Raises: SpecError: a run is being worked on. WarehouseError: the disk refuses.
    """
    planned = plan_forgetting(
        home,
        older_than=timedelta(days=options.keep_days),
        keep_bytes=round(options.keep_gb * 10**9) if options.keep_gb else None,
        text_only=options.forget == "text",
        now=now,
    )
    if not planned.runs:
        return Step("retention", "nothing", "no run is older, or more, than is kept")
    if not options.dry_run:
        forget(home, planned, now)
    names = _named([run.run_id for run in planned.runs])
    what = f"{'text' if options.forget == 'text' else 'all'} of {names}"
    size = f" ({sum(run.n_bytes for run in planned.runs) / 1e6:,.1f} MB)" if options.forget == "runs" else ""
    told = f"{what} {'would be' if options.dry_run else 'was'} forgotten{size}"
    left = [*planned.stays, *(f"not reached: {one}" for one in planned.unreached)]
    result: Result = "nothing" if options.dry_run else "done"
    return Step("retention", result, "; ".join((told, *left)))


def compact_when_due(home: Home, grace: timedelta, *, dry_run: bool = False) -> Step:
    """Merge months that are over and have files of their own still; remove what had its grace.

    Raises: WarehouseError: another compaction is under way, a file is damaged, or the disk refuses.
    """
    plans, old = plan_home(home, None), old_files(home)
    if not plans and not old:
        return Step("compaction", "nothing", "not due: no month that is over has files to merge")
    done = None if dry_run else compact_home(home, None, grace)
    months = plans if done is None else done.months
    said = []
    if months:
        n_files, n_bytes = sum(plan.n_files for plan in months), sum(plan.n_bytes for plan in months)
        names = _named([plan.month for plan in months])
        would = "would be" if done is None else "were"
        said.append(f"{n_files:,} files ({n_bytes / 1e6:,.1f} MB) of {names} {would} merged")
    if done is None:
        said += [f"{old:,} old files are there still"] if old else []
        return Step("compaction", "nothing", "; ".join(said))
    if done.removed:
        said.append(f"{len(done.removed):,} old files were removed")
    if done.waiting:
        hours = grace.total_seconds() / 3600
        said.append(f"{done.waiting:,} old files wait for the end of their {hours:,.0f} h")
    live = sorted({run_id for plan in done.months for run_id in plan.live})
    if live:
        said.append(f"left for later, because they are at work: {_named(live)}")
    result: Result = "done" if done.months or done.removed else "nothing"
    return Step("compaction", result, "; ".join(said) or "nothing was left to do")


def _tried(name: str, step: Callable[[], Step]) -> Step:
    try:
        return step()
    except NightbenchError as error:
        return Step(name, "failed", str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and the next step is done
        return Step(name, "failed", f"{type(error).__name__}: {error}")


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
