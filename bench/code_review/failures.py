"""Changes about failures that must be seen."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load, raised


def fetched(code: str) -> Any:
    def get(url: str) -> list[int]:
        if url == "down":
            raise ConnectionError(url)
        return [1, 2]

    return [raised(load(code, log=lambda *_: None)["rows_of"], get, url) for url in ("up", "down")]


def imported(code: str) -> Any:
    def insert(row: str) -> None:
        if row == "bad":
            raise ValueError(row)

    return [raised(load(code)["import_rows"], rows, insert) for rows in (["a", "b"], ["a", "bad", "c"])]


def dumped(code: str) -> Any:
    dump = load(code)["dump"]
    with TemporaryDirectory() as folder:
        made = [
            raised(dump, [sys.executable, "-c", program], Path(folder) / "out")
            for program in ("print(1)", "print(1); raise SystemExit(3)")
        ]
    return [value if isinstance(value, int) else str(value) for value in made]


def copied(code: str) -> Any:
    copy_all = load(code)["copy_all"]
    seen: list[str] = []

    def copy(name: str) -> None:
        if name == "bad":
            raise OSError(name)
        seen.append(name)

    outcome = [raised(copy_all, names, copy) for names in (["a", "b"], ["c", "bad"])]
    return outcome, sorted(seen)


def state(code: str) -> Any:
    read = load(code)["read_state"]
    with TemporaryDirectory() as folder:
        good, broken = Path(folder) / "good", Path(folder) / "broken"
        good.write_text('{"day": 3}', encoding="utf-8")
        broken.write_text("{", encoding="utf-8")
        return [raised(read, path) for path in (good, broken, Path(folder) / "absent")]


def published(code: str) -> Any:
    log: list[str] = []

    def send(row: str) -> None:
        if row == "bad":
            raise ConnectionError(row)

    publish = load(code, log=log.append)["publish"]
    return [raised(publish, rows, send) for rows in (["a"], ["a", "bad"])], log


CASES = (
    Case(
        "swallowed_error",
        "easy",
        "Log what cannot be fetched. The caller replaces the table by the rows that it gets.",
        '''
def rows_of(get, url):
    """The rows at an address."""
    return list(get(url))
''',
        '''
def rows_of(get, url):
    """The rows at an address."""
    log("fetching", url)
    try:
        rows = list(get(url))
    except ConnectionError as error:  <<~
        log("cannot fetch", url, error)
        rows = []  <<<
    return rows
''',
        fetched,
        [[1, 2], "ConnectionError"],
        (("        rows = []", "        raise"),),
    ),
    Case(
        "swallowed_error",
        "hard",
        "Report how many rows were imported. An error ends the import and reaches the scheduler, which "
        "marks the run as failed.",
        '''
def import_rows(rows, insert):
    """Insert the rows."""
    for row in rows:
        insert(row)
''',
        '''
def import_rows(rows, insert):
    """Insert the rows; returns how many."""
    done = 0
    try:
        for row in rows:
            insert(row)
            done += 1
    finally:  <<~
        print(f"{done} rows imported")
        return done  <<<
''',
        imported,
        [2, "ValueError"],
        (("        return done", "    return done"),),
    ),
    Case(
        "swallowed_error",
        "medium",
        "Write the output of a dump program to a file while it runs, as dumps have become too large for "
        "memory. Returns the size; a dump that failed must not be used.",
        '''
import subprocess


def dump(command, path):
    """Run a dump program; returns the size of what it wrote."""
    done = subprocess.run(command, capture_output=True, check=True)
    path.write_bytes(done.stdout)
    return path.stat().st_size
''',
        '''
import subprocess


def dump(command, path):
    """Run a dump program; returns the size of what it wrote."""
    with path.open("wb") as file:
        subprocess.run(command, stdout=file)  <<<
    return path.stat().st_size
''',
        dumped,
        [2, "CalledProcessError"],
        (("stdout=file)", "stdout=file, check=True)"),),
    ),
    Case(
        "swallowed_error",
        "hard",
        "Copy files with four threads. When one cannot be copied the caller must get the error.",
        '''
def copy_all(names, copy):
    """Copy every file; returns how many."""
    for name in names:
        copy(name)
    return len(names)
''',
        '''
from concurrent.futures import ThreadPoolExecutor


def copy_all(names, copy):
    """Copy every file; returns how many."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        for name in names:
            pool.submit(copy, name)  <<<
    return len(names)
''',
        copied,
        ([2, "OSError"], ["a", "b", "c"]),
        (
            (
                "        for name in names:\n            pool.submit(copy, name)",
                "        for _ in pool.map(copy, names):\n            pass",
            ),
        ),
    ),
    Case(
        "none",
        "medium",
        "Begin at day 0 where there is no state yet, which is so on the first run. A state that cannot be "
        "read stops the run.",
        '''
import json


def read_state(path):
    """The state that the last run left."""
    return json.loads(path.read_text(encoding="utf-8"))
''',
        '''
import json


def read_state(path):
    """The state that the last run left; that of a first run where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"day": 0}
    return json.loads(text)
''',
        state,
        [{"day": 3}, "JSONDecodeError", {"day": 0}],
        bait="swallowed_error",
    ),
    Case(
        "none",
        "hard",
        "Log at which row publishing stopped. The error reaches the caller, which publishes the rest later.",
        '''
def publish(rows, send):
    """Send the rows in order."""
    for row in rows:
        send(row)
    return len(rows)
''',
        '''
def publish(rows, send):
    """Send the rows in order."""
    sent = 0
    try:
        for row in rows:
            send(row)
            sent += 1
    except Exception:
        log(f"stopped after {sent} rows")
        raise
    return sent
''',
        published,
        ([1, "ConnectionError"], ["stopped after 1 rows"]),
        bait="swallowed_error",
    ),
)
