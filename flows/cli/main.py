"""The command `nightbench`: what can be said to it, and how errors leave it.

Exit codes: 0 done, 1 failed, 2 bad usage or bad spec, 3 stopped short and resumable, 4 a gate said no.
"""

import gc
import logging
import os
import signal
import sys
from typing import NoReturn

import typer

from flows.cli import (
    ask,
    bundle,
    calibrate,
    cancel,
    compact,
    compare,
    export,
    forget,
    gate,
    init,
    models,
    outputs,
    plan,
    query,
    regrade,
    route,
    run,
    runs,
    service,
    suites,
    verify,
)
from flows.cli.show import complain
from flows.failures import explain
from tasks.home import Settings
from warehouse.errors import NightbenchError

app = typer.Typer(
    name="nightbench",
    help="Which model should we use for this work, at what cost, and how sure are we?",
    epilog="First steps:  make demo   |   nightbench suites   |   "
    "nightbench run --suite word_problems --model simulated/gpt-4o-2024-05-13 --limit 20",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
for module in (
    run,
    plan,
    ask,
    runs,
    cancel,
    outputs,
    regrade,
    calibrate,
    compare,
    gate,
    route,
    compact,
    query,
    export,
    forget,
    bundle,
    suites,
    init,
    models,
    service,
    verify,
):
    module.register(app)


def main() -> None:
    """Run the command line; nightbench's own errors leave as a sentence and an exit code."""
    gc.set_threshold(50_000, 20, 100)  # the imports of a run leave no cycles, and are a tenth faster so
    logging.raiseExceptions = False  # a log line that Prefect's server does not take is no error of a command
    try:
        app()
    except NightbenchError as error:
        _end(str(error), error.exit_code)
    except KeyboardInterrupt:
        _end("stopped by Ctrl-C.", 3)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        ours = explain(error, Settings.read(os.environ).home.root)
        if ours is None:
            raise
        _end(str(ours), ours.exit_code)


def _end(why: str, code: int) -> NoReturn:
    """Say why and leave with the code; a further Ctrl-C changes neither."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    complain(why)
    sys.exit(code)


if __name__ == "__main__":
    main()
