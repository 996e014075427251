"""What the catalog keeps of every run as sums, so that a rollup of ten million calls reads a few rows.

A view whose header says `-- Kept: by run` is summed when a run is committed, or graded again, and its rows
are carried from the old catalog to the next. They follow from the committed files alone: a lost catalog is
summed anew, and a changed view, price tier or grading sums again what it concerns.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from warehouse.columns import SCHEMA_VERSION
from warehouse.commit import Manifest
from warehouse.literals import text, values
from warehouse.sqlfiles import load_macros, load_views

CALLS_AT_ONCE = 2_000_000  # sums of so many calls take some hundred megabytes
RUNS = "kept_runs"
OLD = "old"  # the old catalog's name while it is attached
Tables = Callable[
    [Sequence[Manifest]], Mapping[str, str]
]  # of some runs: for each table, the query of its rows


def kept_by_run() -> Mapping[str, str]:
    """What is carried from catalog to catalog: for each table of it, the query that makes its rows.

    `runs` is among them (`kept_runs` while they are made), because its files hold one row each.
    """
    views = {view.name: view.sql for view in load_views() if view.kept == "by run"}
    return {RUNS: "select * from runs", **views}


def sum_runs(
    connection: duckdb.DuckDBPyConnection, manifests: Sequence[Manifest], tables: Tables, old: Path | None
) -> None:
    """Fill the tables `<view>` and `summed` of the current database with the sums of these runs.

    `prices` must be there. `old` is a catalog to carry over what still holds; whatever is wrong with it,
    its runs are summed anew.
    """
    _open(connection, manifests[:0], tables)  # macros are bound to tables that are there
    for macro in load_macros():
        connection.execute(macro.sql)
    for name, sql in kept_by_run().items():
        connection.execute(f"create table {name} as {sql}")
    connection.execute("create table graded (manifest varchar, run_id varchar)")
    has_old = old is not None and _attach(connection, old)
    graders = _graders(connection, manifests, tables, has_old=has_old)
    code = _code(connection)
    keys = [(m.run_id, _key(m, graders.get(m.run_id, ()), code)) for m in manifests]
    connection.execute(f"create table summed as {values(('run_id', 'key'), keys)}")
    carried: set[str] = set()
    if has_old:
        still = f"select run_id from {OLD}.summed semi join summed using (run_id, key)"
        connection.execute(f"create temp table carried as {still}")
        carried = {run_id for (run_id,) in connection.execute("from carried").fetchall()}
        for name in kept_by_run():
            rows = f"select * from {OLD}.{in_catalog(name)} where run_id in (select run_id from carried)"
            connection.execute(f"insert into {name} by name {rows}")
        connection.execute(f"detach {OLD}")
    for batch in _batches([m for m in manifests if m.run_id not in carried]):
        runs = {manifest.run_id for manifest in batch}
        needed = [m for m in manifests if m.run_id in runs or any(m in graders.get(r, ()) for r in runs)]
        _open(connection, needed, tables)
        names = ", ".join(f"'{run_id}'" for run_id in sorted(runs))
        for name, sql in kept_by_run().items():
            connection.execute(f"insert into {name} by name select * from ({sql}) where run_id in ({names})")


def in_catalog(name: str) -> str:
    """The name in the catalog of what `sum_runs` makes."""
    return "runs" if name == RUNS else name


def _open(connection: duckdb.DuckDBPyConnection, manifests: Sequence[Manifest], tables: Tables) -> None:
    """Let the tables that the sums read be the rows of these runs."""
    for name, query in tables(manifests).items():
        connection.execute(f"create or replace view {name} as {query}")


def _attach(connection: duckdb.DuckDBPyConnection, old: Path) -> bool:
    """Open the old catalog beside; false where it cannot be read, or is not of this code's shape."""
    try:
        connection.execute(f"attach {text(str(old))} as {OLD} (read_only)")
        connection.execute(f"select run_id, key from {OLD}.summed limit 0")
        for table in (*kept_by_run(), "graded"):
            missing = connection.execute(
                f"select column_name, column_type from (describe {table}) "
                f"except select column_name, column_type from (describe {OLD}.{in_catalog(table)})"
            ).fetchall()
            if missing:
                raise duckdb.CatalogException(f"{table} has other columns")
    except duckdb.Error:
        attached = connection.execute("select database_name from duckdb_databases()").fetchall()
        if (OLD,) in attached:
            connection.execute(f"detach {OLD}")
        return False
    return True


def _graders(
    connection: duckdb.DuckDBPyConnection, manifests: Sequence[Manifest], tables: Tables, *, has_old: bool
) -> Mapping[str, Sequence[Manifest]]:
    """For each run that was graded again, the manifests of the runs that did so. Fills `graded`."""
    again = {manifest.name: manifest for manifest in manifests if manifest.kind == "regrade"}
    if not again:
        return {}
    if has_old:
        names = ", ".join(f"'{name}'" for name in again)
        connection.execute(f"insert into graded select * from {OLD}.graded where manifest in ({names})")
    known = {name for (name,) in connection.execute("select distinct manifest from graded").fetchall()}
    for name, manifest in again.items():
        if name not in known:
            grades, judged = tables([manifest])["grades"], tables([manifest])["pairs"]
            connection.execute(
                f"insert into graded select '{name}', run_id from "
                f"(select run_id from ({grades}) where grading_id = '{manifest.run_id}' "
                f"union select run_id from ({judged}) where grading_id = '{manifest.run_id}')"
            )
    found: dict[str, list[Manifest]] = {}
    for name, run_id in connection.execute("select manifest, run_id from graded order by all").fetchall():
        found.setdefault(run_id, []).append(again[name])
    return found


def _key(manifest: Manifest, graders: Sequence[Manifest], code: str) -> str:
    """What the sums of a run follow from."""
    words = (code, manifest.name, *(grader.name for grader in graders))
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _code(connection: duckdb.DuckDBPyConnection) -> str:
    """The sha256 of the views and macros that sum, and of the tiers that any price has."""
    tiers = connection.execute("select distinct from_input_tokens from prices order by 1").fetchall()
    code = repr((SCHEMA_VERSION, tiers, kept_by_run(), load_macros()))
    return hashlib.sha256(code.encode()).hexdigest()


def _batches(manifests: Sequence[Manifest]) -> Iterator[list[Manifest]]:
    """Runs of about CALLS_AT_ONCE calls together."""
    batch: list[Manifest] = []
    n_calls = 0
    for manifest in manifests:
        batch.append(manifest)
        n_calls += sum(file.rows for file in manifest.files if file.table == "calls")
        if n_calls >= CALLS_AT_ONCE:
            yield batch
            batch, n_calls = [], 0
    if batch:
        yield batch
