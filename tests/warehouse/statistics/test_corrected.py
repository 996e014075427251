"""A corrected share is that of the papers, and its interval holds the truth as often as it says."""

import random

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.statistics.corrected import corrected_share
from warehouse.statistics.proportions import Measured


def test_the_interval_of_the_paper() -> None:
    # Lang and Reiczigel (2014), example 1, as R's asht::prevSeSp documents it: 0.349 (there 0.348) to 0.372
    got = corrected_share(
        4060 / 11284, 11284, sensitivity=178 / 179, n_positive=179, specificity=358 / 359, n_negative=359
    )
    assert (got.value, got.low, got.high) == pytest.approx((0.3600, 0.3487, 0.3721), abs=1e-4)


def test_the_estimate_of_rogan_and_gladen() -> None:
    # (0.3 + 0.9 - 1) / (0.8 + 0.9 - 1)
    got = corrected_share(0.3, 100, sensitivity=0.8, n_positive=50, specificity=0.9, n_negative=50)
    assert got.value == pytest.approx(2 / 7)


@pytest.mark.parametrize(
    ("sensitivity", "specificity", "n_positive"),
    [
        pytest.param(0.5, 0.5, 50, id="a judge that tells nothing"),
        pytest.param(0.2, 0.3, 50, id="a judge that is worse than none"),
        pytest.param(0.9, 0.9, 0, id="no label of one kind"),
    ],
)
def test_what_cannot_be_corrected(sensitivity: float, specificity: float, n_positive: int) -> None:
    got = corrected_share(
        0.5, 10, sensitivity=sensitivity, n_positive=n_positive, specificity=specificity, n_negative=50
    )
    assert got == Measured(None, None, None, 10)


def test_an_estimate_beyond_the_ends_is_cut() -> None:
    few = corrected_share(0.02, 100, sensitivity=0.9, n_positive=100, specificity=0.9, n_negative=100)
    many = corrected_share(0.99, 100, sensitivity=0.9, n_positive=100, specificity=0.9, n_negative=100)
    assert (few.value, few.low, many.value, many.high) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("truth", "sensitivity", "specificity"), [(0.8, 0.9, 0.8), (0.5, 0.95, 0.7), (0.9, 0.99, 0.9)]
)
def test_nineteen_of_twenty_intervals_hold_the_truth(
    truth: float, sensitivity: float, specificity: float
) -> None:
    draw = random.Random(5)

    def share(chance: float, n: int) -> float:
        return sum(draw.random() < chance for _ in range(n)) / n

    seen = truth * sensitivity + (1 - truth) * (1 - specificity)
    held = 0
    for _ in range(1000):
        got = corrected_share(
            share(seen, 200),
            200,
            sensitivity=share(sensitivity, 60),
            n_positive=60,
            specificity=share(specificity, 60),
            n_negative=60,
        )
        assert got.low is not None
        assert got.high is not None
        held += got.low <= truth <= got.high
    assert held >= 930


@pytest.fixture(scope="session")
def connection(macros: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    return macros


shares = st.floats(0, 1).map(lambda value: round(value, 6))
sizes = st.integers(0, 500)


@settings(deadline=None)  # DuckDB binds the macros anew each time
@given(share=shares, n=sizes, sensitivity=shares, n_positive=sizes, specificity=shares, n_negative=sizes)
def test_the_sql_macros_say_the_same(
    connection: duckdb.DuckDBPyConnection,
    share: float,
    n: int,
    sensitivity: float,
    n_positive: int,
    specificity: float,
    n_negative: int,
) -> None:
    got = connection.execute(
        "select corrected_share(p, n, se, n_se, sp, n_sp), corrected_low(p, n, se, n_se, sp, n_sp), "
        "corrected_high(p, n, se, n_se, sp, n_sp) from (select $1::double as p, $2::bigint as n, "
        "$3::double as se, $4::bigint as n_se, $5::double as sp, $6::bigint as n_sp)",
        [share, n, sensitivity, n_positive, specificity, n_negative],
    ).fetchone()
    want = corrected_share(
        share,
        n,
        sensitivity=sensitivity,
        n_positive=n_positive,
        specificity=specificity,
        n_negative=n_negative,
    )
    wanted = (want.value, want.low, want.high)
    assert got == (wanted if want.value is None else pytest.approx(wanted, abs=1e-9))
