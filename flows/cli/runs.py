"""`runs`, `report` and `journal`: what was run, what came out, and what lies in a journal."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Home, Settings
from warehouse.errors import SpecError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Example:  nightbench runs --json")(runs)
    app.command(
        epilog="Examples:  nightbench report   |   nightbench report RUN_ID --markdown > run.md   |   "
        "nightbench report --night --baseline last"
    )(report)
    app.command(epilog="Example:  nightbench journal RUN_ID | head")(journal)


def runs(as_json: JsonFlag = False) -> None:
    """List the runs of this home, the newest first, with their status and which can be resumed."""
    from tasks.status import list_statuses

    settings = Settings.read(os.environ)
    rows = [status.as_dict() for status in list_statuses(settings.home)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        say(f"No runs in {settings.home.root} yet. `nightbench run --help` shows how to start one.")
        return
    shown = [
        {
            "run": row["run_id"],
            "started (UTC)": str(row["started_at"])[:16].replace("T", " "),
            "kind": row["kind"],
            "status": row["status"],
            "planned": row["planned_calls"],
            "answered": row["answered_calls"],
            "failed": row["failed_calls"],
            "resume": _resume(row),
        }
        for row in rows
    ]
    print_table("", shown, right=["planned", "answered", "failed"])


def _resume(row: Mapping[str, object]) -> str:
    """The command that goes on with a run; a failed one needs more than what was missing."""
    again = " --retry-failed" if row["status"] == "failed" else ""
    return f"nightbench resume {row['run_id']}{again}" if row["resumable"] else ""


def report(
    run_id: Annotated[str | None, typer.Argument(metavar="[RUN_ID]", help="Default: the newest.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a page of markdown.")] = False,
    night: Annotated[
        bool, typer.Option("--night", help="In at most 15 lines: what ran, changed, cost, what to look at.")
    ] = False,
    baseline: Annotated[
        str | None,
        typer.Option(
            "--baseline", metavar="RUN|last|none", help="For --night: what to compare with (the spec's)."
        ),
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            "--max-drop", metavar="POINTS", min=0, help="For --night: a larger drop is an alarm (2)."
        ),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", metavar="DIR", help="Write pictures (PNG) into a folder.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the leaderboard and the bill of a committed run, and what they advise."""
    from flows.cli.calibrate import print_calibration
    from flows.cli.regrade import print_regrade
    from flows.cli.run import print_result
    from flows.pages.judged import read_judged
    from flows.pages.summary import newest_run, run_summary
    from tasks.comparing.advice import advise
    from tasks.runs import check_run_id

    home = Settings.read(os.environ).home
    if night:
        _print_night(home, run_id, baseline, max_drop, markdown=markdown, as_json=as_json)
        return
    if baseline is not None or max_drop is not None:
        raise SpecError("--baseline and --max-drop are for --night. Nothing was read. Add --night.")
    chosen = check_run_id(run_id) if run_id else newest_run(home)
    if plots is not None:
        from flows.pages.plots import write_plots

        written = write_plots(home, chosen, plots)
        for path in written:
            note(f"picture: {path}")
        if not written:
            note(f"run {chosen} has no figures that could be drawn")
    kind = run_summary(home, chosen).run["kind"]
    if kind == "regrade":
        print_regrade(home, chosen, as_json=as_json)
    elif kind == "calibrate":
        print_calibration(home, chosen, as_json=as_json)
    elif markdown:
        words = "\n".join(f"- {line.words}" for line in advise(home.warehouse, chosen))
        page = run_summary(home, chosen).markdown() + read_judged(home, chosen).markdown()
        say(f"{page}\n## Advice\n{words}")
    else:
        advice = advise(home.warehouse, chosen)
        print_result(home, chosen, as_json=as_json, advice=[vars(line) for line in advice])
        if not as_json:
            _print_heatmaps(home, chosen)
            say("Advice")
            for line in advice:
                say(f"  {line.words}")


def _print_night(
    home: Home,
    run_id: str | None,
    baseline: str | None,
    max_drop: float | None,
    *,
    markdown: bool,
    as_json: bool,
) -> None:
    """The lines of a night, as the nightly flow shows them."""
    from tasks.night.summary import check_baseline, newest_night, night_markdown, summarize_night
    from tasks.runs import check_run_id

    chosen = check_run_id(run_id) if run_id else newest_night(home)
    summary = summarize_night(
        home,
        chosen,
        baseline=None if baseline is None else check_baseline(home, baseline),
        max_drop=0.02 if max_drop is None else max_drop / 100,
    )
    if as_json:
        print_json(summary.as_dict())
    elif markdown:
        say(night_markdown(summary).rstrip())
    else:
        for line in summary.lines:
            say(line)


def _print_heatmaps(home: Home, run_id: str) -> None:
    """Of suites whose samples have a length and a depth, what was found where."""
    from flows.pages.heatmap import read_heatmaps

    for heatmap in read_heatmaps(home, run_id):
        rows = heatmap.table()
        print_table(f"{heatmap.title}; {heatmap.samples}", rows, right=list(rows[0]))


def journal(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="As `nightbench runs` lists it.")],
) -> None:
    """Print what lies in a run's journal, a JSON document a line; a summary goes to stderr."""
    from tasks.call.journal_show import main as show
    from tasks.runs import read_run

    home = Settings.read(os.environ).home
    raise typer.Exit(show([str(home.journal(read_run(home, run_id).run_id))]))
