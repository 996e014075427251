"""`ask`: one question to several models, their answers side by side."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.show import JsonFlag, clean, note, print_json, print_short, print_table, say
from flows.failures import interrupted
from tasks.home import Settings
from tasks.interrupts import Interrupts
from tasks.runs import RunRecord, check_run_id, new_run_id
from warehouse.errors import NightbenchError, SpecError

if TYPE_CHECKING:
    from flows.ask import Asked, ModelAnswer

NARROWEST = 40  # columns of a terminal that an answer needs beside another
WORDS = {"model", "ended"}  # columns of the table that hold no numbers


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        epilog='Example:  nightbench ask "Write a haiku on rain." --model anthropic/claude-haiku-5-5 '
        "--model openai/gpt-6-luna --criteria correctness,readability"
    )(ask)


def ask(
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help='What is asked; "-" reads it from stdin.')],
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="P/M", help="provider/name; may be given several times."),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="F", help="Its text goes to the prompt's end, fenced, with its name."),
    ] = None,
    criteria: Annotated[
        str | None, typer.Option("--criteria", metavar="A,B", help="What a judge is to look at; kept.")
    ] = None,
    judge: Annotated[
        list[str] | None,
        typer.Option("--judge", metavar="P/M", help="Scores the answers by the criteria; repeat: a panel."),
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help="A system message for all models.")] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Ask all at one time, not one after the other.")
    ] = False,
    run_id: Annotated[str | None, typer.Option("--run-id", help="An id of yours; again: resumes it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Ask several models one question; shows and keeps the answers with latency, tokens and cost."""
    from flows.ask import ask_async
    from tasks.asking import ask_spec, make_question

    if not model:
        raise SpecError("no model. Nothing was sent. Name one or more: --model anthropic/claude-haiku-5-5")
    question = make_question(
        sys.stdin.read() if prompt == "-" else prompt,
        files=file or (),
        criteria=(criteria or "").split(","),
        system=system,
        at_once=at_once,
    )
    spec = ask_spec(model, judge or ())
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    _show(
        lambda interrupts: ask_async(question, spec, run_id=chosen, trigger="cli", interrupts=interrupts),
        chosen,
        as_json=as_json,
    )


def resume(settings: Settings, record: RunRecord, *, retry_failed: bool, as_json: bool) -> None:
    """What `nightbench resume` does with a run of kind ask."""
    from flows.ask import resume_ask

    _show(
        lambda interrupts: resume_ask(settings, record, interrupts=interrupts, retry_failed=retry_failed),
        record.run_id,
        as_json=as_json,
    )


def _show(start: Callable[[Interrupts], Coroutine[Any, Any, "Asked"]], run_id: str, *, as_json: bool) -> None:
    """Ask, and print what came, also where an error ended it early."""

    async def run(interrupts: Interrupts, asking: Coroutine[Any, Any, "Asked"]) -> "Asked":
        interrupts.in_loop()
        return await asking

    with Interrupts() as interrupts:
        try:
            asked = asyncio.run(run(interrupts, start(interrupts)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            stopped = interrupted(run_id)
            if as_json:
                print_short(run_id, stopped)
            raise stopped from None
        except NightbenchError as error:
            _print_received(run_id, error, as_json=as_json)
            raise
    print_asked(asked, as_json=as_json)
    if any(answer.status != "answered" for answer in asked.answers):
        raise typer.Exit(1)


def _print_received(run_id: str, error: NightbenchError, *, as_json: bool) -> None:
    """The answers of a run that came to no good end; nothing where it was refused before it began."""
    from flows.ask import read_asked

    with suppress(NightbenchError):  # it was not committed: the error that is on its way says why
        asked = read_asked(Settings.read(os.environ).home, run_id)
        if as_json:
            print_json(asked.as_dict() | {"error": str(error)})
        elif asked.answers:
            print_asked(asked, as_json=False)


def print_asked(asked: "Asked", *, as_json: bool) -> None:
    """The answers side by side, and what each took."""
    if as_json:
        print_json(asked.as_dict())
    else:
        _print_answers(asked)
        rows = [_row(answer) for answer in asked.answers]
        print_table("", rows, right=[name for row in rows[:1] for name in row if name not in WORDS])
        _print_scores(asked)
    if asked.criteria and not asked.scores:
        (note if as_json else say)(
            f"The criteria ({', '.join(asked.criteria)}) are kept with the run; nobody has judged by them "
            f"(--judge provider/name)."
        )
    if not as_json:
        say(f"run {asked.run_id}: {asked.status}")


def _print_scores(asked: "Asked") -> None:
    """What the judges gave each answer, a column a model."""
    from flows.pages.summary import number

    said: dict[tuple[str | None, str | None], dict[str, str]] = {}
    for one in asked.scores:
        score = f"{number(one.score)}{'' if one.passed else ' (does not pass)'}"
        said.setdefault((one.criterion, one.judge), {})[one.variant] = score
    variants = [answer.variant for answer in asked.answers]
    table: list[dict[str, object]] = [
        {
            "criterion": criterion or "all",
            "judge": judge or "",
            **{name: by_variant.get(name, "–") for name in variants},
        }
        for (criterion, judge), by_variant in said.items()
    ]
    print_table("Judged, 0 to 1", table, right=variants)


def _print_answers(asked: "Asked") -> None:
    """In columns where the terminal is wide enough, else one below the other."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not sys.stdout.isatty() or len(asked.answers) < 2 or console.width < NARROWEST * len(asked.answers):
        for answer in asked.answers:
            say(f"── {_title(answer)}")
            say(_said(answer))
            say()
        return
    table = Table(box=SIMPLE_HEAD, header_style="bold", expand=True)
    for answer in asked.answers:
        table.add_column(Text(clean(_title(answer))), ratio=1, overflow="fold")
    table.add_row(*(Text(clean(_said(answer))) for answer in asked.answers))
    console.print(table)


def _title(answer: "ModelAnswer") -> str:
    return f"{answer.variant} (simulated)" if answer.simulated else answer.variant


def _said(answer: "ModelAnswer") -> str:
    if answer.response:
        return answer.response
    reason = answer.error_kind or answer.stop_reason or "nothing was said"
    return f"[no answer: {reason}{f': {answer.error}' if answer.error else ''}]"


def _row(answer: "ModelAnswer") -> dict[str, object]:
    from flows.pages.summary import money, number

    return {
        "model": answer.variant,
        "seconds": number(answer.latency_s),
        "input tokens": answer.input_tokens,
        "output tokens": answer.output_tokens,
        "reasoning": answer.reasoning_tokens,
        "usd": money(answer.usd),
        "ended": answer.stop_reason or answer.error_kind,
    }
