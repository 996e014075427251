"""How long it takes until something happens: `serve`, and the first call of a run; and what rests in memory.

python bench/bench_start.py
"""

import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings

MODEL = "gpt-4o-2024-05-13"
SERVER_GONE_S = 5.0
REST_S = 15.0
IMPORTS = ("prefect", "prefect.server.api.server", "flows.evaluate", "flows.cli.main")


def main() -> None:
    """Print a line a figure, with its goal where there is one."""
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for module in IMPORTS:
        print(f"import {module:28} {_import_s(module):6.2f} s")
    with tempfile.TemporaryDirectory() as at, start_server([], make_settings({"latency_ms": 5})) as provider:
        folder = Path(at)
        spec = folder / "spec.toml"
        spec.write_text(
            f'suites = ["json_only"]\nlimit = 1\nmodels = [{{ model = "simulated/{MODEL}", '
            f'base_url = "{provider.base_url}" }}]\n',
            encoding="utf-8",
        )
        env = {**os.environ, "NIGHTBENCH_HOME": str(folder / "home"), "PYTHONUNBUFFERED": "1"}
        for name, goal in (("first run of a home", 15), ("second run, no server", 8), ("third run", 8)):
            print(f"first call, {name:22} {first_call_s(provider, spec, env):6.2f} s  (goal {goal} s)")
            time.sleep(SERVER_GONE_S)
        log = folder / "serve.txt"
        began = time.monotonic()
        with log.open("w", encoding="utf-8") as said:
            serve = subprocess.Popen(
                [sys.executable, "-m", "flows.cli.main", "serve"], env=env, stdout=said, stderr=said
            )
        try:
            print(f"serve, its address          {_until(lambda: _says(log, 'http'), began):6.2f} s")
            print(f"serve, all of it            {_until(lambda: _says(log, 'Ctrl-C'), began):6.2f} s")
            time.sleep(REST_S)
            _print_memory(folder / "home")
            for _ in range(2):
                took = first_call_s(provider, spec, env)
                print(f"first call, with a server          {took:6.2f} s  (goal 3 s)")
        finally:
            began = time.monotonic()
            serve.send_signal(signal.SIGINT)
            serve.wait(30)
            print(f"serve, down after           {time.monotonic() - began:6.2f} s  (goal 5 s)")


def first_call_s(provider: SimulatedServer, spec: Path, env: dict[str, str]) -> float:
    """Seconds from the command to the provider's first request; returns when the run is over."""
    before = provider.ledger(newest=0)["arrived"]
    command = [sys.executable, "-m", "flows.cli.main", "run", str(spec), "--json"]
    began = time.monotonic()
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    took = _until(lambda: provider.ledger(newest=0)["arrived"] > before, began)
    _, err = child.communicate()
    if child.returncode != 0:
        raise SystemExit(err)
    return took


def _import_s(module: str) -> float:
    took = []
    for _ in range(2):
        began = time.monotonic()
        subprocess.run(
            [sys.executable, "-c", f"import {module}"], check=True, env={**os.environ, "DO_NOT_TRACK": "1"}
        )
        took.append(time.monotonic() - began)
    return min(took)


def _until(claim: Callable[[], bool], began: float, within_s: float = 120.0) -> float:
    while not claim():
        if time.monotonic() > began + within_s:
            raise SystemExit("it did not come")
        time.sleep(0.01)
    return time.monotonic() - began


def _says(log: Path, words: str) -> bool:
    return words in log.read_text(encoding="utf-8")


def _print_memory(home: Path) -> None:
    """Proportional set size of each process that works for this home."""
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes().decode().split("\0")
            rollup = (process / "smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue
        if str(home).encode() in environment or str(home) in command:
            pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            print(f"at rest: {pss / 1024:6.0f} MB  {' '.join(word for word in command[1:5] if word)}")


if __name__ == "__main__":
    main()
