"""Samples of a suite: its samples.sql is run, or its generator, and each row becomes a Sample.

A row's values stay as DuckDB returns them (text, numbers, Decimal, dates, lists, dicts) for templates and
graders; the well-known columns are made into what the tables hold, and refused where they are not that.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.load.definition import CARD, SQL, Definition, read_definition
from tasks.load.pull import missing_files
from tasks.load.query import Column, Row, running
from tasks.load.sealed import LEFT_OUT, read_tables
from tasks.model import Message, Sample, Suite, canonical_json
from warehouse.errors import SuiteError

ROLES = ("system", "user", "assistant")


def load_suite(folder: Path, cache: Path) -> Suite:
    """A suite with all its samples. `cache` is the home's cache folder (suites' files lie beneath it).

    Raises: SuiteError: the definition cannot be used, its data is not pulled, the query fails, there are no
        rows, a column is missing, or a value is not what its column must hold.
    """
    definition = read_definition(folder)
    missing = missing_files(definition, cache)
    if missing:
        names = ", ".join(source.filename for source in missing)
        raise SuiteError(
            f"{definition.name}: its data is not here yet ({names}). Nothing was sent. "
            f"Run `nightbench datasets pull {definition.name}` (with `--from DIR` where the files lie in a "
            f"folder already)."
        )
    samples = _made(definition) if definition.made else _read(definition, definition.pulled(cache))
    card, sealed = definition.card, definition.card.sealed
    return Suite(
        name=card.name,
        version=f"{card.version}+{version_hash(definition, samples)}",
        folder=str(folder),
        title=card.title or card.name,
        licence=card.licence,
        citation=card.citation,
        params=card.params,
        graders=tuple(entry.config() for entry in card.graders),
        prompt=definition.prompt,
        samples=samples,
        sealed=sealed,
        metrics=tuple(entry.config() for entry in card.metrics),
    )


def version_hash(definition: Definition, samples: Iterable[Sample]) -> str:
    """8 hex of the definition and the data.

    The definition is what suite.toml says (not its comments or spacing), and the texts of samples.sql and
    the template, or the generator with its version and every option; the data is the set of rows. The order
    of the rows is no part of it, because SQL promises none and a run's choice of samples (pick.py) does not
    depend on it; nor is any path.
    """
    total = hashlib.sha256(_content(definition.fields))
    for text in (definition.sql, definition.prompt):
        total.update(b"\0" + hashlib.sha256(canonical_json(text)).digest())
    if definition.made is not None:
        total.update(b"\0" + hashlib.sha256(canonical_json(definition.made.identity)).digest())
    for digest in sorted(hashlib.sha256(_content(sample.row)).digest() for sample in samples):
        total.update(digest)
    return total.hexdigest()[:8]


def _read(definition: Definition, pulled: Path) -> tuple[Sample, ...]:
    """The rows that samples.sql returns."""
    path, sealed = definition.folder / SQL, definition.card.sealed
    tables = read_tables(definition, pulled)
    with running(definition.sql, path, pulled, tables, sealed=sealed) as result:
        _check_columns(result.columns, definition, path)
        columns = tuple(column.name for column in result.columns)
        samples = tuple(_samples(columns, result.rows, path, sealed))
    if not samples:
        raise SuiteError(f"{path}: the query returns no rows. Nothing was sent. A suite has at least one.")
    return samples


def _made(definition: Definition) -> tuple[Sample, ...]:
    """The rows that the generator makes; samples on one document share its text."""
    path, made = definition.folder / CARD, definition.made
    assert made is not None
    try:
        rows = list(made.rows())
    except ValueError as error:
        raise SuiteError(f"{path}: generator.{error}. Nothing was sent. Change its options.") from error
    columns = tuple(rows[0])
    return tuple(_samples(columns, (tuple(row.values()) for row in rows), path, definition.card.sealed))


def _content(fields: Mapping[str, Any]) -> bytes:
    """One spelling of a row: canonical JSON, with the text of each value that JSON has no word for."""
    try:
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    except TypeError:  # a map with keys that JSON does not know
        return canonical_json(_jsonable(fields))
    return text.encode("utf-8", "surrogatepass")


def _jsonable(value: object) -> object:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    return str(value)


def _check_columns(columns: Sequence[Column], definition: Definition, path: Path) -> None:
    names = [column.name for column in columns]
    returned = f"It returns: {', '.join(names)}. Nothing was sent."
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise SuiteError(f'{path}: the column "{twins[0]}" is there twice. {returned} Rename one of them.')
    if "sample_id" not in names:
        raise SuiteError(
            f'{path}: no column "sample_id". {returned} Name the source\'s own id so ("id as sample_id").'
        )
    if definition.prompt is None and not {"input", "messages"} & set(names):
        raise SuiteError(
            f'{path}: no column "input" or "messages", and the suite has no prompt.jinja. {returned} '
            f"Rename the column that holds the question, or write a prompt.jinja."
        )


def _samples(names: Sequence[str], rows: Iterator[Row], path: Path, sealed: bool) -> Iterator[Sample]:
    seen: set[str] = set()
    for number, values in enumerate(rows, start=1):
        row = dict(zip(names, values, strict=True))
        sample_id = _text(row["sample_id"])
        if not sample_id:
            raise SuiteError(
                f"{path}: row {number} has no sample_id (it is {row['sample_id']!r}). Nothing was sent. "
                f"Give every row an id of its own."
            )
        if sample_id in seen:
            raise SuiteError(
                f'{path}: the sample_id "{sample_id}" is there twice (again in row {number}). Nothing was '
                f"sent. Every row needs an id of its own."
            )
        seen.add(sample_id)
        try:
            yield _sample(sample_id, row)
        except ValueError as error:
            if sealed:  # our words for it begin with the column
                column = re.match(r'"\w+"', str(error))
                raise SuiteError(
                    f'{path}: sample "{sample_id}": {column[0] if column else "a value"} is not what it must '
                    f"be; {LEFT_OUT}. Nothing was sent."
                ) from None
            raise SuiteError(f'{path}: sample "{sample_id}": {error}. Nothing was sent.') from error


def _sample(sample_id: str, row: Mapping[str, Any]) -> Sample:
    target = _text_of(row, "target")
    targets = _texts_of(row, "targets")
    return Sample(
        sample_id=sample_id,
        row=row,
        input=_text_of(row, "input"),
        target=target,
        targets=targets if targets or target is None else (target,),
        choices=_texts_of(row, "choices"),
        category=_text_of(row, "category"),
        cluster=_text_of(row, "cluster"),
        system=_text_of(row, "system"),
        messages=_messages_of(row),
        scored=_scored_of(row),
        metadata=_metadata_of(row),
    )


def _text(value: object) -> str | None:
    """A scalar as DuckDB would cast it to text; None for NULL, and for what is no scalar."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if isinstance(value, list | tuple | dict | bytes) else str(value)


def _text_of(row: Mapping[str, Any], column: str) -> str | None:
    value = row.get(column)
    text = _text(value)
    if text is None and value is not None:
        raise ValueError(f'"{column}" must be text; it is {_shown(value)}')
    return text


def _texts_of(row: Mapping[str, Any], column: str) -> tuple[str, ...]:
    value = row.get(column)
    if value is None:
        return ()
    items = _from_json(value, column) if isinstance(value, str) else value
    texts = [_text(item) for item in items] if isinstance(items, list | tuple) else [None]
    if None in texts:
        raise ValueError(f'"{column}" must be a list of text; it is {_shown(value)}')
    return tuple(text for text in texts if text is not None)


def _scored_of(row: Mapping[str, Any]) -> bool:
    value = row.get("scored")
    if value is None:
        return True
    if not isinstance(value, int) or value not in {0, 1}:
        raise ValueError(f'"scored" must be true or false; it is {_shown(value)}')
    return bool(value)


def _metadata_of(row: Mapping[str, Any]) -> dict[str, Any]:
    value = row.get("metadata")
    if isinstance(value, str):
        value = _from_json(value, "metadata")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f'"metadata" must be a struct, a map or a JSON object; it is {_shown(value)}')
    return {str(key): inner for key, inner in value.items()}


def _messages_of(row: Mapping[str, Any]) -> tuple[Message, ...] | None:
    value = row.get("messages")
    if isinstance(value, str):
        value = _from_json(value, "messages")
    if value is None:
        return None
    form = f'"messages" must be a list of {{"role", "content"}} with text; it is {_shown(value)}'
    if not isinstance(value, list) or not value:
        raise ValueError(form)
    messages = []
    for place, turn in enumerate(value):
        if not isinstance(turn, dict) or set(turn) != {"role", "content"}:
            raise ValueError(form)
        role, content = turn["role"], turn["content"]
        if not isinstance(content, str) or not content:
            raise ValueError(form)
        if role not in ROLES or (role == "system" and place > 0):
            raise ValueError(
                f'"messages" has the role {role!r} in turn {place + 1}; known are {", ".join(ROLES)}, and '
                f"system comes first"
            )
        messages.append(Message(role=role, content=content))
    if messages[-1]["role"] == "system":
        raise ValueError('"messages" holds a system message alone; a user message must follow')
    return tuple(messages)


def _from_json(text: str, column: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'"{column}" is text that is not JSON ({error}): {_shown(text)}') from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
