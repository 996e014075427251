"""The rule of `regressions` in SQL is the one that was simulated, and keeps its promise in small."""

from pathlib import Path

import numpy as np
import pytest

from bench.drift_simulation import BEFORE, Kind, alarms, chances, drop, one_night, quiet
from bench.made_warehouse import Shape, make_warehouse
from warehouse.catalog import rewrite_catalog
from warehouse.query import run_sql

N = 120
PASSES = """
select suite, variant, passed from grades
order by suite, variant, run_id, cast(split_part(sample_id, '/', 2) as int)
"""
FOUND = """
select difference, p, alarm, n, baseline_nights, nights from regressions
where category is null order by suite, variant, nights
"""


@pytest.mark.parametrize(
    ("nights", "clusters_of"),
    [
        pytest.param(24, 1, id="a full baseline"),
        pytest.param(9, 1, id="half of one"),
        pytest.param(2, 1, id="one night"),
        pytest.param(24, 4, id="clusters"),
    ],
)
def test_sql_and_numpy_say_the_same(warehouse: Path, nights: int, clusters_of: int) -> None:
    shape = Shape(nights, 2, 2, N, clusters_of)
    for _ in make_warehouse(
        warehouse, shape, shift=lambda night, s, v: -0.5 if night >= nights - 3 and s + v == 0 else 0.0
    ):
        pass
    rewrite_catalog(warehouse)
    passed = np.array([float(row[2]) for row in run_sql(warehouse, PASSES).rows])
    by_cluster = passed.reshape(4, nights, N // clusters_of, clusters_of).mean(axis=3)
    sequences = [x[-BEFORE:] for x in by_cluster]
    wanted = one_night(sequences)
    found = run_sql(warehouse, FOUND).rows
    assert [row[0] for row in found] == pytest.approx([test.difference for test in wanted], abs=1e-12)
    assert [row[1] for row in found] == pytest.approx([test.p for test in wanted], rel=1e-4, abs=1e-12)
    enough = [row[4] >= 3 for row in found]
    assert [row[2] for row in found] == [a and b for a, b in zip(alarms(wanted), enough, strict=True)]
    assert {(row[3], row[4], row[5]) for row in found} == {
        (N, min(14, nights - span), span) for span in (1, 3, 7) if nights > span
    }
    if nights == 24 and clusters_of == 1:
        assert [row[2] for row in found[:3]] == [False, True, True]


def test_a_pinned_run_is_the_baseline(warehouse: Path) -> None:
    for _ in make_warehouse(warehouse, Shape(12, 1, 1, 50)):
        pass
    rewrite_catalog(warehouse)
    sql = (
        "select nights, baseline_nights, baseline_run_id from drift_of('run_variants', 14, 'night-00002') "
        "where category is null order by 1"
    )
    assert run_sql(warehouse, sql).rows == [
        (1, 1, "night-00002"),
        (3, 1, "night-00002"),
        (7, 1, "night-00002"),
    ]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(Kind(), id="independent"),
        pytest.param(Kind(repeats=0.3), id="answers persist"),
        pytest.param(Kind(nightly=0.15), id="nights move all samples"),
    ],
)
def test_quiet_nights_are_quiet(kind: Kind) -> None:
    with_alarm, looked = quiet(60, seed=1, kind=kind)
    assert with_alarm <= 3  # one in a hundred by the book; four of sixty would come by chance once in 300
    assert looked == 60


@pytest.mark.parametrize(
    ("n", "night", "share"),
    [
        pytest.param(300, 7, 0.6, id="300 samples, within a week"),
        pytest.param(500, 3, 0.6, id="500 samples, in three nights"),
    ],
)
def test_a_drop_of_three_points_is_seen_soon(n: int, night: int, share: float) -> None:
    found = [drop(n, 3.0, seed) for seed in range(20)]
    assert sum(seen is not None and seen <= night for seen in found) >= share * len(found)


def test_most_samples_are_certain() -> None:
    p = chances(10_000, np.random.default_rng(0))
    assert 0.75 < np.mean((p > 0.9) | (p < 0.1)) < 0.9
    assert not any(alarms(one_night([np.ones((4, 30))])))


def test_one_new_failure_of_samples_that_always_passed_is_no_alarm() -> None:
    nights = np.ones((15, 100))
    nights[-1, 0] = 0
    assert not any(alarms(one_night([nights])))
    nights[-1, :12] = 0
    assert any(alarms(one_night([nights])))
