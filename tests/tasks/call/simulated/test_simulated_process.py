"""The server as a process: it starts with a sentence or an error, and ends when whoever started it does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.model import hash_uuid
from tests.tasks.call.simulated.loopback import GPT, ask
from warehouse.errors import NightbenchError, SpecError

QUICK = make_settings({"latency_ms": 0, "refusals": 0.0, "accuracy": 1.0})
PLAN = [
    {"prompt_hash": hash_uuid(ask()).hex, "suite": "s", "sample_id": "1", "form": "text", "target": "540"}
]
CHECKOUT = Path(__file__).resolve().parents[4]


def complete(port: int, n: int = 1) -> list[str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    texts = []
    for _ in range(n):
        body = json.dumps({"model": GPT, "messages": ask()})
        connection.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer k"})
        texts.append(json.loads(connection.getresponse().read())["choices"][0]["message"]["content"])
    connection.close()
    return texts


def statuses(port: int, n: int) -> list[int]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    found = []
    for _ in range(n):
        body = json.dumps({"model": GPT, "messages": ask()})
        connection.request("POST", "/v1/chat/completions", body, {"authorization": "Bearer k"})
        response = connection.getresponse()
        response.read()
        found.append(response.status)
    connection.close()
    return found


def until(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in {"Z", "X"}


def test_a_server_answers_by_its_plan_and_its_ledger_file_has_a_line_a_request(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    with start_server(PLAN, QUICK, ledger=file) as server:
        assert complete(server.port, 3) == ["540"] * 3
        ledger = server.ledger()
        assert server.ledger(1)["rows"] == ledger["rows"][-1:]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines == ledger["rows"]
    assert ledger["totals"][0]["requests"] == 3
    assert ledger["totals"][0]["output_tokens"] == sum(line["output_tokens"] for line in lines) == 3
    assert not server.running


def test_two_servers_with_one_seed_say_the_same_and_have_ids_of_their_own() -> None:
    with start_server(None, QUICK) as first, start_server(None, QUICK) as second:
        assert complete(first.port, 2) == complete(second.port, 2)
        ids = [row["request_id"] for server in (first, second) for row in server.ledger()["rows"]]
    assert len(set(ids)) == 4


def test_a_plan_can_grow_while_the_server_runs_and_a_reset_keeps_it() -> None:
    with start_server(None, QUICK) as server:
        assert complete(server.port) != ["540"]
        assert server.add_plan(PLAN) == 1
        server.reset()
        assert complete(server.port) == ["540"]
        assert server.ledger()["arrived"] == 1
        with pytest.raises(SpecError, match=r"/_plan:1: not a line of a plan: form"):
            server.add_plan([PLAN[0] | {"form": "poem"}])


def test_limits_can_change_while_the_server_runs() -> None:
    with start_server(None, QUICK) as server:
        assert statuses(server.port, 3) == [200] * 3
        server.change_limits({"*": {"requests_per_minute": 60, "burst_s": 1.0}})
        assert statuses(server.port, 2) == [200, 429]
        server.change_limits({"*": {"requests_per_minute": 60_000, "burst_s": 1.0}})
        time.sleep(0.02)  # what was in the bucket stays, and flows faster
        assert statuses(server.port, 3) == [200] * 3
        with pytest.raises(SpecError, match=r"limits\.x\.requests_per_minute"):
            server.change_limits({"x": {"requests_per_minute": 0}})


def test_the_settings_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('refused_keys = ["k"]\n')
    with start_server(None, path) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/models", headers={"authorization": "Bearer k"})
        assert connection.getresponse().status == 401
        connection.close()


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        pytest.param(b'{"prompt_hash": "no"}\n', r"plan\.jsonl:1: not a line of a plan", id="no entry"),
        pytest.param(None, r"plan\.jsonl: cannot be read", id="no file"),
    ],
)
def test_a_bad_plan_is_one_clear_error(tmp_path: Path, plan: bytes | None, words: str) -> None:
    path = tmp_path / "plan.jsonl"
    if plan is not None:
        path.write_bytes(plan)
    with pytest.raises(SpecError, match=words):
        start_server(path, QUICK)


def test_a_taken_port_is_one_clear_error_in_the_servers_words() -> None:
    taken = r"did not start.*address already in use"
    with start_server(None, QUICK) as server, pytest.raises(NightbenchError, match=taken):
        start_server(None, QUICK, port=server.port)


def test_a_server_that_is_not_ready_in_time_is_ended() -> None:
    with pytest.raises(NightbenchError, match=r"did not listen within 0\.001 s"):
        start_server(None, QUICK, ready_s=0.001)


PARENT = """
import os, subprocess, sys, time
from tasks.call.simulated.process import start_server
server = start_server()
{more}
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param("", id="alone"),
        pytest.param("child = subprocess.Popen(['sleep', '20'], close_fds=False)", id="with another child"),
        pytest.param(
            "child = os.fork()\nif child == 0:\n    time.sleep(20)\n    os._exit(0)", id="with a forked child"
        ),
    ],
)
def test_a_server_ends_when_its_starter_is_killed(more: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(more=more)],
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert alive(pid)
        os.kill(parent.pid, signal.SIGKILL)
        assert until(lambda: not alive(pid))
    finally:
        os.killpg(parent.pid, signal.SIGKILL)  # the other child, which has the parent's group
        parent.wait()
        parent.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_stays_outlives_its_stdin_and_ends_on_a_signal(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tasks.call.simulated", "--stay", "--latency-ms", "0", "--set", "seed=7"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
    )
    assert process.stdout is not None
    with process.stdout as out:
        place = json.loads(out.readline())
    assert place["base_url"] == f"http://127.0.0.1:{place['port']}"
    assert len(complete(place["port"])) == 1
    process.send_signal(number)
    assert process.wait(5) == 0


def test_the_child_knows_no_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-55b1")
    with start_server(None, QUICK) as server:
        assert b"canary" not in Path(f"/proc/{server.pid}/environ").read_bytes()
