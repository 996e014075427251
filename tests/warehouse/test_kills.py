"""Whoever is killed while it commits, rewrites the catalog or compacts: no reader sees a wrong row."""

import os
from pathlib import Path

import pytest

from tests.warehouse.kills import drill

N = 10 * int(os.environ.get("NIGHTBENCH_DRILLS", "1"))


@pytest.mark.slow
def test_no_reader_sees_a_wrong_row_whoever_is_killed(tmp_path: Path) -> None:
    found = drill(tmp_path / "it's home", N, seed=1)
    assert found.wrong == []
    assert sum(found.kills.values()) == N
    assert found.looks > N
    assert found.compactions > 0
