"""`sql`: the catalog from the command line, one query or a prompt."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, complain, print_table
from tasks.home import Home, Settings
from warehouse.errors import NightbenchError


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog='Examples:  nightbench sql "select * from leaderboard"   |   '
        'nightbench sql "select * from cost_by_day" --format csv > cost.csv   |   nightbench sql'
    )(sql)


def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="One SQL statement; without it, a prompt.")
    ] = None,
    shape: Annotated[Format, typer.Option("--format", help="How rows are printed.")] = Format.table,
    as_json: JsonFlag = False,
) -> None:
    """Ask the results in SQL (DuckDB); the catalog is opened read-only."""
    home = Settings.read(os.environ).home
    shape = Format.json if as_json else shape
    if query is not None:
        _answer(home, query, shape)
    else:
        _prompt(home, shape)


def _answer(home: Home, query: str, shape: Format) -> None:
    from warehouse.query import run_sql, to_csv, to_json, to_parquet

    found = run_sql(home.warehouse, query)
    if shape is Format.json:
        sys.stdout.write(to_json(found) + "\n")
    elif shape is Format.csv:
        to_csv(found, sys.stdout)
    elif shape is Format.parquet:
        if sys.stdout.isatty():
            complain("Parquet is bytes, not text. Send it to a file: --format parquet > rows.parquet")
            raise typer.Exit(2)
        to_parquet(home.warehouse, query, sys.stdout.buffer)
    else:
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
        numbers = [
            name for i, name in enumerate(found.columns) if _is_numeric([row[i] for row in found.rows])
        ]
        print_table("", rows, right=numbers, names=found.columns)


def _is_numeric(values: list[object]) -> bool:
    from decimal import Decimal

    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float | Decimal) for value in known)


def _prompt(home: Home, shape: Format) -> None:
    """Read statements, each ended by a semicolon or an empty line, until the end of input."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        from flows.cli.sql_prompt import prompt

        prompt(home.root, home.warehouse, lambda statement: _answer(home, statement, shape))
        return
    lines: list[str] = []
    while True:
        try:
            line = input()
        except EOFError:
            break
        lines.append(line)
        statement = "\n".join(lines).strip()
        if statement and (statement.endswith(";") or not line.strip()):
            lines.clear()
            try:
                _answer(home, statement, shape)
            except NightbenchError as error:
                complain(str(error))
                raise typer.Exit(error.exit_code) from error
        elif not statement:
            lines.clear()
    if rest := "\n".join(lines).strip():
        _answer(home, rest, shape)
