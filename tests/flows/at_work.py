"""A `serve` with the flows of the product and a simulated provider of the test's own, which counts."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flows.deployments import DEFAULT_FLOW
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.flows.conftest import asked, query, told, write_sums
from tests.flows.serving import Served

MODEL = "gpt-4o-2024-05-13"
N = 400  # samples of the suite


@contextmanager
def serving(home: Path, suites: Path, **environment: str) -> Iterator[Callable[[], Served]]:
    """Start `serve` on the home, as often as asked; what is left of it at the end is killed."""
    started: list[Served] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NIGHTBENCH_SUITES", str(suites))
        for name, value in environment.items():
            patch.setenv(name, value)

        def start() -> Served:
            started.append(Served(home, flow_entrypoint=DEFAULT_FLOW))
            started[-1].suites = suites
            return started[-1]

        try:
            yield start
        finally:
            for served in started:
                if served.process.poll() is None:
                    served.end(signal.SIGTERM)


def flow_process(home: Path, run_id: str) -> int:
    """The process that works on a run."""
    return int((home / "runs" / f"{run_id}.lock").read_text(encoding="ascii"))


def parent_of(pid: int) -> int:
    """The process that started it."""
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[1])


def kill(*pids: int) -> None:
    """All at once: none sees another one's end."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            os.kill(pid, number)


def asked_again(server: SimulatedServer) -> int:
    """How many calls have reached the provider more than once."""
    return sum(n > 1 for n in asked(server).values())


class Product:
    """`serve` on a home, the suite `sums`, and a provider that counts; `start` again after a kill."""

    def __init__(self, folder: Path, server: SimulatedServer, start: Callable[[], Served]) -> None:
        self.home = folder / "home"
        self.server = server
        self._start = start
        self.served = start()

    def start(self) -> None:
        """A `serve` in the place of the one that is gone."""
        self.served = self._start()

    def begin(self, n: int, seed: int, **fields: Any) -> str:
        """An evaluation of n samples, of others for each seed; its id, which is the run's."""
        entry = {"model": f"simulated/{MODEL}", "base_url": self.server.base_url, "limits": {"in_flight": 4}}
        entry["params"] = {"temperature": seed / 100}
        spec = {"suites": ["sums"], "limit": n, "models": [entry], **fields}
        code, run = self.served.begin("evaluate", {"parameters": {"spec": spec}})
        assert code == 201, run
        self._before = self.server.ledger(newest=0)["ended"]
        return str(run["id"])

    def wait_for_answers(self, n: int, within_s: float = 60) -> None:
        """Until so many calls of the run that was begun last have come to their end at the provider."""
        until = time.monotonic() + within_s
        while self.server.ledger(newest=0)["ended"] - self._before < n:
            assert time.monotonic() < until, self.server.ledger(newest=0)
            time.sleep(0.05)

    def resumes(self, run_id: str) -> list[dict[str, Any]]:
        """The flow runs of `resume` for a run, the oldest first."""
        which = {"deployments": {"name": {"any_": ["resume"]}}, "sort": "EXPECTED_START_TIME_ASC"}
        found = self.served.ask("POST", "/flow_runs/filter", which)[1]
        return [run for run in found if run["parameters"]["options"]["run"] == run_id]

    def wait_for_resume(self, run_id: str, n: int, within_s: float = 60) -> dict[str, Any]:
        """The n-th `resume` of a run, once it has ended."""
        until = time.monotonic() + within_s
        while len(self.resumes(run_id)) < n:
            assert time.monotonic() < until, f"{len(self.resumes(run_id))} of {n}"
            time.sleep(0.3)
        return self.served.wait_for(self.resumes(run_id)[n - 1]["id"], "Completed", within_s=within_s)

    def run(self, run_id: str) -> dict[str, Any]:
        """The run's row."""
        sql = f"select status, planned_calls, answered_calls from runs where run_id = '{run_id}'"
        (row,) = query(self.home, sql)
        return row


@contextmanager
def product(folder: Path, settings: dict[str, Any], **environment: str) -> Iterator[Product]:
    """The whole of it in this folder."""
    write_sums(folder, N)
    (folder / "home").mkdir()
    with (
        start_server(told(N), make_settings(settings)) as server,
        serving(folder / "home", folder / "suites", **environment) as start,
    ):
        yield Product(folder, server, start)
