"""Who reads the catalog while runs commit sees whole runs only, is never refused, and holds nobody up."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import start_nightbench

N = 200
CARD = 'name = "numbers"\n[[graders]]\ntype = "exact"\n'
ROWS = f"select i as sample_id, 'Say ' || i as input, i::varchar as target from range({N}) t(i)"
# Plain DuckDB, as an analyst's own program has it; opened anew for each look, as a notebook does.
READER = """
import duckdb, json, os, sys, time
catalog, done = sys.argv[1:]
looks, seen, last = 0, {}, False
while not last:
    last = os.path.exists(done)  # one look more after the end
    with duckdb.connect(catalog, read_only=True) as connection:
        rows = connection.execute("select * from leaderboard_all").fetchall()
        names = [column[0] for column in connection.description]
    for row in rows:
        row = dict(zip(names, row))
        seen.setdefault(row["variant"], []).append(row["n"])
    looks += 1
    print(len(rows), flush=True)
sys.stderr.write(json.dumps({"looks": looks, "seen": {name: sorted(set(n)) for name, n in seen.items()},
    "at_the_end": len(rows)}))
"""


def begin(home: Path, suites: Path, name: str, *words: str) -> "subprocess.Popen[str]":
    words = (*words, "--suite", "numbers", "--run-id", name)
    return start_nightbench(home, *words, NIGHTBENCH_SUITES=str(suites))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["run", "import"])
def test_a_reader_in_a_loop_sees_whole_runs_and_no_error(kind: str, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "suites" / "numbers"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(CARD, encoding="utf-8")
    (folder / "samples.sql").write_text(ROWS, encoding="utf-8")
    outputs = tmp_path / "outputs.jsonl"
    lines = (json.dumps({"sample_id": str(i), "output": str(i)}) for i in range(N))
    outputs.write_text("\n".join(lines), encoding="utf-8")

    def words(name: str) -> tuple[str, ...]:
        if kind == "import":
            return "import", str(outputs), "--model", f"recorded/{name}"
        return "run", "--model", f"simulated/gpt-{name}"

    first = begin(home, folder.parent, "first", *words("first"))
    assert first.communicate(timeout=120)[1] is not None
    assert first.returncode == 0
    done = tmp_path / "done"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home / "warehouse" / "catalog.duckdb"), str(done)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    names = ("one", "two", "three")
    assert reader.stdout is not None
    assert reader.stdout.readline() == b"1\n"  # it reads before they begin
    writers = [begin(home, folder.parent, name, *words(name)) for name in names]
    try:
        said = [writer.communicate(timeout=240)[1] for writer in writers]
    finally:
        done.touch()
        told = reader.communicate(timeout=60)[1].decode()
    assert [writer.returncode for writer in writers] == [0, 0, 0], said
    assert reader.returncode == 0, told
    found = json.loads(told)
    assert found["at_the_end"] == 4
    assert found["looks"] > 10
    prefix = "recorded/" if kind == "import" else "simulated/gpt-"
    assert found["seen"] == {f"{prefix}{name}": [N] for name in ("first", *names)}
