"""A cluster on this machine: PostgreSQL, `serve` on it, a Dask scheduler, workers in folders of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flows.server.prefect_home import CONNECTION
from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer
from tasks.home import Home, Settings
from tasks.runs import read_run
from tasks.work import load_suites, plan_run
from tests.conftest import clean_environment
from tests.flows.conftest import start_nightbench
from tests.flows.serving import ROOT, Served
from tests.postgres import postgres_server

MODEL = "gpt-4o-2024-05-13"
IN_FLIGHT = 48
READY_S = 60
REFUSED = "rate_limited"  # an outcome of the provider's ledger


class Cluster:
    """The scheduler and its workers; runs are begun by the command line, on the server of `serve`."""

    def __init__(self, folder: Path, server: SimulatedServer, served: Served) -> None:
        self.folder, self.server, self.served = folder, server, served
        self.home = folder / "home"
        self._n = 0
        self.workers: list[subprocess.Popen[bytes]] = []
        self._file = folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0")
        until = time.monotonic() + READY_S
        while not self._file.exists():
            assert time.monotonic() < until, "no scheduler"
            time.sleep(0.1)

    def add_worker(self) -> None:
        """One more, in a folder of its own, whose environment names neither the home nor the suites."""
        self._n += 1
        place = self.folder / f"worker{self._n}"
        place.mkdir()
        words = ("--nworkers", "1", "--nthreads", "4", "--no-nanny")
        self.workers.append(self._start("worker", *words, cwd=place))

    def spec(self, engine: str, name: str, *, limits: str) -> Path:
        """A spec file for the suite `sums`."""
        path = self.folder / f"{name}.toml"
        path.write_text(
            f'suites = ["sums"]\nshard_size = 50\n{engine}\n[[models]]\nmodel = "simulated/{MODEL}"\n'
            f'base_url = "{self.server.base_url}"\nlimits = {{ {limits}, in_flight = {IN_FLIGHT} }}\n',
            encoding="utf-8",
        )
        return path

    @property
    def engine(self) -> str:
        """The part of a spec that sends a run here."""
        return f'[engine]\naddress = "{json.loads(self._file.read_text(encoding="utf-8"))["address"]}"'

    def start(self, *words: str | Path) -> "subprocess.Popen[str]":
        """A command on the cluster's server."""
        return start_nightbench(
            self.home,
            *words,
            said=self.folder / "said.txt",
            NIGHTBENCH_SUITES=str(self.folder / "suites"),
            PREFECT_API_URL=f"{self.served.url}/api",
        )

    def end(self, *words: str | Path, code: int = 0) -> None:
        """A command from its start to its end."""
        child = self.start(*words)
        assert child.wait(600) == code, self.said

    @property
    def said(self) -> str:
        """What the last command has said."""
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    def ended(self) -> int:
        """Requests that came to an end at the provider."""
        return int(self.server.ledger(newest=0)["ended"])

    def refused(self) -> int:
        """Requests that the provider refused for its limit's sake."""
        totals = self.server.ledger(newest=0)["totals"]
        return sum(int(total["requests"]) for total in totals if total["outcome"] == REFUSED)

    def wait_for(self, n: int, child: "subprocess.Popen[str]", within_s: float = 300) -> None:
        """Until so many requests have ended."""
        until = time.monotonic() + within_s
        while self.ended() < n:
            assert child.poll() is None, self.said
            assert time.monotonic() < until, self.server.ledger(newest=0)
            time.sleep(0.05)

    def received(self, run_id: str) -> set[str]:
        """The samples whose answer some process of the run has made durable."""
        home = Home(self.home)
        settings = Settings(home, (self.folder / "suites",))
        spec = read_run(home, run_id).eval_spec()
        plan = plan_run(run_id, spec, load_suites(settings, spec))
        with read_journal(home.journal(run_id)) as known:
            kept = known.answered
            return {
                call.sample_id for shard in plan.shards for call in plan.calls(shard) if call.call_key in kept
            }

    def close(self) -> None:
        """Everything that it started."""
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)

    def _start(self, program: str, *words: str, cwd: Path | None = None) -> "subprocess.Popen[bytes]":
        env = clean_environment(self.home, PYTHONPATH=str(ROOT), PREFECT_API_URL=f"{self.served.url}/api")
        env.pop("NIGHTBENCH_HOME", None)
        log = self.folder / f"{program}{self._n}.log"
        told = ["--scheduler-file", str(self._file), "--no-dashboard", *words]
        with log.open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", program, *told],
                cwd=cwd or self.folder,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )


@contextmanager
def cluster(folder: Path, server: SimulatedServer, workers: int) -> Iterator[Cluster]:
    """All of it; what is left at the end is killed."""
    (folder / "home").mkdir()
    with ExitStack() as stack:
        port = stack.enter_context(postgres_server())
        environ: dict[str, Any] = {CONNECTION: f"postgresql+asyncpg://boss@127.0.0.1:{port}/postgres"}
        served = Served(folder / "home", environ=environ)
        stack.callback(served.end, signal.SIGTERM)
        found = Cluster(folder, server, served)
        stack.callback(found.close)
        for _ in range(workers):
            found.add_worker()
        yield found


def kill(process: "subprocess.Popen[Any]") -> None:
    """At once, and its whole group: nothing is told to anybody."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
