"""How long a regrade of stored numeric answers takes, and how much memory, as a person starts it.

python bench/bench_regrade.py [--answers 100000] [--epochs 1]

A home with a run of so many answers is made first, which is not counted; then `nightbench regrade` runs in a
process of its own, from its start to its end: reading, judging, landing, and the changes it prints.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
CARD = 'name = "sums"\n[[graders]]\ntype = "numeric"\n'
SAMPLES = """select 's' || i as sample_id,
    'How much is ' || i || ' plus 17? Answer with the number.' as input,
    cast(i + 17 as varchar) as target
from range({n}) as r(i)
"""
OUTPUT = "We add 17 to {i:,}, one digit after the other, and carry where we must. The answer is {answer:,}."


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--answers", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nightbench-bench-") as place:
        folder = Path(place)
        make_run(folder, asked.answers // asked.epochs, asked.epochs)
        seconds, peak_mb, done = measured(folder, "regrade", "r1", "--json")
    changed = sum(row["n_changed"] for row in done["changes"])
    graded = sum(row["n_graded"] for row in done["changes"])
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{graded:,} answers graded again in {seconds:.1f} s, peak {peak_mb:.0f} MB, {changed:,} changed")


def make_run(folder: Path, n: int, epochs: int) -> None:
    """The run r1: one answer in three is wrong."""
    suite = folder / "suites" / "sums"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(CARD, encoding="utf-8")
    (suite / "samples.sql").write_text(SAMPLES.format(n=n), encoding="utf-8")
    file = folder / "answers.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for epoch in range(1, epochs + 1):
            for i in range(n):
                said = OUTPUT.format(i=i, answer=i + 17 + (i % 3 == 0))
                lines.write(json.dumps({"sample_id": f"s{i}", "epoch": epoch, "output": said}) + "\n")
    measured(
        folder, "import", str(file), "--suite", "sums", "--model", "recorded/x", "--run-id", "r1", "--json"
    )


def measured(folder: Path, *words: str) -> tuple[float, float, dict[str, list[dict[str, int]]]]:
    """Seconds, peak memory and what the command said."""
    env = {**os.environ, "NIGHTBENCH_HOME": str(folder / "home"), "NIGHTBENCH_SUITES": str(folder / "suites")}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli.main", *words], cwd=CHECKOUT, env=env, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"{words[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, used.ru_maxrss / 1024, json.loads(said)


if __name__ == "__main__":
    main()
