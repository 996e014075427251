"""Rollups over many calls, each beside DuckDB's bare aggregate over the same columns; the catalog, memory.

python bench/bench_warehouse.py [--calls 10000000]: nights of five suites, four variants, 5,000 samples each.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.made_warehouse import Shape, make_warehouse
from warehouse.catalog import NAME, rewrite_catalog

A_NIGHT = 100_000  # 5 suites x 4 variants x 5,000 samples
REPEATS = 5
QUERIES = {  # name: the question, and the bare aggregate of the columns that it is about
    "leaderboard": (
        "select * from leaderboard",
        "select run_id, suite, suite_version, variant, count(*), avg(latency_s), sum(input_tokens), "
        "sum(output_tokens) from calls group by all",
    ),
    "cost_by_day": (
        "select * from cost_by_day",
        "select cast(started_at at time zone 'UTC' as date), simulated, count(*), sum(input_tokens), "
        "sum(cached_input_tokens), sum(cache_write_tokens), sum(output_tokens) from calls group by all",
    ),
    "compare": (
        "select * from compare('suite_01', 'variant 0', 'variant 1')",
        "select run_id, suite, suite_version, variant, count(*), avg(score), count(*) filter (passed) "
        "from grades group by all",
    ),
    "compare, all suites": (
        "select * from compare(null, 'variant 0', 'variant 1')",
        "select run_id, suite, suite_version, variant, count(*), avg(score), count(*) filter (passed) "
        "from grades group by all",
    ),
    "regressions": (
        "select * from regressions",
        "select run_id, suite, suite_version, variant, count(*), avg(score), count(*) filter (passed) "
        "from grades group by all",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--in", dest="folder", type=Path, help="keep the warehouse here, or measure this one")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}")
    with tempfile.TemporaryDirectory() as temporary:
        warehouse = asked.folder or Path(temporary) / "warehouse"
        if not (warehouse / "commits").exists():
            build(warehouse, asked.calls)
        for turn in ("first", "again"):
            seconds, megabytes = in_a_process("rewrite", warehouse)
            print(f"catalog, {turn} time: {seconds:.2f} s, peak {megabytes:,.0f} MB")
        size = (warehouse / NAME).stat().st_size / 1e6
        print(f"catalog.duckdb: {size:,.1f} MB")
        print(f"{'':20} {'ours s':>8} {'bare s':>8} {'ratio':>6} {'peak MB':>8}")
        for name, (question, bare) in QUERIES.items():
            ours, peak = in_a_process(question, warehouse)
            plain, _ = in_a_process(bare, warehouse)
            print(f"{name:20} {ours:8.3f} {plain:8.3f} {ours / plain:6.2f} {peak:8,.0f}")


def build(warehouse: Path, n_calls: int) -> None:
    started = time.perf_counter()
    nights = max(1, n_calls // A_NIGHT)
    warehouse.mkdir(parents=True, exist_ok=True)
    for _ in make_warehouse(warehouse, Shape(nights, suites=5, variants=4, samples=5_000)):
        pass
    size = sum(path.stat().st_size for path in warehouse.rglob("*.parquet")) / 1e6
    took = time.perf_counter() - started
    print(f"{nights} nights of {A_NIGHT:,} calls: {size:,.0f} MB of Parquet, made in {took:.1f} s")


def in_a_process(what: str, warehouse: Path) -> tuple[float, float]:
    """Seconds (the median) and peak memory (MB) of a process that does this and nothing else."""
    words = [sys.executable, __file__, "--one", what, str(warehouse)]
    out = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    return float(out[0]), float(out[1])


def one(what: str, warehouse: Path) -> None:
    times = []
    if what == "rewrite":
        started = time.perf_counter()
        rewrite_catalog(warehouse)
        times.append(time.perf_counter() - started)
    else:
        with duckdb.connect(warehouse / NAME, read_only=True) as connection:
            for _ in range(REPEATS):
                started = time.perf_counter()
                connection.execute(what).fetchall()
                times.append(time.perf_counter() - started)
    print(statistics.median(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
