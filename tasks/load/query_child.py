"""The process in which samples.sql runs: standard library and DuckDB only, started by tasks/load/query.py.

A process of its own, because DuckDB looks for a relative name in the working directory before it looks in
`file_search_path` (2.0.1): here the working directory is the suite's folder, so that no file that happens
to lie where nightbench was started takes the place of the suite's. It also makes `allowed_directories` work
with relative names: nothing outside the suite's folder and its pulled files can be read, links included.

In:  one JSON object {"sql", "folder", "pulled", "aside", "spill", "tables"} on stdin,
     tables as {name: {column: [text]}}.
Out: pickles on stdout: ("columns", [(name, type), ...]), then lists of rows, then None;
     or, at any point, ("error", what DuckDB said).
"""

import json
import pickle
import sys
from pathlib import Path

import duckdb

BATCH_ROWS = 5_000
MAX_ROW_BYTES = 64 << 20  # many times what any model's context holds
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
}


def connect(folder: str, pulled: str, aside: str, *, spill: bool) -> duckdb.DuckDBPyConnection:
    """An in-memory database, UTC, that reads files under two folders, writes nothing and has no network.

    `aside` is an empty folder of the caller's, for what DuckDB spills (by default into the working
    directory) and for links: a path with a comma cannot stand in `file_search_path`, a link to it can.
    Without `spill` what does not fit into memory is an error, and nothing is written.
    """
    search = []
    for number, place in enumerate((folder, pulled)):
        if "," in place:
            link = Path(aside, str(number))
            link.symlink_to(place, target_is_directory=True)
            place = str(link)
        search.append(place)
    connection = duckdb.connect(":memory:", config=CONFIG)
    connection.execute("set allowed_directories = ?", [[folder, pulled]])
    connection.execute("set file_search_path = ?", [",".join(search)])
    connection.execute("set temp_directory = ?", [str(Path(aside, "spill")) if spill else ""])
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def create_tables(connection: duckdb.DuckDBPyConnection, tables: dict[str, dict[str, list[str]]]) -> None:
    """The tables that came with the query, every column text."""
    for table, columns in tables.items():
        names = [name.replace('"', '""') for name in columns]
        listed = ", ".join(f'unnest(?::varchar[]) as "{name}"' for name in names)
        connection.execute(f'create table "{table}" as select {listed}', list(columns.values()))


def only_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The one SELECT in the text; a ValueError says what else is there."""
    statements = connection.extract_statements(sql)
    kinds = [str(statement.type).rpartition(".")[2] for statement in statements]
    if kinds != ["SELECT"]:
        raise ValueError(f"it must hold exactly one SELECT; it holds {', '.join(kinds) or 'no statement'}")
    return statements[0]


def packed(rows: list[tuple[object, ...]], n_before: int) -> bytes:
    """A batch as it is sent; a ValueError names a row that is too large for any use."""
    data = pickle.dumps(rows)
    if len(data) > MAX_ROW_BYTES:
        for number, row in enumerate(rows, n_before + 1):
            size = len(pickle.dumps(row))
            if size > MAX_ROW_BYTES:
                raise ValueError(
                    f"row {number} has {size:,} bytes; a sample has at most {MAX_ROW_BYTES:,}. Leave it out, "
                    f"or take a part of it"
                )
    return data


def main() -> None:
    """Run the query that stdin names and write its rows to stdout."""
    asked = json.load(sys.stdin)
    out = sys.stdout.buffer
    try:
        connection = connect(asked["folder"], asked["pulled"], asked["aside"], spill=asked["spill"])
        create_tables(connection, asked["tables"])
        result = connection.execute(only_select(connection, asked["sql"]))
        pickle.dump(("columns", [(name, str(kind)) for name, kind, *_ in result.description]), out)
        n_before = 0
        while rows := result.fetchmany(BATCH_ROWS):
            out.write(packed(rows, n_before))
            n_before += len(rows)
        pickle.dump(None, out)
    except (duckdb.Error, ValueError, OSError) as error:
        pickle.dump(("error", str(error)), out)
    except MemoryError:
        pickle.dump(("error", "the rows do not fit into memory; a row or a batch of them is too large"), out)


if __name__ == "__main__":
    main()
