"""A thousand random corruptions of a committed warehouse, one at a time: `verify` finds each.

    python -m bench.drill_corruption [N corruptions: 1000] [SEED: 1]

The damage, and what is counted, are those of tests/warehouse/corruption.py.
"""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.warehouse.corruption import drill
from tests.warehouse.whole import write_whole
from warehouse import files

ROWS = 40  # a row group: several to a file


def main() -> None:
    """Run it once and say what came of it; exit 1 where something was missed."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    files.ROW_GROUP_ROWS = ROWS
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse"
        warehouse.mkdir()
        write_whole(warehouse, n=60)
        began = time.monotonic()

        def tell(i: int) -> None:
            if i % 100 == 0:
                print(f"{time.monotonic() - began:6.0f} s: {i} done", file=sys.stderr)

        tally = drill(warehouse, n, seed, tell)
        print(f"{time.monotonic() - began:.0f} s: {tally}")
    for damage in tally.missed:
        print(f"missed: {damage}")
    sys.exit(1 if tally.missed else 0)


if __name__ == "__main__":
    main()
