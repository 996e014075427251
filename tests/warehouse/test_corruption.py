"""Whatever is damaged, `verify` finds it, and no query is silently wrong without its seeing it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.warehouse.corruption import drill
from tests.warehouse.sample_run import merge_all
from tests.warehouse.whole import write_whole
from warehouse import files

N = 17 * int(os.environ.get("NIGHTBENCH_DRILLS", "1"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "grace"),
    [(1, None), (2, timedelta(days=1)), (3, timedelta(0))],
    ids=["as landed", "compacted, with the old files", "compacted, without them"],
)
def test_every_corruption_is_found(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, seed: int, grace: timedelta | None
) -> None:
    monkeypatch.setattr(files, "ROW_GROUP_ROWS", 40)  # several to a file
    write_whole(warehouse, n=60)
    if grace is not None:
        merge_all(warehouse, grace=grace)
    tally = drill(warehouse, N, seed)
    assert tally.missed == []
    assert tally.missed_and_silent == []
    assert tally.row_groups == tally.in_row_group
    assert sum(tally.done.values()) == N
