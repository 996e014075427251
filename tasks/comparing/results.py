"""The figures of a comparison, read from the catalog's macros."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.comparing.contests import Contest
from warehouse.literals import text, values

NAMES = (
    "contest",
    "run_a",
    "suite_a",
    "version_a",
    "variant_a",
    "run_b",
    "suite_b",
    "version_b",
    "variant_b",
)
PAIRED = """
with contests as ({contests}),
pairs as (select * from samples_paired('contests'))
select contest, n, n_clusters, accuracy_a, accuracy_b, difference, ci_low, ci_high, se, p, p_holm, test,
    only_a, only_b, smallest_detectable, more_samples, score_a, score_b, score_difference, score_low,
    score_high
from paired_results('pairs')
"""
PARTS = """
with contests as ({contests}),
pairs as (select * from samples_paired('contests') where category is not null),
parts as (select * replace (contest || chr(31) || category as contest) from pairs)
select split_part(contest, chr(31), 1), split_part(contest, chr(31), 2), n, n_clusters, accuracy_a,
    accuracy_b, difference, ci_low, ci_high, se, p, p_holm, test, only_a, only_b, smallest_detectable,
    more_samples
from paired_results('parts')
order by all
"""
SPENT = """
with contests as ({contests}),
pairs as (select contest, sample_id, cluster, passed_a, passed_b from samples_paired('contests')),
billed as (
    select run_id, suite, suite_version, variant, sample_id, usd
    from call_costs
    where role = 'answer' and run_id in ({runs})
),
sides as (
    select contest, 'a' as side, run_a as run_id, suite_a as suite, version_a as version, variant_a as variant
    from contests
    union all
    select contest, 'b', run_b, suite_b, version_b, variant_b from contests
),
by_cluster as (  -- of every call its cost, and its sample's share of passes
    select sides.contest, sides.side, pairs.cluster, count(*) as n, count(billed.usd) as n_priced,
        sum(billed.usd) as usd, cast(sum(billed.usd) as double) as y,
        sum(case sides.side when 'a' then pairs.passed_a else pairs.passed_b end) as x
    from sides
    inner join pairs on pairs.contest = sides.contest
    inner join billed
        on billed.run_id = sides.run_id
        and billed.suite = sides.suite
        and billed.suite_version = sides.version
        and billed.variant = sides.variant
        and billed.sample_id = pairs.sample_id
    group by all
),
summed as (
    select contest, side, sum(n) as n, sum(usd) as usd, count(*) as k, sum(y) as y, sum(x) as x,
        sum(y * y) as yy, sum(x * y) as xy, sum(x * x) as xx
    from by_cluster group by contest, side having sum(n) = sum(n_priced)
)
select contest, side, usd, n, y / nullif(x, 0), ratio_low(k, y, x, yy, xy, xx),
    ratio_high(k, y, x, yy, xy, xx)
from summed
"""
TELLING = """
with contests as ({contests}),
found as (select * from disagreements_in('contests')),
ranked as (
    select *,
        row_number() over (
            partition by difference > 0
            order by abs(difference) desc,
                abs(coalesce(others_passed, 0.5) - 0.5) desc,
                coalesce(reason_a in ('cut', 'empty', 'timeout', 'error'), false),
                coalesce(reason_b in ('cut', 'empty', 'timeout', 'error'), false),
                coalesce(length(response_a), 0) + coalesce(length(response_b), 0),
                sample_id
        ) as place
    from found
)
select suite, sample_id, category, variant_a, variant_b, passed_a, passed_b, others_passed, input, target,
    answer_a, answer_b, reason_a, reason_b, response_a, response_b
from ranked
order by place, difference > 0 desc
limit {limit}
"""


@dataclass(frozen=True)
class Result:
    """One contest's figures; accuracies and differences are shares (0 to 1), the difference is b - a.

    With `n` 0 there was no sample that both answered, and the figures are None.
    """

    contest: Contest
    n: int
    n_clusters: int = 0
    accuracy_a: float | None = None
    accuracy_b: float | None = None
    difference: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    se: float | None = None
    p: float | None = None
    p_holm: float | None = None
    test: str | None = None
    only_a: int = 0
    only_b: int = 0
    smallest_detectable: float | None = None
    more_samples: int | None = None
    score_a: float | None = None
    score_b: float | None = None
    score_difference: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    usd_a: Decimal | None = None  # of a's answers to these samples, a call
    usd_b: Decimal | None = None
    usd_per_correct_a: float | None = None  # with a 95 % interval by the delta method, robust to clusters
    usd_per_correct_a_low: float | None = None
    usd_per_correct_a_high: float | None = None
    usd_per_correct_b: float | None = None
    usd_per_correct_b_low: float | None = None
    usd_per_correct_b_high: float | None = None

    @property
    def differs(self) -> bool:
        """Whether a difference was shown, corrected for how many suites were looked at."""
        return self.p_holm is not None and self.p_holm < 0.05

    @property
    def usd_rise(self) -> float | None:
        """How much dearer a call is on b's side: 0.2 is 20 %; None: not known."""
        if self.usd_a is None or self.usd_b is None or self.usd_a == 0:
            return None
        return float(self.usd_b / self.usd_a) - 1.0


@dataclass(frozen=True)
class Disagreement:
    """A sample that one side passed and the other did not."""

    suite: str
    sample_id: str
    category: str | None
    variant_a: str
    variant_b: str
    passed_a: float
    passed_b: float
    others_passed: float | None
    input: str | None
    target: str | None
    answer_a: str | None
    answer_b: str | None
    reason_a: str | None
    reason_b: str | None
    response_a: str | None
    response_b: str | None


def measure(warehouse: Path, contests: Sequence[Contest]) -> list[Result]:
    """The figures of each contest, in the same order; p-values are corrected over all of them."""
    from warehouse.query import run_all

    relation = _relation(contests)
    runs = ", ".join(sorted({text(e.run_id) for contest in contests for e in (contest.a, contest.b)}))
    queries = (PAIRED.format(contests=relation), SPENT.format(contests=relation, runs=runs or "null"))
    paired, spent = run_all(warehouse, queries)
    figures = {int(row[0]): row[1:] for row in paired.rows}
    bills: dict[int, dict[str, Any]] = {}
    for at, side, cost, n, *per_correct in spent.rows:
        names = (f"usd_per_correct_{side}{end}" for end in ("", "_low", "_high"))
        bill = {f"usd_{side}": Decimal(cost) / int(n), **dict(zip(names, per_correct, strict=True))}
        bills.setdefault(int(at), {}).update(bill)
    return [
        replace(Result(contest, *figures[at]), **bills.get(at, {})) if at in figures else Result(contest, 0)
        for at, contest in enumerate(contests)
    ]


def measure_parts(warehouse: Path, contests: Sequence[Contest]) -> list[tuple[str, Result]]:
    """The figures of each contest by category; p-values are corrected over all categories of all contests."""
    from warehouse.query import run_all

    if not contests:
        return []
    rows = run_all(warehouse, (PARTS.format(contests=_relation(contests)),))[0].rows
    return [(category, Result(contests[int(at)], *figures)) for at, category, *figures in rows]


def read_telling(warehouse: Path, contests: Sequence[Contest], limit: int = 10) -> list[Disagreement]:
    """The samples that tell most of a difference, the clearest first, in either direction by turns."""
    from warehouse.query import run_all

    if not contests:
        return []
    sql = TELLING.format(contests=_relation(contests), limit=limit)
    return [Disagreement(*row) for row in run_all(warehouse, (sql,))[0].rows]


def _relation(contests: Sequence[Contest]) -> str:
    rows = []
    for at, contest in enumerate(contests):
        sides = [
            word for e in (contest.a, contest.b) for word in (e.run_id, e.suite, e.suite_version, e.variant)
        ]
        rows.append((str(at), *sides))
    return values(NAMES, rows)
