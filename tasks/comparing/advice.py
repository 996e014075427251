"""What to do, suite by suite: which variant, where it makes no difference, and what is not known yet.

Nothing is advised that a comparison does not carry; every line brings its evidence.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from pathlib import Path

from tasks.comparing.contests import Contest, Entry, read_entries
from tasks.comparing.results import Result, measure, measure_parts
from tasks.comparing.words import p_value, points, signed

USE, EQUAL, PART, UNKNOWN, ALONE = "use", "equal", "category", "unknown", "alone"


@dataclass(frozen=True)
class Advice:
    """One line: `kind` is use, equal, category, unknown or alone; `variant` the one to take, if any."""

    kind: str
    suite: str
    category: str | None
    variant: str | None
    words: str


def advise(warehouse: Path, run_id: str) -> list[Advice]:
    """Advice on every suite of a run: its variants, and the current ones of the same suite version."""
    entries = read_entries(warehouse)
    own = [entry for entry in entries if entry.run_id == run_id]
    lines: list[Advice] = []
    fields = {(e.suite, e.suite_version): _field(entries, own, e.suite, e.suite_version) for e in own}
    contests = [
        Contest(a, b, a.variant, b.variant)
        for field in fields.values()
        for a, b in combinations(sorted(field, key=lambda e: e.variant), 2)
    ]
    results = measure(warehouse, contests)
    parts = measure_parts(warehouse, contests)
    for (suite, version), field in sorted(fields.items()):
        of_suite = [r for r in results if _about(r) == (suite, version) and r.n]
        if not of_suite:
            words = f"{suite}: {field[0].variant} stands alone; nothing else was put to the same questions."
            lines.append(Advice(ALONE, suite, None, None, words))
            continue
        lines += _of_suite(
            suite, of_suite, [p for p in parts if p[1].contest in {r.contest for r in of_suite}]
        )
    return lines


def _field(entries: Sequence[Entry], own: Sequence[Entry], suite: str, version: str) -> list[Entry]:
    """Who is compared on a suite: one entry a variant, those of the run first, then the runs that count."""
    like = [e for e in own if (e.suite, e.suite_version) == (suite, version)]
    chosen = {e.variant: e for e in like}
    for entry in entries:  # the newest first
        same = (entry.suite, entry.suite_version, entry.simulated) == (suite, version, like[0].simulated)
        if same and entry.kind != "rehearsal" and entry.status == "complete" and entry.full_length:
            chosen.setdefault(entry.variant, entry)
    return list(chosen.values())


def _of_suite(suite: str, results: Sequence[Result], parts: Sequence[tuple[str, Result]]) -> Iterator[Advice]:
    accuracy = _accuracies(results)
    best = max(accuracy, key=lambda name: accuracy[name])
    level = [name for name in accuracy if name == best or not _between(results, best, name).differs]
    if len(level) == 1:
        chosen, (second, *_) = best, sorted((n for n in accuracy if n != best), key=lambda n: -accuracy[n])
        r = _between(results, best, second)
        words = f"{suite}: take {best}, better than {second} by {_gain(r, best)}{_at(r, best)}."
        yield Advice(USE, suite, None, best, words)
    else:
        chosen = yield from _level(suite, best, level, results)
    for category, r in parts:
        better = _winner(r)
        if better is not None and better != chosen and chosen in _names(r):
            words = (
                f"{suite}, {category}: here {better} is better than {chosen} by {_gain(r, better)}; "
                "`nightbench route` says what sending these elsewhere would bring."
            )
            yield Advice(PART, suite, category, better, words)


def _level(
    suite: str, best: str, level: Sequence[str], results: Sequence[Result]
) -> Generator[Advice, None, str]:
    """Several that cannot be told apart: the cheapest will do; and what is not known of them."""
    usd = _costs(results)
    priced = [name for name in level if usd.get(name) is not None]
    names = " and ".join(sorted(level))
    cheapest = min(priced, key=lambda name: usd[name] or Decimal(0)) if len(priced) == len(level) else None
    others = [name for name in level if name != (cheapest or best)]
    evidence = "; ".join(_evidence(_between(results, cheapest or best, name)) for name in others)
    if cheapest is None:
        words = (
            f"{suite}: {names} cannot be told apart ({evidence}); take the cheaper, once prices are known."
        )
    else:
        dearest = max((usd[name] or Decimal(0) for name in level), default=Decimal(0))
        words = (
            f"{suite}: {names} cannot be told apart ({evidence}): take the cheapest, {cheapest}, at "
            f"${usd[cheapest]:.6f} a call against up to ${dearest:.6f}."
        )
    yield Advice(EQUAL, suite, None, cheapest, words)
    for name in others:
        r = _between(results, cheapest or best, name)
        more = (
            "; they may be the same"
            if not r.more_samples
            else f"; {r.more_samples:,} more samples would tell, if the difference seen "
            f"({points(abs(r.difference or 0))} points) is what there is"
        )
        words = (
            f"{suite}: not known yet: whether {r.contest.label_a} and {r.contest.label_b} differ by less "
            f"than {points(r.smallest_detectable or 0)} points, which {r.n:,} samples would show 8 times in "
            f"10{more}."
        )
        yield Advice(UNKNOWN, suite, None, None, words)
    return cheapest or best


def _about(r: Result) -> tuple[str, str]:
    return r.contest.b.suite, r.contest.b.suite_version


def _accuracies(results: Sequence[Result]) -> Mapping[str, float]:
    """Of each variant its accuracy, on the samples of its widest comparison."""
    found: dict[str, float] = {}
    for r in sorted(results, key=lambda r: r.n):
        found[r.contest.label_a] = r.accuracy_a or 0.0
        found[r.contest.label_b] = r.accuracy_b or 0.0
    return found


def _costs(results: Sequence[Result]) -> Mapping[str, Decimal | None]:
    found: dict[str, Decimal | None] = {}
    for r in sorted(results, key=lambda r: r.n):
        found[r.contest.label_a], found[r.contest.label_b] = r.usd_a, r.usd_b
    return found


def _between(results: Sequence[Result], one: str, other: str) -> Result:
    return next(r for r in results if _names(r) == {one, other})


def _names(r: Result) -> set[str]:
    return {r.contest.label_a, r.contest.label_b}


def _winner(r: Result) -> str | None:
    if not r.differs or not r.difference:
        return None
    return r.contest.label_b if r.difference > 0 else r.contest.label_a


def _gain(r: Result, better: str) -> str:
    sign = 1.0 if better == r.contest.label_b else -1.0
    low, high = sorted((sign * (r.ci_low or 0.0), sign * (r.ci_high or 0.0)))
    return (
        f"{points(abs(r.difference or 0.0))} points (95 % from {points(low)} to {points(high)}, "
        f"p = {p_value(r.p_holm)}, n = {r.n:,})"
    )


def _at(r: Result, better: str) -> str:
    """What the better and the other cost, where it is known."""
    if r.usd_a is None or r.usd_b is None:
        return ""
    own, others = (r.usd_b, r.usd_a) if better == r.contest.label_b else (r.usd_a, r.usd_b)
    return f", at ${own:.6f} against ${others:.6f} a call"


def _evidence(r: Result) -> str:
    return (
        f"{r.contest.label_b} {signed(r.difference or 0.0)} points against {r.contest.label_a}, 95 % from "
        f"{signed(r.ci_low or 0.0)} to {signed(r.ci_high or 0.0)}, n = {r.n:,}"
    )
