"""`serve` and `doctor`: the service that stays, and whether this machine is fit for it."""

import difflib
import os
import re
import zoneinfo
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, print_json, print_table, say
from flows.deployments import CRON, TIMEZONE
from flows.server.prefect_home import LOOPBACK
from tasks.home import Settings
from warehouse.errors import SpecError

CRON_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Examples:  nightbench serve   |   nightbench serve --nightly nightly.toml")(serve)
    app.command(epilog="Examples:  nightbench doctor   |   nightbench doctor --probe openai/gpt-6-luna")(
        doctor
    )


def serve(
    nightly: Annotated[
        Path | None, typer.Option("--nightly", metavar="SPEC.toml", help="Makes the nightly schedule active.")
    ] = None,
    cron: Annotated[str, typer.Option("--cron", help="When nightly runs.")] = CRON,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="Of --cron, for example Europe/Berlin.")
    ] = TIMEZONE,
    catch_up: Annotated[
        bool,
        typer.Option("--catch-up", help="Run a night that was missed, once; else it is skipped."),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65_535, help="Of Prefect's UI; default 4200 or a free one."),
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Opens the UI to other machines; needs a password."),
    ] = LOOPBACK,
) -> None:
    """Run Prefect's server and UI on loopback, and serve the deployments: nightly, evaluate, compare, ..."""
    from tasks.spec import make_spec
    from tasks.spec_file import read_spec_file

    _check_cron(cron)
    _check_timezone(timezone)
    settings = Settings.read(os.environ)
    settings.home.make()
    spec = make_spec(read_spec_file(nightly), str(nightly)) if nightly else None
    if spec is not None:
        from flows.keys import may_have_blocks
        from tasks.work import check_spec

        # keys that are in blocks, if there can be any, are looked for when the server is there
        late = may_have_blocks(settings.home.root, os.environ)
        check_spec(settings, spec, None if late else os.environ)
    from flows.hosting.serve import serve as serve_home

    serve_home(
        settings.home.root,
        nightly_spec=spec,
        cron=cron,
        timezone=timezone,
        catch_up=catch_up,
        port=port,
        host=host,
    )


def _check_cron(cron: str) -> None:
    """Refuse what is no cron expression before anything is started; Prefect reads it again.

    Raises: SpecError: not five fields, or a number that its field does not have.
    """
    fields = cron.split()
    numbers = [[int(number) for number in re.findall(r"\d+", field.partition("/")[0])] for field in fields]
    fits = len(fields) == len(CRON_FIELDS) and all(
        low <= number <= high
        for (low, high), found in zip(CRON_FIELDS, numbers, strict=True)
        for number in found
    )
    if not fits or not all(re.fullmatch(r"[\dA-Za-z*,/#?-]+", field) for field in fields):
        raise SpecError(
            f'--cron "{cron}" is not five fields of minute, hour, day, month and weekday, as in "0 2 * * *". '
            "Nothing was started."
        )


def _check_timezone(name: str) -> None:
    """Raises: SpecError: there is no such zone."""
    if name not in zoneinfo.available_timezones():
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Write it like Europe/Berlin, or UTC."
        raise SpecError(f'--timezone "{name}": there is no such zone. Nothing was started. {hint}')


def doctor(
    probe: Annotated[
        list[str] | None,
        typer.Option(
            "--probe", metavar="P/M", help="Also send one request of one output token to this model."
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Look at keys, endpoints, disk and tools; nothing is sent to a model unless --probe asks for it."""
    from flows.checkup import checkup

    findings = checkup(Settings.read(os.environ), os.environ, probe or [])
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        print_table(
            "", [{"": f.mark, "what": f.what, "found": f.found, "remedy": f.remedy} for f in findings]
        )
        say("Nothing stands in the way." if all(f.state != "bad" for f in findings) else "See the remedies.")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
