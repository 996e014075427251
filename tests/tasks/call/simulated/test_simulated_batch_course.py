"""A batch's course in time: who looks at it, and how often, changes nothing of what becomes of it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.simulated.batches_state import (
    OVER,
    Batch,
    BatchFate,
    Item,
    Result,
    advance,
    decide_batch,
    plan_course,
)
from tasks.call.simulated.ledger import BatchRow
from tasks.call.simulated.settings import BatchSettings

CREATED = 1000.0
SETTINGS = st.builds(
    BatchSettings.model_validate,
    st.fixed_dictionaries(
        {
            "seconds": st.sampled_from([0.0, 0.5, 100.0]),
            "shuffled": st.booleans(),
            "errored": st.sampled_from([0.0, 0.5, 1.0]),
            "expired": st.sampled_from([0.0, 0.5, 1.0]),
        }
    ),
)
FATES = st.builds(BatchFate, all_errored=st.booleans(), cancelled=st.booleans(), vanishes=st.booleans())


def make_batch(n: int, settings: BatchSettings, fate: BatchFate, cancel_part: float | None = None) -> Batch:
    """A batch of so many requests that was just created."""
    names = [f"r-{i}" for i in range(n)]
    batch = Batch(
        batch_id="b",
        vendor="openai",
        path="/v1/chat/completions",
        created_at=CREATED,
        items=[Item(name, b"{}") for name in names],
        settings=settings,
        fate=fate,
        row=BatchRow("b", "openai", CREATED, names),
    )
    plan_course(batch)
    if cancel_part is not None:
        batch.cancel_at = batch.at(cancel_part)
    return batch


def watch(batch: Batch, parts: Sequence[float]) -> list[tuple[int, float, bool]]:
    """Let it catch up at those parts of its seconds; the requests that were processed, in order."""
    seen: list[tuple[int, float, bool]] = []

    def process(batch: Batch, place: int, when: float, fails: bool) -> Result:
        seen.append((place, when, fails))
        return Result("errored" if fails else "succeeded")

    for part in sorted(parts):
        advance(batch, batch.at(part), process)
    return seen


@given(
    n=st.integers(1, 30),
    settings=SETTINGS,
    fate=FATES,
    cancel_part=st.none() | st.floats(0, 0.99),
    looks=st.lists(st.floats(0, 3), max_size=20),
)
def test_how_often_one_looks_changes_nothing(
    n: int, settings: BatchSettings, fate: BatchFate, cancel_part: float | None, looks: list[float]
) -> None:
    often, once = (make_batch(n, settings, fate, cancel_part) for _ in range(2))
    assert watch(often, [*looks, 3.0]) == watch(once, [3.0])
    assert [item.result for item in often.items] == [item.result for item in once.items]
    assert often.settled == once.settled


@given(n=st.integers(1, 30), settings=SETTINGS, fate=FATES, cancel_part=st.none() | st.floats(0, 0.99))
def test_every_request_has_one_result_at_the_end_and_none_is_processed_twice(
    n: int, settings: BatchSettings, fate: BatchFate, cancel_part: float | None
) -> None:
    batch = make_batch(n, settings, fate, cancel_part)
    seen = watch(batch, [0.3, 0.6, 3.0])
    assert len({place for place, _, _ in seen}) == len(seen)
    assert [when for _, when, _ in seen] == sorted(when for _, when, _ in seen)
    counts = batch.counts()
    assert counts["succeeded"] + counts["errored"] == len(seen)
    if batch.settled:
        assert sum(counts.values()) == n
        assert batch.phase(batch.at(3.0)) in OVER
    else:
        assert batch.is_gone(batch.at(3.0)), "it is not over and there still"
    if fate.all_errored:
        assert counts["succeeded"] == 0


def test_a_batch_goes_from_one_phase_to_the_next_and_never_back() -> None:
    batch = make_batch(4, BatchSettings(seconds=100.0), BatchFate())
    parts = (0.0, 0.04, 0.06, 0.89, 0.91, 0.99, 1.0, 9.0)
    assert [batch.phase(batch.at(part)) for part in parts] == [
        *["validating"] * 2,
        *["in_progress"] * 2,
        *["finalizing"] * 2,
        *["done"] * 2,
    ]


@pytest.mark.parametrize("name", ["failed", "without_output", "without_files", "cancelled", "vanishes"])
def test_each_rate_befalls_its_share_of_batches_and_none_that_was_tried_often(name: str) -> None:
    settings = BatchSettings.model_validate({name: 0.3})
    fates = [decide_batch(1, f"digest {n}", 0, settings) for n in range(1000)]
    assert 230 < sum(fate != BatchFate() for fate in fates) < 370
    assert {decide_batch(1, f"digest {n}", 3, settings) for n in range(1000)} == {BatchFate()}
