"""What earlier nights teach of a model on a suite: how long its answers are, how fast, what of its input was
cached.

Counted are answers of evaluations that were asked for in their run: no reused ones, no rehearsals, imports or
single questions, and no calls that failed (the plan expects an answer to each). An answer without a count
of tokens (a content filter's 400) cost nothing and counts 0. Of each variant's version the newest NIGHTS runs
count; a version that the warehouse does not know learns from the others of its model on the suite. A model is
its full name, so that simulated/X teaches nothing of X. Not counted: a second answer to one call, which is an
accident and no habit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.model import Mode
from tasks.spec import JUDGE
from tasks.spread import Night
from warehouse.query import run_sql

NIGHTS = 7
RECENT_RUNS = 60  # of a warehouse with more, older ones are only read for what these do not know
INPUT_KINDS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens")
NIGHTLY = """
with answered as (
  select run_id, suite, role, model, variant_version, mode, count(*) as n,
    sum(coalesce(output_tokens, 0))::double as output,
    sum(coalesce(output_tokens, 0)::double * coalesce(output_tokens, 0)) as squares,
    avg(latency_s) as latency_s, {kinds}
  from calls
  where status = 'answered' and reused_from is null
    and model in ({models}) and suite in ({suites}) {of_runs}
  group by run_id, suite, role, model, variant_version, mode
)
select suite, role, model, variant_version, mode, n, output, squares, latency_s, {names},
  epoch(finished_at - started_at)::double / 60.0
from answered join runs using (run_id)
where kind = 'evaluate' and coalesce(mode, '') in ('realtime', 'batch')
qualify row_number() over (
  partition by suite, role, model, variant_version, mode order by started_at desc
) <= {most}
order by started_at desc
"""


RECENT = """
select run_id from runs where kind = 'evaluate' order by started_at desc limit {recent}
"""


@dataclass(frozen=True)
class RunPast:
    """The answers of one run to one variant's version, in one mode."""

    version: str
    mode: Mode
    night: Night
    latency_s: float | None
    input_tokens: tuple[float, ...]  # by INPUT_KINDS
    run_minutes: float


@dataclass(frozen=True)
class Past:
    """What is known of a variant on a suite."""

    nights: tuple[Night, ...]  # the newest first
    latency_s: float | None  # of an answer in realtime
    batch_minutes: float | None  # how long runs with batches took
    mix: Mapping[str, float] | None  # share of the input by INPUT_KINDS, in the plan's mode


History = Mapping[tuple[str, str], Sequence[RunPast]]  # by history_place and model, the newest first


def read_history(warehouse: Path, suites: Iterable[str], models: Iterable[str]) -> History:
    """The newest nights of these models on these suites; empty for a new home.

    Raises: WarehouseError: the warehouse cannot be read.
    """
    if not any((warehouse / "commits").glob("*")):
        return {}
    suites, models = set(suites), set(models)
    recent = [str(row[0]) for row in run_sql(warehouse, RECENT.format(recent=RECENT_RUNS)).rows]
    found = _nights(warehouse, suites, models, f"and run_id in ({_texts(recent)})")
    if len(recent) == RECENT_RUNS:
        missing = {(suite, model) for suite in suites for model in models} - found.keys()
        if missing:
            of_suites, of_models = {suite for suite, _ in missing}, {model for _, model in missing}
            found = {**_nights(warehouse, of_suites, of_models, ""), **found}
    return found


def _nights(
    warehouse: Path, suites: Iterable[str], models: Iterable[str], of_runs: str
) -> dict[tuple[str, str], list[RunPast]]:
    sql = NIGHTLY.format(
        kinds=", ".join(f"sum(coalesce({kind}, 0))::double as {kind}" for kind in INPUT_KINDS),
        names=", ".join(INPUT_KINDS),
        models=_texts(models),
        suites=_texts(suites),
        most=NIGHTS,
        of_runs=of_runs,
    )
    found: dict[tuple[str, str], list[RunPast]] = {}
    for suite, role, model, version, mode, n, output, squares, *rest in run_sql(warehouse, sql).rows:
        latency_s, *kinds, minutes = rest
        place = history_place(str(suite), judges=role == "judge"), str(model)
        found.setdefault(place, []).append(
            RunPast(
                version=str(version),
                mode="batch" if mode == "batch" else "realtime",
                night=Night(int(n), float(output), float(squares)),
                latency_s=None if latency_s is None else float(latency_s),
                input_tokens=tuple(map(float, kinds)),
                run_minutes=float(minutes or 0.0),
            )
        )
    return found


def history_place(suite: str, *, judges: bool) -> str:
    """Under which name a history keeps a suite: what judges say of it is not what is answered to it."""
    return f"{JUDGE}{suite}" if judges else suite


def past_of(history: History, suite: str, model: str, version: str, mode: Mode) -> Past | None:
    """What is known of a version of a model on a suite; None where nothing is."""
    known = history.get((suite, model), ())
    runs = [run for run in known if run.version == version] or list(known)
    if not runs:
        return None
    runs = runs[:NIGHTS]
    in_mode = [run for run in runs if run.mode == mode and run.version == version]
    timed = [run for run in runs if run.latency_s is not None]
    batched = [run.run_minutes for run in runs if run.mode == "batch"]
    return Past(
        nights=tuple(run.night for run in runs),
        latency_s=_mean([(run.latency_s or 0.0, run.night.n) for run in timed]),
        batch_minutes=sum(batched) / len(batched) if batched else None,
        mix=_mix(in_mode),
    )


def _mix(runs: Sequence[RunPast]) -> Mapping[str, float] | None:
    sums = [sum(kind) for kind in zip(*(run.input_tokens for run in runs), strict=True)]
    total = sum(sums)
    return {kind: part / total for kind, part in zip(INPUT_KINDS, sums, strict=True)} if total > 0 else None


def _mean(weighed: Sequence[tuple[float, int]]) -> float | None:
    n = sum(weight for _, weight in weighed)
    return sum(value * weight for value, weight in weighed) / n if n else None


def _texts(values: Iterable[str]) -> str:
    """SQL literals."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(set(values))) or "null"
