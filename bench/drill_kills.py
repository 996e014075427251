"""Kill -9 at 200 random instants in commit, catalog rewrite and compaction with readers running.

    python -m bench.drill_kills [N kills: 200] [SEED: 1]

The writers, the readers and what is checked are those of tests/warehouse/kills.py.
"""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.warehouse.kills import drill


def main() -> None:
    """Run it once and say what came of it; exit 1 where a reader saw a wrong row."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        found = drill(Path(folder) / "home", n, seed)
        print(f"{time.monotonic() - began:.0f} s: {found}")
    for sentence in found.wrong:
        print(f"wrong: {sentence}")
    sys.exit(1 if found.wrong else 0)


if __name__ == "__main__":
    main()
