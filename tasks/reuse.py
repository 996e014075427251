"""Answers that the warehouse has already are not paid for twice: `reuse = "same-spec"` or an age in days.

An answer is reused where the same request was sent before: equal request_hash (model, parameters, messages),
epoch and endpoint, answered with text. Of several it is the same call's, else the same variant's, the newest
of them: two judges of one model do not agree for having been given one verdict. It is journalled before the
first call as this run's own, marked with the run that it came from and without an attempt, so that a resumed
run has the same. It costs nothing.

`never` is the default, and right for a nightly run: drift is what it looks for. Not reused: answers of sealed
suites (their text is not kept), answers that were an error, and between simulated and real models.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.call.journal import Journal
from tasks.call.journal_reader import JournalState
from tasks.call.journal_records import AttemptEnd
from tasks.home import Home
from tasks.model import Answer, Call, Usage
from tasks.plan import Plan
from tasks.runs import list_runs
from warehouse.query import open_catalog

AT_ONCE = 500  # answers in memory
WANTED = pa.schema(
    {
        "call_key": pa.string(),
        "request_hash": pa.string(),
        "epoch": pa.int32(),
        "host": pa.string(),
        "suite": pa.string(),
        "variant": pa.string(),
    }
)
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
)
FITTING = """
from read_parquet('{wanted}') as wanted
inner join calls
    on calls.request_hash = cast(wanted.request_hash as uuid)
    and calls.epoch = wanted.epoch
    and (wanted.host is null or calls.endpoint = wanted.host)
where calls.status = 'answered' and calls.response is not null
    and calls.error_kind is null and calls.started_at >= {since} and calls.run_id <> '{run_id}'
    and calls.run_id not in (select run_id from runs where kind = 'rehearsal') {of_runs}
"""
FOUND = (
    """
select
    wanted.call_key, coalesce(calls.reused_from, calls.run_id) as origin, calls.started_at, calls.latency_s,
    calls.endpoint, calls.response, calls.stop_reason, calls.raw_stop_reason, calls.reasoning,
    calls.served_model, calls.fingerprint, calls.request_id, calls.ttft_s, {tokens}, calls.reasoning_tokens,
    calls.tokens_estimated
"""
    + FITTING
    + """
qualify row_number() over (
    partition by wanted.call_key
    order by calls.call_key = wanted.call_key desc, calls.variant = wanted.variant desc,
        calls.started_at desc, calls.run_id
) = 1
"""
)
COUNTED = "select wanted.suite, wanted.variant, count(distinct wanted.call_key)" + FITTING + "group by all"


async def reuse_answers(
    home: Home, plan: Plan, journal: Journal, known: JournalState, hosts: Mapping[str, str | None]
) -> int:
    """Journal what earlier runs have; returns how many answers. `hosts` are the endpoints by variant.

    Raises: WarehouseError: the journal cannot be written, or the catalog not read.
    """
    if not _may_reuse(home, plan):
        return 0
    n = 0
    for ends in _found(home, plan, known, hosts):
        durable = [journal.append(end) for end in ends]
        for one in durable:
            await one
        n += len(ends)
    if n:
        known.refresh()
    return n


def count_reusable(home: Home, plan: Plan, hosts: Mapping[str, str | None]) -> dict[tuple[str, str], int]:
    """How many calls of a plan that has not begun would be reused, by suite and variant.

    Raises: WarehouseError: the catalog cannot be read.
    """
    if not _may_reuse(home, plan):
        return {}
    with _asking(home, plan, COUNTED, hosts, lambda _: True) as connection:
        rows = connection.fetchall() if connection is not None else []
    return {(suite, variant): n for suite, variant, n in rows}


def _may_reuse(home: Home, plan: Plan) -> bool:
    return plan.spec.reuse != "never" and (home.warehouse / "commits").is_dir()


def _found(
    home: Home, plan: Plan, known: JournalState, hosts: Mapping[str, str | None]
) -> Iterator[list[AttemptEnd]]:
    with _asking(home, plan, FOUND, hosts, lambda call: _is_open(call, known)) as connection:
        while connection is not None and (rows := connection.fetchmany(AT_ONCE)):
            yield [_end(row, known) for row in rows]


@contextmanager
def _asking(
    home: Home, plan: Plan, sql: str, hosts: Mapping[str, str | None], wants: Callable[[Call], bool]
) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """A query over what is wanted, executed; None where nothing is."""
    with tempfile.TemporaryDirectory(dir=home.warehouse, prefix=".reuse-") as folder:
        wanted = Path(folder) / "wanted.parquet"
        if not _write_wanted(wanted, plan, hosts, wants):
            yield None
            return
        asked = sql.format(
            tokens=", ".join(f"calls.{name}" for name in TOKENS),
            wanted=str(wanted).replace("'", "''"),
            since=_since(plan.spec.reuse),
            run_id=plan.run_id,
            of_runs=_of_runs(home, plan),
        )
        with open_catalog(home.warehouse) as connection:
            connection.execute(asked)
            yield connection


def _write_wanted(
    path: Path, plan: Plan, hosts: Mapping[str, str | None], wants: Callable[[Call], bool]
) -> int:
    n = 0
    with pq.ParquetWriter(path, WANTED) as writer:
        for shard in plan.shards:
            if shard.suite.sealed:
                continue
            rows = [
                {
                    "call_key": str(call.call_key),
                    "request_hash": str(call.request_hash),
                    "epoch": call.epoch,
                    "host": hosts[call.variant],
                    "suite": call.suite,
                    "variant": call.variant,
                }
                for call in plan.calls(shard)
                if wants(call)
            ]
            n += len(rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=WANTED))
    return n


def _is_open(call: Call, known: JournalState) -> bool:
    """Whether nothing was ever sent for it in this run."""
    return known.next_attempt_number(call.call_key) == 1


def _since(reuse: str) -> str:
    if reuse == "same-spec":
        return "timestamptz '1970-01-01 00:00:00+00'"
    since = datetime.now(UTC) - timedelta(days=int(reuse.removesuffix("d")))
    return f"timestamptz '{since:%Y-%m-%d %H:%M:%S}+00'"


def _of_runs(home: Home, plan: Plan) -> str:
    if plan.spec.reuse != "same-spec":
        return ""
    own = plan.spec.fingerprint()
    same = [record.run_id for record in list_runs(home) if record.eval_spec().fingerprint() == own]
    return f"and calls.run_id in ({', '.join(repr(run_id) for run_id in same) or 'null'})"


def _end(row: Sequence[Any], known: JournalState) -> AttemptEnd:
    key, origin, started_at, latency_s, endpoint, text, stop, raw_stop, *rest = row
    reasoning, served_model, fingerprint, request_id, ttft_s, *counts, reasoned, estimated = rest
    call_key = UUID(key)
    usage = None
    if counts[0] is not None:
        usage = Usage(
            **dict(zip(TOKENS, counts, strict=True)), reasoning_tokens=reasoned, estimated=bool(estimated)
        )
    answer = Answer(
        text=text,
        stop_reason=stop,
        raw_stop_reason=raw_stop,
        usage=usage,
        reasoning=reasoning,
        served_model=served_model,
        fingerprint=fingerprint,
        request_id=request_id,
        ttft_s=ttft_s,
    )
    return AttemptEnd(
        call_key=call_key,
        n=known.next_attempt_number(call_key),
        started_at=started_at,
        ended_at=started_at,
        latency_s=latency_s,  # None: it was a batch's
        queued_s=0.0,
        http_status=None,
        outcome="answered",
        error_kind=None,
        error=None,
        endpoint=endpoint,
        final=True,
        answer=answer,
        usage=usage,
        reused_from=origin,
    )
