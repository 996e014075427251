"""What a bundle carries of a suite: definition, graders and whole samples, or hashes of its text.

Text goes in where the suite's licence lets anyone pass it on, or where the one who bundles says that he may.
A sealed suite's text lies in no table, so nobody can.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from tasks.grade.base import Grader
from tasks.grade.judging.judge import Judge
from tasks.home import Settings
from tasks.land.rows import sealed_text
from tasks.load.definition import CARD, PROMPT, SQL, read_definition
from tasks.load.discover import find_suite
from tasks.load.samples import load_suite
from tasks.model import Suite
from tasks.spec import SuiteEntry
from tasks.work import graders_of_spec, make_graders
from warehouse.errors import SuiteError

FREE = re.compile(
    r"\b(apache|mit|bsd|isc|mpl|unlicense|cc0|cc[- ]by(-sa)?|public domain|odc-by)\b", re.IGNORECASE
)
BOUND = re.compile(
    r"\b(nc|nd|non-?commercial|no-?derivatives?|proprietary|confidential|internal|not to publish)\b",
    re.IGNORECASE,
)
Text = Literal["whole", "hashed"]


@dataclass(frozen=True)
class BundledSuite:
    """One suite version of a run: what is carried of it, and why not more."""

    name: str
    version: str
    text: Text
    why: str
    sealed: bool
    present: Suite | None  # the suite as it lies here, where that is the very version
    graders: tuple[Grader, ...]  # those of the present definition, or of the spec; none: not known here
    configs: tuple[Mapping[str, Any], ...]  # what makes them again elsewhere
    files: Mapping[str, str]  # the definition's texts by name; none where the text stays at home


def find_text(licence: str | None, *, sealed: bool, allowed: bool) -> tuple[Text, str]:
    """Whether a suite's text may be passed on, and why."""
    if sealed:
        return "hashed", "it is sealed: its text lies in no table"
    if allowed:
        return "whole", "--with-text says so"
    if licence is None:
        return "hashed", "it names no licence; --with-text NAME where you may pass its text on"
    if BOUND.search(licence) or not FREE.search(licence):
        return "hashed", f'its licence is "{licence}"; --with-text NAME where you may pass its text on'
    return "whole", f'its licence is "{licence}"'


def describe_suite(
    settings: Settings, name: str, version: str, entry: SuiteEntry | None, *, sealed: bool, allowed: bool
) -> BundledSuite:
    """The suite of a run as it can be bundled; `sealed` says what the tables hold of it."""
    of_spec = graders_of_spec(name, entry)
    try:
        folder = find_suite(name, settings.suite_folders)
        definition = read_definition(folder)
        suite = load_suite(folder, settings.home.cache)
    except SuiteError as error:
        why = f"the suite cannot be read here: {str(error).splitlines()[0]}"
        text, _ = find_text(None, sealed=sealed, allowed=allowed)
        return BundledSuite(name, version, text, why, sealed, None, of_spec, _configs(of_spec), {})
    text, why = find_text(suite.licence, sealed=suite.sealed or sealed, allowed=allowed)
    if suite.version != version:
        why += f"; the suite's folder is version {suite.version} by now, so its definition is left out"
        return BundledSuite(name, version, text, why, sealed, None, of_spec, _configs(of_spec), {})
    graders = make_graders(suite, entry)
    files = {CARD: (folder / CARD).read_text("utf-8")}
    if definition.sql:
        files[SQL] = definition.sql
    if definition.prompt is not None:
        files[PROMPT] = definition.prompt
    shown = files if text == "whole" else {}
    return BundledSuite(name, version, text, why, suite.sealed, suite, graders, _configs(graders), shown)


def hide(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a suite whose text stays at home: hashes in place of its text, nothing that quotes it.

    A target's hash is taken with its input, because that of a letter alone would be guessed at once.
    """
    hidden = dict(row)
    if table == "samples":

        def of_target(text: str | None) -> str | None:
            return text if text is None or _is_hash(text) else sealed_text(f"{row['input']}\0{text}")

        hidden |= {
            "input": _hashed(row["input"]),
            "target": of_target(row["target"]),
            "targets": None if row["targets"] is None else [of_target(one) for one in row["targets"]],
            "metadata": None,
        }
    elif table == "prompts":
        turns = [
            {**turn, "content": _hashed(turn["content"])} for turn in json.loads(row["messages"] or "[]")
        ]
        hidden |= {"messages": json.dumps(turns), "system": _hashed(row["system"])}
    elif table == "grades":
        hidden["explanation"] = None
    return hidden


def full_rows(suite: Suite, asked: Sequence[str]) -> list[dict[str, Any]]:
    """The samples that were asked, with every column that graders may read, as JSON can have them."""
    wanted = set(asked)
    return [
        {"sample_id": one.sample_id, "choices": list(one.choices), "row": pack(dict(one.row))}
        for one in suite.samples
        if one.sample_id in wanted
    ]


def pack(value: Any) -> Any:
    """A value of DuckDB's as JSON has it; what JSON has no word for is an object of one key."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, list | tuple):
        return [pack(one) for one in value]
    if isinstance(value, Mapping):
        return {"map": [[pack(key), pack(one)] for key, one in value.items()]}
    return str(value)


def unpack(value: Any) -> Any:
    """What `pack` made. Raises: ValueError: it did not."""
    if isinstance(value, list):
        return [unpack(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError("an object of a packed value has one key")
    ((kind, inner),) = value.items()
    try:
        if kind == "map":
            return {unpack(key): unpack(one) for key, one in inner}
        if kind == "decimal" and isinstance(inner, str) and len(inner) <= 100:
            return Decimal(inner)
        if kind == "time":
            return datetime.fromisoformat(inner)
        if kind == "date":
            return date.fromisoformat(inner)
    except (TypeError, InvalidOperation) as error:
        raise ValueError(f"{kind}: {error}") from error
    raise ValueError(f'"{kind:.40}" is no packed value')


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"sha256:[0-9a-f]{64}", text) is not None


def _hashed(text: str | None) -> str | None:
    return text if text is None or _is_hash(text) else sealed_text(text)


def _configs(graders: Sequence[Grader]) -> tuple[Mapping[str, Any], ...]:
    """What makes these graders without any file: a rubric's criteria stand in place of its name."""
    found = []
    for grader in graders:
        options = {field.name: getattr(grader, field.name) for field in dataclasses.fields(grader)}
        if isinstance(grader, Judge):
            criteria = grader.whole_rubric.model_dump(mode="json", exclude_none=True)["criteria"]
            options |= {"rubric": "", "criteria": criteria}
        found.append({"type": grader.type, "options": pack(options)})
    return tuple(found)
