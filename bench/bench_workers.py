"""Calls a second of the flow's own process and of `[engine] workers`, on a provider that answers in 50 ms.

    python -m bench.bench_workers [N]

The provider is on this machine too, in processes of its own, and takes its part of the cores: the figures
say what spreading is worth where everything shares two cores, not how fast workers are alone.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.plus_one import write
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings

LATENCY_MS = 50
IN_FLIGHT = 512
SIDES = ("", "[engine]\nworkers = 1\n", "[engine]\nworkers = 2\n")


def main() -> None:
    """A line for each side, and how much of its time was the start of its workers."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{n:,} calls of {LATENCY_MS} ms, {IN_FLIGHT} in flight")
    for engine in SIDES:
        provider = make_settings({"latency_ms": LATENCY_MS, "keep_rows": 0})
        with tempfile.TemporaryDirectory() as at, start_server([], provider) as server:
            folder = Path(at)
            spec = write(folder, n, server.base_url, f", limits = {{ in_flight = {IN_FLIGHT} }}", engine)
            before = server.ledger(newest=0)["arrived"]
            began = time.monotonic()
            command = [sys.executable, "-m", "flows.cli.main", "run", str(spec), "--json"]
            env = {
                **os.environ,
                "NIGHTBENCH_HOME": str(folder / "home"),
                "NIGHTBENCH_SUITES": str(folder / "suites"),
            }
            child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            first = last = 0.0
            while child.poll() is None:
                arrived = server.ledger(newest=0)["arrived"]
                first = first or (time.monotonic() if arrived > before else 0.0)
                if not last and arrived - before >= n:
                    last = time.monotonic()
                time.sleep(0.1)
            out, err = child.communicate()
            if child.returncode != 0:
                raise SystemExit(err.decode())
            assert json.loads(out)["status"] == "complete"
            name = engine.replace("[engine]", "").strip() or "the flow's own"
            rate = n / (last - first)
            journal, tables = (per_call(folder / "home" / place, n) for place in ("journal", "warehouse"))
            print(
                f"{name:15} {rate:7,.0f} calls/s, the first after {first - began:5.1f} s, all in "
                f"{time.monotonic() - began:5.1f} s; a call is {journal:,.0f} bytes in the journal, "
                f"{tables:,.0f} in the tables"
            )


def per_call(folder: Path, n: int) -> float:
    """Bytes of what lies in a folder; the journal's reserve and the catalog are as large for any number."""
    files = [path for path in folder.rglob("*") if path.suffix in {".jsonl", ".parquet"}]
    return sum(path.stat().st_size for path in files) / n


if __name__ == "__main__":
    main()
