"""`suites` and `datasets pull`: what can be asked, and where its data comes from."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import DirOption
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from flows.cli.suite_check import check
from tasks.home import Settings
from warehouse.errors import SpecError, SuiteError

if TYPE_CHECKING:
    from tasks.load.pull import PulledFile

SHOWN_PROMPTS = 3


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench suites   |   nightbench suites json_only   |   "
        "nightbench suites check json_only"
    )(suites)
    datasets = typer.Typer(help="The data of public suites.", no_args_is_help=True)
    datasets.command(
        epilog="Examples:  nightbench datasets pull gsm8k   |   nightbench datasets pull --from ~/benchmarks"
    )(pull)
    # A group with one command would swallow its name without a callback.
    datasets.callback()(_group)
    app.add_typer(datasets, name="datasets")


def suites(
    suite: Annotated[
        str | None, typer.Argument(metavar="[SUITE]", help="Show three of its prompts. `check`: check NAME.")
    ] = None,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="After `check`: the suite that is checked.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="P/M", help="check: a model whose context the rows must fit."),
    ] = None,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the suites with their sample counts and what is missing, or show one.

    With `check NAME`: duplicate questions, empty, contradictory or leaked targets, unbalanced letters, rows
    over a model's context, broken encodings, re-typed columns, near-duplicates in other suites. Exit code 1
    where something is an error or a warning.
    """
    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    if suite == "check":
        check(settings, name, model or (), as_json=as_json)
        return
    if name is not None or model:
        raise SpecError(
            f'nightbench suites {suite}: "{name or "--model"}" belongs to `nightbench suites check NAME`.'
        )
    if suite is not None:
        _show(settings, suite, as_json=as_json)
        return
    rows = [_row(settings, name) for name in _names(settings)]
    if as_json:
        print_json(rows)
    else:
        print_table("", rows, right=["samples"])


def pull(
    suite: Annotated[str | None, typer.Argument(metavar="[SUITE]", help="Default: every suite.")] = None,
    from_dir: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Find the files here, by their sha256.")
    ] = None,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring pinned sources into the cache: downloaded or found in a folder, and checked by sha256."""
    from tasks.load.definition import read_definition
    from tasks.load.discover import find_suite
    from tasks.load.pull import NothingFound
    from tasks.load.pull import pull as pull_suite

    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    settings.home.make()
    done: list[tuple[str, PulledFile]] = []
    problems: list[str] = []
    elsewhere: list[str] = []
    for name in [suite] if suite else _names(settings):
        definition = read_definition(find_suite(name, settings.suite_folders))
        try:
            files = pull_suite(definition, settings.home.cache, from_dir=from_dir, progress=_bar(), warn=note)
        except SuiteError as error:
            if suite is None and isinstance(error, NothingFound):  # a folder need not have all suites' data
                elsewhere.append(name)
            else:
                problems.append(str(error))
            continue
        done += [(name, file) for file in files]
    if elsewhere and not done:
        problems.append(f"{from_dir}: it has no file of any suite. Nothing was pulled. Check --from.")
    if as_json:
        listed = [
            {"suite": name, "file": file.filename, "bytes": file.size_bytes, "how": file.how}
            for name, file in done
        ]
        print_json({"files": listed, "problems": problems, "elsewhere": elsewhere})
    elif done:
        print_table("", list(_by_suite(done)), right=["files", "bytes"])
    if problems:
        raise SuiteError("\n".join(problems))
    if elsewhere:
        note(f"{from_dir} has nothing of {', '.join(elsewhere)}; pull these without --from.")
    if not done and not as_json:
        say("Nothing to pull: the data of these suites lies in their folders.")


def _by_suite(files: "list[tuple[str, PulledFile]]") -> Iterator[dict[str, object]]:
    """A row a suite and way: some have dozens of files."""
    sizes: dict[tuple[str, str], list[int]] = {}
    for name, file in files:
        sizes.setdefault((name, file.how), []).append(file.size_bytes)
    for (suite, how), found in sizes.items():
        yield {"suite": suite, "files": len(found), "bytes": sum(found), "how": how}


def _group() -> None:
    """The data of public suites."""


def _names(settings: Settings) -> list[str]:
    from tasks.load.discover import discover

    return sorted(discover(settings.suite_folders))


def _row(settings: Settings, name: str) -> dict[str, object]:
    from tasks.load.definition import read_definition
    from tasks.load.discover import find_suite
    from tasks.load.pull import missing_files
    from tasks.load.samples import load_suite

    row: dict[str, object] = {"suite": name, "version": None, "samples": None, "graders": None, "title": None}
    try:
        folder = find_suite(name, settings.suite_folders)
        definition = read_definition(folder)
        row["title"] = definition.card.title
        row["graders"] = ", ".join(grader.type for grader in definition.card.graders)
        missing = missing_files(definition, settings.home.cache)
        if missing:
            row["missing"] = f"nightbench datasets pull {name}"
        else:
            loaded = load_suite(folder, settings.home.cache)
            row["version"], row["samples"] = loaded.version, len(loaded.samples)
            row["missing"] = ""
    except SuiteError as error:  # one broken suite does not hide the others
        row["missing"] = str(error)
    return row


def _show(settings: Settings, name: str, *, as_json: bool) -> None:
    from tasks.land.rows import sealed_messages, sealed_target
    from tasks.load.discover import find_suite
    from tasks.load.render import render_messages
    from tasks.load.samples import load_suite

    suite = load_suite(find_suite(name, settings.suite_folders), settings.home.cache)
    shown = []
    for sample in suite.samples[:SHOWN_PROMPTS]:
        target, messages = sample.target, list(render_messages(suite, sample, system=None, prompt=None))
        if suite.sealed:
            target, messages = sealed_target(sample, target), sealed_messages(messages)
        shown.append((sample, target, messages))
    if as_json:
        print_json(
            {
                "suite": suite.name,
                "version": suite.version,
                "title": suite.title,
                "licence": suite.licence,
                "citation": suite.citation,
                "params": suite.params,
                "graders": [{"type": grader.type, **grader.options} for grader in suite.graders],
                "samples": len(suite.samples),
                "sealed": suite.sealed,
                "prompts": [
                    {
                        "sample_id": sample.sample_id,
                        "category": sample.category,
                        "messages": messages,
                        "target": target,
                    }
                    for sample, target, messages in shown
                ],
            }
        )
        return
    say(f"{suite.name} {suite.version}: {suite.title} ({len(suite.samples):,} samples)")
    for label, value in (("licence", suite.licence), ("citation", suite.citation), ("folder", suite.folder)):
        if value:
            say(f"{label}: {value}")
    say("graders: " + ", ".join(grader.type for grader in suite.graders))
    if suite.sealed:
        say("sealed:  its text is not to be published; hashes stand in its place here and in the tables")
    for sample, target, messages in shown:
        say(f"\n--- {sample.sample_id} ({sample.category or 'no category'}), target: {target}")
        for turn in messages:
            say(f"[{turn['role']}]\n{turn['content']}")


def _bar() -> Callable[[str, int, int | None], None]:
    """A line a file on stderr, rewritten in place on a terminal."""

    def show(name: str, here: int, total: int | None) -> None:
        if sys.stderr.isatty():
            of = f" of {total / 1e6:,.1f}" if total else ""
            sys.stderr.write(f"\r\x1b[K{name}: {here / 1e6:,.1f}{of} MB")
            if total is not None and here >= total:
                sys.stderr.write("\n")

    return show
