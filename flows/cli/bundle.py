"""`bundle` and `check`: all that a published number rests on in one file, and which numbers in it hold."""

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import DirOption
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Settings
from tasks.runs import check_run_id

if TYPE_CHECKING:  # DuckDB and the graders take a second, which `--help` does not wait for
    from tasks.checking import Report

SHOWN = ("accuracy", "ci_low", "ci_high", "usd", "usd_per_correct", "n")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench bundle RUN_ID   |   nightbench bundle RUN_ID -o paper.nightbench "
        "--with-text my_suite"
    )(bundle)
    app.command(epilog="Example:  nightbench check RUN_ID.nightbench")(check)


def bundle(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run whose numbers are published.")],
    file: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Default: RUN.nightbench in this folder."),
    ] = None,
    with_text: Annotated[
        list[str] | None,
        typer.Option("--with-text", metavar="SUITE", help="You may pass its text on; repeat for more."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Put spec, suites, responses, grades, prices, versions and the claimed results of a run into one file.

    Of a suite that is sealed, or whose licence does not say that anyone may pass it on, there are hashes.
    """
    from tasks.bundle_zip import ENDING
    from tasks.bundling import write_bundle

    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    target = (file or Path(f"{check_run_id(run)}{ENDING}")).expanduser().absolute()
    done = write_bundle(settings, run, target, with_text=tuple(with_text or ()), force=force)
    if as_json:
        suites = [
            {"suite": one.name, "suite_version": one.version, "text": one.text, "why": one.why}
            for one in done.suites
        ]
        print_json(
            {
                "file": str(done.path),
                "run_id": run,
                "sha256": done.sha256,
                "bytes": done.n_bytes,
                "rows": done.rows,
                "suites": suites,
            }
        )
        return
    for one in done.suites:
        word = "with its text" if one.text == "whole" else "hashes of its text"
        note(f"{one.name} {one.version}: {word} ({one.why})")
    say(f"{target.name}: {done.rows['calls']:,} calls, {done.n_bytes:,} bytes")
    say(f"sha256 {done.sha256}")
    say(f"Anyone finds its numbers again with: nightbench check {target.name}")


def check(
    file: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A file that `nightbench bundle` wrote.")],
    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="It may hold so many MB, inflated.")] = 2048,
    minutes: Annotated[float, typer.Option("--minutes", min=0.01, help="Give up after so long.")] = 60,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Find the numbers of a bundle again and say which hold; 0 all do, 1 some do not.

    No home is needed and no model is called. Code in answers runs in the sandbox or not at all.
    """
    from tasks.checking import check_bundle
    from tasks.grade.sql.server import VARIABLE

    os.environ.pop(VARIABLE, None)  # a stranger's tables are not made on a server of ours
    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    report = check_bundle(settings, file, max_bytes=max_mb << 20, seconds=minutes * 60, say=note)
    if as_json:
        print_json(_document(report))
    else:
        _print(report)
    if not report.holds:
        raise typer.Exit(1)


def _document(report: "Report") -> dict[str, object]:
    return {
        "bundle": report.path.name,
        "sha256": report.sha256,
        "run_id": report.run_id,
        "made_by": report.made_by,
        "holds": report.holds,
        "checks": [dataclasses.asdict(one) for one in report.checks],
        "numbers": [dataclasses.asdict(one) for one in report.numbers],
        "on_trust": report.on_trust,
    }


def _print(report: "Report") -> None:
    print_table(
        f"Bundle of run {report.run_id}",
        [
            {"looked at": one.what, "": "holds" if one.holds else "DOES NOT", "found": one.found}
            for one in report.checks
        ],
    )
    numbers = [one for one in report.numbers if one.name in SHOWN or one.status == "differs"]
    rows = [
        {
            "suite": one.suite,
            "variant": one.variant,
            "number": one.name,
            "claimed": one.claimed,
            "found": one.found,
            "": {"holds": "holds", "trusted": "on trust", "differs": "DOES NOT HOLD"}[one.status],
        }
        for one in numbers
    ]
    print_table("Numbers", rows, right=("claimed", "found"))
    say("Taken on trust:")
    for sentence in report.on_trust:
        say(f"  {sentence}")
    count = {
        word: sum(one.status == word for one in report.numbers) for word in ("holds", "trusted", "differs")
    }
    say(
        f"{count['holds']:,} numbers hold, {count['trusted']:,} follow from grades taken on trust, "
        f"{count['differs']:,} do not hold."
    )
