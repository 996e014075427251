"""The prompt of `nightbench sql`: completion, history, a pager, and commands that begin with a dot."""

import io
import json
import os
import re
import readline
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

from flows.cli.show import complain, print_table, say
from warehouse.errors import NightbenchError
from warehouse.query import Found
from warehouse.vocabulary import completions, questions, relations, schema_of, words

HISTORY = 1000  # statements that are kept
SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)\Z")
SECRET = re.compile(r"\bsk-[\w-]{12,}|\b(api[-_]?key|password|secret|token)\b\s*(=|:)", re.IGNORECASE)
HELP = """End a statement with ; or an empty line. Tab completes, the arrows go through history.
.tables          every table, view and macro
.schema [NAME]   columns with their types and meanings
.examples        questions and their SQL
.help            this
.quit            leave, as Ctrl-D does; Ctrl-C drops the statement"""


def prompt(home: Path, warehouse: Path, answer: Callable[[str], None]) -> None:
    """Read statements from a person at a terminal until the end of input."""
    history = home / "sql_history"
    _load(history)
    known = words(warehouse)
    readline.set_completer(lambda text, n: dict(enumerate(completions(known, text))).get(n))
    readline.set_completer_delims(" \t\n()[],;=<>+-*/|'\"")
    readline.parse_and_bind("tab: complete")
    readline.set_auto_history(False)
    say("End a statement with ; and leave with Ctrl-D. .help says what else. Try: select * from leaderboard;")
    lines: list[str] = []
    while True:
        try:
            line = input("       ...> " if lines else "nightbench> ")
        except EOFError:
            say()
            break
        except KeyboardInterrupt:
            say()
            lines.clear()
            continue
        if not lines and line.strip().startswith("."):
            if line.strip() in {".quit", ".exit"}:
                break
            _remember(history, line.strip())
            _guarded(partial(_command, warehouse, line.split()))
            continue
        lines.append(line)
        statement = "\n".join(lines).strip()
        if not statement:
            lines.clear()
        elif statement.endswith(";") or not line.strip():
            lines.clear()
            _remember(history, statement)
            _guarded(partial(answer, statement))


def is_secret(statement: str, environ: Mapping[str, str]) -> bool:
    """Whether a statement holds a key: something that looks like one, or the value of such a variable."""
    values = (value for name, value in environ.items() if SECRET_NAME.search(name) and len(value) >= 6)
    return bool(SECRET.search(statement)) or any(value in statement for value in values)


def _guarded(do: Callable[[], None]) -> None:
    """Do it and show what it printed; what is wrong is said, and the prompt goes on."""
    screen = _Screen()
    try:
        with redirect_stdout(screen):
            do()
    except NightbenchError as error:
        complain(str(error))
    except KeyboardInterrupt:
        say("stopped")
    _show(screen.getvalue())


class _Screen(io.StringIO):
    """What would go to the terminal, as wide as it."""

    def isatty(self) -> bool:
        return True


def _show(text: str) -> None:
    """Print it; what is longer than the terminal goes through $PAGER, or less."""
    pager = shlex.split(os.environ.get("PAGER", "less -RS"))
    if text.count("\n") >= shutil.get_terminal_size().lines and pager and shutil.which(pager[0]):
        settings = {**os.environ, "LESSSECURE": "1", "LESSHISTFILE": "-"}
        subprocess.run(pager, input=text, text=True, env=settings, check=False)
    else:
        sys.stdout.write(text)


def _command(warehouse: Path, typed: list[str]) -> None:
    name = typed[0]
    if name == ".help":
        say(HELP)
    elif name == ".tables" or typed == [".schema"]:
        _table(relations(warehouse))
    elif name == ".schema":
        found = schema_of(warehouse, typed[1])
        if found.rows:
            _table(found)
        else:
            say(f"There is no table, view or macro {typed[1]}. .tables lists them.")
    elif name == ".examples":
        for question in questions():
            say(f"-- {question.text}\n{question.sql};\n")
    else:
        say(f"There is no command {name}. .help lists them.")


def _table(found: Found) -> None:
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    print_table("", rows, names=found.columns)


def _load(history: Path) -> None:
    """Earlier statements, a JSON text a line; the oldest beyond HISTORY are dropped."""
    if not history.exists():
        return
    lines = history.read_text(encoding="utf-8").splitlines()[-HISTORY:]
    for line in lines:
        if line.startswith('"') and line.endswith('"'):  # else torn by a kill
            readline.add_history(json.loads(line))


def _remember(history: Path, statement: str) -> None:
    """Keep a statement for the arrows and for the next time; never one with a key in it."""
    if is_secret(statement, os.environ):
        return
    readline.add_history(statement)
    history.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(history, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(json.dumps(statement) + "\n")
