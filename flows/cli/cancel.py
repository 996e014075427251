"""`cancel`: stop a run from another terminal, as Ctrl-C would, and its batches at their providers."""

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, say
from tasks.home import Home, Settings
from warehouse.errors import NightbenchError, SpecError

if TYPE_CHECKING:  # the command line imports this module for `--help` too
    from tasks.runs import RunRecord

PATIENCE_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example:  nightbench cancel 20260102-030405-x7k2")(cancel)


def cancel(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="As `nightbench runs` lists it.")],
    as_json: JsonFlag = False,
) -> None:
    """Stop a run that another process works on: no further call, answers under way are kept.

    Its batches are cancelled at the provider, and what was done of them is kept, also of a run that nobody
    works on any more.
    """
    from tasks.cancelling import has_open_batches
    from tasks.runs import holder_of, read_run

    home = Settings.read(os.environ).home
    record = read_run(home, run_id)
    pid = holder_of(home, run_id)
    if pid is not None:
        _stop(home, run_id, pid)
    elif not has_open_batches(home, run_id):
        raise SpecError(
            f'run "{run_id}" is not at work: it is {_status(home, run_id)}. Nothing was changed. '
            f"`nightbench runs` lists those that are."
        )
    left = _cancel_batches(record) if has_open_batches(home, run_id) else []
    status = _status(home, run_id)
    if as_json:
        print_json({"run_id": run_id, "status": status, **({"left": left} if left else {})})
        return
    for sentence in left:
        say(sentence)
    say(f"run {run_id}: {status}. `nightbench resume {run_id}` goes on with it.")


def _stop(home: Home, run_id: str, pid: int) -> None:
    from tasks.runs import is_running

    try:
        os.kill(pid, signal.SIGINT)
    except (ProcessLookupError, PermissionError) as error:
        raise NightbenchError(
            f'run "{run_id}": its process {pid} cannot be told to stop ({error.strerror}). It may work on '
            f"another machine, or for another user. Stop it there."
        ) from error
    until = time.monotonic() + PATIENCE_S
    while is_running(home, run_id):
        if time.monotonic() > until:
            raise NightbenchError(
                f'run "{run_id}" was told to stop and still works after {PATIENCE_S:.0f} s (pid {pid}). '
                f"Give the command again: a second Ctrl-C drops what is in flight."
            )
        time.sleep(0.1)


def _cancel_batches(record: "RunRecord") -> list[str]:
    from flows.keys import at_hand
    from tasks.cancelling import cancel_run
    from tasks.runs import run_lock

    folders = tuple(Path(folder) for folder in record.suite_folders)
    settings = Settings.read(os.environ, folders)
    note(f"run {record.run_id}: its batches are being cancelled at the provider, which may take ten minutes")
    environ = at_hand(settings.home.root, record.eval_spec().entries, os.environ)
    with run_lock(settings.home, record.run_id):
        return asyncio.run(cancel_run(settings, record, environ))


def _status(home: Home, run_id: str) -> str:
    from tasks.status import list_statuses

    return next(status.status for status in list_statuses(home) if status.run_id == run_id)
