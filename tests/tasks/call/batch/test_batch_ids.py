"""A custom id carries run and call, fits both vendors' alphabet, and is read back as nothing else."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.batch.grouping import VENDOR_LIMITS, BatchLimits, Group
from tasks.call.batch.ids import call_key_of, custom_id, key_of, key_text, split_keys

FITS = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
run_ids = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,39}\Z")


@given(run_ids, st.uuids())
def test_an_id_fits_both_vendors_and_gives_its_key_back(run_id: str, key: UUID) -> None:
    text = custom_id(run_id, key)
    assert FITS.match(text)
    assert call_key_of(text, run_id) == key


@given(run_ids, run_ids, st.uuids())
def test_an_id_of_another_run_is_nobodys(run_id: str, other: str, key: UUID) -> None:
    assert (call_key_of(custom_id(other, key), run_id) == key) == (run_id == other)


@given(st.text(max_size=70))
def test_any_text_is_read_without_an_error(text: str) -> None:
    key = call_key_of(text, "night-1")
    assert key is None or custom_id("night-1", key) == text


@pytest.mark.parametrize("text", ["", "night-1_", "night-1_" + "B" * 22, "night-1-" + "A" * 22])
def test_what_is_not_the_one_spelling_of_a_key_is_none(text: str) -> None:
    assert call_key_of(text, "night-1") is None


@given(st.lists(st.uuids()))
def test_keys_lie_in_one_string_and_come_out_again(keys: list[UUID]) -> None:
    assert list(split_keys("".join(map(key_text, keys)))) == keys
    assert [key_of(key_text(key)) for key in keys] == keys


@given(
    st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 4))),
    st.integers(1, 7),
    st.integers(1, 120),
)
def test_groups_hold_every_request_once_in_order_and_within_the_limits(
    requests: list[tuple[bytes, int]], most: int, n_bytes: int
) -> None:
    limits = BatchLimits(most, n_bytes)
    groups: list[Group] = []
    for number, (line, shard) in enumerate(requests):
        if not groups or not groups[-1].takes(line):
            groups.append(Group(limits, ""))
        groups[-1].add(line, UUID(int=number), shard)
    assert [line for group in groups for line in group.lines] == [line for line, _ in requests]
    assert [key.int for group in groups for key in group.keys] == list(range(len(requests)))
    for group in groups:
        shards = [shard for shard, n in group.shards for _ in range(n)]
        assert shards == [requests[key.int][1] for key in group.keys]
        assert len(group.lines) <= most
        assert group.n_bytes <= n_bytes or len(group.lines) == 1
        halves = group.parted()
        assert halves[0].lines + halves[1].lines == group.lines
        assert len(halves[0].lines) - len(halves[1].lines) in {0, 1}


def test_our_limits_keep_a_margin_to_the_vendors() -> None:
    assert {name: limits.requests for name, limits in VENDOR_LIMITS.items()} == {
        "anthropic": 100_000,
        "openai": 50_000,
        "azure": 50_000,
    }
    assert all(limits.n_bytes <= 0.9 * 200_000_000 for limits in VENDOR_LIMITS.values())
