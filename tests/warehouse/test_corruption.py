"""Whatever is damaged, `verify` finds it, and no query is silently wrong without its seeing it."""

import os
from pathlib import Path

import pytest

from tests.warehouse.corruption import drill
from tests.warehouse.whole import write_whole
from warehouse import files

N = 17 * int(os.environ.get("NIGHTBENCH_DRILLS", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_corruption_is_found(warehouse: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(files, "ROW_GROUP_ROWS", 40)  # several to a file
    write_whole(warehouse, n=60)
    tally = drill(warehouse, N, seed)
    assert tally.missed == []
    assert tally.missed_and_silent == []
    assert tally.row_groups == tally.in_row_group
    assert sum(tally.done.values()) == N
