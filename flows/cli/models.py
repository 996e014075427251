"""`models` and `prices`: which models there are, and what they cost when."""

import difflib
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from flows.cli.show import JsonFlag, note, print_json, print_table
from warehouse.errors import SpecError

KINDS: "tuple[Literal['input'], Literal['output']]" = ("input", "output")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog="Examples:  nightbench models   |   nightbench models haiku")(models)
    app.command(epilog="Example:  nightbench prices openai/gpt-4o --at 2024-06-01")(prices)


def models(
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="Only names that contain it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the models that the SDKs know, with today's price and whether a key is set."""
    from tasks.call.endpoint import missing_variables
    from tasks.call.sdk_models import sdk_models
    from warehouse.prices import price_of

    now = datetime.now(UTC)
    rows: list[dict[str, object]] = []
    for provider, names in sdk_models().items():
        missing = missing_variables(provider, os.environ)
        for name in names:
            if text is not None and text.lower() not in name.lower():
                continue
            model = f"{provider}/{name}"
            usd = {kind: price_of(model, now, kind=kind) for kind in KINDS}
            rows.append(
                {
                    "model": model,
                    "usd/M input": usd["input"].usd_per_mtok if usd["input"] else None,
                    "usd/M output": usd["output"].usd_per_mtok if usd["output"] else None,
                    "key": "set" if not missing else f"set {' and '.join(missing)}",
                }
            )
    if as_json:
        print_json(rows)
        return
    print_table("", rows, right=["usd/M input", "usd/M output"])
    note(
        "Beside these: azure/<deployment>, compatible/<name> (any OpenAI-compatible server), "
        "simulated/<name> (no key, says nothing of the real model), recorded/<name> (imported outputs)."
    )


def prices(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="provider/name, or a name that is known")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="DATE", help="A day or time (UTC); default: now.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what a model costs, a line a kind of token, with the source of each price."""
    from warehouse.prices import known_models, prices_of, resolve_priced_as, utc_day

    try:
        when = datetime.now(UTC) if at is None else datetime.fromisoformat(at)
    except ValueError as error:
        raise SpecError(
            f'--at "{at}" is not a day or time such as 2024-06-01 or 2024-06-01T12:00.'
        ) from error
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    full = model if "/" in model else _with_provider(model, known_models())
    named = resolve_priced_as(full, None, None) or full
    rows = [
        {
            "model": row.model,
            "mode": row.mode,
            "token_kind": row.token_kind,
            "from_input_tokens": row.from_input_tokens,
            "usd_per_mtok": row.usd_per_mtok,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "source": row.source,
        }
        for row in prices_of(named)
        if row.is_in_force(utc_day(when))
    ]
    if not rows:
        near = difflib.get_close_matches(full, known_models(), n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near and full not in near else ""
        raise SpecError(
            f"{model} has no price at {when:%Y-%m-%d}.{hint} Calls to it land with usd NULL; set priced_as "
            f"in the model's entry to price it as another one."
        )
    if as_json:
        print_json(rows)
    else:
        print_table(f"{named} at {when:%Y-%m-%d}", rows, right=["from_input_tokens", "usd_per_mtok"])


def _with_provider(name: str, known: Sequence[str]) -> str:
    """The known model of this name, the vendor's own before Azure's; the name itself where there is none."""
    found = [model for model in known if model.partition("/")[2] == name]
    return min(found, key=lambda model: model.startswith("azure/"), default=name)
