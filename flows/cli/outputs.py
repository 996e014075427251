"""`import`: outputs that exist already become a graded run."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DirOption, UnsafeFlag
from flows.cli.run import let_code_run, print_result
from flows.cli.show import JsonFlag, note
from tasks.home import Settings
from tasks.runs import begin_run, check_run_id, forget_unsent, new_run_id, run_lock
from tasks.spec import make_spec
from warehouse.errors import NightbenchError, SpecError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        name="import",
        epilog="Example:  nightbench import gsm.json.gz --suite gsm8k_json --model recorded/gpt-4o "
        '--map "select id as sample_id, output[1] as output from source"',
    )(import_)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON, JSONL, CSV or Parquet, also .gz.")],
    suite: Annotated[str, typer.Option("--suite", help="The suite that the outputs answer.")],
    model: Annotated[str, typer.Option("--model", help="recorded/NAME: who gave them; priced as NAME.")],
    map_sql: Annotated[
        str, typer.Option("--map", help="SELECT from `source` to sample_id, output, and what else is known.")
    ] = "select * from source",
    name: Annotated[str | None, typer.Option("--name", help="The variant; default: the model.")] = None,
    run_id: Annotated[str | None, typer.Option("--run-id", help="An id of yours.")] = None,
    unsafe_local_code: UnsafeFlag = False,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Grade outputs that exist already. Columns: sample_id, output, and where known epoch, latency_s,
    input_tokens, output_tokens, stop_reason."""  # noqa: D209 - it is the command's help text
    from tasks.importing import import_outputs, read_outputs

    let_code_run(unsafe_local_code)
    if not model.startswith("recorded/"):
        raise SpecError(
            f'--model {model}: imported outputs belong to recorded/NAME, as in "recorded/gpt-4o-2024-05-13".'
        )
    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    settings.home.make()
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    outputs = read_outputs(file, map_sql)
    entry = {"model": model} if name is None else {"model": model, "name": name}
    spec = make_spec(
        {"suites": [suite], "models": [entry], "epochs": max(1, *(output.epoch for output in outputs), 1)}
    )
    with run_lock(settings.home, chosen):
        record = begin_run(settings.home, spec, chosen, trigger="cli", kind="import")
        note(f"run {chosen}: {len(outputs):,} outputs")
        try:
            import_outputs(settings, record, outputs, say=note)
        except NightbenchError:
            forget_unsent(settings.home, chosen)
            raise
    print_result(settings.home, chosen, as_json=as_json)
