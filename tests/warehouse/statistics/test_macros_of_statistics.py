"""Each formula that SQL carries is that of SciPy, of the textbook, or of the paper that it names."""

import math
from itertools import combinations
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy import special, stats


@pytest.fixture
def sql(macros: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return macros


def ask(connection: duckdb.DuckDBPyConnection, expression: str, *values: object) -> Any:
    row = connection.execute(f"select {expression}", list(values)).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("z", [-38.0, -8.0, -3.3, -1.959963984540054, -0.5, 0.0, 0.1, 1.0, 2.5, 6.0, 12.0])
def test_normal_cdf(sql: duckdb.DuckDBPyConnection, z: float) -> None:
    assert ask(sql, "normal_cdf(?)", z) == pytest.approx(stats.norm.cdf(z), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 5, 7, 10, 30, 100, 1_000, 1_000_000])
def test_student_t(sql: duckdb.DuckDBPyConnection, df: int) -> None:
    assert ask(sql, "student_t(?)", df) == pytest.approx(stats.t.ppf(0.975, df), rel=2e-3)


@pytest.mark.parametrize("df", [1, 2, 3, 5, 10, 50, 1_318, 100_000])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0, -2.0, 3.5, 8.0, 30.0])
def test_student_p(sql: duckdb.DuckDBPyConnection, t: float, df: int) -> None:
    want = 2 * stats.t.sf(abs(t), df)
    assert ask(sql, "student_p(?, ?)", t, df) == pytest.approx(want, rel=1e-4, abs=1e-12)


@pytest.mark.parametrize(
    ("b", "c"),
    [(0, 0), (1, 0), (5, 5), (42, 85), (29, 26), (10, 0), (300, 350), (50_000, 50_500), (499_000, 501_000)],
)
def test_mcnemar_is_the_exact_binomial_test(sql: duckdb.DuckDBPyConnection, b: int, c: int) -> None:
    want = stats.binomtest(min(b, c), b + c, 0.5).pvalue if b + c else 1.0
    assert ask(sql, "mcnemar_p(?, ?)", b, c) == pytest.approx(want, rel=1e-6)


def sums(values: np.ndarray, clusters: np.ndarray) -> tuple[float, ...]:
    """n, clusters, sum, sum of squared cluster sums, of cluster sums times sizes, of squared sizes."""
    s = np.array([values[clusters == c].sum() for c in np.unique(clusters)])
    m = np.array([(clusters == c).sum() for c in np.unique(clusters)])
    return (
        len(values),
        len(s),
        float(s.sum()),
        float((s * s).sum()),
        float((s * m).sum()),
        float((m * m).sum()),
    )


def cr1(values: np.ndarray, clusters: np.ndarray) -> float:
    """The variance of a mean as regression software has it: least squares on a constant, CR1."""
    residual = values - values.mean()
    groups = np.unique(clusters)
    meat = sum(residual[clusters == c].sum() ** 2 for c in groups)
    return float(meat / len(values) ** 2 * len(groups) / (len(groups) - 1))


@pytest.mark.parametrize("seed", range(4))
def test_clustered_variance_is_the_cluster_robust_one(sql: duckdb.DuckDBPyConnection, seed: int) -> None:
    random = np.random.default_rng(seed)
    clusters = random.integers(0, 12, 100)
    values = (random.random(100) < 0.3 + 0.05 * clusters).astype(float)
    n, g, s, ss, sm, mm = sums(values, clusters)
    got = ask(sql, "clustered_variance(?, ?, ?, ?, ?, ?)", n, g, s, ss, sm, mm)
    assert got == pytest.approx(cr1(values, clusters))
    assert ask(sql, "clustered_variance(5, 1, 3, 9, 15, 25)") is None


def test_miller_equation_of_clustered_errors(sql: duckdb.DuckDBPyConnection) -> None:
    """arXiv:2411.00640, section 2.2: the variance plus every cross term of a cluster, over n squared."""
    random = np.random.default_rng(9)
    clusters = np.repeat(np.arange(20), 5)
    values = (random.random(100) < np.repeat(random.random(20), 5)).astype(float)
    dev = values - values.mean()
    cross = sum(dev[i] * dev[j] for i in range(100) for j in range(100) if clusters[i] == clusters[j])
    n, g, *rest = sums(values, clusters)
    got = ask(sql, "clustered_variance(?, ?, ?, ?, ?, ?)", n, g, *rest)
    assert got * (g - 1) / g == pytest.approx(cross / 100**2)


def test_a_share_without_clusters_is_near_wilson(sql: duckdb.DuckDBPyConnection) -> None:
    low, high = ask(
        sql, "[share_low(80, 100, 0.8 * 0.2 / 100, 100), share_high(80, 100, 0.8 * 0.2 / 100, 100)]"
    )
    want = stats.binomtest(80, 100).proportion_ci(method="wilson")
    assert (low, high) == (pytest.approx(want.low, abs=2e-3), pytest.approx(want.high, abs=2e-3))
    assert ask(sql, "share_low(0, 50, 0.0, 10)") == 0.0
    assert 0.25 < ask(sql, "share_high(0, 50, 0.0, 10)") < 0.40  # as of ten clusters, not of fifty samples
    assert ask(sql, "share_low(0, 0, null, 0)") is None
    assert ask(sql, "[share_low(3, 5, null, 1), share_high(3, 5, null, 1)]") == [0.0, 1.0]


def test_a_mean_has_students_interval(sql: duckdb.DuckDBPyConnection) -> None:
    values = np.random.default_rng(1).random(12)
    want = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    variance = stats.sem(values) ** 2
    got = ask(sql, "[mean_low(?, ?, 12), mean_high(?, ?, 12)]", *[values.mean(), variance] * 2)
    assert got == pytest.approx(want, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_paired_test_is_students(sql: duckdb.DuckDBPyConnection, seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b = (random.random(200) < 0.7).astype(float), (random.random(200) < 0.75).astype(float)
    six = sums(b - a, np.arange(200))
    want = stats.ttest_rel(b, a)
    assert ask(sql, "paired_p(?, ?, ?, ?, ?, ?)", *six) == pytest.approx(want.pvalue, rel=1e-6)
    ci = want.confidence_interval()
    got = ask(sql, "[paired_low(?, ?, ?, ?, ?, ?), paired_high(?, ?, ?, ?, ?, ?)]", *six, *six)
    assert got == pytest.approx([ci.low, ci.high], abs=0.003)  # two pseudo samples apart


def test_a_paired_interval_is_never_a_point(sql: duckdb.DuckDBPyConnection) -> None:
    low, high = ask(sql, "[paired_low(150, 150, 0, 0, 0, 150), paired_high(150, 150, 0, 0, 0, 150)]")
    assert -0.03 < low < 0 < high < 0.03
    low, high = ask(sql, "[paired_low(20, 20, 20, 20, 20, 20), paired_high(20, 20, 20, 20, 20, 20)]")
    assert 0.5 < low < 1 <= high


def test_paired_intervals_cover_as_often_as_promised(sql: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(5)
    hit, tries, n = 0, 150, 60
    for _ in range(tries):
        chance = random.beta(0.6, 0.3, n)
        d = (random.random(n) < chance * 0.9).astype(float) - (random.random(n) < chance).astype(float)
        truth = float((chance * 0.9 - chance).mean())
        six = sums(d, np.arange(n))
        low, high = ask(sql, "[paired_low(?, ?, ?, ?, ?, ?), paired_high(?, ?, ?, ?, ?, ?)]", *six, *six)
        hit += low <= truth <= high
    assert hit / tries > 0.89  # 95 % by the book; by chance below that once in a thousand


def test_the_smallest_detectable_difference_has_power_80(sql: duckdb.DuckDBPyConnection) -> None:
    se = 0.02
    found = ask(sql, "smallest_detectable(?)", se)
    power = stats.norm.sf(stats.norm.ppf(0.975) - found / se) + stats.norm.cdf(
        -stats.norm.ppf(0.975) - found / se
    )
    assert power == pytest.approx(0.8, abs=1e-3)


def test_more_samples_would_settle_it(sql: duckdb.DuckDBPyConnection) -> None:
    more = ask(sql, "more_samples(800, 0.01, 0.014)")
    se = 0.014 * math.sqrt(800 / (800 + more))
    assert ask(sql, "smallest_detectable(?)", se) == pytest.approx(0.01, rel=1e-3)
    assert ask(sql, "more_samples(800, 0, 0.014)") is None
    assert ask(sql, "more_samples(800, 0.1, 0.014)") == 0
    assert ask(sql, "samples_to_exclude(800, -0.03, 0.014, 0.02)") is None


@pytest.mark.parametrize(
    ("n", "c", "k"), [(10, 3, 1), (10, 3, 4), (10, 0, 5), (10, 10, 5), (200, 13, 100), (5, 4, 5)]
)
def test_pass_at_k_is_that_of_the_paper(sql: duckdb.DuckDBPyConnection, n: int, c: int, k: int) -> None:
    at_k = (
        1.0 if n - c < k else 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))
    )  # arXiv:2107.03374
    assert ask(sql, "pass_at_k(?, ?, ?)", n, c, k) == pytest.approx(at_k, abs=1e-12)
    assert ask(sql, "pass_hat_k(?, ?, ?)", n, c, k) == pytest.approx(
        special.comb(c, k) / special.comb(n, k), abs=1e-12
    )


def test_pass_at_k_counts_the_draws(sql: duckdb.DuckDBPyConnection) -> None:
    outcomes = [True, True, False, False, False]
    draws = list(combinations(outcomes, 2))
    assert ask(sql, "pass_at_k(5, 2, 2)") == pytest.approx(sum(any(d) for d in draws) / len(draws))
    assert ask(sql, "pass_hat_k(5, 2, 2)") == pytest.approx(sum(all(d) for d in draws) / len(draws))
    assert ask(sql, "pass_at_k(5, 2, 6)") is None
    assert 0 < ask(sql, "pass_at_k(10000, 1, 5000)") < 1


def test_holm_is_the_step_down_procedure(sql: duckdb.DuckDBPyConnection) -> None:
    p = [0.01, 0.04, 0.03, 0.005, None]
    sql.execute("create or replace temp table tests as select unnest(?) as p", [p])
    got = dict(sql.execute("select p, p_holm from holm('tests')").fetchall())
    assert got == pytest.approx({0.005: 0.02, 0.01: 0.03, 0.03: 0.06, 0.04: 0.06, None: None}, nan_ok=True)


def test_the_ratio_has_the_delta_methods_interval(sql: duckdb.DuckDBPyConnection) -> None:
    random = np.random.default_rng(2)
    y, x = random.exponential(0.002, 400), (random.random(400) < 0.7).astype(float)
    r = y.sum() / x.sum()
    se = math.sqrt(((y - r * x) ** 2).sum() * 400 / 399) / x.sum()
    t = stats.t.ppf(0.975, 399)
    got = ask(
        sql,
        "[ratio_low(400, ?, ?, ?, ?, ?), ratio_high(400, ?, ?, ?, ?, ?)]",
        *[y.sum(), x.sum(), (y * y).sum(), (x * y).sum(), (x * x).sum()] * 2,
    )
    assert got == pytest.approx([r - t * se, r + t * se], rel=1e-3)
    assert ask(sql, "ratio_low(400, 1, 1, 1, 1, 1)") is None  # one right answer: no one knows


@pytest.mark.parametrize(("rho", "n"), [(0.0, 5), (0.3, 1), (0.3, 3), (0.5, 7), (0.9, 14)])
def test_persistence_is_the_variance_of_a_mean_of_correlated_nights(
    sql: duckdb.DuckDBPyConnection, rho: float, n: int
) -> None:
    nights = np.arange(n)
    want = (rho ** np.abs(nights[:, None] - nights[None, :])).sum() / n
    assert ask(sql, "persistence(?::double, ?::double)", rho, n) == pytest.approx(want)


@pytest.mark.parametrize("skew", [-1.0, -0.3, 0.3])
@pytest.mark.parametrize("z", [-4.0, -3.0, -2.0])
def test_a_skewed_p_is_pearsons(sql: duckdb.DuckDBPyConnection, z: float, skew: float) -> None:
    want = 2 * stats.pearson3.cdf(z, skew)
    assert ask(sql, "moved_p(?::double, 1e0, 1e6, ?::double)", z, skew) == pytest.approx(want, rel=0.25)
