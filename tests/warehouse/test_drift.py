"""The rule of `regressions` in SQL is the one that was simulated, and keeps its promise in small."""

from pathlib import Path

import numpy as np
import pytest

from bench.drift_simulation import BEFORE, alarms, chances, drop, one_night, quiet
from bench.made_warehouse import Shape, make_warehouse
from warehouse.catalog import rewrite_catalog
from warehouse.query import run_sql

PASSES = """
select sample_id, run_id, passed from grades
where suite = 'suite_00' and variant = 'variant 0' order by run_id, sample_id
"""


def test_sql_and_numpy_say_the_same(warehouse: Path) -> None:
    n = 200
    for _ in make_warehouse(
        warehouse, Shape(12, 1, 2, n), shift=lambda night, s, v: -0.5 if night == 11 and v == 0 else 0.0
    ):
        pass
    rewrite_catalog(warehouse)
    rows = run_sql(warehouse, PASSES).rows
    nights = np.array([float(passed) for _, _, passed in rows]).reshape(-1, n)[-BEFORE:]
    sql = (
        "select nights, difference, p, alarm, n, baseline_nights from regressions "
        "where variant = 'variant 0' and category is null order by nights"
    )
    found = run_sql(warehouse, sql).rows
    wanted = one_night(nights)
    assert [row[1] for row in found] == pytest.approx([test.difference for test in wanted])
    assert [row[2] for row in found] == pytest.approx([test.p for test in wanted], rel=1e-4, abs=1e-12)
    assert [row[3] for row in found] == [True, True]
    assert [(row[0], row[4], row[5]) for row in found] == [(1, n, 7), (3, n, 7)]
    other = run_sql(warehouse, "select count(*) from regressions where variant = 'variant 1' and alarm").rows
    assert other == [(0,)]


def test_a_pinned_run_is_the_baseline(warehouse: Path) -> None:
    for _ in make_warehouse(warehouse, Shape(12, 1, 1, 50)):
        pass
    rewrite_catalog(warehouse)
    sql = (
        "select nights, baseline_nights, baseline_run_id from drift_of('run_variants', 7, 'night-00002') "
        "where category is null order by 1"
    )
    assert run_sql(warehouse, sql).rows == [(1, 1, "night-00002"), (3, 1, "night-00002")]


def test_quiet_nights_are_quiet() -> None:
    with_alarm, looked = quiet(60, seed=1)
    assert with_alarm <= 3  # one in a hundred by the book; four of sixty would come by chance once in 300
    assert looked == 60


def test_a_drop_of_three_points_is_seen_soon_where_there_are_samples() -> None:
    found = [drop(1_000, 3.0, seed) for seed in range(12)]
    assert sum(night is not None and night <= 3 for night in found) >= 10


def test_most_samples_are_certain() -> None:
    p = chances(10_000, np.random.default_rng(0))
    assert 0.75 < np.mean((p > 0.9) | (p < 0.1)) < 0.9
    assert not any(alarms(one_night(np.ones((4, 30)))))
