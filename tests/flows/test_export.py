"""`nightbench export` writes one file, says what is in it, and overwrites nothing unasked."""

from pathlib import Path

import pyarrow.parquet as pq

from tests.conftest import Nightbench
from tests.warehouse.sample_run import land


def test_export_writes_answers_and_refuses_to_overwrite(
    nightbench: Nightbench, home: Path, tmp_path: Path
) -> None:
    (home / "warehouse").mkdir()
    land(home / "warehouse", "r1")
    file = tmp_path / "answers.parquet"
    said = nightbench("export", file, "--json")
    assert (said.code, said.json["rows"]) == (0, {"answers": 4})
    assert pq.read_table(file).num_rows == 4
    again = nightbench("export", file)
    assert again.code == 2
    assert "--force" in again.err
    both = nightbench("export", tmp_path / "b.csv", "--query", "select 1", "--table", "runs")
    assert both.code == 2
