"""Make datasets/sql_generation/samples.jsonl from the cases in bench/sql_generation/.

python -m bench.make_sql_generation              writes the file
python -m bench.make_sql_generation --check      says whether the committed file is what would be written
python -m bench.make_sql_generation --balance    prints what passes without being right, and what is guessed

Every query is run on fresh tables: the expected rows are what the right query returns, and nothing is
written where another right query returns other rows, or a wrong one the same.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from pathlib import Path

import duckdb

from bench.committed import write_or_check
from bench.sql_generation.case import Case, Topic, read_topic
from bench.sql_generation.run import Result, comparable, fresh, plain, result_of
from tasks.grade.base import UnjudgedError
from tasks.grade.sql.duck import DuckDB
from tasks.grade.sql.grader import SqlResult
from tasks.model import Sample

TOPICS = ("sales", "uptime", "history", "staff", "billing", "tickets", "usage", "stock")
SAMPLES = Path(__file__).parents[1] / "datasets" / "sql_generation" / "samples.jsonl"
SHOWN_ROWS = 3
MAX_ROWS = 10_000
SCORE = SqlResult()  # as in suite.toml


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def turns() -> Iterator[tuple[str, Topic, Case]]:
    """Each case with its id and topic: topics take turns, so that the first rows already show all kinds."""
    topics = [read_topic(name) for name in TOPICS]
    mixed = [
        (topic, case)
        for turn in zip_longest(*(topic.cases for topic in topics))
        for topic, case in zip(topics, turn, strict=True)
        if case is not None
    ]
    for number, (topic, case) in enumerate(mixed, 1):
        yield f"sql-{number:03d}", topic, case


def rows() -> Iterator[dict[str, object]]:
    """One row a case."""
    for sample_id, topic, case in turns():
        try:
            with fresh(topic.script) as connection:
                expected = checked(connection, case)
                shown = tables(connection)
            if case.tsql:
                check_tsql(topic, case, expected)
        except (duckdb.Error, RuntimeError) as error:
            raise RuntimeError(f"{sample_id}: {case.question}\n{error}") from error
        yield {
            "sample_id": sample_id,
            "input": prompt(topic, case, shown),
            "target": case.right,
            "wrong": list(case.nearly),
            "dialect": case.dialect,
            "schema_sql": topic.script,
            "ordered": bool(case.order),
            "expected": json.dumps(
                expected.rows if case.order else sorted(expected.rows, key=comparable), ensure_ascii=False
            ),
            "columns": list(case.returns),
            "category": case.category,
            "difficulty": case.difficulty,
        }


def checked(connection: duckdb.DuckDBPyConnection, case: Case) -> Result:
    """What the right query returns.

    Raises: RuntimeError: its columns are others than the question's, it returns nothing, or a query beside it
        is not as right or as wrong as the case says.
    """
    expected = result_of(connection, case.target)
    if expected.columns != tuple(case.returns):
        raise RuntimeError(f"the columns are {expected.columns}")
    if not expected.rows:
        raise RuntimeError("the right query returns no rows")
    for query in case.also:
        if not (found := result_of(connection, query)).same_rows(expected, ordered=bool(case.order)):
            raise RuntimeError(f"not what the target returns:\n{query}\n{found.rows}\n{expected.rows}")
    for query in case.wrong:
        if result_of(connection, query).same_rows(expected, ordered=bool(case.order)):
            raise RuntimeError(f"the rows do not show that this is wrong:\n{query}\n{expected.rows}")
    return expected


def check_tsql(topic: Topic, case: Case, expected: Result) -> None:
    """Refuse a query in T-SQL that does not return what the case's target does, or a wrong one that does.

    Raises: RuntimeError: says which.
    """
    engine = DuckDB(topic.script, "duckdb", "tsql", None)
    for query, right in [(case.right, True), *((query, False) for query in case.nearly)]:
        fetched = engine.fetch(query, MAX_ROWS)
        found = Result(fetched.names, tuple([plain(value) for value in row] for row in fetched.rows))
        if found.same_rows(expected, ordered=bool(case.order)) != right:
            raise RuntimeError(f"not what the case says:\n{query}\n{found.rows}\n{expected.rows}")
        if right and found.columns != expected.columns:
            raise RuntimeError(f"the columns are {found.columns}")


def passes(topic: Topic, case: Case, query: str) -> bool:
    """Whether the suite's score lets a query pass, asked for in the case's language."""
    row = {"schema_sql": topic.script, "ordered": bool(case.order), "dialect": case.dialect}
    sample = Sample("case", row, target=case.right, targets=(case.right,))
    try:
        return SCORE.grade(sample, f"```sql\n{query.strip()}\n```").passed
    except UnjudgedError:
        return False


def tables(connection: duckdb.DuckDBPyConnection) -> str:
    """The first rows of each table, as Markdown."""
    names = connection.execute("select table_name from duckdb_tables() order by table_oid").fetchall()
    parts = []
    for (name,) in names:
        found = result_of(connection, f"select * from {name} order by rowid")
        lines = [found.columns, ["---"] * len(found.columns), *found.rows[:SHOWN_ROWS]]
        cells = [["NULL" if value is None else str(value) for value in line] for line in lines]
        table = "\n".join(f"| {' | '.join(line)} |" for line in cells)
        n = min(SHOWN_ROWS, len(found.rows))
        parts.append(f"First {n} of {len(found.rows)} rows of {name}:\n\n{table}")
    return "\n\n".join(parts)


def prompt(topic: Topic, case: Case, shown: str) -> str:
    """The schema, some rows, the question, and what the result looks like."""
    order = f"Order the rows by {case.order}." if case.order else "The order of the rows does not matter."
    question = " ".join(case.question.split())
    columns = ", ".join(case.returns)
    noun = "columns" if len(case.returns) > 1 else "column"
    return f"{topic.shown_ddl(case.dialect)}\n\n{shown}\n\n{question}\n\nReturn the {noun} {columns}. {order}"


def balance() -> dict[str, str]:
    """What passes without being right, and what can be had without an idea."""
    every = [(topic, case) for _, topic, case in turns()]
    wrong = [(topic, case, query) for topic, case in every for query in case.nearly]
    difficulties = Counter(case.difficulty for _, case in every)
    categories = Counter(case.category for _, case in every)
    return {
        "samples": str(len(every)),
        "easy / medium / hard": " / ".join(str(difficulties[level]) for level in ("easy", "medium", "hard")),
        "largest category": percent(max(categories.values()), every),
        "asked in T-SQL (Azure Synapse)": percent(sum(bool(case.tsql) for _, case in every), every),
        "always `select *` of every table": passing(
            [(topic, case, everything(topic)) for topic, case in every]
        ),
        "always the right query of another question on the tables": passing(
            [
                (topic, case, other.target)
                for (near, other), (topic, case) in pairwise(sorted(every, key=lambda pair: pair[0].ddl))
                if near == topic
            ]
        ),
        "wrong queries": str(len(wrong)),
        "of these, passing": passing(wrong),
    }


def everything(topic: Topic) -> str:
    """A query that names every table and no construct."""
    names = re.findall(r"create table (\w+)", topic.ddl)
    return "select * from " + " natural join ".join(names)


def passing(queries: Sequence[tuple[Topic, Case, str]]) -> str:
    """The share of queries that pass."""
    return percent(sum(passes(*query) for query in queries), queries)


def percent(part: int, whole: Sequence[object]) -> str:
    """A share, with one decimal."""
    return f"{part / len(whole):.1%}"


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "questions", balance)


if __name__ == "__main__":
    sys.exit(main())
