"""Many runs: opening the catalog, a leaderboard of last night, and the catalog's making at the next commit.

python bench/bench_catalog.py [--runs 3000]: runs of two suites, one variant, 500 samples each.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.made_warehouse import Shape, make_warehouse
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import committed
from warehouse.compaction.compacting import compact

LAST = "select * from leaderboard_all where run_id = (select max(run_id) from runs)"
ROWS = "select count(*), avg(latency_s) from calls where run_id = (select max(run_id) from runs)"
ALL = "select count(*), avg(latency_s) from calls"
OPEN = """
import sys, time
started = time.perf_counter()
from pathlib import Path
from warehouse.query import open_catalog
connection = open_catalog(Path(sys.argv[1]))
rows = connection.execute(sys.argv[2]).fetchall()
print(time.perf_counter() - started, len(rows))
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300)
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}")
    with tempfile.TemporaryDirectory() as temporary:
        warehouse = Path(temporary) / "warehouse"
        warehouse.mkdir()
        made = make_warehouse(warehouse, Shape(asked.runs, suites=2, variants=1, samples=500))
        started = time.perf_counter()
        for _ in range(asked.runs - 1):
            next(made)
        print(f"{asked.runs:,} runs of 1,000 calls, made in {time.perf_counter() - started:.1f} s")
        took("the catalog, with every sum made", warehouse)
        next(made)
        took("the catalog, one run later", warehouse)
        look(warehouse)
        started = time.perf_counter()
        done = compact(
            warehouse,
            months={f"{manifest.run_date:%Y-%m}" for manifest in committed(warehouse)},
            grace=timedelta(0),
            is_live=lambda _: False,
            alone=alone,
            clock=lambda: datetime.now(UTC),
        )
        print(
            f"compacted {sum(month.n_files for month in done.months):,} files of {len(done.months)} months "
            f"({sum(month.n_bytes for month in done.months) / 1e6:,.0f} MB) in "
            f"{time.perf_counter() - started:.1f} s; {len(done.removed):,} removed"
        )
        took("the catalog, once more", warehouse)
        look(warehouse)
        (warehouse / NAME).unlink()
        took("the catalog, with every sum made", warehouse)


def look(warehouse: Path) -> None:
    for name, sql in (("leaderboard of last night", LAST), ("its calls, counted", ROWS), ("all calls", ALL)):
        times = [in_a_process(warehouse, sql) for _ in range(5)]
        print(f"{name}, from a cold start: {statistics.median(times):.2f} s")


@contextmanager
def alone(run_id: str) -> Iterator[bool]:
    yield True


def took(what: str, warehouse: Path) -> None:
    started = time.perf_counter()
    rewrite_catalog(warehouse)
    print(f"{what}: {time.perf_counter() - started:.2f} s")


def in_a_process(warehouse: Path, sql: str) -> float:
    words = [sys.executable, "-c", OPEN, str(warehouse), sql]
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(words, check=True, capture_output=True, text=True, cwd=root)
    return float(done.stdout.split()[0])


if __name__ == "__main__":
    main()
