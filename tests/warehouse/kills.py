"""Kill -9 whoever commits, rewrites the catalog or compacts, at any instant, while others read.

Of run rK the commit number v has 2 v calls, attempts and grades, half of them passed: a reader who sees
anything else, or less than was there before, has read a wrong row. Writers and readers are programs:

python -m tests.warehouse.kills commit|compact|read HOME SEED
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb

from tasks.compacting import compact_home
from tasks.home import Home
from tasks.runs import run_lock
from tests.warehouse.sample_run import land
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import manifest_names
from warehouse.compacted.standing import standing_compactions
from warehouse.errors import SpecError, WarehouseError
from warehouse.integrity.verify import verify

RUNS = 24
SAMPLES = 300  # more than a run ever has: a version of a suite has always the same
GRACE = timedelta(seconds=4)
READERS = 2
COMMIT, CATALOG, COMPACTION = "the commit", "the catalog's rewrite after a commit", "a compaction"
STEPS = (  # who is killed, in what, and how long that takes: a kill lands anywhere in it, or just after
    ("commit", COMMIT, 0.04),
    ("commit", CATALOG, 0.5),
    ("compact", COMPACTION, 0.8),
)
SEEN = """
select run_id, c.n, a.n, g.n, g.passed, l.n, l.accuracy
from (select run_id, count(*) as n from calls group by run_id) as c
full join (select run_id, count(*) as n from attempts group by run_id) as a using (run_id)
full join (select run_id, count(*) as n, count(*) filter (passed) as passed from grades group by run_id) as g
    using (run_id)
full join (select run_id, sum(n) as n, avg(accuracy) as accuracy from leaderboard_all group by run_id) as l
    using (run_id)
full join (select run_id from runs) using (run_id)
"""


@dataclass
class Outcome:
    """What came of the kills."""

    kills: Counter[str] = field(default_factory=Counter)  # by what was under way
    commits: int = 0  # that were told to be done
    compactions: int = 0  # records there are in the end, or were replaced
    looks: int = 0
    too_late: int = 0  # readers that went on with a catalog beyond the grace, and were refused
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        by_step = ", ".join(f"{n} in {step}" for step, n in sorted(self.kills.items()))
        return (
            f"{sum(self.kills.values())} kills ({by_step}); {self.commits} commits, {self.compactions} "
            f"compactions, {self.looks} looks by readers, {self.too_late} refused; {len(self.wrong)} wrong"
        )


def drill(home: Path, n: int, seed: int) -> Outcome:
    """Kill writers `n` times; afterwards all that was told to be done is there and holds together."""
    rng, found = random.Random(seed), Outcome()
    for folder in ("runs", "warehouse"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    land(home / "warehouse", "r0", n=2, right=1, suite_size=SAMPLES)
    rewrite_catalog(home / "warehouse")
    readers = [_start("read", home, i) for i in range(READERS)]
    writers = {what: _start(what, home, seed) for what in ("commit", "compact")}
    try:
        for i in range(n):
            what, step, within_s = rng.choice(STEPS)
            _wait_for(home / f"{what}.step", step)
            time.sleep(rng.uniform(0.0, within_s))
            writers[what].send_signal(signal.SIGKILL)
            told = writers[what].communicate()[1]
            assert writers[what].returncode == -signal.SIGKILL, told
            found.kills[(home / f"{what}.step").read_text()] += 1
            writers[what] = _start(what, home, seed + i + 1)
    finally:
        for writer in writers.values():
            writer.kill()
            writer.communicate()
        (home / "over").touch()
        for i, reader in enumerate(readers):
            told = reader.communicate(timeout=120)[1]
            assert reader.returncode == 0, told
            seen = json.loads((home / f"read.{i}.json").read_text())
            found.looks += seen["looks"]
            found.too_late += seen["too_late"]
            found.wrong += seen["wrong"]
    _look_at_the_end(home, found)
    return found


def _look_at_the_end(home: Path, found: Outcome) -> None:
    warehouse = home / "warehouse"
    told = [line.split() for line in (home / "told.txt").read_text().splitlines()]
    found.commits = len(told)
    for what in ("as it was left", "compacted once more"):
        rewrite_catalog(warehouse)
        with duckdb.connect(warehouse / NAME, read_only=True) as connection:
            seen, wrong = _seen(connection)
        found.wrong += [f"{what}: {sentence}" for sentence in wrong]
        lost = [f"{what}: {run_id} lost commit {v}" for run_id, v in told if seen.get(run_id, 0) < int(v)]
        found.wrong += lost
        # a writer that died one step before its manifest left a row that looks like it: verify must say so
        problems = [f for f in verify(warehouse).problems if f.kind != "lost_commit"]
        found.wrong += [f"{what}: {finding.sentence()}" for finding in problems]
        compact_home(Home(home), None, timedelta(0))
    found.compactions = sum(record.n for record in standing_compactions(warehouse))


def _start(what: str, home: Path, seed: int) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warehouse.kills", what, str(home), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return process


def _wait_for(path: Path, step: str) -> None:
    until = time.monotonic() + 30
    while path.read_text() != step:
        assert time.monotonic() < until, f"nobody came to {step}"
        time.sleep(0.002)


@contextmanager
def _step(home: Path, what: str, step: str) -> Iterator[None]:
    (home / f"{what}.step").write_text(step)
    yield
    (home / f"{what}.step").write_text("between")


def commit_for_ever(home: Path, seed: int) -> None:
    """Commit runs, again and again, each holding its lock."""
    rng, warehouse = random.Random(seed), home / "warehouse"
    (home / "commit.step").write_text("between")
    print("ready", flush=True)
    while True:
        run_id = f"r{rng.randrange(RUNS)}"
        try:
            with run_lock(Home(home), run_id):
                v = max((n for other, n in manifest_names(warehouse) if other == run_id), default=0) + 1
                with _step(home, "commit", COMMIT):
                    land(warehouse, run_id, n=2 * v, right=v, suite_size=SAMPLES)
                with (home / "told.txt").open("a") as told:
                    told.write(f"{run_id} {v}\n")
        except SpecError:  # it is being compacted
            continue
        with _step(home, "commit", CATALOG):
            rewrite_catalog(warehouse)


def compact_for_ever(home: Path) -> None:
    """Compact, again and again."""
    (home / "compact.step").write_text("between")
    print("ready", flush=True)
    while True:
        with _step(home, "compact", COMPACTION), suppress(WarehouseError):
            compact_home(Home(home), None, GRACE)
        time.sleep(0.02)


def read_for_ever(home: Path, number: int) -> None:
    """Look until it is over, as a program that opens the catalog anew each time."""
    looks, too_late, wrong = 0, 0, list[str]()
    before: dict[str, int] = {}
    print("ready", flush=True)
    last = False
    while not last:
        last = (home / "over").exists()
        opened = time.monotonic()
        try:
            with duckdb.connect(home / "warehouse" / NAME, read_only=True) as connection:
                if number % 2:  # one that takes its time
                    time.sleep(1.0)
                seen, complaints = _seen(connection)
        except duckdb.IOException as error:
            if time.monotonic() - opened < GRACE.total_seconds():
                wrong.append(f"refused within the grace: {error}")
            too_late += 1
            continue
        looks += 1
        wrong += complaints
        wrong += [
            f"{run_id}: {seen.get(run_id)} after {v}"
            for run_id, v in before.items()
            if seen.get(run_id, 0) < v
        ]
        before = seen
    (home / f"read.{number}.json").write_text(
        json.dumps({"looks": looks, "too_late": too_late, "wrong": wrong[:20]})
    )


def _seen(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], list[str]]:
    """The commit that is seen of each run, and what is of none."""
    seen: dict[str, int] = {}
    wrong: list[str] = []
    for run_id, *counts in connection.execute(SEEN).fetchall():
        v = (counts[0] or 0) // 2
        if v == 0 or counts != [2 * v, 2 * v, 2 * v, v, 2 * v, 0.5]:
            wrong.append(f"{run_id}: {counts}")
        seen[run_id] = v
    return seen, wrong


if __name__ == "__main__":
    {
        "commit": lambda: commit_for_ever(Path(sys.argv[2]), int(sys.argv[3])),
        "compact": lambda: compact_for_ever(Path(sys.argv[2])),
        "read": lambda: read_for_ever(Path(sys.argv[2]), int(sys.argv[3])),
    }[sys.argv[1]]()
