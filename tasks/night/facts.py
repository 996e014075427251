"""What is known of one night's run: its row, what it asked, its bill, what failed, who did not answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from tasks.comparing.gating import LAST
from tasks.home import Home
from tasks.runs import RunRecord, is_running, read_progress, read_run
from tasks.spec import EvalSpec, make_spec
from warehouse.errors import SpecError
from warehouse.literals import text

RUN = """
select run_id, kind, status, started_at, finished_at, planned_calls, answered_calls, failed_calls, simulated,
    spec
from runs where run_id = {run}
"""
SCORES = """
select suite, variant, model, n, n_failed, accuracy, ci_low, ci_high
from leaderboard_all where run_id = {run}
order by suite, accuracy desc nulls last, variant
"""
BILL = """
select coalesce(sum(n_calls), 0)::bigint, coalesce(sum(n_unpriced), 0)::bigint,
    coalesce(sum(usd), 0)::decimal(18, 12), string_agg(distinct model, ', ') filter (n_unpriced > 0)
from cost_totals where run_id = {run}
"""
UNSETTLED = "select count(*), coalesce(sum(reserved_usd), 0) from unsettled where run_id = {run}"
FAILED = """
select error_kind, sum(n_failed)::bigint as n, list(distinct model order by model), min(example)
from errors where run_id = {run} and n_failed > 0
group by error_kind
order by n desc, error_kind
"""
# What a model's provider does when it is away: no answer began after these attempts.
SILENT = """
with tries as (
    select for_model as model, started_at, outcome = 'answered' as answered,
        coalesce(error_kind, '') in ('timeout', 'connection', 'server_error', 'rate_limited') as away
    from attempts where run_id = {run} and for_model is not null
),
answers as (
    select model, max(started_at) filter (answered) as last_at from tries group by model
)
select tries.model, count(*), min(tries.started_at), max(tries.started_at), first(answers.last_at)
from tries inner join answers on answers.model = tries.model
where tries.away and not tries.answered
    and (answers.last_at is null or tries.started_at > answers.last_at)
group by tries.model
having count(*) >= {enough}
order by tries.model
"""
ENOUGH = 3  # attempts in a row without an answer: fewer are what a rehearsed retry is for
NONE = "none"  # in a spec: it has no baseline
INTERRUPTED, RUNNING = "interrupted", "running"


@dataclass(frozen=True)
class Score:
    """How a variant did on a suite."""

    suite: str
    variant: str
    model: str
    n: int
    n_failed: int
    accuracy: float | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class Failure:
    """Calls that failed for good with one kind of error."""

    kind: str
    n: int
    models: Sequence[str]
    example: str | None


@dataclass(frozen=True)
class Silence:
    """A model whose provider gave no more answers."""

    model: str
    n: int  # attempts without an answer
    first_at: datetime
    last_at: datetime
    answered_at: datetime | None  # start of the last call that it did answer


@dataclass(frozen=True)
class Bill:
    """What a run's calls cost, those of judges among them."""

    n_calls: int
    n_unpriced: int
    usd: Decimal  # of the calls that have a price
    unpriced_models: str | None
    n_unsettled: int = 0
    usd_unsettled: Decimal = Decimal(0)


@dataclass(frozen=True)
class Night:
    """One run, committed or not; `status` is a word of `runs.status`, or interrupted, or running."""

    run_id: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    planned: int
    answered: int
    failed: int
    simulated: bool
    suites: Sequence[str]
    variants: Sequence[str]
    budget_usd: Decimal | None
    baseline: str | None  # of its spec; None: it is compared with nothing
    scores: Sequence[Score] = ()
    failures: Sequence[Failure] = ()
    silences: Sequence[Silence] = ()
    bill: Bill | None = None  # None: nothing of it is committed

    @property
    def missing(self) -> int:
        """Calls that were never brought to an end."""
        return max(0, self.planned - self.answered - self.failed)

    @property
    def is_whole(self) -> bool:
        """Whether it came to its end."""
        return self.status == "complete"


def read_night(home: Home, run_id: str) -> Night:
    """What is known of a run.

    Raises: SpecError: there is no such run, or it is none that puts suites to models.
    """
    from warehouse.query import run_all  # brings DuckDB, which `--help` does not need

    queries = (RUN, SCORES, BILL, UNSETTLED, FAILED, SILENT)
    found = run_all(home.warehouse, [sql.format(run=text(run_id), enough=ENOUGH) for sql in queries])
    rows, scores, bill, unsettled, failed, silent = (each.rows for each in found)
    if not rows:
        return _not_committed(home, run_id)
    kind, status, started, finished, planned, answered, n_failed, simulated, spec_text = rows[0][1:]
    spec = _spec(spec_text)
    shown = [Score(*row) for row in scores]
    night = Night(
        run_id,
        _checked(run_id, kind),
        RUNNING if is_running(home, run_id) else status,
        started,
        finished,
        planned or 0,
        answered or 0,
        n_failed or 0,
        bool(simulated),
        tuple(_suites(spec) or dict.fromkeys(score.suite for score in shown)),
        tuple(_variants(spec) or sorted({score.variant for score in shown})),
        spec.budget_usd if spec is not None else None,
        _baseline(spec),
        shown,
        [Failure(*row) for row in failed],
        [],
        Bill(*bill[0], *unsettled[0]),
    )
    silences = [Silence(*row) for row in silent]
    kept = [one for one in silences if not night.is_whole or one.answered_at is None]
    return Night(**{**vars(night), "silences": kept})


def total_of(warehouse: Path, run_id: str) -> Bill:
    """What another run cost."""
    from warehouse.query import run_sql

    return Bill(*run_sql(warehouse, BILL.format(run=text(run_id))).rows[0])


def _not_committed(home: Home, run_id: str) -> Night:
    """A run of which only its record tells: it is at work, or its process died."""
    record = read_run(home, run_id)
    seen = read_progress(home, run_id)
    spec = _record_spec(record)
    return Night(
        run_id,
        _checked(run_id, record.kind),
        RUNNING if is_running(home, run_id) else INTERRUPTED,
        record.started,
        None,
        seen.planned if seen else 0,
        seen.answered if seen else 0,
        seen.failed if seen else 0,
        spec is not None and all(entry.model.startswith("simulated/") for entry in spec.models),
        tuple(_suites(spec)),
        tuple(_variants(spec)),
        spec.budget_usd if spec is not None else None,
        _baseline(spec),
    )


def _checked(run_id: str, kind: str) -> str:
    """Raises: SpecError: a run of this kind is no night."""
    if kind not in {"evaluate", "import", "rehearsal"}:
        raise SpecError(
            f'run "{run_id}" is of kind {kind}, and a night puts suites to models. '
            f"`nightbench report {run_id}` shows what came of it."
        )
    return kind


def _spec(spec_text: str | None) -> EvalSpec | None:
    """The spec of a run; None where this nightbench cannot read it, as one of another version."""
    try:
        fields = json.loads(spec_text or "null")
        return make_spec(fields) if isinstance(fields, dict) else None
    except (ValueError, SpecError):
        return None


def _record_spec(record: RunRecord) -> EvalSpec | None:
    try:
        return record.eval_spec()
    except SpecError:
        return None


def _baseline(spec: EvalSpec | None) -> str | None:
    return LAST if spec is None else None if spec.baseline == NONE else spec.baseline


def _suites(spec: EvalSpec | None) -> list[str]:
    return [entry.name for entry in spec.suite_entries] if spec is not None else []


def _variants(spec: EvalSpec | None) -> list[str]:
    return [entry.variant for entry in spec.models] if spec is not None else []
