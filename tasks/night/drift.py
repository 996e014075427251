"""The drift alarms of one night: what `regressions` said of it, or would have, had it been asked then."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.night.facts import Night
from warehouse.literals import text

COLUMNS = """suite, variant, category, nights, baseline_nights, n, accuracy, baseline_accuracy, difference,
    ci_low, ci_high, p_holm, alarm, served_model, baseline_served_model, fingerprint, baseline_fingerprint"""
LATER = """
select count(*) from runs
where status = 'complete' and kind in ('evaluate', 'import') and started_at > {at}
"""
ORDER = "order by suite, variant, category nulls first, nights"
KEPT = f"select {COLUMNS} from regressions where run_id = {{run}} {ORDER}"
THEN = f"""
with until as (select * from run_variants where started_at <= {{at}}),
drift as (
    select * exclude (accuracy_a, accuracy_b), accuracy_b as accuracy, accuracy_a as baseline_accuracy
    from drift_of('until', 14, null)
    where run_id = {{run}}
),
served as (select run_id, suite, suite_version, variant, served_model, fingerprint from scored_totals),
told as (
    select drift.*, now.served_model, before.served_model as baseline_served_model, now.fingerprint,
        before.fingerprint as baseline_fingerprint
    from drift
    left join served as now
        on now.run_id = drift.run_id and now.suite = drift.suite
        and now.suite_version = drift.suite_version and now.variant = drift.variant
    left join served as before
        on before.run_id = drift.baseline_run_id and before.suite = drift.suite
        and before.suite_version = drift.suite_version and before.variant = drift.variant
)
select {COLUMNS} from told {ORDER}
"""
BEFORE = """
with until as (select * from run_variants where started_at < {at})
select suite, variant, arg_min(accuracy_b, nights), arg_min(accuracy_a, nights)
from drift_of('until', 14, null) where alarm
group by suite, variant order by suite, variant
"""


@dataclass(frozen=True)
class Moved:
    """A row of `regressions`: a variant's newest nights against those before; shares, not points."""

    suite: str
    variant: str
    category: str | None
    nights: int
    baseline_nights: int
    n: int
    accuracy: float
    baseline_accuracy: float
    difference: float
    ci_low: float | None
    ci_high: float | None
    p_holm: float | None
    alarm: bool
    served_model: str | None
    baseline_served_model: str | None
    fingerprint: str | None
    baseline_fingerprint: str | None

    @property
    def served_another(self) -> bool:
        """Whether the provider says that it serves another model than in the night before."""
        known = self.served_model is not None and self.baseline_served_model is not None
        return known and self.served_model != self.baseline_served_model

    @property
    def another_system(self) -> bool:
        """Whether only the system's fingerprint is another: a vendor's change that may mean nothing."""
        known = self.fingerprint is not None and self.baseline_fingerprint is not None
        return known and not self.served_another and self.fingerprint != self.baseline_fingerprint


@dataclass(frozen=True)
class Alarm:
    """A drop that is shown, by the shortest window that shows it, and the categories where it is."""

    moved: Moved
    categories: Sequence[Moved]
    again: bool  # the night before raised it, too


@dataclass(frozen=True)
class Quieted:
    """An alarm of the night before that this night does not raise; which is not yet a recovery."""

    suite: str
    variant: str
    accuracy_then: float
    accuracy_before: float  # of the nights before that alarm


@dataclass(frozen=True)
class Drift:
    """What the drift check found; `looked` is how many suites and variants had enough nights before them."""

    alarms: Sequence[Alarm] = ()
    quieted: Sequence[Quieted] = ()
    newest: Sequence[Moved] = ()  # the night alone against those before, one a suite and variant
    looked: int = 0


def read_drift(warehouse: Path, night: Night) -> Drift:
    """The drift check of a night; nothing where it did not come to its end, and is no night yet."""
    from warehouse.query import run_sql

    if not night.is_whole or night.kind == "rehearsal":
        return Drift()
    words = {"run": text(night.run_id), "at": f"timestamptz {text(night.started_at.isoformat())}"}
    later = run_sql(warehouse, LATER.format(**words)).rows[0][0]
    rows = [Moved(*row) for row in run_sql(warehouse, (THEN if later else KEPT).format(**words)).rows]
    raised = [moved for moved in rows if moved.alarm]
    before = [Quieted(*row) for row in run_sql(warehouse, BEFORE.format(**words)).rows]
    raised_before = {(one.suite, one.variant) for one in before}
    alarms: dict[tuple[str, str], Alarm] = {}
    for moved in sorted(raised, key=lambda one: one.nights):
        key = (moved.suite, moved.variant)
        alarms.setdefault(key, Alarm(moved, _where(rows, moved), key in raised_before))
    newest = [moved for moved in rows if moved.category is None and moved.nights == 1]
    looked = {(moved.suite, moved.variant) for moved in newest}
    quieted = [one for one in before if (one.suite, one.variant) in looked - alarms.keys()]
    worst = sorted(alarms.values(), key=lambda alarm: (alarm.again, alarm.moved.difference))
    return Drift(worst, quieted, newest, sum(moved.baseline_nights >= 3 for moved in newest))


def _where(rows: Sequence[Moved], alarm: Moved) -> list[Moved]:
    """The categories in which the drop is shown, the worst first."""
    own = [
        row
        for row in rows
        if row.category is not None
        and (row.suite, row.variant, row.nights) == (alarm.suite, alarm.variant, alarm.nights)
        and row.difference < 0
        and row.p_holm is not None
        and row.p_holm < 0.05
    ]
    return sorted(own, key=lambda row: row.difference)
