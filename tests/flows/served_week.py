"""A week of nights on a served nightbench, in minutes: real flow runs, real calls, and a clock that is data.

Each night is begun through Prefect's API. A file says how far the clock of the processes that start from then
on is ahead (time-machine, in a sitecustomize.py of the test's own). The answers come from two simulated
providers, whose plan says of each night which samples are answered right.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from flows.server.prefect_home import PrefectHome, read_record
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.model import hash_uuid
from tests.flows.conftest import start_nightbench
from tests.flows.serving import ask_api, left_behind

N = 1_200  # samples
CATEGORIES = ("carry", "times", "minus", "share")
DROP = 0.04
WORSE_FROM = 5
MODELS = ("simulated/gpt-4o-2024-05-13", "simulated/claude-3-5-sonnet-20240620")
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SUITE = """name = "sums"
version = "1"
[params]
max_tokens = 400
[[graders]]
type = "numeric"
extract = "last_number"
"""
SAMPLES = f"""select 's' || i as sample_id, 'Item ' || i || '?' as input, cast(i as varchar) as target,
    list_value({", ".join(f"'{one}'" for one in CATEGORIES)})[1 + i % {len(CATEGORIES)}] as category
from range({N}) as t(i)
"""
CLOCK = """from datetime import datetime, timedelta
from pathlib import Path
import time_machine
seconds = float(Path(__file__).with_name("ahead").read_text())
time_machine.travel(datetime.now().astimezone() + timedelta(seconds=seconds), tick=True).start()
"""


@dataclass
class ServedWeek:
    """`serve` with `nightly`; a night at a time."""

    folder: Path
    seed: int = 7
    latency_ms: float = 2.0
    runs: dict[int, str] = field(default_factory=dict)  # of each night, its run

    def __enter__(self) -> "ServedWeek":
        random = np.random.default_rng(self.seed)
        self.random = random
        self.chance = {model: random.beta(0.6, 0.2, N) for model in MODELS}
        sure = self.chance[MODELS[1]] > 0.95
        self.lost = np.flatnonzero(sure & (np.arange(N) % len(CATEGORIES) == 0))[: round(DROP * N)]
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        self._write_suite()
        self.clock = self.folder / "clock"
        self.clock.mkdir()
        (self.clock / "sitecustomize.py").write_text(CLOCK)
        self.go_to(1)
        settings = make_settings({"latency_ms": self.latency_ms, "accuracy": 1.0, "refusals": 0.0})
        self.providers = {model: start_server([], settings) for model in MODELS}
        spec = self.folder / "nightly.toml"
        spec.write_text(self._spec())
        self.environment: dict[str, Any] = {
            "NIGHTBENCH_SUITES": str(self.folder / "suites"),
            "PYTHONPATH": str(self.clock),
            "NIGHTBENCH_GIVE_UP_S": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self.process = start_nightbench(
            self.home,
            "serve",
            "--nightly",
            spec,
            said=self.folder / "serve.txt",
            **self.environment,
        )
        deadline = time.monotonic() + 120
        while "Ctrl-C" not in (self.folder / "serve.txt").read_text():
            assert self.process.poll() is None, (self.folder / "serve.txt").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        record = read_record(PrefectHome.of(self.home))
        assert record is not None
        self.url = record.url
        return self

    def __exit__(self, *_: object) -> None:
        for provider in self.providers.values():
            provider.stop()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(20)

    def go_to(self, night: int) -> None:
        """What starts from now on believes that it is two o'clock of this night."""
        ahead = (MONDAY + timedelta(days=night - 1) - datetime.now(UTC)).total_seconds()
        (self.clock / "ahead").write_text(str(ahead))

    def begin(self, night: int) -> str:
        """Begin a night; its run's id."""
        self.go_to(night)
        for model, provider in self.providers.items():
            if provider.running:
                provider.add_plan(self._plan(model, night))
        nightly = self.ask("GET", "/deployments/name/nightly/nightly")["id"]
        run = self.ask("POST", f"/deployments/{nightly}/create_flow_run", {})["id"]
        self.runs[night] = run
        return str(run)

    def end_of(self, run_id: str, within_s: float = 240.0) -> dict[str, Any]:
        """The flow run in its final state."""
        deadline = time.monotonic() + within_s
        while True:
            run: dict[str, Any] = self.ask("GET", f"/flow_runs/{run_id}")
            if run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return run
            assert time.monotonic() < deadline, run["state"]
            time.sleep(0.2)

    def until_answered(self, run_id: str, share: float) -> None:
        """Wait until so much of a run is answered."""
        path = self.home / "progress" / f"{run_id}.json"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if path.exists():
                said = json.loads(path.read_text())
                if said["done_calls"] >= share * said["planned_calls"] > 0:
                    return
            time.sleep(0.02)
        raise AssertionError("it does not come so far")

    def lose_provider(self, model: str) -> None:
        """The provider of a model is away from now on."""
        self.providers[model].kill()

    def find_provider(self, model: str) -> None:
        """It is back, at its old address."""
        port = self.providers[model].port
        settings = make_settings({"latency_ms": self.latency_ms, "accuracy": 1.0, "refusals": 0.0})
        self.providers[model] = start_server([], settings, port=port)

    def kill_run(self, run_id: str) -> None:
        """Kill -9 of the process of a flow run."""
        name = f"PREFECT__FLOW_RUN_ID={run_id}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if name in (process / "environ").read_bytes().split(b"\0"):
                    os.kill(int(process.name), signal.SIGKILL)
            except OSError:
                continue

    def goes_on(self, run_id: str) -> None:
        """Wait until a run that was killed is at work again."""
        deadline = time.monotonic() + 60
        while self.ask("GET", f"/flow_runs/{run_id}")["run_count"] < 2:
            assert time.monotonic() < deadline, "it does not go on"
            time.sleep(0.1)

    def lines_of(self, run_id: str) -> str:
        """The artifact `night` of a run, as it was written last."""
        only = {"flow_run_id": {"any_": [run_id]}, "key": {"any_": ["night"]}}
        found = self.ask("POST", "/artifacts/filter", {"artifacts": only})
        return str(found[0]["data"])

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Prefect's HTTP API."""
        code, said = ask_api(self.url, method, path, body)
        assert code in {200, 201}, said
        return said

    def left(self) -> list[str]:
        """Processes that are there still."""
        return left_behind(self.home)

    def _write_suite(self) -> None:
        folder = self.folder / "suites" / "sums"
        folder.mkdir(parents=True)
        (folder / "suite.toml").write_text(SUITE)
        (folder / "samples.sql").write_text(SAMPLES)

    def _spec(self) -> str:
        lines = ['suites = ["sums"]', 'budget_usd = "10.00"', "shard_size = 300"]
        for model in MODELS:
            provider = self.providers[model]
            base = provider.base_url + ("/v1" if "gpt" in model else "")
            lines += ["[[models]]", f'model = "{model}"', f'base_url = "{base}"']
        return "\n".join(lines) + "\n"

    def _plan(self, model: str, night: int) -> Iterator[dict[str, Any]]:
        passes = self.random.random(N) < self.chance[model]
        if night >= WORSE_FROM and model == MODELS[1]:
            passes[self.lost] = False
        for i in range(N):
            yield {
                "prompt_hash": str(hash_uuid([{"role": "user", "content": f"Item {i}?"}])),
                "suite": "sums",
                "sample_id": f"s{i}",
                "form": "number",
                "target": str(i) if passes[i] else None,
            }
