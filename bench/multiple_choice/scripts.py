"""Python as data engineers write it, and where it surprises."""

from bench.multiple_choice.case import Case, python

PRINTS = "What does this script print?"

CASES: tuple[Case, ...] = (
    python(
        "easy",
        PRINTS,
        """
ids = [1, 2, 3, 4]
amounts = [10, 20, 30]
print(sum(i * a for i, a in zip(ids, amounts)))
""",
        "it raises ValueError",
        "180",
        "260",
    ),
    python(
        "medium",
        PRINTS,
        """
rows = (n for n in [3, 5, 7])
biggest = max(rows)
total = sum(rows)
print(biggest, total)
""",
        "7 15",
        "it raises ValueError",
        "7 8",
    ),
    python(
        "medium",
        PRINTS,
        """
def collect(row, batch=[]):
    batch.append(row)
    return batch

collect("a")
collect("b", [])
print(len(collect("c")))
""",
        "1",
        "3",
        "it raises TypeError",
    ),
    python(
        "hard",
        PRINTS,
        """
print(round(0.5), round(1.5), round(2.5), round(-0.5), round(-1.5))
""",
        "1 2 3 -1 -2",
        "0 1 2 0 -1",
        "0 2 3 0 -2",
    ),
    python(
        "hard",
        PRINTS,
        """
seen = {1: "int", True: "bool", 1.0: "float", "1": "str"}
print(len(seen), seen[1])
""",
        "3 int",
        "2 int",
        "3 float",
    ),
    python(
        "medium",
        PRINTS,
        """
import csv, io

text = 'id,note\\n1,"first line\\nsecond line"\\n2,"a, b"\\n'
rows = list(csv.reader(io.StringIO(text, newline="")))
print(text.count("\\n"), len(rows), len(rows[-1]))
""",
        "4 4 3",
        "4 3 3",
        "3 3 2",
    ),
    python(
        "medium",
        PRINTS,
        """
from datetime import datetime, timezone

stored = datetime(2024, 5, 1, 12, 0)
now = datetime(2024, 5, 1, 12, 0, tzinfo=timezone.utc)
print(stored == now, stored < now)
""",
        "True False",
        "False False",
        "False True",
    ),
    python(
        "medium",
        PRINTS,
        """
names = ["metrics.csv", "access.csv", "reports.csv"]
print([name.rstrip(".csv") for name in names])
""",
        "['metrics', 'access', 'reports']",
        "['metric', 'access', 'report']",
        "['metric', 'acce', 'report']",
    ),
    python(
        "hard",
        PRINTS,
        """
from itertools import groupby

log = [("web", 1), ("db", 2), ("web", 3), ("web", 4), ("db", 5)]
totals = {key: sum(n for _, n in group) for key, group in groupby(log, key=lambda r: r[0])}
print(totals)
""",
        "{'web': 8, 'db': 7}",
        "{'web': 7, 'db': 7}",
        "{'web': 1, 'db': 2}",
    ),
    python(
        "hard",
        PRINTS,
        """
nan = float("nan")
values = [nan, 2.0, 1.0]
print(nan in values, values.index(nan), nan == nan, max(values) == 2.0)
""",
        "False -1 False True",
        "True 0 True True",
        "True 0 False True",
    ),
    python(
        "medium",
        PRINTS,
        """
from datetime import datetime

took = datetime(2024, 3, 3, 1, 30) - datetime(2024, 3, 1, 23, 0)
print(took.days, took.seconds // 3600, took.total_seconds() // 3600)
""",
        "1 26 26.0",
        "2 2 26.0",
        "2 26 26.0",
    ),
)
