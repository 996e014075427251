"""Distributions are as exact as their files say, over the whole range; what is unknown is NULL."""

import math

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, hypergeom, norm, t


@pytest.fixture(scope="session")
def connection(macros: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return macros


def column(connection: duckdb.DuckDBPyConnection, sql: str) -> list[float]:
    return [row[0] for row in connection.execute(sql).fetchall()]


def test_the_normal_distribution_is_scipys(connection: duckdb.DuckDBPyConnection) -> None:
    got = connection.execute(
        "select z, normal_cdf(z) from (select i / 100 as z from range(-3900, 3901) r(i))"
    )
    for z, p in got.fetchall():
        assert p == pytest.approx(norm.cdf(z), rel=1e-8, abs=1e-15)


def test_the_t_quantile_is_scipys(connection: duckdb.DuckDBPyConnection) -> None:
    got = connection.execute(
        "select df, student_t(df) from range(1, 2000) r(df) union all select 1e6, student_t(1e6)"
    )
    for df, quantile in got.fetchall():
        assert quantile == pytest.approx(t.ppf(0.975, df), abs=1e-8)
    assert column(connection, "select student_t(0)") == [None]


def test_the_t_test_is_scipys(connection: duckdb.DuckDBPyConnection) -> None:
    points = ", ".join(
        f"({x}, {df})"
        for df in (1, 2, 3, 4, 5, 9, 20, 37, 99, 100, 101, 400, 5_000, 10**6)
        for x in (0, 1e-4, 0.3, 0.9, 1.5, 1.96, -2.5, 3.7, 6, 10, 21, 40)
    )
    got = connection.execute(f"select x, df, student_p(x, df) from (values {points}) as v(x, df)").fetchall()
    assert len(got) == 14 * 12
    for x, df, p in got:
        assert p == pytest.approx(2 * t.sf(abs(float(x)), df), rel=1e-9, abs=1e-300)


def test_t_without_degrees_of_freedom_or_without_a_number_is_null(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert (
        column(connection, "select unnest([student_p(1, 0), student_p(null, 3), student_p(1, null)])")
        == [None] * 3
    )
    assert column(connection, "select student_p('inf'::double, 3)") == [0.0]


@given(counts=st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)))
def test_mcnemar_is_scipys_binomial_test(
    connection: duckdb.DuckDBPyConnection, counts: tuple[int, int]
) -> None:
    b, c = counts
    want = binomtest(b, b + c).pvalue if b + c else 1.0
    assert column(connection, f"select mcnemar_p({b}, {c})") == pytest.approx([want], rel=1e-8, abs=1e-300)


def test_mcnemar_of_a_million_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    pairs = [(498_000, 502_000), (499_990, 500_010), (500_000, 500_000), (1_000_000, 0)]
    rows = ", ".join(map(str, pairs))
    got = column(connection, f"select mcnemar_p(b, c) from (values {rows}) as v(b, c) order by b")
    want = [binomtest(b, 10**6).pvalue for b, _ in sorted(pairs)]
    assert got == pytest.approx(want, rel=1e-8, abs=1e-300)
    assert column(connection, "select mcnemar_p(null, 3)") == [None]


@given(data=st.data(), n=st.integers(1, 10_000))
def test_pass_at_k_counts_subsets(connection: duckdb.DuckDBPyConnection, data: st.DataObject, n: int) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    at = 1 - hypergeom.pmf(0, n, c, k)
    hat = hypergeom.pmf(k, n, c, k)
    assert column(connection, f"select pass_at_k({n}, {c}, {k})") == pytest.approx([at], abs=1e-9)
    assert column(connection, f"select pass_hat_k({n}, {c}, {k})") == pytest.approx([hat], abs=1e-9)


@given(ps=st.lists(st.none() | st.floats(0, 1), max_size=12))
def test_holm_is_its_definition(connection: duckdb.DuckDBPyConnection, ps: list[float | None]) -> None:
    connection.execute("create or replace temp table tried (i integer, p double)")
    for i, p in enumerate(ps):
        connection.execute("insert into tried values (?, ?)", [i, p])
    got = dict(connection.execute("select i, p_holm from holm('tried')").fetchall())
    known = sorted((p, i) for i, p in enumerate(ps) if p is not None)
    want: dict[int, float | None] = {i: None for i, p in enumerate(ps) if p is None}
    worst = 0.0
    for rank, (p, i) in enumerate(known):
        worst = max(worst, min(1.0, (len(known) - rank) * p))
        want[i] = worst
    assert got == pytest.approx(want)


def test_holm_corrects_each_family_apart(connection: duckdb.DuckDBPyConnection) -> None:
    tried = "with tried as (from (values ('a', 0.01), ('a', 0.04), ('b', 0.03)) as v(night, p))"
    got = connection.execute(f"{tried} select night, p_holm from holm('tried', family := night) order by p")
    assert got.fetchall() == [("a", 0.02), ("b", 0.03), ("a", 0.04)]
    assert math.isclose(
        sum(column(connection, f"{tried} select p_holm from holm('tried')")), 0.03 + 0.06 + 0.06
    )


@pytest.mark.parametrize(
    "expression",
    [
        "mcnemar_p(x, 3)",
        "share_low(x, 10, 0.1, 10)",
        "share_high(1, x, 0.1, 10)",
        "paired_low(x, x, 1, 1, 1, 10)",
        "paired_high(10, 10, x, 1, 1, 10)",
        "paired_p(x, 10, 1, 1, 1, 10)",
        "paired_p(10, 10, x, 1, 1, 10)",
    ],
)
def test_what_is_not_known_gives_no_interval_and_no_p(
    connection: duckdb.DuckDBPyConnection, expression: str
) -> None:
    assert column(connection, f"select {expression} from (select null::bigint as x)") == [None]
