"""`init suite` and `init spec`: a suite from a file of rows, and a spec for what is on hand."""

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DirOption
from flows.cli.show import JsonFlag, note, print_json, say
from tasks.home import Settings

SHOWN_PROMPTS = 3
SPEC_FILE = Path("nightbench.toml")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    init = typer.Typer(
        help="Begin: a suite from a file of rows, or a spec for the suites and models on hand.",
        epilog="Examples:  nightbench init suite capitals --from capitals.csv   |   nightbench init spec",
        no_args_is_help=True,
    )
    init.command(
        epilog="Examples:  nightbench init suite capitals --from capitals.csv --dir my_suites   |   "
        "nightbench init suite tickets --from tickets.jsonl --input ticket.body --target label"
    )(suite)
    init.command(epilog="Example:  nightbench init spec nightly.toml")(spec)
    app.add_typer(init, name="init")


def suite(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The suite's name, and its folder's.")],
    from_file: Annotated[
        Path, typer.Option("--from", metavar="FILE", help="CSV, TSV, JSONL, a JSON array, or Parquet.")
    ],
    input_column: Annotated[
        str | None, typer.Option("--input", metavar="COL", help="The question; a.b for a nested field.")
    ] = None,
    target_column: Annotated[
        str | None, typer.Option("--target", metavar="COL", help="The right answer.")
    ] = None,
    choices_column: Annotated[
        str | None, typer.Option("--choices", metavar="COL", help="The choices, as a list.")
    ] = None,
    category_column: Annotated[
        str | None, typer.Option("--category", metavar="COL", help="What kind of question it is.")
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COL", help="An id; default: the row's place.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", metavar="ENC", help="Of the file, as in cp1252; else guessed.")
    ] = None,
    parent: Annotated[
        Path | None,
        typer.Option(
            "--dir", metavar="DIR", help="Where the folder is made; default: NIGHTBENCH_SUITES, or ./suites."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a suite's folder from a file of rows; guess its columns and its grader, and say why."""
    from tasks.load.render import render_messages
    from tasks.new_suite import make_suite

    named = {
        "input": input_column,
        "target": target_column,
        "choices": choices_column,
        "category": category_column,
        "id": id_column,
    }
    settings = Settings.read(os.environ)
    told = {role: column for role, column in named.items() if column is not None}
    made = make_suite(settings, name, from_file, parent=parent, told=told, encoding=encoding)
    shown = [
        (sample, render_messages(made.suite, sample, system=None, prompt=None))
        for sample in made.suite.samples[:SHOWN_PROMPTS]
    ]
    known = made.folder.parent in settings.suite_folders
    run = f"nightbench run --suite {name} --model simulated/gpt-4o-2024-05-13"
    run += "" if known else f" --suites-dir {made.folder.parent}"
    if as_json:
        print_json(
            {
                "suite": name,
                "version": made.suite.version,
                "folder": str(made.folder),
                "files": sorted(made.files),
                "samples": len(made.suite.samples),
                "columns": [{"role": role, "why": why} for role, why in made.columns.reasons],
                "graders": [dict(entry) for entry in made.guess.graders],
                "why": made.guess.why,
                "notes": made.notes,
                "prompts": [
                    {"sample_id": sample.sample_id, "messages": messages, "target": sample.target}
                    for sample, messages in shown
                ],
                "run": run,
            }
        )
        return
    say(f"{made.folder}: {len(made.suite.samples):,} samples ({', '.join(sorted(made.files))})")
    for sentence in made.notes:
        say(f"  {sentence}")
    for role, why in made.columns.reasons:
        say(f"  {role + ':':<10} {why}")
    say(f"  {'grader:':<10} {made.guess.type}, because {made.guess.why}")
    for sample, messages in shown:
        say(f"\n--- {sample.sample_id}, target: {sample.target or ' | '.join(sample.targets)}")
        for turn in messages:
            say(f"[{turn['role']}]\n{turn['content']}")
    say(f"\nNext:  nightbench suites check {name}" + ("" if known else f" --suites-dir {made.folder.parent}"))
    say(f"       {run}")
    if not known:
        note(
            f'With  export NIGHTBENCH_SUITES="{made.folder.parent}"  the suite is found without --suites-dir.'
        )


def spec(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="The file that is written.", show_default=True)
    ] = SPEC_FILE,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a commented spec for the suites whose data is here and the models whose keys are set."""
    from tasks.new_spec import on_hand, spec_text, write_spec

    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    found = on_hand(settings, os.environ)
    write_spec(spec_text(found, file), file)
    more = "".join(f" --suites-dir {folder}" for folder in suites_dir or ())
    if as_json:
        print_json(
            {
                "file": str(file),
                "suites": found.suites,
                "models": found.models,
                "why_models": found.why_models,
            }
        )
        return
    n = len(found.suites)
    say(f"{file}: {n} suite{'' if n == 1 else 's'} ({', '.join(found.suites)})")
    say(f"  models: {', '.join(found.models)} ({found.why_models})")
    say(f"\nNext:  nightbench plan {file}{more}\n       nightbench run {file}{more}")
