"""`compare`: which of two (or more) is better at what, by how much, and how sure."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, print_table, say
from flows.pages.compared import result_row
from tasks.comparing.contests import Contest, find_all, find_contests, read_entries
from tasks.comparing.results import Disagreement, Result, measure, read_telling
from tasks.comparing.words import caveats, compared, outlook, points, price_of_right, signed, verdict
from tasks.home import Settings

PLOT_WIDTH = 61  # characters, an odd number: zero lies in the middle
LONGEST = 240  # characters of a response that are shown


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench compare recorded/claude-3-5-sonnet-20240620 recorded/gpt-4o-2024-05-13"
        "   |   nightbench compare night-41 night-42 --suite gsm8k   |   nightbench compare gsm8k@1 gsm8k@2"
        "   |   nightbench compare A B C --json"
    )(compare)


def compare(
    things: Annotated[
        list[str],
        typer.Argument(
            metavar="A B [C]...", help="Variants, models, run ids, VARIANT@RUN, or SUITE@VERSION."
        ),
    ],
    suite: Annotated[
        list[str] | None, typer.Option("--suite", metavar="S", help="Only this suite; may be repeated.")
    ] = None,
    show: Annotated[int, typer.Option("--show", metavar="N", help="How many disagreements (10).")] = 10,
    plots: Annotated[
        Path | None, typer.Option("--plots", metavar="DIR", help="Write the picture (PNG) into a folder.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Compare on the same samples: the difference with its interval, a verdict, and what to read."""
    if len(things) < 2:
        raise typer.BadParameter("name two things to compare, or more")
    home = Settings.read(os.environ).home
    entries = read_entries(home.warehouse, suite or ())
    several = len(things) > 2
    found = find_all(entries, things) if several else find_contests(entries, things[0], things[1])
    results = measure(home.warehouse, found.contests)
    telling = read_telling(home.warehouse, found.contests, show)
    if plots is not None:
        from flows.pages.forest import draw_forest

        plots.mkdir(parents=True, exist_ok=True)
        draw_forest(results, plots / "compare.png")
        note(f"picture: {plots / 'compare.png'}")
    notes = [*caveats(results), *found.notes]
    if as_json:
        print_json(_document(results, telling, notes))
        return
    _print_results(results, several=several)
    if several:
        _print_letters(results)
    for line in notes:
        say(f"note: {line}")
    if telling:
        _print_telling(telling)


def _print_results(results: Sequence[Result], *, several: bool) -> None:
    for result in results:
        say(f"compared: {compared(result.contest)}")
    say()
    for result in results:
        versus = f"{result.contest.label_a} and {result.contest.label_b}, " if several else ""
        say(versus + verdict(result, of=len(results)))
        if more := outlook(result):
            say(f"    {more}")
        if price := price_of_right(result):
            say(f"    {price}")
    say()
    rows = [result_row(result, several=several) for result in results]
    title = "" if several else f"a: {results[0].contest.label_a}\nb: {results[0].contest.label_b}"
    print_table(title, rows, right=[name for name in rows[0] if name not in {"suite", "a", "b", "test"}])
    for line in forest(results):
        say(line)
    say()


def forest(results: Sequence[Result]) -> list[str]:
    """The differences with their intervals as lines of text, on one scale; zero in the middle."""
    shown = [
        r for r in results if r.ci_low is not None and r.ci_high is not None and r.difference is not None
    ]
    if not shown:
        return []
    reach = max(max(abs(r.ci_low or 0), abs(r.ci_high or 0)) for r in shown)
    half = PLOT_WIDTH // 2
    names = [
        f"{r.contest.name}: {r.contest.label_b} - {r.contest.label_a}"
        if len(_pairs(results)) > 1
        else r.contest.name
        for r in shown
    ]
    width = max(map(len, names))

    def at(share: float) -> int:
        return half + round(share / reach * half) if reach else half

    lines = []
    for name, r in zip(names, shown, strict=True):
        row = [" "] * PLOT_WIDTH
        low, high = at(r.ci_low or 0), at(r.ci_high or 0)
        row[low : high + 1] = "─" * (high + 1 - low)
        row[half] = "┼" if row[half] == "─" else "│"
        row[low], row[high] = ("├", "┤") if low < high else ("│", "│")
        row[at(r.difference or 0)] = "●"
        lines.append(f"{name:<{width}}  {''.join(row).rstrip()}")
    left, right = f"{signed(-reach)}  a is better", f"b is better  {signed(reach)}"
    scale = f"{left:<{half}}0{right:>{half}}"
    return [*lines, f"{'points':<{width}}  {scale}"]


def _pairs(results: Sequence[Result]) -> set[tuple[str, str]]:
    return {(r.contest.label_a, r.contest.label_b) for r in results}


def _print_letters(results: Sequence[Result]) -> None:
    """Of each suite, its variants, the best first; those that share a letter cannot be told apart."""
    rows = letters_table(results)
    print_table("variants that share a letter cannot be told apart", rows, right=["accuracy %", "n"])


def letters_table(results: Sequence[Result]) -> list[dict[str, object]]:
    """One row a suite and variant with its letters (compact letter display), the most accurate first."""
    from warehouse.statistics.letters import letters

    rows: list[dict[str, object]] = []
    for suite in dict.fromkeys(r.contest.b.suite for r in results):
        of_suite = [r for r in results if r.contest.b.suite == suite and r.n]
        accuracy: dict[str, tuple[float, int]] = {}
        for r in of_suite:
            accuracy[r.contest.label_a] = (r.accuracy_a or 0.0, r.n)
            accuracy[r.contest.label_b] = (r.accuracy_b or 0.0, r.n)
        names = sorted(accuracy, key=lambda name: -accuracy[name][0])
        differ = {(r.contest.label_a, r.contest.label_b) for r in of_suite if r.differs}
        marks = letters(names, differ)
        rows += [
            {
                "suite": suite,
                "variant": name,
                "accuracy %": points(accuracy[name][0]),
                "n": accuracy[name][1],
                "letters": marks[name],
            }
            for name in names
        ]
    return rows


def _print_telling(telling: Sequence[Disagreement]) -> None:
    say(f"The {len(telling)} most telling disagreements (view `disagreements` has all):")
    for d in telling:
        right, wrong = (d.variant_b, d.variant_a) if d.passed_b > d.passed_a else (d.variant_a, d.variant_b)
        others = (
            "" if d.others_passed is None else f"; {100 * d.others_passed:.0f} % of other variants pass it"
        )
        category = f", {d.category}" if d.category else ""
        say()
        say(f"{d.suite} {d.sample_id}{category}: {right} is right, {wrong} is not{others}")
        if d.target is not None:
            say(f"    expected  {_short(d.target)}")
        for variant, answer, reason, response in (
            (d.variant_a, d.answer_a, d.reason_a, d.response_a),
            (d.variant_b, d.answer_b, d.reason_b, d.response_b),
        ):
            said = answer if answer is not None else response
            say(f"    {variant}: {_short(said)}{'' if reason is None else f'  [{reason}]'}")


def _short(text: str | None) -> str:
    """One line of a text, of which the end is more telling than the middle."""
    if text is None:
        return "(nothing)"
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


def _document(
    results: Sequence[Result], telling: Sequence[Disagreement], notes: Sequence[str]
) -> dict[str, object]:
    return {
        "contests": [contest_document(result, of=len(results)) for result in results],
        "notes": list(notes),
        "letters": letters_table(results) if len(_pairs(results)) > 1 else [],
        "disagreements": [vars(d) for d in telling],
    }


def contest_document(result: Result, *, of: int) -> dict[str, object]:
    """A contest's figures with its sentence, as JSON has them; shares are 0 to 1."""
    figures = {name: value for name, value in vars(result).items() if name != "contest"}
    return {**_named(result.contest), "verdict": verdict(result, of=of), **figures}


def _named(contest: Contest) -> dict[str, object]:
    return {
        "suite": contest.b.suite,
        "suite_version": contest.b.suite_version,
        "a": contest.label_a,
        "b": contest.label_b,
        "variant_a": contest.a.variant,
        "variant_b": contest.b.variant,
        "run_a": contest.a.run_id,
        "run_b": contest.b.run_id,
        "simulated": contest.b.simulated,
    }
