"""Changes about state that calls and tasks could share."""

from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load


def collected(code: str) -> Any:
    collect = load(code)["collect"]
    return [list(collect([1, None, 2])), list(collect([None, 3]))]


def grouped(code: str) -> Any:
    return load(code)["by_region"]([("n", 1), ("s", 2), ("n", 3)], ["n", "s", "w"])


def columns(code: str) -> Any:
    header = load(code)["header"]
    return [list(header("orders", extra)) for extra in (["x"], [], ["y"])]


def jobs(code: str) -> Any:
    ran: list[str] = []
    for job in load(code)["make_jobs"](["a", "b", "c"], ran.append):
        job()
    return ran


def buffered(code: str) -> Any:
    kind = load(code)["Buffer"]
    first, second = kind(2), kind(2)
    out = [first.add(1), second.add(2), first.add(3), second.add(4)]
    return out


CASES = (
    Case(
        "shared_state",
        "easy",
        "Let the caller give a list that found values are added to.",
        '''
def collect(values):
    """The values that are not missing."""
    return [value for value in values if value is not None]
''',
        '''
def collect(
    values,
    into=[],  <<<
):
    """The values that are not missing, added to a list."""
    for value in values:
        if value is not None:
            into.append(value)
    return into
''',
        collected,
        [[1, 2], [3]],
        (
            ("    into=[],", "    into=None,"),
            ("    for value in values:", "    into = [] if into is None else into\n    for value in values:"),
        ),
    ),
    Case(
        "shared_state",
        "medium",
        "Also list the regions without a row. `rows` are pairs of region and value; every region is in "
        "`regions`.",
        '''
def by_region(rows, regions):
    """The values of each region."""
    out = {}
    for region, value in rows:
        out.setdefault(region, []).append(value)
    return out
''',
        '''
def by_region(rows, regions):
    """The values of each region, those without any among them."""
    names = sorted(set(regions))
    out = dict.fromkeys(names, [])  <<<
    for region, value in rows:
        out[region].append(value)  <<~
    return out
''',
        grouped,
        {"n": [1, 3], "s": [2], "w": []},
        (("dict.fromkeys(names, [])", "{name: [] for name in names}"),),
    ),
    Case(
        "shared_state",
        "hard",
        "Ask for the columns of a table once in the life of the process, as that is slow; they do not "
        "change. Callers may add columns of their own to the header.",
        '''
def columns_of(table):
    """The columns of a table, from the catalog."""
    return ["id", "at"]


def header(table, extra):
    """The columns of an export."""
    names = columns_of(table)
    names.extend(extra)
    return names
''',
        '''
from functools import cache


@cache  <<<
def columns_of(table):
    """The columns of a table, from the catalog."""
    return ["id", "at"]  <<~


def header(table, extra):
    """The columns of an export."""
    names = columns_of(table)  <<~
    names.extend(extra)  <<~
    return names
''',
        columns,
        [["id", "at", "x"], ["id", "at"], ["id", "at", "y"]],
        (("names = columns_of(table)", "names = list(columns_of(table))"),),
    ),
    Case(
        "shared_state",
        "hard",
        "Make the jobs first and run them later, so that the scheduler can order them. Each job exports "
        "its own table.",
        '''
def make_jobs(tables, export):
    """Export each table."""
    for table in tables:
        export(table)
    return []
''',
        '''
def make_jobs(tables, export):
    """A job for each table; each exports its own."""
    made = []
    for table in tables:  <<~
        name = table.strip()  <<~
        def job():  <<~
            export(name)  <<<
        made.append(job)
    return made
''',
        jobs,
        ["a", "b", "c"],
        (("def job():", "def job(name=name):"),),
    ),
    Case(
        "none",
        "medium",
        "Make the jobs first and run them later, so that the scheduler can order them. Each job exports "
        "its own table.",
        '''
def make_jobs(tables, export):
    """Export each table."""
    for table in tables:
        export(table)
    return []
''',
        '''
def make_jobs(tables, export):
    """A job for each table; each exports its own."""
    made = []
    for table in tables:
        name = table.strip()
        made.append(lambda name=name: export(name))
    return made
''',
        jobs,
        ["a", "b", "c"],
        bait="shared_state",
    ),
    Case(
        "none",
        "hard",
        "Hand out rows in groups of a size that each buffer is given. A buffer belongs to one thread.",
        '''
class Buffer:
    """Collects rows until there are ten."""

    size = 10

    def __init__(self):
        self.rows = []

    def add(self, row):
        """The full group, or None."""
        self.rows.append(row)
        if len(self.rows) < self.size:
            return None
        full = self.rows
        self.rows = []
        return full
''',
        '''
class Buffer:
    """Collects rows until there are enough."""

    size = 10
    rows = ()

    def __init__(self, size=size):
        self.size = size

    def add(self, row):
        """The full group, or None."""
        self.rows = [*self.rows, row]
        if len(self.rows) < self.size:
            return None
        full = self.rows
        self.rows = ()
        return full
''',
        buffered,
        [None, None, [1, 3], [2, 4]],
        bait="shared_state",
    ),
)
