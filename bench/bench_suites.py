"""How long a suite takes to load and how much memory that needs, each suite in a process of its own.

python bench/bench_suites.py [--from DIR] [SUITE]...

DIR holds the public suites' files (default: ../shared/data); those that are not there are left out. Load
time is from the folder to the samples, the DuckDB process that runs samples.sql included, and is the best of
three; peak memory is that of the loading process and of that DuckDB process, each at its own peak.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN, discover
from tasks.load.pull import pull
from tasks.load.samples import load_suite
from warehouse.errors import SuiteError

REPEATS = 3
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    """Print one line a suite."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, default=SHARED, metavar="DIR")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)  # suite and cache: measured here
    parser.add_argument("suites", nargs="*", metavar="SUITE")
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measure(asked.child[0], Path(asked.child[1]))))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{'suite':<18}{'samples':>8}{'MB read':>9}{'pull s':>8}{'load s':>8}{'peak MB':>9}{'DuckDB MB':>11}"
    )
    with tempfile.TemporaryDirectory(prefix="nightbench-bench-") as folder:
        for name in asked.suites or discover([]):
            line(name, asked.folder, Path(folder))


def line(name: str, folder: Path, cache: Path) -> None:
    """Pull and load one suite, and print what that took."""
    definition = read_definition(BUILT_IN / name)
    begun = time.perf_counter()
    try:
        files = pull(definition, cache, from_dir=folder if definition.sources else None)
    except SuiteError:
        print(f"{name:<18}    (its files are not in {folder})")
        return
    pulled_s = time.perf_counter() - begun
    read = sum(file.size_bytes for file in files) or _size(BUILT_IN / name)
    runs = []
    for _ in range(REPEATS):
        child = [sys.executable, __file__, "--child", name, str(cache)]
        done = subprocess.run(child, capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout))
    best = min(runs, key=lambda run: float(run["load_s"]))
    peak, duckdb = (max(run[kind] for run in runs) for kind in ("peak_mb", "duckdb_mb"))
    print(
        f"{name:<18}{best['n']:>8,}{read / 1e6:>9.2f}{pulled_s:>8.2f}{best['load_s']:>8.2f}"
        f"{peak:>9.0f}{duckdb:>11.0f}"
    )


def measure(name: str, cache: Path) -> dict[str, float]:
    """Load one suite in this process."""
    begun = time.perf_counter()
    suite = load_suite(BUILT_IN / name, cache)
    return {
        "n": len(suite.samples),
        "load_s": time.perf_counter() - begun,
        "peak_mb": _peak_mb(),
        "duckdb_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def _peak_mb() -> float:
    """The peak of the process itself; ru_maxrss begins with that of the one that forked it."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


if __name__ == "__main__":
    main()
