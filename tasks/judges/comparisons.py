"""What the judges of a run said, as SQL cannot carry it: ratings, win rates at equal length, agreement.

The tables and views it reads are `pair_results`, `latest_grades` and `calls`; raw win rates are the view
`win_rates`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from warehouse.query import run_all
from warehouse.statistics.agreement import cohen_kappa, fleiss_kappa, krippendorff_alpha
from warehouse.statistics.lengths import Duel, length_controlled
from warehouse.statistics.proportions import Measured
from warehouse.statistics.ratings import Meeting, Rating, bradley_terry

FOR_A = {"a": 1.0, "tie": 0.5, "b": 0.0}

RATES = """
select suite, suite_version, variant_a, variant_b, judge, n, wins, losses, ties, n_inconsistent, win_rate,
    ci_low, ci_high
from win_rates
where run_id = '{run_id}'
order by suite, suite_version, judge, variant_a, variant_b
"""
PAIRS = """
select told.suite, told.suite_version, told.judge, told.variant_a, told.variant_b, told.winner,
    length(a.response) as length_a, length(b.response) as length_b
from pair_results as told
left join calls as a on a.run_id = told.run_id and a.call_key = told.call_key_a
left join calls as b on b.run_id = told.run_id and b.call_key = told.call_key_b
where told.run_id = '{run_id}'
order by all
"""
PANELS = r"""
select suite, suite_version, regexp_extract(grader, '^[^.@]+\.([^@]+)@(.+)$', 1) as criterion,
    regexp_extract(grader, '^[^.@]+\.([^@]+)@(.+)$', 2) as judge, cast(call_key as varchar) as item,
    cast(passed as varchar) as verdict, score
from latest_grades
where run_id = '{run_id}' and regexp_matches(grader, '^[^.@]+\.[^@]+@')
union all
select suite, suite_version, 'pairwise', judge, concat(call_key_a, ' ', call_key_b), winner,
    case winner when 'a' then 1e0 when 'b' then 0e0 else 0.5e0 end
from pair_results
where run_id = '{run_id}' and judge is not null
order by all
"""


@dataclass(frozen=True)
class WinRate:
    """How often a's answers are preferred to b's; `at_equal_length` where the lengths are known."""

    suite: str
    suite_version: str
    judge: str | None
    variant_a: str
    variant_b: str
    wins: int
    losses: int
    ties: int
    n_inconsistent: int
    rate: Measured
    at_equal_length: Measured


@dataclass(frozen=True)
class Ratings:
    """The competitors of a suite by one judge, the strongest first; more than two have them."""

    suite: str
    suite_version: str
    judge: str | None
    ratings: tuple[Rating, ...]


@dataclass(frozen=True)
class Agreement:
    """How far a panel agrees on a criterion: each two judges, and all of them where there are more."""

    suite: str
    suite_version: str
    criterion: str
    judges: tuple[str, ...]
    kappas: tuple[tuple[str, str, Measured], ...]
    fleiss: Measured  # of the verdicts on what every judge judged
    alpha: Measured  # Krippendorff's for intervals, of the scores


@dataclass(frozen=True)
class Comparisons:
    """All that a run's judges compared or judged together; empty where there is no such thing."""

    win_rates: tuple[WinRate, ...]
    ratings: tuple[Ratings, ...]
    agreements: tuple[Agreement, ...]

    def __bool__(self) -> bool:
        return bool(self.win_rates or self.agreements)


def read_comparisons(warehouse: Path, run_id: str) -> Comparisons:
    """What the judges of a committed run said of its answers."""
    queries = [query.format(run_id=run_id) for query in (RATES, PAIRS, PANELS)]
    rates, pairs, panels = (found.rows for found in run_all(warehouse, queries))
    duels: dict[tuple[object, ...], list[Duel]] = defaultdict(list)
    meetings: dict[tuple[str, str, str | None], list[Meeting]] = defaultdict(list)
    for suite, version, judge, a, b, winner, length_a, length_b in pairs:
        won = FOR_A[winner]
        meetings[suite, version, judge].append(Meeting(a, b, won, 1 - won))
        if length_a is not None and length_b is not None:  # a sealed suite's answers are not kept
            duels[suite, version, judge, a, b].append(Duel(won, length_a, length_b))
    return Comparisons(
        tuple(
            WinRate(
                suite,
                version,
                judge,
                a,
                b,
                wins,
                losses,
                ties,
                n_inconsistent,
                Measured(rate, low, high, n),
                length_controlled(duels[suite, version, judge, a, b]),
            )
            for (
                suite,
                version,
                a,
                b,
                judge,
                n,
                wins,
                losses,
                ties,
                n_inconsistent,
                rate,
                low,
                high,
            ) in rates
        ),
        tuple(
            Ratings(*place, tuple(bradley_terry(met)))
            for place, met in meetings.items()
            if len({name for one in met for name in (one.a, one.b)}) > 2
        ),
        tuple(_agreements(panels)),
    )


def _agreements(rows: Sequence[tuple[object, ...]]) -> Iterable[Agreement]:
    said: dict[tuple[str, str, str], dict[str, dict[str, tuple[str, float | None]]]] = {}
    for suite, version, criterion, judge, item, verdict, score in rows:
        place = (str(suite), str(version), str(criterion))
        by_judge = said.setdefault(place, {}).setdefault(str(judge), {})
        by_judge[str(item)] = (str(verdict), None if score is None else float(str(score)))
    for place, judges in said.items():
        if len(judges) < 2:
            continue
        items = sorted({item for known in judges.values() for item in known})
        kappas = []
        for one, other in combinations(sorted(judges), 2):
            both = [item for item in items if item in judges[one] and item in judges[other]]
            verdicts = ([judges[judge][item][0] for item in both] for judge in (one, other))
            kappas.append((one, other, cohen_kappa(*verdicts)))
        whole = [item for item in items if all(item in known for known in judges.values())]
        yield Agreement(
            *place,
            tuple(sorted(judges)),
            tuple(kappas),
            fleiss_kappa([[known[item][0] for known in judges.values()] for item in whole]),
            krippendorff_alpha(
                [[known[item][1] if item in known else None for known in judges.values()] for item in items],
                "interval",
            ),
        )
