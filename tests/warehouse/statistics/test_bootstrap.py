"""The bootstrap's interval is SciPy's, covers what it should, and draws whole clusters."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from warehouse.statistics.bootstrap import bca


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(a for a, _ in pairs) / sum(b for _, b in pairs)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_scipys_for_a_skewed_sample(seed: int) -> None:
    values = np.random.default_rng(seed).lognormal(0, 1, 60).tolist()
    got = bca([[v] for v in values], mean, resamples=6_000)
    want = stats.bootstrap((values,), np.mean, method="BCa", n_resamples=20_000, rng=7).confidence_interval
    width = want.high - want.low
    assert got.low == pytest.approx(want.low, abs=0.04 * width)
    assert got.high == pytest.approx(want.high, abs=0.06 * width)
    assert got.value == pytest.approx(np.mean(values))


def test_a_seed_is_an_interval() -> None:
    values = [[float(i)] for i in range(20)]
    assert bca(values, mean, seed=4) == bca(values, mean, seed=4) != bca(values, mean, seed=5)


def test_clusters_are_drawn_whole() -> None:
    alike = [[float(i % 2)] * 10 for i in range(12)]
    apart = [[value] for cluster in alike for value in cluster]
    wide, narrow = bca(alike, mean), bca(apart, mean)
    assert wide.low is not None
    assert wide.high is not None
    assert narrow.low is not None
    assert narrow.high is not None
    assert (wide.high - wide.low) > 2.5 * (narrow.high - narrow.low)


def test_a_ratio_is_covered_as_often_as_promised() -> None:
    draw = random.Random(3)
    hit, tries = 0, 120
    for _ in range(tries):
        pairs = [[(draw.expovariate(0.5), float(draw.random() < 0.6))] for _ in range(80)]
        found = bca(pairs, ratio, resamples=400)
        assert found.low is not None
        assert found.high is not None
        hit += found.low <= 2 / 0.6 <= found.high
    assert hit / tries >= 0.88  # 95 % by the book; a chance of 1 in 10,000 below that


def test_what_cannot_be_told_is_none() -> None:
    assert bca([], mean).value is None
    assert (bca([[1.0, 2.0]], mean).value, bca([[1.0, 2.0]], mean).low) == (1.5, None)
    assert bca([[1.0], [1.0]], mean).high == 1.0
