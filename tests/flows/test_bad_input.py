"""What a person gets wrong is one clear error before money is spent: exit 2, nothing sent, nothing left."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tasks.home import Home
from tasks.runs import run_lock
from tests.conftest import Nightbench, Said
from tests.flows.conftest import assert_complete, start_nightbench

CARD = 'name = "mine"\n[[graders]]\ntype = "exact"\n'
ROWS = "select i::varchar as sample_id, 'Say ' || i as input, i::varchar as target from range(3) t(i)"
MODEL = ("--model", "simulated/gpt-4o-2024-05-13")
ASK = ("run", "--suite", "word_problems", "--limit", "2")


def refused(said: Said, home: Path, *words: str) -> None:
    """One error with these words, exit 2, no traceback, nothing on stdout, nothing kept of a run."""
    assert said.code == 2, said.err
    assert said.out == ""
    assert "Traceback" not in said.err
    assert said.err.count("nightbench: ") == 1, said.err
    for word in words:
        assert word in said.err
    for folder in ("journal", "progress", "warehouse/commits"):
        assert not list((home / folder).glob("*")), f"{folder} is not empty"
    assert not list((home / "runs").glob("*.json"))


def write_suite(tmp_path: Path, sql: str = ROWS, prompt: str | None = None) -> Path:
    """A suite `mine`; returns the folder of suites."""
    folder = tmp_path / "suites" / "mine"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(CARD, encoding="utf-8")
    (folder / "samples.sql").write_text(sql, encoding="utf-8")
    if prompt is not None:
        (folder / "prompt.jinja").write_text(prompt, encoding="utf-8")
    return folder.parent


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(
            ("--suite", "word_problem", *MODEL), ("word_problem", 'mean "word_problems"'), id="unknown suite"
        ),
        pytest.param(
            ("--suite", "json_only", "--model", "antropic/claude-x"),
            ('"antropic" is not a provider', '"anthropic/claude-x"'),
            id="unknown provider",
        ),
        pytest.param(
            ("--suite", "json_only", "--model", "gpt-4o"), ("provider/name", "gpt-4o"), id="no provider"
        ),
        pytest.param(("--suite", "json_only"), ("models", "missing"), id="no model"),
        pytest.param(
            ("--suite", "json_only", *MODEL, "--run-id", "../x"),
            ("run id", "../x"),
            id="a run id with a path",
        ),
        pytest.param(
            ("--suite", "json_only", *MODEL, "--limit", "0"), ("limit", "0"), id="a limit out of bounds"
        ),
        pytest.param(
            ("--suite", "json_only", "--model", "recorded/x"),
            ("import",),
            id="recorded outputs are not asked",
        ),
        pytest.param(
            ("--suite", "word_problems", "--model", "openai/gpt-4o-2024-05-14", *MODEL),
            (
                "OPENAI_API_KEY is not set",
                "These still work: simulated/gpt-4o-2024-05-13",
                "openai/gpt-4o-2024-05-13",
            ),
            id="a missing key says which models work; an unknown model which was meant",
        ),
    ],
)
def test_options_that_cannot_be_used_are_named(
    words: tuple[str, ...], told: tuple[str, ...], home: Path, nightbench: Nightbench
) -> None:
    refused(nightbench("run", *words), home, *told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param('suites = ["json_only"\nmodels = 3', ("not TOML", "line 2"), id="malformed TOML"),
        pytest.param(
            'suites = ["json_only"]\nbudjet = 3\n[[models]]\nmodel = "simulated/x"\ntemperature = 0',
            ("budjet: there is no such field", "models.0.temperature: there is no such field"),
            id="unknown fields, each named",
        ),
        pytest.param('suites = "json_only"\nmodels = "x"', ("suites", "models"), id="words for lists"),
    ],
)
def test_a_spec_file_says_what_is_wrong_in_it(
    text: str, told: tuple[str, ...], tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    file = tmp_path / "spec.toml"
    file.write_text(text, encoding="utf-8")
    refused(nightbench("run", file), home, "spec.toml", *told)


def test_a_spec_file_that_is_not_there(home: Path, nightbench: Nightbench) -> None:
    refused(nightbench("run", "gone.toml"), home, "gone.toml")


@pytest.mark.parametrize(
    ("sql", "prompt", "told"),
    [
        pytest.param("selec 1", None, ("samples.sql", "syntax error"), id="SQL that fails"),
        pytest.param("select * from 'gone.csv'", None, ("samples.sql", "gone.csv"), id="a file that is gone"),
        pytest.param(
            "select 1 as id, 'x' as input, 'y' as target",
            None,
            ('"sample_id"', "id, input"),
            id="no sample_id",
        ),
        pytest.param(
            "select 1 as sample_id, 'x' as input",
            None,
            ('"target"', '"exact"', "Nothing was sent"),
            id="a column of the grader",
        ),
        pytest.param(
            "select 7 as sample_id, 'x' as input, 'y' as target from range(2)", None, ("7",), id="an id twice"
        ),
        pytest.param(ROWS, "Say {{ questoin }}", ("prompt.jinja", "questoin"), id="a template's column"),
    ],
)
def test_a_suite_that_is_not_what_it_says(
    sql: str, prompt: str | None, told: tuple[str, ...], tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    suites = write_suite(tmp_path, sql, prompt)
    refused(nightbench("run", "--suite", "mine", *MODEL, "--suites-dir", suites), home, "mine", *told)


def test_a_grader_that_cannot_be_made_is_blamed_on_the_suite_that_names_it(
    tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    suites = write_suite(tmp_path)
    (suites / "mine" / "suite.toml").write_text(f'{CARD}extract = "nonesuch"\n', encoding="utf-8")
    said = nightbench("run", "--suite", "mine", *MODEL, "--suites-dir", suites)
    refused(said, home, str(suites / "mine" / "suite.toml"), "nonesuch")


def test_a_home_that_cannot_be_made(tmp_path: Path, home: Path, nightbench: Nightbench) -> None:
    wall = tmp_path / "wall"
    wall.write_text("a file, so that root cannot make a folder here either", encoding="utf-8")
    said = nightbench(*ASK, *MODEL, env={"NIGHTBENCH_HOME": str(wall / "home")})
    refused(said, home, "NIGHTBENCH_HOME", str(wall))


def test_a_run_id_that_another_process_works_on(home: Path, nightbench: Nightbench) -> None:
    Home(home).make()
    words = (*ASK, *MODEL, "--run-id", "mine")
    with run_lock(Home(home), "mine"):
        refused(nightbench(*words), home, "another process", str(os.getpid()))
    assert nightbench(*words, "--json").json["status"] == "complete"  # the lock died with its holder


def test_a_run_id_of_another_spec_leaves_the_first_run_as_it_was(home: Path, nightbench: Nightbench) -> None:
    words = (*MODEL, "--run-id", "mine")
    assert nightbench(*ASK, *words).code == 0
    before = nightbench("runs", "--json").json
    said = nightbench("run", "--suite", "word_problems", "--limit", "3", *words)
    assert (said.code, said.out) == (2, "")
    assert "another spec" in said.err
    assert "Traceback" not in said.err
    assert nightbench("runs", "--json").json == before
    assert nightbench("resume", "nobody").code == 2


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_received_and_says_how_to_go_on(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    slow = tmp_path / "slow.json"
    slow.write_text(json.dumps({"latency_ms": 400}), encoding="utf-8")
    spec = tmp_path / "spec.toml"
    spec.write_text(
        'suites = ["word_problems"]\nlimit = 100\n[[models]]\nmodel = "simulated/gpt-4o-2024-05-13"\n'
        "limits = { in_flight = 2 }\n",
        encoding="utf-8",
    )
    child = start_nightbench(home, "run", spec, "--run-id", "slow", NIGHTBENCH_SIMULATED=str(slow))
    try:
        progress = home / "progress" / "slow.json"
        until = time.monotonic() + 90
        while not (progress.exists() and json.loads(progress.read_bytes())["done_calls"] >= 4):
            assert child.poll() is None, child.communicate()
            assert time.monotonic() < until, "no call was answered"
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does it: to the whole group
        out, err = child.communicate(timeout=60)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    assert child.returncode == 3, err
    assert out == ""
    assert "nightbench resume slow" in err
    assert "Traceback" not in err
    (row,) = nightbench("runs", "--json").json
    assert (row["status"], row["resumable"]) == ("cancelled", True)
    assert 4 <= row["answered_calls"] < 100
    fast = tmp_path / "fast.json"
    fast.write_text(json.dumps({"latency_ms": 1}), encoding="utf-8")
    assert_complete(nightbench("resume", "slow", "--json", env={"NIGHTBENCH_SIMULATED": str(fast)}), 100)
    assert nightbench("runs", "--json").json[0]["resumable"] is False
