"""A run goes on with what it began with; other questions or another file under its id are refused."""

import os
import signal
import time
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, query, start_nightbench, told

SUITE = """name = "two"
[[graders]]
type = "exact"
"""
SAMPLES = "select 's' || i as sample_id, 'Say {word}.' as input, 'yes' as target from range(2) as r(i)"


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with the suite `two`."""
    folder = tmp_path / "suites" / "two"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    (folder / "samples.sql").write_text(SAMPLES.format(word="yes"), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_run_whose_suite_or_prompt_was_edited_is_not_asked_anew(
    two: Path, tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    prompt, spec = tmp_path / "p.jinja", tmp_path / "spec.toml"
    prompt.write_text("{{ input }} Now.", encoding="utf-8")
    spec.write_text(
        f'suites = ["two"]\n[[models]]\nmodel = "simulated/gpt-4o-2024-05-13"\nprompt = "{prompt}"\n',
        encoding="utf-8",
    )
    env = {"NIGHTBENCH_SUITES": str(two.parent)}
    assert nightbench("run", spec, "--run-id", "r", "--json", env=env).code == 0
    before = query(home, "select call_key, response from calls order by all")
    prompt.write_text("{{ input }} Later.", encoding="utf-8")
    said = nightbench("resume", "r", env=env)
    assert (said.code, said.out) == (2, "")
    assert "prompt" in said.err
    assert "Nothing was sent" in said.err
    prompt.write_text("{{ input }} Now.", encoding="utf-8")
    (two / "samples.sql").write_text(SAMPLES.format(word="no"), encoding="utf-8")
    said = nightbench("resume", "r", env=env)
    assert said.code == 2
    assert 'suite "two" was changed since' in said.err
    (two / "samples.sql").write_text(SAMPLES.format(word="yes"), encoding="utf-8")
    assert nightbench("resume", "r", "--json", env=env).code == 0
    assert query(home, "select call_key, response from calls order by all") == before


@pytest.mark.slow
def test_a_torn_tail_and_a_damaged_record_are_reported_when_the_run_goes_on(
    two: Path, home: Path, nightbench: Nightbench
) -> None:
    env = {"NIGHTBENCH_SUITES": str(two.parent)}
    words = ("--suite", "two", "--model", "simulated/gpt-4o-2024-05-13", "--run-id", "r", "--json")
    assert nightbench("run", *words, env=env).code == 0
    journal = home / "journal" / "r" / "1.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    answer = next(n for n, line in enumerate(lines) if b'"answered"' in line)
    lines[answer] = lines[answer].replace(b'"answered"', b'"answereX"')
    journal.write_bytes(b"".join(lines) + b'{"half')
    said = nightbench("resume", "r", "--json", env=env)
    assert said.code == 0, said.err
    assert said.json["run"]["answered_calls"] == 2
    assert "6 bytes at" in said.err
    assert f"{len(lines[answer])} bytes at" in said.err
    assert said.err.count("is asked again") == 2
    assert "6 bytes at" not in nightbench("resume", "r", "--json", env=env).err, "the tail was cut"


def test_another_file_under_the_id_of_an_import_is_refused(
    two: Path, tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    words = ("--suite", "two", "--model", "recorded/x", "--run-id", "r", "--suites-dir", str(two.parent))
    for name, output in (("a", "yes"), ("b", "no")):
        text = f"sample_id,output\ns0,{output}\ns1,{output}\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    assert nightbench("import", tmp_path / "a.csv", *words, "--json").code == 0
    said = nightbench("import", tmp_path / "b.csv", *words)
    assert said.code == 2
    assert "the imported outputs" in said.err
    assert query(home, "select count(*) as n from latest_grades where passed") == [{"n": 2}]
    assert nightbench("import", tmp_path / "a.csv", *words, "--json").code == 0, (
        "the same file may come again"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wait_s", "presses"), [(0.0, 1), (0.0, 2), (0.7, 2), (1.4, 1), (1.4, 2), (2.1, 1), (2.8, 1)]
)
def test_ctrl_c_early_says_how_to_go_on(
    home: Path, tmp_path: Path, sums: Sums, wait_s: float, presses: int
) -> None:
    """At once, while Prefect is imported, while its server comes up, while the flow opens: none is lost."""
    said = tmp_path / "said.txt"
    with start_server(told(20), make_settings({"latency_ms": 4000})) as server:
        spec = sums(20, server.base_url)
        child = start_nightbench(
            home, "run", spec, "--run-id", "early", "--suites-dir", tmp_path / "suites", said=said
        )
        until = time.monotonic() + 60
        while "run early" not in said.read_text(encoding="utf-8"):
            assert time.monotonic() < until
            assert child.poll() is None, said.read_text(encoding="utf-8")
            time.sleep(0.02)
        time.sleep(wait_s)
        for _ in range(presses):
            os.killpg(child.pid, signal.SIGINT)
            time.sleep(0.2)
        code = child.wait(timeout=60)
    text = said.read_text(encoding="utf-8")
    assert code == 3, text
    assert "nightbench resume early" in text
    assert "Traceback" not in text
