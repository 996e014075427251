"""`gate`: the comparison for a pipeline, with an exit code, a markdown summary and a JUnit file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import typer

from flows.cli.compare import contest_document
from flows.cli.show import JsonFlag, note, print_json, say
from tasks.comparing.contests import read_entries
from tasks.comparing.gating import Gate, check_gate, find_gated, percent
from tasks.comparing.words import caveats, points, signed
from tasks.home import Settings
from tasks.hostile import in_markdown, without_controls

REFUSED = 4


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench gate --baseline last --max-drop 2   |   nightbench gate --run pr-17 "
        "--baseline main-41 --max-drop 1 --max-usd-rise 20% --junit gate.xml --markdown gate.md"
    )(gate)


def gate(
    baseline: Annotated[
        str, typer.Option("--baseline", metavar="RUN|last", help="What to compare with: a run, or the last.")
    ] = "last",
    max_drop: Annotated[
        float,
        typer.Option("--max-drop", metavar="POINTS", min=0, help="A drop of so many points is allowed."),
    ] = 2.0,
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="The run to check; default: the newest.")
    ] = None,
    suite: Annotated[
        list[str] | None, typer.Option("--suite", metavar="S", help="Only this suite; may be repeated.")
    ] = None,
    max_usd_rise: Annotated[
        str | None, typer.Option("--max-usd-rise", metavar="20%", help="A call may become so much dearer.")
    ] = None,
    require_decision: Annotated[
        bool, typer.Option("--require-decision", help="Stay shut, too, where a drop cannot be excluded.")
    ] = False,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write a summary for people.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit file for the CI's pages.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Say no (exit 4) where a run is worse than its baseline by more than the margin."""
    home = Settings.read(os.environ).home
    rise = None if max_usd_rise is None else percent(max_usd_rise, "--max-usd-rise")
    found = find_gated(read_entries(home.warehouse, suite or ()), run, baseline)
    result = check_gate(
        home.warehouse,
        found,
        max_drop=max_drop / 100,
        max_usd_rise=rise,
        require_decision=require_decision,
    )
    if markdown is not None:
        markdown.write_text(as_markdown(result), encoding="utf-8")
        note(f"summary: {markdown}")
    if junit is not None:
        junit.write_bytes(as_junit(result))
        note(f"JUnit: {junit}")
    if as_json:
        print_json(_document(result))
    else:
        _print(result)
    if result.refusals:
        raise typer.Exit(REFUSED)


def _print(gate: Gate) -> None:
    for c in gate.checked:
        say(c.sentence(gate.max_drop))
        if words := c.usd_sentence():
            say(words)
    for line in _notes(gate):
        say(f"note: {line}")
    if not gate.checked:
        say("there is no baseline to compare with yet")
    say("the gate is open" if not gate.refusals else f"the gate says no: {len(gate.refusals)} of its checks")


def _notes(gate: Gate) -> list[str]:
    return [*caveats([c.result for c in gate.checked]), *gate.notes]


def _document(gate: Gate) -> dict[str, object]:
    return {
        "open": not gate.refusals,
        "refusals": gate.refusals,
        "max_drop": gate.max_drop,
        "require_decision": gate.require_decision,
        "contests": [
            {
                **contest_document(c.result, of=len(gate.checked)),
                "verdict": c.sentence(gate.max_drop),
                "drop": c.drop,
                "samples_to_exclude": c.more_samples,
                "usd_rise": c.result.usd_rise,
                "dearer": c.dearer,
            }
            for c in gate.checked
        ],
        "notes": _notes(gate),
    }


def as_markdown(gate: Gate) -> str:
    """A page for a pull request: the answer first, then a line a suite and variant."""
    head = "### nightbench: the gate is open" if not gate.refusals else "### nightbench: the gate says no"
    lines = [head, "", *(f"- {in_markdown(why)}" for why in gate.refusals)]
    lines += [
        "",
        "| suite | variant | n | before % | now % | difference | 95 % interval "
        f"| drop > {points(gate.max_drop)} | usd a call |",
        "|---|---|--:|--:|--:|--:|---|---|--:|",
    ]
    for c in gate.checked:
        r = c.result
        usd = "" if r.usd_rise is None else f"{100 * r.usd_rise:+.1f} %"
        cells = (
            r.contest.b.suite,
            r.contest.b.variant,
            f"{r.n:,}",
            _shown(points, r.accuracy_a),
            _shown(points, r.accuracy_b),
            _shown(signed, r.difference),
            f"{_shown(signed, r.ci_low)} to {_shown(signed, r.ci_high)}",
            c.drop,
            usd,
        )
        lines.append("| " + " | ".join(map(in_markdown, cells)) + " |")
    lines += ["", *(f"- {in_markdown(line)}" for line in _notes(gate))]
    return "\n".join(lines).rstrip() + "\n"


def as_junit(gate: Gate) -> bytes:
    """A test case a suite and variant; a refusal is a failure, what is not known is skipped."""
    suites = ElementTree.Element("testsuites", name="nightbench gate")
    cases = ElementTree.SubElement(suites, "testsuite", name="nightbench gate")
    failures = skipped = 0
    for c in gate.checked:
        name = f"{c.result.contest.b.suite} {c.result.contest.b.variant}"
        for kind, why, shut, unknown in (
            ("accuracy", c.sentence(gate.max_drop), gate.refuses(c), c.drop == "unknown"),
            ("cost", c.usd_sentence(), bool(c.dearer), False),
        ):
            if not why:
                continue
            case = ElementTree.SubElement(
                cases, "testcase", classname=f"nightbench.{kind}", name=without_controls(name)
            )
            if shut:
                failures += 1
                ElementTree.SubElement(
                    case, "failure", message=without_controls(why)
                ).text = without_controls(why)
            elif unknown:
                skipped += 1
                ElementTree.SubElement(case, "skipped", message=without_controls(why))
            else:
                ElementTree.SubElement(case, "system-out").text = without_controls(why)
    for element in (suites, cases):
        element.set("tests", str(len(cases)))
        element.set("failures", str(failures))
        element.set("skipped", str(skipped))
    document: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return document


def _shown(words: Callable[[float], str], share: float | None) -> str:
    return "" if share is None else words(share)
