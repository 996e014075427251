"""Two names share a letter exactly where they are not shown to differ."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from warehouse.statistics.letters import letters

NAMES = list("ABCDEFG")
PAIRS = st.sets(st.sampled_from(list(combinations(NAMES, 2))))


@given(differ=PAIRS)
def test_names_share_a_letter_where_they_do_not_differ(differ: set[tuple[str, str]]) -> None:
    marks = letters(NAMES, differ)
    for one, other in combinations(NAMES, 2):
        assert bool(set(marks[one]) & set(marks[other])) == ((one, other) not in differ)


def test_the_best_has_the_first_letter() -> None:
    assert letters(["x", "y", "z"], [("z", "x")]) == {"x": "a", "y": "ab", "z": "b"}
    assert letters(["x"], []) == {"x": "a"}
    assert letters([], []) == {}


def test_piephos_example() -> None:
    """Seven treatments of which 1-6, 1-7, 2-6, 2-7 and 3-7 differ: three letters do."""
    names = [f"T{i}" for i in range(1, 8)]
    differ = [("T1", "T6"), ("T1", "T7"), ("T2", "T6"), ("T2", "T7"), ("T3", "T7")]
    marks = letters(names, differ)
    assert marks == {"T1": "a", "T2": "a", "T3": "ab", "T4": "abc", "T5": "abc", "T6": "bc", "T7": "c"}
