"""Views whose answer the catalog keeps (`-- Kept: answered`): asked when it is made, where it may differ.

They read the grades of whole evaluations. Where none was committed or graded again since, and the SQL is
the same, the old catalog's answer is carried over.
"""

import hashlib
from pathlib import Path

import duckdb

from warehouse.literals import text, values
from warehouse.sqlfiles import SqlFile, load_macros, load_views
from warehouse.sums import OLD, RUNS

ANSWERED = "answered"  # what such a view's header says
TABLE = "kept_answers"  # which answers there are, and what each follows from
WHOLE = f"select run_id from {RUNS} where status = 'complete' and kind in ('evaluate', 'import')"


def answered_views() -> tuple[SqlFile, ...]:
    """The views whose answer is kept."""
    return tuple(view for view in load_views() if view.kept == ANSWERED)


def carry_answers(connection: duckdb.DuckDBPyConnection, old: Path) -> frozenset[str]:
    """Take over the answers of the old catalog that still hold, as `carried_<view>`; returns their views.

    The connection has the sums of `sum_runs`. Makes the table `kept_answers`.
    """
    row = connection.execute(
        "select string_agg(run_id || ' ' || key, chr(10) order by run_id) "
        f"from summed semi join ({WHOLE}) using (run_id)"
    ).fetchone()
    runs = str(row[0]) if row else ""
    keys = {view.name: _key(view, runs) for view in answered_views()}
    connection.execute(f"create table {TABLE} as {values(('name', 'key'), sorted(keys.items()))}")
    carried: set[str] = set()
    try:
        connection.execute(f"attach {text(str(old))} as {OLD} (read_only)")
    except duckdb.Error:  # there is none, or nobody can read it: everything is asked anew
        return frozenset()
    try:
        for name, key in connection.execute(f"select name, key from {OLD}.{TABLE}").fetchall():
            if keys.get(name) == key:
                connection.execute(f"create table carried_{name} as from {OLD}.{name}")
                carried.add(name)
    except duckdb.Error:  # it is of code that kept none, or damaged
        carried.clear()
    finally:
        connection.execute(f"detach {OLD}")
    return frozenset(carried)


def _key(view: SqlFile, runs: str) -> str:
    code = repr((view.sql, view.columns, load_macros()))
    return hashlib.sha256(f"{code}\n{runs}".encode()).hexdigest()
