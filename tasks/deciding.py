"""A run with `[stop]`: which of its suites are decided, told from the answers in the order of the draw.

Units (a sample, or a cluster of samples) are compared strictly in their seeded order, whatever the order in
which answers come. So a run that was killed and goes on comes to the same decision from its journal.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from tasks.grade.base import Grader
from tasks.grade.respond import grade_answer
from tasks.model import Answer, Call, Sample
from tasks.plan import Plan, Shard
from warehouse.errors import SpecError
from warehouse.statistics.sequence import Comparison, Unit, pairs_of

AHEAD = 32  # samples that a variant may be ahead of what is compared, beyond its places in flight


class Ended(Protocol):
    """How a call ended."""

    @property
    def answer(self) -> Answer | None:
        """None where it finally failed."""


@dataclass(frozen=True)
class Decision:
    """What was decided of two variants on a suite, and when; shares, B - A."""

    suite: str
    variant_a: str
    variant_b: str
    verdict: str
    n_samples: int  # compared when it was decided
    n_planned: int
    difference: float
    low: float
    high: float

    def sentence(self) -> str:
        """For a person."""
        points = f"{100 * self.difference:+.1f} points (from {100 * self.low:+.1f} to {100 * self.high:+.1f})"
        better = {"a is better": self.variant_a, "b is better": self.variant_b}.get(self.verdict)
        words = f"{better} is better" if better else "no difference beyond the margin"
        return (
            f"{self.suite}: decided after {self.n_samples:,} of {self.n_planned:,} samples: {words}; "
            f"{self.variant_b} against {self.variant_a} {points}"
        )


@dataclass
class _Suite:
    units: Sequence[Sequence[Sample]]
    scorer: Sequence[Grader]
    comparisons: dict[tuple[str, str], Comparison]
    place: dict[str, int]  # of a sample: the number of its unit
    missing: list[int]  # calls of each unit that have not ended
    passed: dict[tuple[str, str], list[float]] = field(default_factory=dict)  # by variant, sample: epochs
    unknown: set[tuple[str, str]] = field(default_factory=set)
    seen: int = 0  # units compared
    decisions: dict[tuple[str, str], Decision] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        return len(self.decisions) == len(self.comparisons)


class Deciding:
    """The comparisons of a run, suite by suite: all pairs of variants, with Bonferroni's alpha."""

    def __init__(self, plan: Plan, graders: Mapping[str, Sequence[Grader]]) -> None:
        stop = plan.spec.stop
        assert stop is not None, "a run without [stop] decides nothing"
        variants = [entry.variant for entry in plan.spec.models]
        pairs = pairs_of(variants)
        self._ahead = AHEAD + max(entry.limits.in_flight for entry in plan.spec.models)
        self._suites: dict[str, _Suite] = {}
        self._counted: set[UUID] = set()
        self._moved = asyncio.Event()  # replaced whenever a comparison has moved on
        for suite in plan.suites:
            units: dict[tuple[str, str], list[Sample]] = {}
            for sample in plan.asked_samples(suite):
                units.setdefault(unit_of(sample), []).append(sample)
            drawn = list(units.values())
            scored = [sum(sample.scored for sample in unit) for unit in drawn]
            largest = max(1, *scored) if scored else 1
            self._suites[suite.name] = _Suite(
                units=drawn,
                scorer=graders[suite.name][:1],
                comparisons={
                    pair: Comparison(
                        len(drawn), largest, float(stop.difference) / 100, (1 - stop.confidence) / len(pairs)
                    )
                    for pair in pairs
                },
                place={sample.sample_id: i for i, unit in enumerate(drawn) for sample in unit},
                missing=[len(unit) * len(variants) * plan.spec.epochs for unit in drawn],
            )

    def ended(self, call: Call, end: Ended) -> list[Decision]:
        """Count a call that has ended; what it decided, if anything."""
        if call.call_key in self._counted or call.role != "answer":
            return []
        self._counted.add(call.call_key)
        suite = self._suites[call.suite]
        if suite.decided:
            return []
        place = suite.place[call.sample_id]
        sample = next(each for each in suite.units[place] if each.sample_id == call.sample_id)
        grades = grade_answer(suite.scorer, sample, end.answer) if end.answer is not None else []
        of = (call.variant, call.sample_id)
        if grades:
            suite.passed.setdefault(of, []).append(float(grades[0][1].passed))
        else:
            suite.unknown.add(of)
        suite.missing[place] -= 1
        found: list[Decision] = []
        if suite.missing[place] == 0:
            self._moved.set()
            self._moved = asyncio.Event()
        while suite.seen < len(suite.units) and suite.missing[suite.seen] == 0 and not suite.decided:
            found += self._compare(call.suite, suite)
        return found

    def is_decided(self, suite: str) -> bool:
        """Whether nothing more of a suite is to be asked."""
        return self._suites[suite].decided

    def may_start(self, shard: Shard) -> bool:
        """Whether a shard is not too far ahead of what was compared."""
        suite = self._suites[shard.suite.name]
        return suite.decided or suite.place[shard.asked[0][0].sample_id] <= suite.seen + self._ahead

    async def moved(self) -> None:
        """Return when a comparison may have moved on."""
        await self._moved.wait()

    @property
    def decisions(self) -> list[Decision]:
        """All that was decided, in the order of the suites."""
        return [decision for suite in self._suites.values() for decision in suite.decisions.values()]

    def _compare(self, name: str, suite: _Suite) -> list[Decision]:
        """Compare one unit, whose calls have all ended."""
        unit, found = suite.units[suite.seen], []
        suite.seen += 1
        compared = sum(len(each) for each in suite.units[: suite.seen])
        for (a, b), comparison in suite.comparisons.items():
            both = [
                sample.sample_id
                for sample in unit
                if sample.scored and not {(a, sample.sample_id), (b, sample.sample_id)} & suite.unknown
            ]
            drawn = sum(_mean(suite.passed[b, each]) - _mean(suite.passed[a, each]) for each in both)
            if (a, b) in suite.decisions or (verdict := comparison.see(Unit(len(both), drawn))) is None:
                continue
            low, high = comparison.interval()
            difference = comparison.difference
            decision = Decision(name, a, b, verdict, compared, len(suite.place), difference or 0.0, low, high)
            suite.decisions[a, b] = decision
            found.append(decision)
        return found


def unit_of(sample: Sample) -> tuple[str, str]:
    """What is drawn as one: the sample's cluster, or the sample itself."""
    return ("cluster", sample.cluster) if sample.cluster is not None else ("sample", sample.sample_id)


def check_stop(plan: Plan, graders: Mapping[str, Sequence[Grader]]) -> None:
    """Refuse what cannot be decided while calls come in.

    Raises: SpecError: a suite's score needs a judge, or there is none.
    """
    if plan.spec.stop is None:
        return
    for suite in plan.suites:
        scorer = graders[suite.name][:1]
        if not scorer or scorer[0].asks or not scorer[0].scores:
            raise SpecError(
                f'suite "{suite.name}": [stop] decides by the grades of answers as they come, and its score '
                f"is a judge's, which comes when all are there. Nothing was sent. Leave out [stop], or this "
                f"suite."
            )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
