"""`serve` runs Prefect with its page and two deployments, takes only what the form allows, and stops whole.

The flow is ../standin/standin_flow.py, which has the parameter of `evaluate` and none of its work.
"""

import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flows.hosting.serve import serve
from flows.server.engine import Engine, running_server
from flows.server.prefect_home import PrefectHome
from flows.server.trigger import UI_MESSAGE
from tests.flows.serving import CANARY, ROOT, SPEC, STANDIN, Served, left_behind
from warehouse.errors import EngineError
from warehouse.locks import is_locked

DOWN_S = 5.0

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds what a process left behind through /proc"
)


Starts = Callable[..., Served]


@pytest.fixture
def start(home: Path) -> Iterator[Starts]:
    """Start a `serve` on the test's home."""
    started: list[Served] = []

    def one(nightly: dict[str, Any] | None = None) -> Served:
        started.append(Served(home, nightly))
        return started[-1]

    yield one
    for served in started:
        if served.process.poll() is None:
            served.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `serve` for the tests that only ask it things; its nightly run is due every minute."""
    running = Served(tmp_path_factory.mktemp("served"), nightly=SPEC)
    yield running
    running.end(signal.SIGTERM)


def test_first_line_is_the_address_of_prefects_page(served: Served) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", served.lines[0])
    with urllib.request.urlopen(served.url, timeout=20) as reply:
        assert b"<title>Prefect" in reply.read()
        assert "connect-src 'self'" in reply.headers["content-security-policy"]
    with urllib.request.urlopen(f"{served.url}/ui-settings", timeout=20) as reply:
        assert json.loads(reply.read())["api_url"] == f"{served.url}/api"


def test_every_deployment_has_a_line_and_the_next_night_is_said(served: Served) -> None:
    for name in ("evaluate", "nightly", "compare", "regrade", "calibrate", "maintain"):
        (line,) = [line for line in served.lines if line.startswith(f"{name} ")]
        assert served.deployment(name)["id"] in line
    assert re.fullmatch(r"Next: nightly at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", served.lines[-2])


def test_nightly_has_its_spec_and_an_active_schedule_in_utc(served: Served) -> None:
    nightly = served.deployment("nightly")
    (schedule,) = nightly["schedules"]
    assert (schedule["active"], nightly["paused"]) == (True, False)
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("* * * * *", "UTC")
    assert nightly["parameters"] == {"spec": SPEC}
    assert nightly["id"] in served.lines[2]


def test_evaluate_has_the_form_of_the_spec_and_no_schedule(served: Served) -> None:
    evaluate = served.deployment("evaluate")
    assert (evaluate["schedules"], evaluate["parameters"]) == ([], {})
    assert evaluate["enforce_parameter_schema"]
    fields = evaluate["parameter_openapi_schema"]["definitions"]["EvalSpec"]["properties"]
    assert fields["suites"]["title"] == "Suites"
    assert evaluate["id"] in served.lines[1]


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        pytest.param({}, "suites", id="nothing"),
        pytest.param(SPEC | {"suites": []}, "spec.suites", id="no suite"),
        pytest.param(SPEC | {"suites": ["json_only", "json_only"]}, "spec.suites", id="a suite twice"),
        pytest.param(SPEC | {"suites": ["nope"]}, "spec.suites[0]", id="no such suite"),
        pytest.param(
            SPEC | {"suites": [{"name": "nope"}]}, "spec.suites[0]", id="no such suite, with options"
        ),
        pytest.param(SPEC | {"models": []}, "spec.models", id="no model"),
        pytest.param(SPEC | {"models": [{"model": "gpt-4o"}]}, "spec.models[0].model", id="no provider"),
        pytest.param(
            SPEC | {"models": [{"model": "nobody/x"}]}, "spec.models[0].model", id="unknown provider"
        ),
        pytest.param(SPEC | {"epochs": 0}, "spec.epochs", id="too few epochs"),
        pytest.param(SPEC | {"limit": "ten"}, "spec.limit", id="a word for a number"),
        pytest.param(SPEC | {"limits": 3}, "limits", id="no such field"),
        pytest.param(SPEC | {"mode": "cheap"}, "spec.mode", id="no such mode"),
        pytest.param(SPEC | {"mode": "auto", "deadline": "soon"}, "spec.deadline", id="no such time"),
        pytest.param(SPEC | {"reuse": "30d"}, "spec.reuse", id="an answer too old"),
        pytest.param(SPEC | {"budget_usd": 0}, "spec.budget_usd", id="no money"),
        pytest.param(
            SPEC | {"models": [{"model": "openai/x", "api": "assistants"}]},
            "spec.models[0].api",
            id="no such api",
        ),
        pytest.param(
            SPEC | {"models": [{"model": "openai/x", "cache": "2h"}]},
            "spec.models[0].cache",
            id="no such cache",
        ),
        pytest.param(
            SPEC | {"models": [{"model": "openai/x", "headers": {"Authorization": "Bearer s3cret"}}]},
            "spec.models[0].headers",
            id="a key in a header",
        ),
    ],
)
def test_server_refuses_a_bad_value_and_names_its_field(
    served: Served, spec: dict[str, Any], named: str
) -> None:
    code, reply = served.begin("evaluate", {"parameters": {"spec": spec}})
    assert code == 409
    assert named in reply["detail"]
    assert "s3cret" not in reply["detail"]


def test_run_from_the_page_completes_and_knows_it(served: Served) -> None:
    """As the form of Prefect's second page sends it: an empty message, and the browser's origin."""
    body = {"parameters": {"spec": SPEC}, "state": {"type": "SCHEDULED", "message": ""}}
    _, run = served.begin("evaluate", body, origin=served.url)
    assert run["state"]["message"] == UI_MESSAGE
    served.wait_for(run["id"], "Completed")
    assert served.said(run["id"], "began by ").startswith("ui ")


def test_run_from_the_api_completes_and_knows_it(served: Served) -> None:
    _, run = served.begin("evaluate", {"parameters": {"spec": SPEC}})  # nightly may be at work just then
    served.wait_for(run["id"], "Completed")
    assert served.said(run["id"], "began by ").startswith("api ")


@pytest.mark.slow
def test_scheduled_run_completes_and_knows_it(served: Served) -> None:
    """Its schedule here is every minute."""
    which = {"deployments": {"name": {"any_": ["nightly"]}}, "sort": "EXPECTED_START_TIME_ASC"}
    which |= {"flow_runs": {"tags": {"all_": ["auto-scheduled"]}}}
    run: list[Any] = []
    deadline = time.monotonic() + 30
    while not run and time.monotonic() < deadline:
        run = served.ask("POST", "/flow_runs/filter", which)[1]
        time.sleep(0.5)
    served.wait_for(run[0]["id"], "Completed", within_s=110)
    assert served.said(run[0]["id"], "began by ").startswith("schedule ")


def test_another_sites_page_cannot_start_a_run(served: Served) -> None:
    large = {"parameters": {"spec": {**SPEC, "note": "x" * 300_000}}}
    for body in ({"parameters": {"spec": SPEC}}, *[large] * 10):  # its answer is read whatever was sent
        code, _ = served.begin("evaluate", body, origin="https://example.org")
        assert code == 403


def test_second_serve_on_the_home_is_refused_with_the_address_of_the_first(served: Served) -> None:
    with pytest.raises(EngineError, match=re.escape(served.url)):
        serve(served.home)


def test_command_uses_the_server_that_serve_runs(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    # another test may have imported Prefect
    monkeypatch.setattr("flows.server.engine._refuse_late", lambda _: None)
    before = running_server(served.home)
    engine = Engine(served.home)
    assert engine.start() == f"{served.url}/api"
    assert engine.wait() == f"{served.url}/api"
    engine.close()
    assert running_server(served.home) == before


def test_no_key_gets_to_prefects_files(served: Served) -> None:
    _, run = served.begin("evaluate", {"parameters": {"spec": SPEC}})
    served.wait_for(run["id"], "Completed")
    held = [path for path in (served.home / "prefect").rglob("*") if path.is_file()]
    assert held
    assert not [path for path in held if CANARY.encode() in path.read_bytes()]


@pytest.mark.browser
@pytest.mark.slow
def test_page_in_a_browser_asks_this_machine_alone(served: Served, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("Chromium is not here")
    log = tmp_path / "net.json"
    page = f"{served.url}/v2/deployments/deployment/{served.deployment('evaluate')['id']}/run"
    command = [
        browser,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path}/profile",
    ]
    command += ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    command += ["--virtual-time-budget=20000", f"--log-net-log={log}", "--dump-dom", page]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120).stdout
    assert "Names of suites" in shown, "the form"
    asked = {urlsplit(url).hostname or "" for url in re.findall(r'"url":"(https?://[^"]+)"', log.read_text())}
    own = {
        host for host in asked if host.endswith((".googleapis.com", ".google.com", ".gvt1.com"))
    }  # the browser's errands
    assert asked - own == {"127.0.0.1"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stop_with_runs_under_way_leaves_no_process_and_says_what_became_of_them(
    start: Starts, home: Path, number: signal.Signals
) -> None:
    served = start()
    (schedule,) = served.deployment("nightly")["schedules"]
    assert served.lines[-2] == "Next: nothing is scheduled."
    assert not schedule["active"], "without a spec the schedule is there and does nothing"
    assert served.deployment("nightly")["parameters"] == {}
    body = {"parameters": {"spec": SPEC | {"limit": 300}}}
    runs = [served.begin("evaluate", body)[1]["id"] for _ in range(2)]
    for run in runs:
        served.said(run, "began by ")
    assert served.end(number) <= DOWN_S
    assert served.process.returncode == 0
    assert left_behind(home) == []
    assert not is_locked(PrefectHome.of(home).server_lock)
    with closing(sqlite3.connect(PrefectHome.of(home).database)) as connection:
        ended = dict(connection.execute("select id, state_type from flow_run"))
    assert [ended[run] for run in runs] == ["CANCELLED", "CANCELLED"]


@pytest.mark.slow
def test_killed_serve_takes_its_runs_along_and_the_next_serve_works(start: Starts, home: Path) -> None:
    served = start()
    body = {"parameters": {"spec": SPEC | {"limit": 300}}}
    runs = [served.begin("evaluate", body)[1]["id"] for _ in range(2)]
    flow_process = int(served.said(runs[0], "began by ").rsplit(" ", 1)[1])
    served.said(runs[1], "began by ")
    os.kill(flow_process, signal.SIGTERM)  # as one that can still tell the server that it was cut short
    assert "nightbench resume" not in served.wait_for(runs[0], "Crashed")["state"]["message"]
    assert served.end(signal.SIGKILL) <= DOWN_S
    assert left_behind(home) == []
    again = start(SPEC)
    for run_id in runs:
        assert again.wait_for(run_id, "Crashed")["state"]["message"].count("nightbench resume") == 1
    assert again.deployment("nightly")["schedules"][0]["active"]
    _, run = again.begin("evaluate", {"parameters": {"spec": SPEC}})
    again.wait_for(run["id"], "Completed")
    assert again.end(signal.SIGINT) <= DOWN_S


@pytest.mark.slow
def test_runner_that_is_killed_takes_its_runs_along_and_ends_serve_with_an_error(
    start: Starts, home: Path
) -> None:
    served = start()
    _, run = served.begin("evaluate", {"parameters": {"spec": SPEC | {"limit": 300}}})
    flow_process = int(served.said(run["id"], "began by ").rsplit(" ", 1)[1])
    runner = int(Path(f"/proc/{flow_process}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(runner, signal.SIGKILL)
    _, said = served.process.communicate(timeout=15)
    assert "ended by itself" in said
    assert left_behind(home) == []


def test_home_whose_database_a_command_holds_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.hosting.serve.COMMAND_PATIENCE_S", 0.5)
    client = [sys.executable, str(STANDIN / "standin_client.py"), str(home)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = subprocess.Popen(
        client, env=environment | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert command.stdout is not None
    assert select.select([command.stdout], [], [], 60)[0]
    with pytest.raises(EngineError, match="a command is running"):
        serve(home)
    command.communicate()


def test_port_that_is_taken_is_refused(home: Path, served: Served) -> None:
    port = urlsplit(served.url).port
    with pytest.raises(EngineError, match=f"port {port} is taken"):
        serve(home, port=port)
