"""Draws are a function of their key alone, in range, and spread evenly."""

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.load.made.draw import BLOCK, Draw


def test_the_numbers_are_those_of_the_first_release() -> None:
    draw = Draw("needle", 0)
    assert [draw.below(1000) for _ in range(8)] == FIRST


FIRST = [599, 663, 943, 386, 272, 238, 159, 417]


def test_neither_the_process_nor_its_hash_seed_matters() -> None:
    script = (
        "from tasks.load.made.draw import Draw; d = Draw('x', 7);"
        "print(d.some(range(100), 9), d.pick('abc'), d.chance(50))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(said) == 1


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=50), st.data())
def test_some_are_different_ones_of_the_items(items: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(items)))
    found = Draw("some", *items).some(items, n)
    assert len(found) == len(set(found)) == n
    assert set(found) <= set(items)


@given(st.integers(1, 1 << 32), st.text(max_size=5))
def test_below_is_below(n: int, key: str) -> None:
    assert 0 <= Draw(key).below(n) < n


def test_both_ends_are_drawn_and_none_is_favoured() -> None:
    draw = Draw("even")
    counts = Counter(draw.between(3, 7) for _ in range(10 * BLOCK))
    assert set(counts) == {3, 4, 5, 6, 7}
    assert max(counts.values()) < 1.2 * min(counts.values())


@pytest.mark.parametrize("other", [("a", 2), ("a1",), ("b", 1)])
def test_another_key_draws_otherwise(other: tuple[str | int, ...]) -> None:
    one, two = Draw("a", 1), Draw(*other)
    assert [one.below(1 << 60) for _ in range(3)] != [two.below(1 << 60) for _ in range(3)]
