"""`export`: the results in one file that others can open."""

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, print_json, say
from tasks.home import Settings
from warehouse.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench export answers.parquet   |   "
        "nightbench export board.csv --view leaderboard   |   nightbench export all.duckdb --run RUN_ID"
    )(export)


def export(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="It ends in .parquet, .csv or .duckdb.")
    ] = Path("answers.parquet"),
    query: Annotated[str | None, typer.Option("--query", metavar="SQL", help="The rows of a query.")] = None,
    table: Annotated[
        str | None, typer.Option("--table", "--view", metavar="NAME", help="A table or view, whole.")
    ] = None,
    run: Annotated[
        list[str] | None, typer.Option("--run", metavar="ID", help="Of this run alone; repeat for more.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: leave texts that a spreadsheet would run as formulas.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Write results to one file: by default one row an answer, with score, cost, sample, latency and tokens.

    A .duckdb file holds every table and view, for DuckDB from 1.1 on. In CSV, texts that begin like a formula
    get an apostrophe before them.
    """
    from warehouse.export import Wanted
    from warehouse.export import export as export_file

    if query is not None and table is not None:
        raise SpecError(
            "--query and --table say both what is written. Nothing was written. Give one of them."
        )
    wanted = Wanted(relation=table, query=query, run_ids=tuple(run or ()))
    home = Settings.read(os.environ).home
    done = export_file(home.warehouse, file.expanduser().absolute(), wanted, force=force, raw=raw)
    if as_json:
        print_json({"file": str(done.path), "rows": done.rows, "bytes": done.n_bytes})
        return
    total = sum(done.rows.values())
    tables = "" if len(done.rows) == 1 else f" in {len(done.rows)} tables"
    say(f"{file}: {total:,} row{'' if total == 1 else 's'}{tables}, {done.n_bytes:,} bytes")
