"""A limit takes the same samples for everyone, and a smaller limit takes some of a larger one's."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tasks.load.pick import pick
from tasks.model import Sample

ids = st.lists(st.text(max_size=8), unique=True, max_size=40)
seeds = st.integers(0, 2**63 - 1)


def made(names: list[str]) -> list[Sample]:
    return [Sample(sample_id=name, row={}) for name in names]


@given(ids, seeds, st.integers(1, 50), st.integers(0, 50))
def test_a_smaller_limit_is_the_beginning_of_a_larger(
    names: list[str], seed: int, few: int, more: int
) -> None:
    samples = made(names)
    assert pick(samples, few + more, seed)[:few] == pick(samples, few, seed)
    assert len(pick(samples, few, seed)) == min(few, len(samples))


@given(ids, seeds, st.integers(1, 50), seeds)
def test_the_choice_does_not_depend_on_the_order_of_the_rows(
    names: list[str], seed: int, limit: int, shuffle: int
) -> None:
    shuffled = list(names)
    random.Random(shuffle).shuffle(shuffled)
    assert pick(made(names), limit, seed) == pick(made(shuffled), limit, seed)


@given(ids, seeds)
def test_without_a_limit_all_are_asked_as_they_lie(names: list[str], seed: int) -> None:
    assert list(pick(made(names), None, seed)) == made(names)


def test_another_seed_takes_others() -> None:
    samples = made([str(number) for number in range(200)])
    first, second = (pick(samples, 20, seed) for seed in (0, 1))
    assert {one.sample_id for one in first} != {one.sample_id for one in second}


def test_the_choice_of_today_is_the_choice_of_tomorrow() -> None:
    samples = made([str(number) for number in range(100)])
    # the smallest of sha256("0:0") to sha256("0:99"), as sha256sum prints them
    assert [one.sample_id for one in pick(samples, 5, 0)] == ["87", "46", "15", "44", "99"]
