"""All of `route`: policies, their frontier, workloads, last month's calls, and the verdict in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tasks.routing.data import Samples
from tasks.routing.measure import Choices, Measured, bounds, cross_choices, measure, worth_grid
from tasks.routing.paired import Against, against_alone
from tasks.routing.policies import KINDS
from tasks.routing.prompts import installed
from tasks.routing.workload import Profile, usd_matrix
from warehouse.literals import values
from warehouse.query import run_sql

MONTH = """
with chosen as ({chosen})
select c.suite, c.suite_version, c.sample_id, c.variant, count(*) as n, count(c.usd) as n_priced,
    cast(coalesce(sum(c.usd), 0) as double) as usd
from call_costs as c
inner join chosen on chosen.suite = c.suite and chosen.suite_version = c.suite_version
    and chosen.variant = c.variant
where c.role = 'answer' and c.status = 'answered' and c.started_at >= now() - interval 30 days
    and c.simulated = {simulated}
group by all
"""
WITHOUT = (
    'the policy by prompt is left out: scikit-learn is not installed (the extra "routing": '
    'pip install -e ".[routing]" in the checkout)'
)


@dataclass(frozen=True)
class Saving:
    """Last month's calls of one variant: what they cost, and what a policy's choices would have."""

    variant: str
    policy: str
    n_calls: int
    n_unpriced: int  # left out of both sums
    usd: float
    usd_routed: float


@dataclass(frozen=True)
class Routed:
    """What `route` found."""

    samples: Samples
    worth_usd: float
    policies: list[Measured]  # each model alone, the oracle, and the policies at the worth asked for
    against: list[Against]  # these policies against the best model alone, and the cheapest
    frontier: list[Measured]  # the policies at every worth
    profiles: list[tuple[Profile, list[Measured]]]
    savings: list[Saving]
    verdict: str
    notes: list[str]


def route(
    warehouse: Path, samples: Samples, worth: float, profiles: Sequence[Profile] = (), seed: int = 0
) -> Routed:
    """Fit and measure everything."""
    fixed = bounds(samples, samples.usd)
    routed = cross_choices(samples, samples.usd, worth_grid(samples.usd, worth), seed)
    measured = measure(samples, samples.usd, [*fixed, *routed], seed)
    policies = measured[: len(fixed)] + [m for m in measured[len(fixed) :] if m.worth_usd == worth]
    of_worth = [c for c in routed if c.worth_usd == worth]
    policies, against = against_alone(samples, samples.usd, worth, policies, of_worth, seed)
    columns = []
    for profile in profiles:
        usd = usd_matrix(profile, samples)
        own = [*bounds(samples, usd), *cross_choices(samples, usd, [worth], seed)]
        columns.append((profile, measure(samples, usd, own, seed)))
    return Routed(
        samples,
        worth,
        policies,
        against,
        measured[len(fixed) :],
        columns,
        last_month(warehouse, samples, of_worth),
        verdict(samples, policies, against),
        [*samples.notes, *(() if installed() else (WITHOUT,))],
    )


def verdict(samples: Samples, policies: Sequence[Measured], against: Sequence[Against]) -> str:
    """Whether a policy is worth its trouble, in a sentence, and what it is against one model alone."""
    kinds = [m for m in policies if m.policy in KINDS]
    winners = [m for m in kinds if m.gain_low > 0]
    one = max(winners or kinds, key=lambda m: m.gain)
    rows = {row.role: row for row in against if row.policy == one.policy}
    beside = f"Against {_beside(rows['best'])}; against {_beside(rows['cheapest'])}."
    if rows["best"].model == rows["cheapest"].model:
        beside = f"Against {_beside(replace(rows['best'], role='best and cheapest'))}."
    if winners:
        return (
            f"The policy by {one.policy} is better than a random mixture of the models that costs as much: "
            f"{100 * one.accuracy:.1f} % right at {one.usd:.6f} USD a call, {100 * one.gain:+.1f} points "
            f"(95 % from {100 * one.gain_low:+.1f} to {100 * one.gain_high:+.1f}, corrected for {len(kinds)} "
            f"policies). {beside}"
        )
    alone = policies[: len(samples.names)]
    best = max(alone, key=lambda m: m.accuracy)
    return (
        f"No policy beats the models alone, or a random mixture of them, beyond noise on these "
        f"{len(samples.keys):,} samples. The most accurate alone is {best.policy.removeprefix('always ')} "
        f"({100 * best.accuracy:.1f} % at {best.usd:.6f} USD a call), the cheapest "
        f"{samples.names[0]} ({100 * alone[0].accuracy:.1f} % at {alone[0].usd:.6f}): take one of them. "
        f"The nearest, by {one.policy}: {beside[0].lower()}{beside[1:]}"
    )


def _beside(row: Against) -> str:
    """`the best alone, X, +0.1 points (95 % from -1.1 to +1.4) and 2.0 % of its cost saved (...)`."""
    side = 1 if row.saved >= 0 else -1
    ends = sorted((side * row.saved_low, side * row.saved_high))
    return (
        f"the {row.role} alone, {row.model}, {row.points:+.1f} points (95 % from {row.points_low:+.1f} to "
        f"{row.points_high:+.1f}) and {100 * abs(row.saved):.1f} % {'saved' if side > 0 else 'dearer'} "
        f"({100 * ends[0]:.1f} to {100 * ends[1]:.1f})"
    )


def last_month(warehouse: Path, samples: Samples, choices: Sequence[Choices]) -> list[Saving]:
    """What the policies would have saved on these variants' calls of the last 30 days on these suites.

    A call's routed cost is that of the chosen model's answer to the same sample; others are left out.
    """
    if any("estimated" in note for note in samples.notes):
        return []  # those calls have no known cost
    names = ("suite", "suite_version", "variant")
    rows = sorted({(e.suite, e.suite_version, e.variant) for e in samples.entries})
    sql = MONTH.format(chosen=values(names, rows), simulated=str(samples.simulated).lower())
    place = {key: i for i, key in enumerate(samples.keys)}
    spent: dict[tuple[str, str], list[float]] = {}
    for suite, version, sample_id, variant, n, n_priced, usd in run_sql(warehouse, sql).rows:
        row = place.get((suite, version, sample_id))
        for c in choices if row is not None else ():
            sums = spent.setdefault((variant, c.policy), [0.0, 0.0, 0.0, 0.0])
            routed = n_priced * samples.usd[row, c.of[row]]
            for i, more in enumerate((n, n - n_priced, usd, routed)):
                sums[i] += float(more)
    return [
        Saving(variant, policy, int(n), int(unpriced), usd, routed)
        for (variant, policy), (n, unpriced, usd, routed) in spent.items()
    ]


def best_kind(routed: Routed) -> str:
    """What is exported unless named: the policy shown to be better, else the model worth most alone."""
    winners = [m for m in routed.policies if m.policy in KINDS and m.gain_low > 0]
    if winners:
        return max(winners, key=lambda m: m.gain).policy
    alone = routed.policies[: len(routed.samples.names)]
    return max(alone, key=lambda m: routed.worth_usd * m.accuracy - m.usd).policy


def as_document(routed: Routed) -> dict[str, Any]:
    """As `route --json` prints it."""
    samples = routed.samples
    return {
        "variants": list(samples.names),
        "suites": sorted(set(samples.suites)),
        "runs": sorted({e.run_id for e in samples.entries}),
        "simulated": samples.simulated,
        "n_samples": len(samples.keys),
        "n_clusters": int(np.unique(np.array(samples.clusters)).size),
        "worth_usd": routed.worth_usd,
        "verdict": routed.verdict,
        "policies": [vars(m) for m in routed.policies],
        "against": [vars(row) for row in routed.against],
        "frontier": [vars(m) for m in routed.frontier],
        "profiles": [
            {**vars(p), "policies": [{**vars(m), "usd_a_month": p.calls * m.usd} for m in own]}
            for p, own in routed.profiles
        ],
        "last_month": [vars(s) for s in routed.savings],
        "notes": routed.notes,
    }
