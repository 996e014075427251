"""`cancel`: stop a run from another terminal, as Ctrl-C would."""

import os
import signal
import time
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, print_json, say
from tasks.home import Home, Settings
from warehouse.errors import NightbenchError, SpecError

PATIENCE_S = 60.0


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example:  nightbench cancel 20260102-030405-x7k2")(cancel)


def cancel(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="As `nightbench runs` lists it.")],
    as_json: JsonFlag = False,
) -> None:
    """Stop a run that another process works on: no further call, answers under way are kept."""
    from tasks.runs import holder_of, is_running, read_run

    home = Settings.read(os.environ).home
    read_run(home, run_id)
    pid = holder_of(home, run_id)
    if pid is None:
        raise SpecError(
            f'run "{run_id}" is not at work: it is {_status(home, run_id)}. Nothing was changed. '
            f"`nightbench runs` lists those that are."
        )
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
    status = _status(home, run_id)
    if as_json:
        print_json({"run_id": run_id, "status": status})
        return
    say(f"run {run_id}: {status}. `nightbench resume {run_id}` goes on with it.")


def _status(home: Home, run_id: str) -> str:
    from tasks.status import list_statuses

    return next(status.status for status in list_statuses(home) if status.run_id == run_id)
