"""The macros' arithmetic: Wilson intervals as scipy has them, money to the last digit."""

from decimal import ROUND_HALF_UP, Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest


@pytest.fixture(scope="session")
def connection(macros: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return macros


def one(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> object:
    row = connection.execute(f"select {sql}", list(values)).fetchone()
    assert row is not None
    value: object = row[0]
    return value


def interval(connection: duckdb.DuckDBPyConnection, passed: int, n: int) -> tuple[object, object]:
    low = one(connection, "wilson_low(?::bigint, ?::bigint)", passed, n)
    return low, one(connection, "wilson_high(?::bigint, ?::bigint)", passed, n)


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17:857-872, table I, method 3
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="none of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_wilson_gives_the_published_intervals(
    connection: duckdb.DuckDBPyConnection, passed: int, n: int, low: float, high: float
) -> None:
    assert interval(connection, passed, n) == pytest.approx((low, high), abs=5e-5)


@given(counts=st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(connection: duckdb.DuckDBPyConnection, counts: tuple[int, int]) -> None:
    passed, n = counts
    want = binomtest(passed, n).proportion_ci(0.95, method="wilson")
    assert interval(connection, passed, n) == pytest.approx((want.low, want.high), abs=1e-12)


def test_wilson_of_nothing_is_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert interval(connection, 0, 0) == (None, None)


@given(usd=st.decimals(0, 999_999, places=12), n=st.integers(1, 10**7))
def test_an_amount_is_divided_exactly_and_rounded_half_up(
    connection: duckdb.DuckDBPyConnection, usd: Decimal, n: int
) -> None:
    want = (usd / n).quantize(Decimal("1e-12"), ROUND_HALF_UP)
    assert one(connection, "usd_divided(?::decimal(18, 12), ?::bigint)", usd, n) == want


@given(tokens=st.integers(0, 10**9), rate=st.decimals(0, 900, places=6))
def test_tokens_are_priced_to_the_last_digit(
    connection: duckdb.DuckDBPyConnection, tokens: int, rate: Decimal
) -> None:
    got = one(connection, "usd_for(?::bigint, ?::decimal(18, 12))", tokens, rate)
    assert got == tokens * rate / 1_000_000
