"""A spec to begin with, as a commented TOML file: the suites that are on hand, the models that have keys.

The lines that are commented out come from the spec's own fields, so that a new field stands here too.
"""

import json
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.call.endpoint import missing_variables
from tasks.call.facts import current_models
from tasks.home import CHECKOUT, Settings
from tasks.load.definition import read_definition
from tasks.load.discover import discover
from tasks.load.pull import missing_files
from tasks.spec import EvalSpec, ModelEntry, make_spec
from warehouse.errors import SpecError, SuiteError

SIMULATED = ("simulated/claude-3-5-sonnet-20240620", "simulated/gpt-4o-2024-05-13")
LIMIT = 20
EXAMPLES = {
    "budget_usd": '"5.00"',
    "ask_above_usd": '"5.00"',
    "approve_above_usd": '"20.00"',
    "stop": "{ difference = 2.0, confidence = 0.95 }",
    "engine": "{ workers = 2 }",
    "name": '"terse"',
    "params": "{ temperature = 0.0, max_tokens = 1024 }",
    "api": '"responses"',
    "system": '"Answer briefly."',
    "prompt": '"terse.jinja"',
    "limits": "{ requests_per_minute = 1000, input_tokens_per_minute = 100000, in_flight = 16 }",
    "base_url": '"http://127.0.0.1:8000/v1"',
    "api_key_env": '"LLAMA_KEY"',
    "headers": '{ x-team = "data" }',
    "priced_as": '"openai/gpt-4o-mini"',
}
WRITTEN = ("suites", "models", "model", "limit")


@dataclass(frozen=True)
class OnHand:
    """What a spec can name here."""

    suites: tuple[str, ...]  # taken
    others: tuple[tuple[str, str], ...]  # left out, and why or what to do first
    models: tuple[str, ...]
    why_models: str


def on_hand(settings: Settings, environ: Mapping[str, str]) -> OnHand:
    """The user's suites, or the built-in ones where there are none; the current pair as far as keys go."""
    usable: dict[str, bool] = {}  # name -> whether it is the user's
    others: list[tuple[str, str]] = []
    for name, folder in sorted(discover(settings.suite_folders).items()):
        try:
            definition = read_definition(folder)
        except SuiteError as error:
            others.append((name, " ".join(str(error).split())[:120]))
            continue
        own = not folder.is_relative_to(CHECKOUT / "datasets")
        if missing_files(definition, settings.home.cache):
            others.append((name, f"first: nightbench datasets pull {name}"))
        else:
            usable[name] = own
    taken = [name for name, own in usable.items() if own] or list(usable)
    others += [(name, definition_title(settings, name)) for name in usable if name not in taken]
    pair = current_models()
    able = tuple(model for provider, model in pair.items() if not missing_variables(provider, environ))
    why = (
        "the current pair, as far as keys are set"
        if able
        else "simulated, as no key is set: they say nothing of real models"
    )
    return OnHand(tuple(taken), tuple(sorted(others)), able or SIMULATED, why)


def definition_title(settings: Settings, name: str) -> str:
    """A suite's title, for a comment."""
    return read_definition(discover(settings.suite_folders)[name]).card.title or ""


def spec_text(found: OnHand, path: Path) -> str:
    """The file's text.

    Raises: SpecError: there is no suite to name.
    """
    if not found.suites:
        raise SpecError(
            "There is no suite whose data is here. Nothing was written. `nightbench suites` says what is "
            "missing."
        )
    lines = [
        "# A spec for nightbench: what is put to which models. Written by `nightbench init spec`.",
        f"#   nightbench plan {path.name}     what it would cost; nothing is sent",
        f"#   nightbench run {path.name}",
        "# A line that begins with # is not in force; what stands in it is the default or an example.",
        "",
        "suites = [",
        *(f"    {_quoted(name)}," for name in found.suites),
        *(f"    # {_quoted(name)},  # {_one_line(why)}" for name, why in found.others),
        "]",
        f"limit = {LIMIT}  # samples a suite, the same ones for every model; without this line all",
        *_fields(EvalSpec),
        "",
        f"# The competitors: {found.why_models}.",
    ]
    for at, model in enumerate(found.models):
        lines += ["[[models]]", f"model = {_quoted(model)}", *(_fields(ModelEntry) if at == 0 else ()), ""]
    listed = [model for model in current_models().values() if model not in found.models]
    for model in listed:
        variables = " and ".join(missing_variables(model.partition("/")[0], os.environ)) or "its key"
        lines += ["# [[models]]", f"# model = {_quoted(model)}  # needs {variables}", ""]
    text = "\n".join(lines).rstrip("\n") + "\n"
    _check(text, path)
    return text


def write_spec(text: str, path: Path) -> None:
    """Write the file whole, and only where there is none.

    Raises: SpecError: it is there, or cannot be written.
    """
    try:
        handle, aside = tempfile.mkstemp(prefix=".nightbench-init-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(aside).chmod(0o644)
            os.link(aside, path)  # unlike a rename, it does not replace a file
        finally:
            Path(aside).unlink()
    except FileExistsError as error:
        raise SpecError(
            f"{path}: is there already, and is not overwritten. Nothing was written. Give another name."
        ) from error
    except OSError as error:
        raise SpecError(f"{path}: cannot be written ({error.strerror}). Nothing was written.") from error


def _fields(kind: type[EvalSpec] | type[ModelEntry]) -> list[str]:
    """A commented line for each field of a model, with its default or an example and what it is."""
    lines = []
    for name, field in kind.model_fields.items():
        if name in WRITTEN:
            continue
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        value = EXAMPLES.get(name) or _toml(default)
        if value is not None:
            said = ": ".join(part.rstrip(".") for part in (field.title, field.description) if part)
            lines.append(f"# {name} = {value}  # {_one_line(said)}")
    return lines


def _toml(value: Any) -> str | None:
    """A scalar of TOML; None for what has no example of its own."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float) else None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _check(text: str, path: Path) -> None:
    """What is written is a spec; a fault here is ours."""
    make_spec(tomllib.loads(text), str(path))
