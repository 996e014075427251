"""How good a judge is: its verdicts against the labels of persons, each measure with its 95 % interval.

Shares have Wilson's interval with labels as n, repetitions and orders of one averaged first. kappa between
the orders has its large-sample interval; what is a mean of both orders has that of the jackknife over labels.
A verdict that failed is left out, and so is a measure of which the labels tell nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tasks.judges.recorded import JudgedAnswer, JudgedPair, Verdicts
from tasks.model import CalibrationMeasure, Winner
from warehouse.statistics.agreement import cohen_kappa, kappa_of
from warehouse.statistics.jackknife import jackknife
from warehouse.statistics.proportions import Measured, wilson

Orders = tuple[Winner, Winner | None, Winner | None]  # a label and what was said of it in both orders


def measures_of(verdicts: Verdicts) -> list[CalibrationMeasure]:
    """Every measure that the labels allow, in the order in which they are shown."""
    found = _of_pairs(verdicts.pairs) if verdicts.pairs else _of_answers(verdicts.answers)
    return [
        CalibrationMeasure(name, one.value, one.low, one.high, one.n)
        for name, one in found.items()
        if one.value is not None
    ]


def _of_pairs(judged: Sequence[JudgedPair]) -> Mapping[str, Measured]:
    both = [(one, list(_in_both(one))) for one in judged]
    pairs = [(one, said) for one, said in both if said]
    firsts = [said[0] for _, said in pairs]
    return {
        "accuracy": _share(_right(one, one.first + one.swapped) for one in judged),
        "accuracy_first": _share(_right(one, one.first) for one in judged),
        "accuracy_swapped": _share(_right(one, one.swapped) for one in judged),
        "accuracy_both": _share(
            _mean(first == swapped == one.pair.label for first, swapped in said) for one, said in pairs
        ),
        "consistency": _share(_mean(first == swapped for first, swapped in said) for _, said in pairs),
        "kappa_orders": cohen_kappa([first for first, _ in firsts], [swapped for _, swapped in firsts]),
        "kappa": _kappa_with_persons(judged),
        "position_bias": _difference(
            [
                _mean((_for_a(first) + 1 - _for_a(swapped)) / 2 for first, swapped in said) - 0.5
                for _, said in pairs
            ],
            reach=0.5,
        ),
        "length_bias": _length_bias(pairs),
        "self_consistency": _share(_same_again(one.first, one.swapped) for one in judged),
    }


def _of_answers(judged: Sequence[JudgedAnswer]) -> Mapping[str, Measured]:
    said = [
        (one.answer.passed, [verdict for verdict in one.verdicts if verdict is not None]) for one in judged
    ]
    told = [(label, verdicts) for label, verdicts in said if verdicts]
    return {
        "accuracy": _share(_mean(v == label for v in verdicts) for label, verdicts in told),
        "kappa": cohen_kappa([verdicts[0] for _, verdicts in told], [label for label, _ in told]),
        "sensitivity": _share(_mean(verdicts) for label, verdicts in told if label),
        "specificity": _share(_mean(not v for v in verdicts) for label, verdicts in told if not label),
        "self_consistency": _share(_same_again(one.verdicts) for one in judged),
    }


def _in_both(one: JudgedPair) -> Iterable[tuple[Winner, Winner]]:
    """The repetitions that have a verdict in both orders."""
    for first, swapped in zip(one.first, one.swapped, strict=False):
        if first is not None and swapped is not None:
            yield first, swapped


def _right(one: JudgedPair, verdicts: Sequence[Winner | None]) -> float | None:
    said = [verdict == one.pair.label for verdict in verdicts if verdict is not None]
    return _mean(said) if said else None


def _kappa_with_persons(judged: Sequence[JudgedPair]) -> Measured:
    """The mean of both orders' kappa, of the first repetition."""
    told = ((one.pair.label, _once(one.first), _once(one.swapped)) for one in judged)
    kinds: Counter[Orders] = Counter(kind for kind in told if kind[1] or kind[2])

    def mean_kappa(counts: Mapping[Orders, int]) -> float | None:
        found: list[float] = []
        for order in (1, 2):
            pairs: Counter[tuple[object, object]] = Counter()
            for kind, n in counts.items():
                if kind[order] is not None:
                    pairs[kind[0], kind[order]] += n
            kappa = kappa_of(pairs)
            if kappa is not None:
                found.append(kappa)
        return _mean(found) if found else None

    return jackknife(kinds, mean_kappa, low=-1.0, high=1.0, reach=2.0)


def _once(verdicts: Sequence[Winner | None]) -> Winner | None:
    """The first repetition's verdict; None where there is none."""
    return verdicts[0] if verdicts else None


def _length_bias(pairs: Sequence[tuple[JudgedPair, list[tuple[Winner, Winner]]]]) -> Measured:
    """How much more often than the persons the judge is for the longer answer; equal lengths say nothing."""
    apart = []
    for one, said in pairs:
        longer = len(one.pair.answer_a) - len(one.pair.answer_b)
        if longer:
            judge = _mean((_for_a(first) + _for_a(swapped)) / 2 for first, swapped in said)
            more = judge - _for_a(one.pair.label)
            apart.append(more if longer > 0 else -more)
    return _difference(apart, reach=1.0)


def _same_again(*orders: Sequence[Winner | bool | None]) -> float | None:
    """How often two repetitions say the same, mean of the orders; None where none was repeated."""
    shares = []
    for verdicts in orders:
        counts = Counter(verdict for verdict in verdicts if verdict is not None)
        n = sum(counts.values())
        if n > 1:
            shares.append(sum(k * (k - 1) for k in counts.values()) / (n * (n - 1)))
    return _mean(shares) if shares else None


def _for_a(winner: Winner) -> float:
    return {"a": 1.0, "tie": 0.5, "b": 0.0}[winner]


def _share(values: Iterable[float | None]) -> Measured:
    known = [value for value in values if value is not None]
    return wilson(sum(known), len(known))


def _difference(values: Sequence[float], reach: float) -> Measured:
    """A mean of differences, with the interval of its standard error."""

    def mean(counts: Mapping[float, int]) -> float | None:
        n = sum(counts.values())
        return sum(value * count for value, count in counts.items()) / n if n else None

    return jackknife(Counter(values), mean, low=-reach, high=reach, reach=reach)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)
