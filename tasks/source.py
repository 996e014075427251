"""A file of rows as the table `source`, and a query put to it; text stays text."""

import re
from contextlib import closing
from pathlib import Path

import duckdb

from warehouse.errors import SpecError

DEFAULT_MAP = "select * from source"
# A type that the JSON reader gave to text, where a type can stand: alone, or after a field's name.
RETYPED = re.compile(r'(?:^|(?<=[\w"] ))(UUID|TIME)\b')


def read_source(file: Path, map_sql: str, state: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """The columns and rows that the map gives; `state` says in a message what has not happened.

    JSON, JSONL, CSV, TSV and Parquet, also gzipped. Files of other places cannot be read by the map.
    Raises: SpecError: the file or the map is not what it must be; names the remedy.
    """
    if not file.is_file():
        raise SpecError(f"{file}: there is no such file. {state}")
    with closing(duckdb.connect()) as connection:
        connection.execute("set autoinstall_known_extensions = false; set TimeZone = 'UTC'")
        try:
            connection.execute(f"create table source as select * from {_reader(connection, file, state)}")
        except duckdb.Error as error:
            raise SpecError(f"{file}: cannot be read: {error}. {state}") from error
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            cursor = connection.execute(map_sql)
            columns = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall()
        except duckdb.Error as error:
            has = ", ".join(row[0] for row in connection.execute("describe source").fetchall())
            raise SpecError(f"--map {map_sql!r}: {error}. `source` has the columns {has}. {state}") from error
    return columns, rows


def _reader(connection: duckdb.DuckDBPyConnection, file: Path, state: str) -> str:
    name = "'" + str(file).replace("'", "''") + "'"
    kind = file.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind == "parquet":
        return f"read_parquet({name})"
    if kind in {"csv", "tsv"}:
        return f"read_csv({name}, all_varchar = true)"
    if kind not in {"json", "jsonl", "ndjson"}:
        raise SpecError(
            f"{file}: nightbench reads .json, .jsonl, .ndjson, .csv, .tsv and .parquet, each also with .gz. "
            f"{state} Rename the file to say what it is."
        )
    options = "sample_size = -1, maximum_object_size = 268435456, dateformat = '@', timestampformat = '@'"
    described = connection.execute(f"describe select * from read_json({name}, {options})").fetchall()
    columns = ", ".join(f"{_quoted(row[0])}: {_quoted(RETYPED.sub('VARCHAR', row[1]))}" for row in described)
    return f"read_json({name}, columns = {{{columns}}}, maximum_object_size = 268435456)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
