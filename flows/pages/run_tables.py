"""Tables of a run's page in Prefect beside the leaderboard: cost by model, limits used, failures by kind."""

from dataclasses import dataclass

from flows.pages.summary import Row, money, number, percent, rows_of
from tasks.home import Home
from tasks.hostile import LONGEST, on_a_line
from warehouse.literals import text
from warehouse.query import run_all

Rows = list[dict[str, object]]

COST = """
select model, role, sum(n_calls)::bigint as n_calls, sum(n_unpriced)::bigint as n_unpriced,
    sum(input_tokens)::bigint as input_tokens, sum(cached_input_tokens)::bigint as cached,
    sum(cache_write_tokens + cache_write_1h_tokens)::bigint as written,
    sum(output_tokens)::bigint as output_tokens,
    case when sum(n_unpriced) = 0 then sum(usd) end as usd
from cost_totals where run_id = {run}
group by model, role
order by usd desc nulls last, model, role
"""
LIMITS = """
with waited as (
    select model, avg(queued_s) as mean_s, max(queued_s) as longest_s
    from calls where run_id = {run} and mode <> 'batch' group by model
)
select used.model, max(n_requests) as requests, any_value(max_requests) as max_requests,
    max(used.input_tokens) as input_tokens, any_value(max_input_tokens) as max_input_tokens,
    max(used.output_tokens) as output_tokens, any_value(max_output_tokens) as max_output_tokens,
    max(greatest(requests_share, input_share, output_share)) as share,
    sum(n_requests)::bigint as n_requests, sum(n_rate_limited)::bigint as n_rate_limited,
    any_value(waited.mean_s) as mean_s, any_value(waited.longest_s) as longest_s
from limits_used as used left join waited on waited.model = used.model
where used.run_id = {run}
group by used.model
order by used.model
"""
ERRORS = """
select error_kind, suite, variant, n_failed, n_answered, n_attempts, n_unseen, example
from errors where run_id = {run}
order by n_failed desc, n_attempts desc, suite, variant, error_kind
limit {most}
"""
GRADED = """
select coalesce(reason, 'not passed') as reason, suite, variant, count(*)::bigint as n,
    min(sample_id) as sample_id, min_by(coalesce(answer, explanation), sample_id) as example
from latest_grades where run_id = {run} and is_score and not passed
group by all
order by n desc, suite, variant, reason
limit {most}
"""
MOST = 100  # rows a kind; SQL has all


@dataclass(frozen=True)
class RunTables:
    """Rows of text and numbers, as Prefect shows them; what others wrote is one short line."""

    cost: Rows
    limits: Rows
    failures: Rows


def run_tables(home: Home, run_id: str) -> RunTables:
    """The tables of a committed run."""
    queries = [sql.format(run=text(run_id), most=MOST) for sql in (COST, LIMITS, ERRORS, GRADED)]
    cost, limits, errors, graded = map(rows_of, run_all(home.warehouse, queries))
    return RunTables(
        [_cost(row) for row in cost],
        [_limit(row) for row in limits],
        [_error(row) for row in errors] + [_graded(row) for row in graded],
    )


def _cost(row: Row) -> dict[str, object]:
    return {
        "model": row["model"],
        "role": row["role"],
        "calls": row["n_calls"],
        "input tokens": row["input_tokens"],
        "read from a cache": row["cached"],
        "written to a cache": row["written"],
        "output tokens": row["output_tokens"],
        "usd": money(row["usd"]),
        "without a price": row["n_unpriced"],
    }


def _limit(row: Row) -> dict[str, object]:
    return {
        "model": row["model"],
        "tightest limit used %": percent(row["share"]),
        "refused with 429": row["n_rate_limited"],
        "of attempts": row["n_requests"],
        "requests in a minute": _of(row, "requests"),
        "input tokens in a minute": _of(row, "input_tokens"),
        "output tokens in a minute": _of(row, "output_tokens"),
        "mean wait s": number(row["mean_s"]),
        "longest wait s": number(row["longest_s"]),
    }


def _of(row: Row, name: str) -> str:
    most = row[f"max_{name}"]
    return f"{row[name]:,} of {most:,}" if most is not None else f"{row[name]:,} (no limit)"


def _error(row: Row) -> dict[str, object]:
    return {
        "kind": row["error_kind"],
        "what": "call without an answer" if row["n_failed"] else "refused by the API, graded 0"
        if row["n_answered"] else "attempt that was tried again",
        "n": row["n_failed"] or row["n_answered"] or _sum(row["n_attempts"], row["n_unseen"]),
        "example": on_a_line(row["example"] or "", LONGEST),
        "sample": "",
        "suite": row["suite"],
        "variant": row["variant"],
    }  # fmt: skip


def _graded(row: Row) -> dict[str, object]:
    return {
        "kind": row["reason"],
        "what": "answer graded 0",
        "n": row["n"],
        "example": on_a_line(row["example"] or "", LONGEST),
        "sample": on_a_line(row["sample_id"], LONGEST),
        "suite": row["suite"],
        "variant": row["variant"],
    }


def _sum(*counts: object) -> int:
    return sum(count for count in counts if isinstance(count, int))
