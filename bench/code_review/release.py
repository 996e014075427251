"""Changes about what has to be given back."""

import threading
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import counted, load, raised


def loaded(code: str) -> Any:
    kind = counted()
    load_rows = load(code)["load_rows"]
    seen = [raised(load_rows, lambda: kind([]), rows) for rows in ([], [(1,)], [("bad",)])]
    return seen, kind.open_now


def posted(code: str) -> Any:
    space = load(code)
    lock = threading.Lock()
    ledger: list[int] = []
    post = space["post"]
    seen = [raised(post, lock, ledger, amount) for amount in (5, -1, 7)]
    return seen, ledger, lock.locked()


def merged(code: str) -> Any:
    kind = counted()

    def opener(path: str) -> Any:
        if path == "missing":
            raise FileNotFoundError(path)
        return kind(list(path))

    merge = load(code)["merge"]
    seen = [raised(merge, paths, opener) for paths in (["ab", "cd"], ["ab", "missing"], [])]
    return seen, kind.open_now


class Pool:
    """Two connections, which have to come back."""

    def __init__(self) -> None:
        self.free = ["a", "b"]
        self.ran: list[str] = []

    def get(self) -> str:
        """Take one."""
        return self.free.pop()

    def put(self, connection: str) -> None:
        """Give it back."""
        self.free.append(connection)

    def run(self, job: Any) -> None:
        """Run a job; a bad one raises."""
        if job["sql"] == "bad":
            raise RuntimeError(job["sql"])
        self.ran.append(job["sql"])


def worked(code: str) -> Any:
    pool = Pool()
    jobs = [{"sql": name, "done": name in {"b", "c", "d"}} for name in "abcde"]
    seen = [
        raised(load(code)["work"], pool, jobs),
        raised(load(code)["work"], pool, [{"sql": "bad", "done": False}]),
    ]
    return seen, pool.ran, len(pool.free)


CASES = (
    Case(
        "resource_leak",
        "medium",
        "Do not write when there is nothing to write. The caller goes on after an error.",
        '''
def load_rows(connect, rows):
    """Write rows; returns how many."""
    con = connect()
    try:
        for row in rows:
            con.execute("insert into t values (?)", row)
        return len(rows)
    finally:
        con.close()
''',
        '''
def load_rows(connect, rows):
    """Write rows; returns how many."""
    con = connect()  <<~
    if not rows:  <<~
        return 0  <<<
    try:
        for row in rows:
            con.execute("insert into t values (?)", row)
        return len(rows)
    finally:
        con.close()
''',
        loaded,
        ([0, 1, "RuntimeError"], 0),
        (
            (
                "    con = connect()\n    if not rows:\n        return 0\n",
                "    if not rows:\n        return 0\n    con = connect()\n",
            ),
        ),
    ),
    Case(
        "resource_leak",
        "hard",
        "Give up after two seconds when another thread holds the lock. Negative amounts are refused, and "
        "the service goes on.",
        '''
def post(lock, ledger, amount):
    """Add an amount to the ledger."""
    with lock:
        if amount < 0:
            raise ValueError(amount)
        ledger.append(amount)
        return len(ledger)
''',
        '''
def post(lock, ledger, amount):
    """Add an amount to the ledger."""
    if not lock.acquire(timeout=2):  <<~
        raise TimeoutError("the ledger is busy")
    if amount < 0:  <<~
        raise ValueError(amount)  <<<
    ledger.append(amount)
    lock.release()  <<~
    return len(ledger)
''',
        posted,
        ([1, "ValueError", 2], [5, 7], False),
        (
            ("    if amount < 0:\n        raise ValueError(amount)\n", ""),
            (
                "    if not lock.acquire",
                "    if amount < 0:\n        raise ValueError(amount)\n    if not lock.acquire",
            ),
        ),
    ),
    Case(
        "resource_leak",
        "hard",
        "Read all files side by side instead of one after the other, as far as the shortest reaches. "
        "`opener` may raise for any of them; the service then reports it and goes on with the next request.",
        '''
def merge(paths, opener):
    """The lines of all files."""
    lines = []
    for path in paths:
        with opener(path) as file:
            lines.extend(file)
    return lines
''',
        '''
def merge(paths, opener):
    """The first lines of all files, then the second ones, and so on."""
    files = [opener(path) for path in paths]  <<<
    try:  <<~
        lines = []
        for row in zip(*files):
            lines.extend(row)
        return lines
    finally:
        for file in files:
            file.close()
''',
        merged,
        ([["a", "c", "b", "d"], "FileNotFoundError", []], 0),
        (
            (
                "    files = [opener(path) for path in paths]\n    try:\n        lines = []\n",
                "    files = []\n    try:\n        lines = []\n"
                "        for path in paths:\n            files.append(opener(path))\n",
            ),
        ),
    ),
    Case(
        "resource_leak",
        "medium",
        "Skip jobs that are done already. An error of a job ends the work, and the pool lives on.",
        '''
def work(pool, jobs):
    """Run the jobs."""
    for job in jobs:
        con = pool.get()
        try:
            pool.run(job)
        finally:
            pool.put(con)
''',
        '''
def work(pool, jobs):
    """Run the jobs that are not done."""
    skipped = 0
    for job in jobs:
        con = pool.get()  <<~
        if job["done"]:  <<~
            skipped += 1
            continue  <<<
        try:
            pool.run(job)
        finally:
            pool.put(con)
    return skipped
''',
        worked,
        ([3, "RuntimeError"], ["a", "e"], 2),
        (
            ("        con = pool.get()\n", ""),
            ("            continue\n", "            continue\n        con = pool.get()\n"),
        ),
    ),
    Case(
        "none",
        "hard",
        "Do not write when there is nothing to write, and write all rows or none. The caller goes on after "
        "an error.",
        '''
def load_rows(connect, rows):
    """Write rows; returns how many."""
    con = connect()
    try:
        for row in rows:
            con.execute("insert into t values (?)", row)
        return len(rows)
    finally:
        con.close()
''',
        '''
def load_rows(connect, rows):
    """Write rows; returns how many."""
    con = connect()
    try:
        if not rows:
            return 0
        con.execute("begin")
        for row in rows:
            con.execute("insert into t values (?)", row)
        con.execute("commit")
        return len(rows)
    finally:
        con.close()
''',
        loaded,
        ([0, 1, "RuntimeError"], 0),
        bait="resource_leak",
        same=True,
    ),
    Case(
        "none",
        "hard",
        "Read all files side by side instead of one after the other, as far as the shortest reaches. "
        "`opener` may raise for any of them; the service then reports it and goes on with the next request.",
        '''
def merge(paths, opener):
    """The lines of all files."""
    lines = []
    for path in paths:
        with opener(path) as file:
            lines.extend(file)
    return lines
''',
        '''
from contextlib import ExitStack


def merge(paths, opener):
    """The first lines of all files, then the second ones, and so on."""
    lines = []
    with ExitStack() as stack:
        files = [stack.enter_context(opener(path)) for path in paths]
        for row in zip(*files):
            lines.extend(row)
    return lines
''',
        merged,
        ([["a", "c", "b", "d"], "FileNotFoundError", []], 0),
        bait="resource_leak",
    ),
)
