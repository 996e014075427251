"""No key is left by a run that Prefect started: of the environment, of a block, or of one that is echoed.

Looked at are every file of the home (so also Prefect's database), what its API and so its page shows, and the
words and environments that processes were started with.
"""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import told, write_sums
from tests.flows.serving import Served

OF_ENVIRONMENT = "sk-ant-api03-canary-1q2w3e4r5t6y7u8i9o0p"
OF_BLOCK = "sk-proj-canary-0p9o8i7u6y5t4r3e2w1q"
OF_SECRET = "canary-of-a-secret-block-5t6y7u8i9o0p"
CANARIES = (OF_ENVIRONMENT, OF_BLOCK, OF_SECRET)
N = 20
LISTS = ("flow_runs", "task_runs", "logs", "artifacts", "deployments", "block_documents", "variables")
MODELS = {
    "anthropic/claude-3-5-sonnet-20240620": "",
    "openai/gpt-4o-2024-05-13": "/v1",
    "compatible/small": "/v1",
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc"),
]


@pytest.fixture
def served(home: Path, tmp_path: Path) -> Iterator[Served]:
    """The real flows, with one key in the environment and logs that leave out nothing."""
    write_sums(tmp_path, N)
    environ = {
        "ANTHROPIC_API_KEY": OF_ENVIRONMENT,
        "NIGHTBENCH_SUITES": str(tmp_path / "suites"),
        "PREFECT_LOGGING_LEVEL": "DEBUG",
    }
    running = Served(home, environ=environ, flow_entrypoint=None)
    yield running
    running.end(signal.SIGTERM)


def fill_in(served: Served, slug: str, name: str, data: dict[str, str]) -> str:
    """A block, as the page's form sends it."""
    kind = served.when_there("GET", f"/block_types/slug/{slug}")
    only = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
    schema = served.when_there("POST", "/block_schemas/filter", only)[0]
    body = {"name": name, "data": data, "block_type_id": kind["id"], "block_schema_id": schema["id"]}
    code, made = served.ask("POST", "/block_documents/", body)
    assert code == 201, made
    return str(made["id"])


def begin(served: Served, server: SimulatedServer, *models: str) -> str:
    """A run of these models from the page; the flow run's id."""
    entries: list[dict[str, Any]] = [
        {"model": model, "base_url": f"{server.base_url}{MODELS[model]}"} for model in models
    ]
    for one in entries:
        if one["model"].startswith("compatible/"):
            one["api_key_env"] = "MY_KEY"
    spec = {"suites": ["sums"], "models": entries}
    code, run = served.begin("evaluate", {"parameters": {"spec": spec}}, origin=served.url)
    assert code == 201, run
    return str(run["id"])


def parts() -> list[bytes]:
    """A canary is found also in part, as a log would shorten it."""
    return [key[at : at + 16].encode() for key in CANARIES for at in (0, len(key) - 16)]


def files_with_a_key(home: Path) -> list[str]:
    found = [path for path in home.rglob("*") if path.is_file()]
    assert home / "prefect" / "prefect.db" in found
    return [str(path) for path in found if any(part in path.read_bytes() for part in parts())]


def answers_with_a_key(served: Served, blocks: list[str]) -> list[str]:
    """Where the API shows one to the page."""
    said: dict[str, str] = {}
    for name in LISTS:
        code, rows = served.ask("POST", f"/{name}/filter", {"limit": 200})
        assert code == 200, (name, rows)
        assert rows or name == "variables", name
        said[name] = json.dumps(rows)
    said |= {f"block {one}": json.dumps(served.ask("GET", f"/block_documents/{one}")[1]) for one in blocks}
    return [name for name, text in said.items() if any(part.decode() in text for part in parts())]


def processes_with_a_key(home: Path) -> list[str]:
    """Command lines with any, and environments with one that was not in the environment of `serve`.

    Of processes of this home: another test has the same keys in its environment, and may run beside this one.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environ = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if str(home).encode() not in command + environ:
            continue
        below = [OF_BLOCK[:16].encode(), OF_SECRET[:16].encode()]
        a_server = b"flows.server.prefect_server" in command
        if any(part in command for part in parts()) or any(
            part in environ for part in (parts() if a_server else below)
        ):
            found.append(command.decode(errors="replace"))
    return found


def test_no_part_of_a_key_is_left_by_a_served_run(served: Served, home: Path, nightbench: Nightbench) -> None:
    blocks = [
        fill_in(served, "nightbench-openai", "nightbench", {"api_key": OF_BLOCK}),
        fill_in(served, "secret", "my-key", {"value": OF_SECRET}),
    ]
    with start_server(told(N), make_settings({"latency_ms": 20})) as server:
        run = begin(served, server, *MODELS)
        served.wait_for(run, "Running", "Completed")
        assert processes_with_a_key(home) == []
        ended = served.wait_for(run, "Completed", "Failed", "Crashed")
        assert ended["state_name"] == "Completed", ended["state"]
    with ExitStack() as stack:
        refused = {}
        for model, key in zip(MODELS, CANARIES, strict=True):
            server = stack.enter_context(start_server(told(N), make_settings({"refused_keys": [key]})))
            refused[model] = begin(served, server, model)
        for model, run in refused.items():
            ended = served.wait_for(run, "Completed", "Failed", "Crashed")
            assert ended["state_name"] == "Failed", f"{model} was called with another key: {ended['state']}"
    doctor = nightbench("doctor", "--json", env={"ANTHROPIC_API_KEY": OF_ENVIRONMENT})
    found = {one["what"]: one["found"] for one in doctor.json}
    assert "environment variable ANTHROPIC_API_KEY" in found["anthropic"]
    assert "block nightbench-openai/nightbench" in found["openai"]
    assert not any(part.decode() in doctor.out + doctor.err for part in parts())
    assert answers_with_a_key(served, blocks) == []
    assert files_with_a_key(home) == []
    shown = served.ask("GET", f"/block_documents/{blocks[0]}?include_secrets=true")[1]
    assert OF_BLOCK in json.dumps(shown), "the search would have found it"
