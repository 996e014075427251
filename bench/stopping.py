"""How often a verdict that was reached early is wrong, and how much of a suite it needs.

    python -m bench.stopping [RUNS]     (default 2000)

Each simulated run draws a suite of its own with a known mean difference, in a random order, and looks after
every draw. Wrong is: a model called better where they are equal or the other is, or "within" where the
difference is not inside the margin. With the recorded comparison at hand (NIGHTBENCH_RECORDED, a JSON file
of suites, each with the differences of its samples), it says how many samples 200 orders needed.
"""

import json
import os
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.statistics.sequence import Comparison, Unit, Verdict

MARGIN, ALPHA = 0.02, 0.05


@dataclass(frozen=True)
class Case:
    """A suite: in so many samples A alone is right, in so many B alone; clusters of so many samples."""

    title: str
    n: int
    a_alone: int
    b_alone: int
    cluster: int = 1
    failed: float = 0.0  # share of samples that have no grade

    @property
    def difference(self) -> float:
        """B - A, as a share."""
        return (self.b_alone - self.a_alone) / self.n


CASES = (
    Case("no difference", 1000, 50, 50),
    Case("no difference, models that rarely agree", 1000, 250, 250),
    Case("at the margin", 1000, 40, 60),
    Case("one point", 1000, 45, 55),
    Case("five points", 1000, 40, 90),
    Case("no difference, clusters of 10", 1000, 50, 50, cluster=10),
    Case("no difference, a tenth failed", 1000, 50, 50, failed=0.1),
)


@dataclass(frozen=True)
class Outcome:
    """What many runs of one case came to."""

    wrong: float  # share of runs
    drawn: tuple[int, int, int]  # units: lower quartile, median, upper quartile


def is_wrong(verdict: Verdict | None, difference: float) -> bool:
    """Whether a verdict contradicts the difference that is known."""
    if verdict == "within":
        return abs(difference) >= MARGIN
    return (verdict == "b is better" and difference <= 0) or (verdict == "a is better" and difference >= 0)


def simulate(case: Case, n_runs: int, seed: int = 0) -> Outcome:
    """Run one case over and over; the share of wrong verdicts, and how long they took."""
    generator, wrong, drawn = random.Random(seed), 0, []
    for _ in range(n_runs):
        values = [1] * case.b_alone + [-1] * case.a_alone
        values += [0] * (case.n - len(values))
        if case.cluster == 1:
            generator.shuffle(values)  # else the clusters hold what is alike, which is the hardest
        graded = [value for value in values if generator.random() >= case.failed]
        truth = sum(graded) / len(graded) if case.failed else case.difference
        units = (
            [Unit(1, float(value)) for value in graded] + [Unit(0, 0.0)] * (case.n - len(graded))
            if case.cluster == 1
            else [
                Unit(case.cluster, float(sum(values[i : i + case.cluster])))
                for i in range(0, case.n, case.cluster)
            ]
        )
        verdict, took = run(units, generator, case.cluster)
        wrong += is_wrong(verdict, truth)
        drawn.append(took)
    low, middle, high = statistics.quantiles(drawn, n=4)
    return Outcome(wrong / n_runs, (round(low), round(middle), round(high)))


def run(units: Sequence[Unit], generator: random.Random, largest: int) -> tuple[Verdict | None, int]:
    """One order of a suite: the verdict, and after how many units; None where all were needed."""
    comparison = Comparison(len(units), largest, MARGIN, ALPHA)
    for unit in generator.sample(list(units), len(units)):
        if comparison.see(unit) is not None:
            break
    return comparison.verdict, comparison.drawn


def main(n_runs: int) -> None:
    """Print a line a case, and one a recorded suite."""
    for case in CASES:
        found = simulate(case, n_runs)
        print(f"{case.title}: wrong in {found.wrong:.2%} of {n_runs:,}, units drawn {found.drawn}")
    recorded = os.environ.get("NIGHTBENCH_RECORDED")
    if recorded is not None:
        for suite, values in json.loads(Path(recorded).read_text(encoding="utf-8")).items():
            units = [Unit(1, float(value)) for value in values]
            took = [run(units, random.Random(seed), 1) for seed in range(200)]
            quartiles = statistics.quantiles([drawn for _, drawn in took], n=4)
            verdicts = {verdict: sum(v == verdict for v, _ in took) for verdict in {v for v, _ in took}}
            print(f"{suite}: of {len(values):,} samples {quartiles}, {verdicts}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
