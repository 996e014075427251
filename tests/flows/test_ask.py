"""One question to several models: answers side by side, journalled, landed, outside of every leaderboard."""

import json
import signal
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.ask import Asked, ModelAnswer, ask
from flows.cli.ask import print_asked
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import query, start_nightbench
from warehouse.errors import SpecError, Unusable

GPT, SONNET = "simulated/gpt-4o-2024-05-13", "simulated/claude-3-5-sonnet-20240620"
PROMPT = "Why is the sky blue?"


def entries(server: SimulatedServer, *models: str) -> list[dict[str, Any]]:
    return [{"model": model, "base_url": server.base_url} for model in models or (GPT, SONNET)]


def asked(home: Path, server: SimulatedServer, **more: Any) -> Asked:
    models = more.pop("models", None) or entries(server)
    return ask(more.pop("prompt", PROMPT), models, environ={"NIGHTBENCH_HOME": str(home)}, **more)


def test_both_answers_come_with_what_they_took_and_are_kept(home: Path) -> None:
    with start_server([], make_settings({"latency_ms": 30})) as server:
        result = asked(home, server, criteria=["correctness"], run_id="q", system="Be brief.")
        rows = server.ledger()["rows"]
    assert [answer.variant for answer in result.answers] == [GPT, SONNET]
    for answer, row in zip(result.answers, rows, strict=True):
        assert answer.status == "answered"
        assert answer.response
        assert answer.latency_s is not None
        assert answer.latency_s >= 0.03
        assert (answer.input_tokens, answer.output_tokens) == (row["input_tokens"], row["output_tokens"])
    usd = [
        rows[0]["input_tokens"] * Decimal(5) + rows[0]["output_tokens"] * Decimal(15),
        rows[1]["input_tokens"] * Decimal(3) + rows[1]["output_tokens"] * Decimal(15),
    ]
    assert [answer.usd for answer in result.answers] == [one / 1_000_000 for one in usd]
    assert result.usd == sum(usd) / 1_000_000
    [run] = query(home, "select kind, status, trigger, planned_calls, answered_calls from runs")
    assert run == {
        "kind": "ask",
        "status": "complete",
        "trigger": "api",
        "planned_calls": 2,
        "answered_calls": 2,
    }
    [sample] = query(home, "select input, metadata from samples")
    assert (sample["input"], json.loads(sample["metadata"])) == (PROMPT, {"criteria": ["correctness"]})
    for view in ("leaderboard", "leaderboard_simulated", "current_runs", "grades"):
        assert query(home, f"select count(*) as n from {view}") == [{"n": 0}], view
    assert query(home, "select count(*) as n from leaderboard_all where kind = 'ask'") == [{"n": 2}]


@pytest.mark.parametrize(("at_once", "most"), [(False, 1), (True, 2)])
def test_one_is_asked_after_the_other_unless_it_is_said(home: Path, at_once: bool, most: int) -> None:
    with start_server([], make_settings({"latency_ms": 300})) as server:
        asked(home, server, at_once=at_once)
        assert server.ledger()["most_in_flight"] == most


def test_a_model_that_fails_keeps_nobody_from_answering(home: Path) -> None:
    with start_server([], make_settings({"latency_ms": 0})) as server:
        url = f"{server.base_url}/v1"
        greedy = {"model": "compatible/gpt-4o", "base_url": url, "params": {"max_tokens": 10**9}}
        result = asked(home, server, models=[greedy, *entries(server, GPT)])
    first, second = result.answers
    assert (first.status, first.error_kind, first.response) == ("failed", "bad_request", None)
    assert (second.status, result.status) == ("answered", "complete")
    assert result.usd == second.usd, "a call that failed costs nothing"


def test_a_prompt_beyond_the_context_is_an_answer_without_text(home: Path) -> None:
    with start_server([], make_settings({"latency_ms": 0, "context_tokens": 100})) as server:
        result = asked(home, server, prompt="word " * 200)
    assert {answer.error_kind for answer in result.answers} == {"context_overflow"}
    assert [answer.response for answer in result.answers] == [None, None]
    assert result.usd == 0


def test_the_same_id_goes_on_and_asks_nobody_twice(home: Path) -> None:
    with start_server([], make_settings({"latency_ms": 0})) as server:
        first = asked(home, server, run_id="q")
        again = asked(home, server, run_id="q")
        assert server.ledger()["arrived"] == 2
        with pytest.raises(SpecError, match="another question"):
            asked(home, server, run_id="q", prompt="Why not?")
    assert again == first


def test_what_is_refused_leaves_no_run(home: Path) -> None:
    with pytest.raises(SpecError, match="ANTHROPIC_API_KEY is not set"):
        ask(PROMPT, ["anthropic/claude-haiku-5-5"], run_id="q", environ={"NIGHTBENCH_HOME": str(home)})
    assert list((home / "runs").glob("q.*json")) == []


def test_a_bad_key_stops_it_and_what_was_received_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD_KEY", "invalid")
    with start_server([], make_settings({"latency_ms": 0})) as server:
        bad = {"model": "openai/gpt-4o", "base_url": f"{server.base_url}/v1", "api_key_env": "BAD_KEY"}
        environ = {"NIGHTBENCH_HOME": str(home), "BAD_KEY": "invalid"}
        with pytest.raises(Unusable):
            ask(PROMPT, [*entries(server, GPT), bad], run_id="q", environ=environ)
    assert query(home, "select status, answered_calls from runs") == [
        {"status": "failed", "answered_calls": 1}
    ]


def test_a_run_that_was_killed_is_resumed_from_the_command_line(home: Path, nightbench: Nightbench) -> None:
    with start_server([], make_settings({"latency_ms": 3000})) as server:
        # the command line has no address for a model: the question is begun by the function, and killed
        script = (
            "from flows.ask import ask; import os; "
            f"ask({PROMPT!r}, {entries(server)!r}, run_id='q', criteria=['tone'])"
        )
        child = start_nightbench(home, "-c", script, module="tests.flows.standin.run_code")
        while server.ledger()["arrived"] < 2:
            assert child.poll() is None, child.communicate()
            time.sleep(0.05)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        [run] = nightbench("runs", "--json").json
        assert (run["kind"], run["status"], run["resumable"]) == ("ask", "interrupted", True)
        done = nightbench("resume", "q", "--json")
        assert done.code == 0, done.err
        keys = [row["sample"] for row in server.ledger()["rows"] if row["outcome"] == "answered"]
    assert [answer["status"] for answer in done.json["answers"]] == ["answered", "answered"]
    assert done.json["criteria"] == ["tone"]
    assert "nobody has judged by them" in done.err
    assert len(keys) == len(set(keys)) == 2, "the answer that was received was not asked for again"


@pytest.mark.slow
def test_the_command_shows_both_and_says_that_nobody_grades(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    words = ("ask", PROMPT, "--model", GPT, "--model", SONNET, "--file", tmp_path / "a.py")
    said = nightbench(*words, "--criteria", "correctness,readability", "--run-id", "q")
    assert said.code == 0, said.err
    assert f"── {GPT} (simulated)" in said.out
    assert "(correctness, readability) are kept with the run; nobody has judged by them" in said.out
    assert "run q: complete" in said.out
    as_json = nightbench(*words, "--criteria", "correctness,readability", "--run-id", "q", "--json")
    assert as_json.json["prompt"] == f"{PROMPT}\n\na.py:\n```\nx = 1\n```"
    assert [answer["model"] for answer in as_json.json["answers"]] == [GPT, SONNET]
    assert nightbench("ask", PROMPT).code == 2
    assert nightbench("report").code == 2, "a question is no run that has a leaderboard"


def test_an_answer_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = ModelAnswer(
        variant="m\x1b]0;title\x07",
        model="compatible/m",
        served_model=None,
        status="answered",
        response="\x1b[2Jgone\r\u202eevil[/red]",
        reasoning=None,
        stop_reason="stop",
        error_kind=None,
        error=None,
        latency_s=1.0,
        attempts=1,
        input_tokens=1,
        cached_input_tokens=0,
        output_tokens=1,
        reasoning_tokens=0,
        usd=None,
        simulated=False,
    )
    print_asked(Asked("q", "complete", "?", (), (hostile,)), as_json=False)
    said = capsys.readouterr().out
    assert not set("\x1b\x07\r\u202e") & set(said)
    assert "gone" in said
    assert "evil[/red]" in said
