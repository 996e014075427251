"""With `store_text = false` no file of the home holds a prompt or a response once the run is complete."""

import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query

CANARY = "canary-5b1e88"
CARD = 'name = "vault"\n[[graders]]\ntype = "exact"\n'
SQL = f"""select 'q' || i as sample_id, 'What is the {CANARY} of ' || i || '?' as input,
    'the {CANARY} number ' || i as target, 'easy' as category, 'Never say {CANARY} aloud.' as system
from range(6) as r(i)
"""


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    folder = tmp_path / "suites" / "vault"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(CARD, encoding="utf-8")
    (folder / "samples.sql").write_text(SQL, encoding="utf-8")
    return folder.parent


def places(home: Path, word: str = CANARY) -> set[str]:
    """Files that hold a word; of Parquet, which is compressed, every value is read."""
    found = set()
    for path in home.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.execute("select * from read_parquet(?)", [str(path)]).fetchall()
            content = str(rows).encode()
        if word.encode() in content:
            found.add(str(path.relative_to(home)))
    return found


@pytest.mark.slow
def test_a_complete_run_leaves_grades_and_no_text(
    home: Path, tmp_path: Path, suites: Path, nightbench: Nightbench
) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_text(
        'suites = ["vault"]\nstore_text = false\n[[models]]\nmodel = "simulated/gpt-4o-2024-05-13"\n'
        'system = "Our house style is secret."\n',
        encoding="utf-8",
    )
    done = nightbench("run", spec, "--suites-dir", suites, "--run-id", "r1", "--json")
    assert done.code == 0, done.err
    assert places(home) == set()
    assert places(home / "warehouse", "Our house style") == set()  # the run's record keeps its spec
    (row,) = query(
        home,
        "select count(*) as n, count(response) as said, count(answer) as answers, "
        "count(input_tokens) as counted from calls join grades using (run_id, call_key) where run_id = 'r1'",
    )
    assert (row["n"], row["said"], row["answers"], row["counted"]) == (6, 0, 0, 6)
    again = nightbench("resume", "r1")
    assert again.code == 0, again.err
    refused = nightbench("regrade", "r1", "--suites-dir", suites)
    assert (refused.code, "store_text = false" in refused.err) == (2, True)


@pytest.mark.slow
def test_an_import_without_text_and_one_with_it_share_a_suite(
    home: Path, tmp_path: Path, suites: Path, nightbench: Nightbench
) -> None:
    outputs = tmp_path / "outputs.jsonl"
    rows = [{"sample_id": f"q{i}", "output": f"the {CANARY} number {i}"} for i in range(6)]
    outputs.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ("import", outputs, "--suite", "vault", "--suites-dir", suites, "--model", "recorded/a")
    for run_id in ("i1", "i2"):
        done = nightbench(*words, "--run-id", run_id)
        assert done.code == 0, done.err
    refused = nightbench("forget", "i1", "--text-only")
    assert (refused.code, "Nothing was forgotten" in refused.err) == (2, True)
    shown = nightbench("forget", "i1", "--text-only", "--dry-run", "--json")
    assert [(run["run_id"], run["because"]) for run in shown.json["runs"]] == [("i1", "asked for")]
    assert shown.json["forgotten"] is False
    done = nightbench("forget", "i1", "--text-only", "--yes", "--json")
    assert (done.code, done.json["forgotten"]) == (0, True), done.err
    assert query(home, "select count(*) as n from samples where input like '%canary%'") == [{"n": 6}]
    refused = nightbench("regrade", "i1", "--suites-dir", suites)
    assert (refused.code, "its text was forgotten" in refused.err) == (2, True)
    done = nightbench("forget", "i2", "i1", "--yes")
    assert done.code == 0, done.err
    assert places(home) == set()
    refused = nightbench("resume", "i1")
    assert (refused.code, "was forgotten on" in refused.err) == (2, True)
