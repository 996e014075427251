"""The small DuckDB file that anyone opens: views over the committed files, and the prices.

It is built aside and renamed into place under a lock, so readers never wait and never see half a run.
Made with storage version v1.0.0, any DuckDB from 1.1 on reads it. Its views name files by absolute path;
`is_current` says when the folder was moved or something was committed since.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from warehouse.catalog_seal import note_catalog
from warehouse.claims import TABLE as CLAIMS_TABLE
from warehouse.claims import load_claims, users_file
from warehouse.columns import COLUMNS, IN_CATALOG, KEYS, MEANINGS, SCHEMA_VERSION, SHARED, Kind, since
from warehouse.commit import FOLDER, Manifest, committed, manifest_names
from warehouse.compacted.shown import note_shown
from warehouse.compacted.standing import Compaction, Source, compaction_names, standing
from warehouse.durable import fsync_file, fsync_folder, make_folder, writing
from warehouse.errors import WarehouseError
from warehouse.kept_answers import ANSWERED, answered_views, carry_answers
from warehouse.kept_answers import TABLE as KEPT_ANSWERS
from warehouse.literals import text
from warehouse.pricelist import TABLE as PRICE_TABLE
from warehouse.pricelist import Price
from warehouse.prices import load_prices, prices_of
from warehouse.sqlfiles import load_late_macros, load_macros, load_views
from warehouse.sums import sum_runs

NAME = "catalog.duckdb"
NO_SPACE = os.strerror(errno.ENOSPC)  # as DuckDB passes it on
MEMORY = "1GB"  # beyond it, sums spill into the warehouse folder
PRICES_AT_ONCE = 100  # DuckDB's parser takes 24 MB for all of them in one statement
REMEDY = (
    "The old catalog is as it was, and what is committed stays committed. Make room or mend the "
    'permissions; the next commit, or "nightbench sql", writes it.'
)
DUCKDB_TYPES: Mapping[Kind, str] = {
    "uuid": "uuid",
    "text": "varchar",
    "word": "varchar",
    "texts": "varchar[]",
    "json": "varchar",
    "time": "timestamptz",
    "date": "date",
    "small": "integer",
    "count": "bigint",
    "real": "double",
    "claim": "boolean",
    "usd": "decimal(18, 12)",
}


def rewrite_catalog(warehouse: Path, *, wait: bool = True, prices: Sequence[Price] | None = None) -> Path:
    """Build the catalog of what is committed and put it in place of the old one.

    The manifests are read after the lock is held, so of two that commit at once the later one sees both.
    With `wait=False` a rewrite that is under way elsewhere is left to it. `prices` stand in place of ours.

    Raises: WarehouseError: a committed file or manifest is damaged, or the disk refuses; the old catalog
        stays as it was.
    """
    path = warehouse / NAME
    with writing(path, REMEDY):
        make_folder(warehouse / FOLDER)
        with _locked(warehouse, wait=wait) as locked:
            if locked:
                for leftover in warehouse.glob(".catalog-*"):  # of a rewrite that was killed
                    shutil.rmtree(leftover)
                state, records = fingerprint(warehouse), compaction_names(warehouse)
                manifests = committed(warehouse)
                _replace(path, warehouse, manifests, state, _prices(manifests) if prices is None else prices)
                note_shown(warehouse, records)
    return path


def is_current(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> tuple[bool, bool]:
    """Whether an opened catalog is of this folder and this nightbench, and whether it has every commit."""
    try:
        row = connection.execute("select warehouse, code, commits from catalog_info").fetchone()
    except duckdb.Error:
        return False, False
    code, commits = fingerprint(warehouse)
    return row is not None and row[:2] == (str(warehouse.resolve()), code), row is not None and row[
        2
    ] == commits


def fingerprint(warehouse: Path) -> tuple[str, str]:
    """What a catalog was made by (its views, macros, price table), and what it was made of."""
    code = hashlib.sha256(f"{SCHEMA_VERSION} {COLUMNS} {MEANINGS}".encode())
    for sql in (*load_macros(), *load_views(), *load_late_macros()):
        code.update(repr(sql).encode())
    for file in (PRICE_TABLE, CLAIMS_TABLE, users_file(warehouse)):
        if file.exists():
            code.update(file.read_bytes())
    records = dict(compaction_names(warehouse))  # those that count: a replaced one may leave
    made_of = (*manifest_names(warehouse), *records.items())
    names = "\n".join(f"{name}.{n}" for name, n in made_of)
    return code.hexdigest(), hashlib.sha256(names.encode()).hexdigest()


def open_rows(
    connection: duckdb.DuckDBPyConnection,
    warehouse: Path,
    manifests: Sequence[Manifest],
    compactions: Sequence[Compaction] | None = None,
) -> None:
    """Let a connection have these runs: tables, macros, prices and what calls cost, with nothing kept."""
    for table, query in _table_queries(warehouse, manifests, compactions).items():
        connection.execute(f"create view {table} as {query}")
    for statement in _price_table(_prices(manifests)):
        connection.execute(statement)
    for macro in load_macros():
        connection.execute(macro.sql)
    for view in load_views():
        if view.name == "rates":
            connection.execute(f"create table rates as {view.sql}")
        elif view.name == "call_costs":
            connection.execute(f"create view call_costs as {view.sql}")


@contextmanager
def open_sums(
    warehouse: Path, manifests: Sequence[Manifest], folder: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that has the prices and the sums of these runs, made anew; it spills to `folder`."""
    with duckdb.connect(config=_settings(folder)) as connection:
        for statement in _price_table(_prices(manifests)):
            connection.execute(statement)
        sum_runs(connection, manifests, lambda runs: _table_queries(warehouse, runs), None)
        yield connection


@contextmanager
def _locked(warehouse: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock of the catalog; it dies with its holder. False where another holds it."""
    handle = os.open(warehouse / FOLDER / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


def _replace(
    path: Path,
    warehouse: Path,
    manifests: Sequence[Manifest],
    state: tuple[str, str],
    prices: Sequence[Price],
) -> None:
    """Make the new file beside the old one and rename it over it."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".catalog-") as folder:
        new, old = Path(folder) / NAME, Path(folder) / "old.duckdb"
        with suppress(FileNotFoundError):
            os.link(path, old)  # under a name of its own: this process may have it open with other settings
        with duckdb.connect(config=_settings(folder)) as connection:

            def do(statement: str) -> None:
                try:
                    connection.execute(statement)
                except duckdb.Error as error:  # SQL that is wrong, or, at the commit and after, a full disk
                    if NO_SPACE in str(error):
                        raise OSError(errno.ENOSPC, NO_SPACE, str(path)) from error
                    raise WarehouseError(
                        f"{path}: cannot be rewritten: {error}\nin: {statement[:300]}\n{REMEDY}"
                    ) from error

            for statement in (*_price_table(prices), *_claims_table(warehouse)):
                do(statement)
            try:
                sum_runs(connection, manifests, lambda runs: _table_queries(warehouse, runs), old)
                carried = carry_answers(connection, old)
            except duckdb.Error as error:
                if NO_SPACE in str(error):
                    raise OSError(errno.ENOSPC, NO_SPACE, str(path)) from error
                raise WarehouseError(f"{path}: its sums cannot be made: {error}\n{REMEDY}") from error
            do(f"attach {text(str(new))} as catalog (storage_version 'v1.0.0')")
            # one transaction: half the time of 200 of them
            for statement in (
                "use catalog",
                "begin",
                *_statements(warehouse, manifests, carried),
                *_about(warehouse, state),
                "commit",
                "use memory",
                "detach catalog",
            ):
                do(statement)
        fsync_file(new)
        note_catalog(warehouse, new)
        new.replace(path)
        with suppress(FileNotFoundError):  # of someone who wrote into the old catalog
            path.with_name(f"{NAME}.wal").unlink()
        fsync_folder(path.parent)


def _settings(folder: str) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "autoinstall_known_extensions": "false",
        "memory_limit": MEMORY,
        "temp_directory": folder,
        "preserve_insertion_order": "false",
        "timezone": "UTC",
    }


def _statements(warehouse: Path, manifests: Sequence[Manifest], carried: Collection[str]) -> Iterator[str]:
    """What makes the catalog, in order: tables, macros, views, comments; `memory` has prices and sums."""
    # Views are bound when they are made, which takes its time with thousands of files: to empty tables first.
    for table, query in _table_queries(warehouse, ()).items():
        what, rows = ("table", "from memory.kept_runs") if table == "runs" else ("view", query)
        yield f"create {what} {table} as {rows}"
    for table in IN_CATALOG:
        yield f"create table {table} as select * from memory.{table}"
        yield from _comments("table", table, MEANINGS[table], _meanings(table))
    for macro in load_macros():
        yield macro.sql
    for view in load_views():
        if view.kept in (None, ANSWERED):
            yield f"create view {view.name} as {view.sql}"
        else:
            rows = f"from memory.{view.name}" if view.kept == "by run" else view.sql
            yield f"create table {view.name} as {rows}"
        what = "view" if view.kept in (None, ANSWERED) else "table"
        yield from _comments(what, view.name, view.comment, {c.name: c.meaning for c in view.columns})
    for macro in load_late_macros():
        yield macro.sql
    for table, query in _table_queries(warehouse, manifests).items():
        if table != "runs":
            yield f"create or replace view {table} as {query}"
        yield from _comments("table" if table == "runs" else "view", table, MEANINGS[table], _meanings(table))
    for view in answered_views():  # from the rows, which are there by now
        rows = f"from memory.carried_{view.name}" if view.name in carried else view.sql
        yield f"drop view {view.name}"
        yield f"create table {view.name} as {rows}"
        yield from _comments("table", view.name, view.comment, {c.name: c.meaning for c in view.columns})
    for table in ("summed", "graded", KEPT_ANSWERS):
        yield f"create table {table} as from memory.{table}"
        yield f"comment on table {table} is 'What the kept sums were made of.'"


def _price_table(prices: Sequence[Price]) -> Iterator[str]:
    columns = ", ".join(f"{name} {DUCKDB_TYPES[kind]}" for name, kind in COLUMNS["prices"].items())
    yield f"create table prices ({columns})"
    rows = [price_row(price) for price in prices]
    for at in range(0, len(rows), PRICES_AT_ONCE):
        yield f"insert into prices values {', '.join(rows[at : at + PRICES_AT_ONCE])}"


def _claims_table(warehouse: Path) -> Iterator[str]:
    columns = ", ".join(f"{name} {DUCKDB_TYPES[kind]}" for name, kind in COLUMNS["claims"].items())
    yield f"create table claims ({columns})"
    for claim in load_claims(warehouse):
        yield f"insert into claims values ({', '.join(map(_literal, vars(claim).values()))})"


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool | float) else text(str(value))


def _table_queries(
    warehouse: Path, manifests: Sequence[Manifest], compactions: Sequence[Compaction] | None = None
) -> dict[str, str]:
    """For each table in files, the query of the rows of these runs."""
    files = standing(warehouse, manifests, compactions)
    return {table: _table_query(table, files.get(table, ())) for table in COLUMNS if table not in IN_CATALOG}


def _table_query(table: str, files: Sequence[Source]) -> str:
    """The rows of a table's files; typed and empty where there are none.

    Files of one schema version are read in one go, which costs the footer of one of them to bind; columns
    that came later are NULL. Of compacted files, those of which some rows do not count are read each with
    their condition.
    """
    kinds = COLUMNS[table]
    if not files:
        nothing = ", ".join(f"cast(null as {DUCKDB_TYPES[kind]}) as {name}" for name, kind in kinds.items())
        return f"select {nothing} where false"
    parts: list[str] = []
    for version, condition in sorted({(file.schema_version, file.condition or "") for file in files}):
        columns = ", ".join(
            name if since(table, name) <= version else f"cast(null as {DUCKDB_TYPES[kind]}) as {name}"
            for name, kind in kinds.items()
        )
        of_these = [f for f in files if (f.schema_version, f.condition or "") == (version, condition)]
        paths = ", ".join(text(file.path) for file in of_these)
        where = f" where {condition}" if condition else ""
        parts.append(f"select {columns} from read_parquet([{paths}], hive_partitioning = false){where}")
    query = " union all ".join(parts)
    if table in SHARED and len(files) > 1:  # two files may hold the same row
        keys = KEYS[table]
        rest = ", ".join(f"{_one_of(name, kinds[name])} as {name}" for name in kinds if name not in keys)
        return f"select {', '.join(keys)}, {rest} from ({query}) group by {', '.join(keys)}"
    return query


def _one_of(column: str, kind: Kind) -> str:
    """The value of a column where several files hold a row: text before a hash that stands for it."""
    if kind not in {"text", "texts", "json"}:
        return f"any_value({column})"
    return f"arg_min({column}, case when cast({column} as varchar) like '%sha256:%' then 1 else 0 end)"


def _prices(manifests: Sequence[Manifest]) -> list[Price]:
    """Our own table, and what else the committed runs need."""
    own = load_prices()
    named = {model for manifest in manifests for model in manifest.priced_as} - {price.model for price in own}
    return [*own, *(price for model in sorted(named) for price in prices_of(model))]


def price_row(price: Price) -> str:
    """A price as a row of SQL's `values`."""
    valid_to = "null" if price.valid_to is None else f"date '{price.valid_to}'"
    words = ", ".join(map(text, (price.provider, price.model, price.mode, price.token_kind)))
    return (
        f"({words}, {price.from_input_tokens}, {price.usd_per_mtok:f}, "
        f"date '{price.valid_from}', {valid_to}, {text(price.source)})"
    )


def _about(warehouse: Path, state: tuple[str, str]) -> Iterator[str]:
    values = ", ".join(map(text, (str(warehouse.resolve()), *state)))
    yield f"create table catalog_info as select * from (values ({values})) as info(warehouse, code, commits)"
    yield "comment on table catalog_info is 'What this catalog was made of and by.'"


def _meanings(table: str) -> dict[str, str]:
    return {name: MEANINGS[f"{table}.{name}"] for name in COLUMNS[table] if f"{table}.{name}" in MEANINGS}


def _comments(what: str, name: str, comment: str, columns: Mapping[str, str]) -> Iterator[str]:
    yield f"comment on {what} {name} is {text(comment)}"
    for column, meaning in columns.items():
        yield f'comment on column {name}."{column}" is {text(meaning)}'
