"""A whole run through a fault storm, with a large N: it completes, and costs what the server billed.

    python -m bench.drill_storm [N samples, each put to three variants: 2000]

The weather, and what must be true after it, are those of tests/flows/test_storm.py.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks.call.simulated.process import start_server
from tests.flows import storm
from tests.flows.conftest import told, write_sums
from warehouse.query import run_sql, to_json


def main() -> None:
    """Run it once and say what came of it."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name, start_server(told(n), storm.weather(24_000)) as server:
        folder = Path(name)
        write_sums(folder, n)
        spec = storm.write(folder, server.base_url)
        env = {
            **os.environ,
            "NIGHTBENCH_HOME": str(folder / "home"),
            "NIGHTBENCH_SUITES": str(folder / "suites"),
            "NIGHTBENCH_TEST_TIMEOUT_S": str(storm.TIMEOUT_S),
        }
        began = time.monotonic()
        words = ["run", str(spec), "--run-id", "storm", "--json"]
        subprocess.run(
            [sys.executable, "-m", "tests.flows.impatient", *words],
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        took_s = time.monotonic() - began
        ledger = server.ledger()["rows"]
        warehouse = folder / "home" / "warehouse"
        tables = {table: json.loads(to_json(run_sql(warehouse, sql))) for table, sql in storm.TABLES.items()}
        print(f"{took_s:.0f} s: {storm.check(tables, ledger, n)}")


if __name__ == "__main__":
    main()
