"""Two results are the same rows, or not: bags, orders, numbers by value, columns by place or name."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from tasks.grade.sql.rows import Result, Rules, difference


def result(*rows: tuple[Any, ...], names: str = "", keys: tuple[int, ...] | None = None) -> Result:
    n = len(rows[0]) if rows else 1
    return Result(tuple(names.split()) or tuple(f"c{at}" for at in range(n)), rows, keys)


DAY, MIDNIGHT = dt.date(2024, 1, 3), dt.datetime(2024, 1, 3)


@pytest.mark.parametrize(
    ("want", "got", "same"),
    [
        pytest.param([(1, "a"), (2, "b")], [(2, "b"), (1, "a")], True, id="any order"),
        pytest.param([(1,), (1,), (2,)], [(1,), (2,), (2,)], False, id="a bag counts"),
        pytest.param([(1,), (1,)], [(1,)], False, id="a row twice"),
        pytest.param([(1,)], [(Decimal("1.0"),)], True, id="an integer and a decimal"),
        pytest.param([(1,)], [(1.0,)], True, id="an integer and a double"),
        pytest.param([(0.1 + 0.2, "x"), (5, "y")], [(5, "y"), (Decimal("0.3"), "x")], True, id="near enough"),
        pytest.param([(0.3,)], [(0.31,)], False, id="not near enough"),
        pytest.param([(1e12,)], [(1e12 + 100,)], True, id="near in its size"),
        pytest.param([(2**53,)], [(2**53 + 1,)], False, id="whole numbers exactly"),
        pytest.param([(10**400,)], [(1.5,)], False, id="beyond a double"),
        pytest.param([(None,)], [(None,)], True, id="NULL is NULL"),
        pytest.param([(None,)], [(0,)], False, id="NULL is not 0"),
        pytest.param([(None,)], [("",)], False, id="NULL is no empty text"),
        pytest.param([("1",)], [(1,)], False, id="text is no number"),
        pytest.param([("a",)], [("A",)], False, id="letters in their case"),
        pytest.param([(True,)], [(1,)], True, id="truth is 1, as SQLite and T-SQL have it"),
        pytest.param([(DAY,)], [(MIDNIGHT,)], True, id="a day and its midnight"),
        pytest.param([(DAY,)], [(dt.datetime(2024, 1, 3, 1),)], False, id="a day and one o'clock"),
        pytest.param([(float("nan"),)], [(float("nan"),)], True, id="NaN is NaN"),
        pytest.param([(float("inf"),)], [(1e308,)], False, id="infinity"),
        pytest.param([([1, 2.0],)], [([1.0, 2],)], True, id="lists by their parts"),
        pytest.param([([1, 2],)], [([2, 1],)], False, id="lists in their order"),
        pytest.param([(1, 2)], [(2, 1)], False, id="columns in their order"),
        pytest.param([(1, 2)], [(1, 2, 3)], False, id="a column too many"),
        pytest.param([(1, 2)], [(1,)], False, id="a column too few"),
        pytest.param([], [], True, id="no rows"),
    ],
)
def test_rows_are_a_bag(want: list[Any], got: list[Any], same: bool) -> None:
    assert (difference(result(*want), result(*got), Rules()) is None) == same
    assert (difference(result(*got), result(*want), Rules()) is None) == same


def test_many_rows_that_are_only_near_find_their_partners() -> None:
    want = [(n / 7, n % 3) for n in range(3_000)]
    got = [(n / 7 + 1e-10, n % 3) for n in reversed(range(3_000))]
    assert difference(result(*want), result(*got), Rules()) is None
    assert difference(result(*want), result(*got[:-1], (9.9, 0)), Rules()) is not None


@pytest.mark.parametrize(
    ("got", "keys", "same"),
    [
        pytest.param([(1, "a"), (1, "b"), (2, "c")], None, True, id="the same order"),
        pytest.param([(1, "b"), (1, "a"), (2, "c")], None, False, id="no keys are known: as it stands"),
        pytest.param([(1, "b"), (1, "a"), (2, "c")], (0,), True, id="a tie may stand either way"),
        pytest.param([(2, "c"), (1, "a"), (1, "b")], (0,), False, id="the keys in their order"),
        pytest.param([(1, "a"), (2, "c"), (1, "b")], (0,), False, id="a tie torn apart"),
        pytest.param([(1, "b"), (1, "a"), (2, "c")], (0, 1), False, id="the second key decides"),
    ],
)
def test_order_counts_where_it_is_asked_for(got: list[Any], keys: tuple[int, ...] | None, same: bool) -> None:
    want = result((1, "a"), (1, "b"), (2, "c"), keys=keys)
    assert (difference(want, result(*got), Rules(ordered=True)) is None) == same


def test_a_key_that_is_not_asked_for_orders_too() -> None:
    want = Result(("name",), [("a", 1), ("b", 1), ("c", 2)], (1,))
    assert difference(want, result(("b",), ("a",), ("c",)), Rules(ordered=True)) is None
    assert difference(want, result(("c",), ("a",), ("b",)), Rules(ordered=True)) is not None


@pytest.mark.parametrize(
    ("rules", "names", "row", "same"),
    [
        pytest.param(Rules(columns="any_order"), "x y", ("a", 1), True, id="any order"),
        pytest.param(Rules(columns="any_order"), "x y", ("a", 2), False, id="any order, another value"),
        pytest.param(Rules(columns="named"), "NAME ID", ("a", 1), True, id="by name, in any case"),
        pytest.param(Rules(columns="named"), "id label", (1, "a"), False, id="by name, another name"),
        pytest.param(Rules(extra_columns=True), "id name z", (1, "a", 0), True, id="more behind"),
        pytest.param(Rules(extra_columns=True), "z id name", (0, 1, "a"), False, id="more before"),
        pytest.param(
            Rules(columns="any_order", extra_columns=True), "z n i", (0, "a", 1), True, id="more, anywhere"
        ),
    ],
)
def test_columns_by_place_name_or_content(rules: Rules, names: str, row: Any, same: bool) -> None:
    want = result((1, "a"), names="id name")
    assert (difference(want, result(row, names=names), rules) is None) == same


def test_columns_that_are_alike_one_by_one_must_be_alike_together() -> None:
    want = result((1, 2), (2, 1), (1, 3), (3, 1))
    assert difference(want, result((2, 1), (1, 2), (3, 1), (1, 3)), Rules(columns="any_order")) is None
    other = result((1, 1), (2, 2), (1, 3), (3, 1))
    assert difference(want, other, Rules(columns="any_order")) is not None


def test_a_row_of_a_thousand_columns_ends_at_once() -> None:
    rules = Rules(columns="any_order", extra_columns=True)
    assert difference(result((1, 2)), result((1,) * 1_000), rules) == "more than 200 columns"
    assert difference(result((1, 2)), result((1,) * 200), rules) is not None


def test_what_differs_is_said() -> None:
    assert difference(result((1,)), result((1, 2)), Rules()) == "2 columns against 1"
    assert difference(result((1,)), result((1,), (2,)), Rules()) == "at least 2 rows against 1"
    assert difference(result((1,), (2,)), result((1,)), Rules()) == "1 rows against 2"
