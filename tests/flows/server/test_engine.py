"""A command gets a Prefect server: the one that is given, the one that runs, or one that ends after it.

Each command here is a process (../standin/standin_client.py), because that is what the server watches.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from flows.server.engine import Engine, running_server, server_environment
from flows.server.prefect_home import Lock, PrefectHome, prefect_environment, prefect_version
from flows.server.prefect_server import ALREADY
from warehouse.errors import EngineError
from warehouse.locks import is_locked

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "tests" / "flows" / "standin" / "standin_client.py"
CANARY = "canary-7f3a9c51e2"
ENDS_WITHIN_S = 6.0  # two seconds by design; the machine may be busy


class Command:
    """A command that holds a server until it is told to end."""

    def __init__(self, home: Path, *words: str, **variables: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.process = subprocess.Popen(
            [sys.executable, str(CLIENT), str(home), *words],
            env=environment | {"PYTHONPATH": str(ROOT)} | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        if not said:
            raise AssertionError(self.process.communicate()[1])
        return said

    def api_url(self) -> str:
        return str(json.loads(self.line())["api_url"])

    def end(self) -> str:
        return self.process.communicate(timeout=30)[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def command(home: Path, *words: str, **variables: str) -> Iterator[Command]:
    running = Command(home, *words, **variables)
    try:
        yield running
    finally:
        if running.process.returncode is None:
            running.kill()


def wait_until_free(home: Path) -> float:
    """How long it takes until no server holds the home."""
    began = time.monotonic()
    while is_locked(PrefectHome.of(home).server_lock):
        assert time.monotonic() - began < ENDS_WITHIN_S, "the server did not end"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.fixture
def given(given_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that the environment names; another test may have imported Prefect."""
    monkeypatch.setenv("PREFECT_API_URL", given_url)
    monkeypatch.setattr("flows.server.engine._refuse_late", lambda _: None)


def test_two_commands_share_one_server_which_ends_when_both_were_killed(home: Path) -> None:
    with command(home) as one, command(home) as other:
        assert one.api_url() == other.api_url()
        server = running_server(home)
        assert server is not None
        assert server.mode == "temporary"
        assert server.ready
        again = [sys.executable, "-m", "flows.server.prefect_server", str(home)]
        second = subprocess.run(again, cwd=ROOT, check=False, timeout=30)
        assert second.returncode == ALREADY, "a second server on one database"
        one.kill()
        time.sleep(3)
        assert running_server(home) == server, "the other command still needs it"
        other.kill()
        wait_until_free(home)
    assert not PrefectHome.of(home).record.exists()


def test_flow_runs_on_it_and_no_key_of_the_command_gets_to_prefect(home: Path) -> None:
    with command(home, "flow", ANTHROPIC_API_KEY=CANARY, MY_OWN_KEY=CANARY) as running:
        running.line()
        server = running_server(home)
        assert server is not None
        seen = Path(f"/proc/{server.pid}/environ")
        if seen.exists():
            assert CANARY.encode() not in seen.read_bytes()
        assert running.line() == "ran\n"
        printed = running.end()
        assert printed == "", "Prefect is quiet on the terminal"
    wait_until_free(home)
    held = [path for path in PrefectHome.of(home).folder.rglob("*") if path.is_file()]
    assert not any(CANARY.encode() in path.read_bytes() for path in held)
    rows = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
            "print(c.execute(\"select count(*) from task_run where state_type = 'COMPLETED'\").fetchone()[0],"
            "[m for (m,) in c.execute('select message from log order by timestamp')])",
            str(PrefectHome.of(home).database),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert rows.startswith("20 "), "every task's end is on record after the command and its server are gone"
    assert "a line of the flow's own" in rows
    assert rows.count("Finished in state") == 1, "the flow's; none for each task"


def test_database_that_does_not_open_is_made_anew_and_told(home: Path) -> None:
    PrefectHome.of(home).database.write_bytes(b"no database" * 500)
    with command(home) as running:
        said = json.loads(running.line())
        assert "set aside" in said["notice"]


@pytest.mark.slow
def test_server_killed_at_any_moment_of_its_start_the_next_start_works(home: Path) -> None:
    instants = random.Random(20260102)
    at = PrefectHome.of(home)
    for _ in range(3):
        with command(home) as running:
            time.sleep(instants.uniform(0.3, 5.0))
            server = running_server(home)
            running.kill()
            if server is not None:
                os.kill(server.pid, signal.SIGKILL)
                while is_locked(at.server_lock):
                    time.sleep(0.01)
    with command(home) as running:
        said = json.loads(running.line())
        assert said["notice"] is None


@pytest.mark.slow
def test_command_that_comes_while_the_server_ends_gets_one(home: Path) -> None:
    instants = random.Random(20260103)
    for _ in range(3):
        with command(home) as running:
            running.line()
            running.end()
        time.sleep(instants.uniform(1.0, 2.6))
    with command(home, "flow") as running:
        running.line()
        assert running.line() == "ran\n"


class Health(BaseHTTPRequestHandler):
    """A server that somebody else runs."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def given_url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    thread.join()
    server.server_close()


def test_given_address_is_used_and_no_server_started(home: Path, given_url: str) -> None:
    with command(home, PREFECT_API_URL=given_url) as running:
        assert running.api_url() == given_url
        assert running_server(home) is None
        assert not PrefectHome.of(home).server_log.exists()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/api", "nonsense"])
def test_given_address_that_does_not_answer_is_an_error_that_names_it(home: Path, url: str) -> None:
    with command(home, PREFECT_API_URL=url) as running:
        said = running.end()
    assert running.process.returncode != 0
    assert "EngineError" in said
    assert url in said
    assert "No run was started" in said


def test_home_that_cannot_be_written_to_is_one_clear_error(home: Path) -> None:
    (home / "prefect").write_text("a file where a folder belongs")
    with pytest.raises(EngineError, match="cannot be written to"):
        Engine(home).start()


@pytest.mark.slow
def test_server_that_cannot_start_is_an_error_with_the_end_of_its_log(home: Path) -> None:
    with command(home, PREFECT_SERVER_EVENTS_RETENTION_PERIOD="no duration") as running:
        said = running.end()
    assert running.process.returncode != 0
    assert "EngineError" in said
    assert str(PrefectHome.of(home).server_log) in said


def test_prefect_imported_too_early_is_an_error_not_a_wrong_server(home: Path, given_url: str) -> None:
    script = (
        "import os, sys; from pathlib import Path; import prefect; from flows.server.engine import Engine;"
        "os.environ['PREFECT_API_URL'] = sys.argv[2]; Engine(Path(sys.argv[1])).start()"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, "-c", script, str(home), given_url],
        cwd=ROOT,
        env=environment | {"PREFECT_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "EngineError" in done.stderr
    assert "before its server was known" in done.stderr


@pytest.mark.usefixtures("given")
def test_environment_is_put_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    before = dict(os.environ)
    server = Engine(home)
    server.start()
    assert os.environ["PREFECT_HOME"] == str(home / "prefect")
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    server.close()
    assert dict(os.environ) == before


@pytest.mark.usefixtures("given")
def test_what_the_user_set_for_the_log_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "DEBUG")
    server = Engine(home)
    server.start()
    assert os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == "DEBUG"
    server.close()


@pytest.mark.usefixtures("given")
def test_loopback_is_not_asked_through_a_proxy(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    server = Engine(home)
    server.start()
    assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    server.close()


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "OPENAI_API_KEY",
        "LLAMA_KEY",
        "PREFECT_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "PGPASSWORD",
    ],
)
def test_server_inherits_no_key(name: str) -> None:
    assert server_environment({name: CANARY, "PATH": "/bin"}) == {"PATH": "/bin"}


def test_prefect_takes_every_setting_that_we_give_it(home: Path) -> None:
    """A setting that Prefect has renamed would be ignored without a word."""
    script = (
        "import json, prefect.settings as s;"
        "from prefect.logging.configuration import load_logging_config as l;"
        "from prefect.logging.configuration import DEFAULT_LOGGING_SETTINGS_PATH as p;"
        "n = s.get_current_settings(); print(json.dumps([str(n.home), n.server.analytics_enabled,"
        "n.server.ephemeral.enabled, n.server.database.connection_url.get_secret_value(),"
        "n.cloud.enable_orchestration_telemetry, n.telemetry.enable_resource_metrics,"
        "n.results.persist_by_default, n.tasks.default_persist_result, n.tasks.disable_caching,"
        "n.tasks.default_no_cache, n.flows.heartbeat_frequency, n.logging.to_api.when_missing_flow,"
        "n.client.server_version_check_enabled, n.server.ui.show_promotional_content,"
        "l(p)['handlers']['console']['level'], l(p)['loggers']['prefect.task_runs']['level']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"]} | prefect_environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    folder = home / "prefect"
    assert json.loads(done.stdout) == [
        str(folder),
        False,
        False,
        f"sqlite+aiosqlite:///{folder}/prefect.db",
        False,
        False,
        False,
        False,
        True,
        True,
        30,
        "ignore",
        False,
        False,
        "CRITICAL",
        "WARNING",
    ]
    assert len(json.loads(done.stdout)) + 1 == len(prefect_environment(home)), "DO_NOT_TRACK has no setting"


def test_lock_is_given_up_with_its_process(home: Path) -> None:
    path = PrefectHome.of(home).server_lock
    script = (
        "import sys, time; from pathlib import Path; from flows.server.prefect_home import Lock;"
        "l = Lock(Path(sys.argv[1])); print(l.try_alone(), flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"True\n"
    mine = Lock(path)
    assert is_locked(path)
    assert not mine.try_alone()
    holder.kill()
    holder.communicate()
    assert mine.try_alone(patience_s=1)
    mine.close()
    assert not is_locked(path)


def test_shared_lock_keeps_others_from_having_it_alone(home: Path) -> None:
    path = PrefectHome.of(home).users_lock
    one, two, server = Lock(path), Lock(path), Lock(path)
    one.share()
    two.share()
    assert not server.try_alone()
    one.close()
    assert not server.try_alone()
    two.close()
    assert server.try_alone()
    server.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 1}', '{"url": "http://127.0.0.1:1", "pid": 1}'])
def test_record_that_is_no_record_is_no_server(home: Path, text: str) -> None:
    at = PrefectHome.of(home)
    at.record.write_text(text)
    assert running_server(home) is None


def test_stale_record_is_not_believed(home: Path) -> None:
    """After a kill or a reboot another program may listen on the port, or have the process id."""
    at = PrefectHome.of(home)
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        record = {"url": url, "pid": os.getpid(), "mode": "temporary", "ready": True, "notice": None}
        at.record.write_text(json.dumps(record))
        assert running_server(home) is None


def test_version_is_known_without_importing_prefect() -> None:
    script = (
        "import sys, flows.server.engine, flows.hosting.serve\n"
        "from flows.server.prefect_home import prefect_version\n"
        "print(prefect_version(), 'prefect' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [prefect_version(), "False"]
