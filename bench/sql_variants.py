"""Queries that are wrong in one known way, made of right ones: a measure of what sql_result lets through.

python -m bench.sql_variants --from DIR     of text_to_sql, whose files lie in DIR: a table by kind

A variant that passes is one that the data cannot tell from the right query, if its rows are the right ones by
a plain comparison that shares nothing with the grader (`told_apart`); another would be the grader's fault.
"""

import argparse
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from tasks.grade.base import Grader
from tasks.grade.registry import make_graders
from tasks.grade.sql.engine import QueryError
from tasks.grade.sql.lite import SQLite
from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN
from tasks.load.pull import pull
from tasks.load.samples import load_suite
from tasks.model import Sample

KINDS = ("join condition dropped", "wrong aggregate", "filter missing", "order swapped")
OTHER: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.Sum: exp.Avg,
    exp.Avg: exp.Sum,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Count: exp.Max,
}
MAX_ROWS = 200_000


@dataclass(frozen=True)
class Verdict:
    """What became of one variant."""

    sample_id: str
    kind: str
    query: str
    passed: bool
    told_apart: bool  # its rows are others than those of every right query


def variants(query: str, *, ordered: bool) -> Iterator[tuple[str, str]]:
    """Each variant with its kind; none where sqlglot does not read the query.

    An order is swapped only where it can make a difference.
    """
    try:
        tree = sqlglot.parse_one(query, read="sqlite")
    except ParseError:
        return
    for n, node in enumerate(tree.walk()):
        if isinstance(node, exp.Join) and (node.args.get("on") or node.args.get("using")):
            yield KINDS[0], _changed(tree, n, _without_condition)
        elif type(node) in OTHER and not (isinstance(node, exp.Count) and isinstance(node.this, exp.Star)):
            yield KINDS[1], _changed(tree, n, _other_aggregate)
        elif isinstance(node, exp.Where | exp.Having):
            yield KINDS[2], _changed(tree, n, lambda found: found.pop())
        elif isinstance(node, exp.Order) and _decides(node, ordered=ordered):
            yield KINDS[3], _changed(tree, n, _other_way)


def _changed(tree: exp.Expr, n: int, change: object) -> str:
    copy = tree.copy()
    assert callable(change)
    change(list(copy.walk())[n])
    return copy.sql(dialect="sqlite")


def _without_condition(join: exp.Expr) -> None:
    for name in ("on", "using", "side"):
        join.set(name, None)
    join.set("kind", "CROSS")


def _other_aggregate(call: exp.Expr) -> None:
    value = call.this
    if isinstance(value, exp.Distinct):
        value = value.expressions[0]
    call.replace(OTHER[type(call)](this=value.copy()))


def _other_way(order: exp.Expr) -> None:
    for key in order.expressions:
        key.set("desc", not key.args.get("desc"))


def _decides(order: exp.Order, *, ordered: bool) -> bool:
    query = order.parent
    if not isinstance(query, exp.Query):
        return True  # of a window
    return query.args.get("limit") is not None or (ordered and query.parent is None)


def told_apart(engine: SQLite, sample: Sample, query: str) -> bool:
    """Whether a query's rows differ from those of every right query, compared cell by cell."""
    try:
        found = engine.fetch(query, MAX_ROWS)
    except QueryError:
        return True
    ours = _plain(found.rows, ordered=bool(sample.row["ordered"]))
    for right in sample.row["right_queries"]:
        wanted = engine.fetch(right, MAX_ROWS)
        if _plain(wanted.rows, ordered=bool(sample.row["ordered"])) == ours:
            return False
    return True


def _plain(rows: object, *, ordered: bool) -> object:
    assert isinstance(rows, list)
    cells = [tuple(round(cell, 6) if isinstance(cell, float) else cell for cell in row) for row in rows]
    return cells if ordered else Counter(cells)


def verdicts(samples: tuple[Sample, ...], grader: Grader, now: datetime) -> Iterator[Verdict]:
    """Every variant of every right query."""
    engines: dict[str, SQLite] = {}
    for sample in samples:
        script = sample.row["schema_sql"]
        if script not in engines:
            engines[script] = SQLite(script, "postgres", now)
        for right in sample.row["right_queries"]:
            for kind, query in variants(right, ordered=bool(sample.row["ordered"])):
                passed = grader.grade(sample, f"```sql\n{query}\n```").passed
                apart = told_apart(engines[script], sample, query) if passed else True
                yield Verdict(sample.sample_id, kind, query, passed, apart)


def table(found: list[Verdict]) -> str:
    """Counts by kind."""
    lines = ["| made wrong by | variants | graded wrong | the data cannot tell |", "|---|---|---|---|"]
    for kind in (*KINDS, ""):
        mine = [verdict for verdict in found if kind in {verdict.kind, ""}]
        same = sum(verdict.passed for verdict in mine)
        share = f"{same} ({same / len(mine):.1%})" if mine else "0"
        lines.append(f"| {kind or 'all'} | {len(mine)} | {len(mine) - same} | {share} |")
    return "\n".join(lines)


def main() -> int:
    """Print the table, and what passed although its rows are others."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    parser.add_argument("--list", action="store_true", help="print every variant that passed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        pull(read_definition(BUILT_IN / "text_to_sql"), Path(cache), from_dir=asked.folder)
        suite = load_suite(BUILT_IN / "text_to_sql", Path(cache))
    (grader,) = make_graders(suite.graders, "suite.toml")
    now = datetime.fromisoformat(suite.graders[0].options["now"])
    found = list(verdicts(suite.samples, grader, now))
    print(f"SQLite {sqlite3.sqlite_version}")
    print(table(found))
    for verdict in found:
        if verdict.passed and (asked.list or verdict.told_apart):
            print("THE GRADER'S" if verdict.told_apart else "the data's", verdict.sample_id, verdict.kind)
            print("   ", verdict.query)
    return 0


if __name__ == "__main__":
    sys.exit(main())
