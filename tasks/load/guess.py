"""Which of a user's columns is the question, the target, the choices, the category and the id, and why.

By name first (a nested field by its last name, or by its whole path), then by what stands there, and only
where one column alone can be meant. What the user says wins. Where nothing can be told, one error names the
columns there are and the option to give.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.load.table import Field, Table, kind_of, text_of
from warehouse.errors import SuiteError

NAMES = tomllib.loads(Path(__file__).with_name("column_names.toml").read_text(encoding="utf-8"))
AS_THEY_ARE = ("cluster", "system", "schema")  # columns that a suite knows under these names
LETTERED = re.compile(
    r"(?:(?P<prefix>option|choice|answer|opt|ans|antwort)[ _-]?)?(?P<mark>[a-z]|[0-9]{1,2})\Z"
)
INNER_TEXT = ("text", "content", "value", "option", "choice")
MOST_CATEGORIES = 50
LONGEST_CATEGORY = 40


@dataclass(frozen=True)
class Choices:
    """Where the choices of a row come from: one column of lists, or a column a letter."""

    fields: tuple[Field, ...]
    inner: str | None = None  # of a list of objects, the name that holds the text
    separator: str | None = None  # of a text, what stands between the choices
    json_text: bool = False

    def of(self, row: int) -> tuple[str, ...]:
        """The choices of a row, in their order; an empty column at the end is no choice."""
        if len(self.fields) > 1:
            texts = [text_of(field.values[row]) for field in self.fields]
            while texts and not (texts[-1] or "").strip():
                texts.pop()
            return tuple(text or "" for text in texts)
        value = self.fields[0].values[row]
        if isinstance(value, str) and self.separator:
            return tuple(part.strip() for part in value.split(self.separator))
        if isinstance(value, str) and self.json_text:
            value = read_list(value)
        if not isinstance(value, list):
            return ()
        inner = (item.get(self.inner) if isinstance(item, dict) and self.inner else item for item in value)
        return tuple(text_of(item) or "" for item in inner)


@dataclass(frozen=True)
class Columns:
    """What each column serves as; the sentences say why."""

    input: Field | None  # None: `messages` stand in its place
    target: Field | None
    choices: Choices | None
    category: Field | None
    sample_id: Field | None
    context: Field | None
    messages: Field | None
    answer_in_messages: bool  # the last turn is the answer, and the target
    others: tuple[Field, ...]  # top-level columns that nothing of the above uses
    reasons: tuple[tuple[str, str], ...]  # what, and why

    @property
    def used(self) -> tuple[Field, ...]:
        """Every field that has a role."""
        single = (self.input, self.target, self.category, self.sample_id, self.context, self.messages)
        return (*(field for field in single if field), *(self.choices.fields if self.choices else ()))


def guess_columns(table: Table, told: Mapping[str, str]) -> Columns:
    """What the columns are; `told` are the user's own words: role -> dotted name.

    Raises: SuiteError: a column that is named is not there, or input or target cannot be told.
    """
    return _Guess(table, told).columns()


def read_list(text: str) -> list[Any] | None:
    """A list in JSON's spelling; None where the text is none."""
    import json

    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def normal(name: str) -> str:
    """A name as the lists above have it."""
    return re.sub(r"[\s.\-]+", "_", name.strip().casefold())


class _Guess:
    """One table's guess: fields that are taken are not taken again."""

    def __init__(self, table: Table, told: Mapping[str, str]) -> None:
        self.table = table
        self.told = told
        self.taken: list[Field] = []
        self.reasons: list[tuple[str, str]] = []

    def columns(self) -> Columns:
        named = {role: self._named(role, name) for role, name in self.told.items()}
        messages = None if "input" in named else self._messages()
        question = named.get("input") or (None if messages else self._input())
        choices = self._choices(named.get("choices"))
        in_messages = False
        target = named.get("target")
        if target is None:
            in_messages = messages is not None and _ends_with_an_answer(messages)
            target = self._target(needed=not in_messages)
            in_messages = in_messages and target is None
        if in_messages:
            self.reasons.append(("target", "the last turn of the messages, which is the assistant's"))
        context = None if messages or question is None else self._context()
        sample_id = named.get("id") or self._id()
        category = named.get("category") or self._category()
        tops = {field.path[0] for field in self.taken}
        others = tuple(f for f in self.table.fields if len(f.path) == 1 and f.path[0] not in tops)
        return Columns(
            question, target, choices, category, sample_id, context, messages, in_messages, others,
            tuple(self.reasons),
        )  # fmt: skip

    def _named(self, role: str, name: str) -> Field:
        field = self.table.field(name)
        if field is None:
            near = difflib.get_close_matches(name, [field.name for field in self.table.fields], n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise SuiteError(
                f'{self.table.file}: there is no column "{name}", which --{role} names. {self._there_are()} '
                f"Nothing was written.{hint}"
            )
        return self._take(role, field, f'"{field.name}", as you say')

    def _take(self, role: str, field: Field, why: str) -> Field:
        self.taken.append(field)
        self.reasons.append((role, why))
        return field

    def _free(self, fits: Callable[[Field], bool]) -> list[Field]:
        """Fields that fit and neither are taken nor lie inside one that is, or around it."""

        def apart(field: Field) -> bool:
            return not any(
                field.path[: len(taken.path)] == taken.path or taken.path[: len(field.path)] == field.path
                for taken in self.taken
            )

        return [field for field in self.table.fields if apart(field) and fits(field)]

    def _by_name(self, role: str, names: Sequence[str], fits: Callable[[Field], bool]) -> Field | None:
        """The field with the first of the names; the nearest to the top where several have it."""
        free = self._free(fits)
        for name in names:
            found = [f for f in free if normal(f.path[-1]) == name or normal(f.name) == name]
            if found:
                field = min(found, key=lambda field: len(field.path))
                return self._take(role, field, f'"{field.name}", by its name')
        return None

    def _input(self) -> Field:
        free = {normal(field.path[-1]) for field in self._free(_is_text)}
        first = ["instruction"] if {"instruction", "input"} <= free else []  # its input is context
        found = self._by_name("input", [*first, *NAMES["input"]], _is_text)
        if found:
            return found
        asking = [field for field in self._free(_is_text) if _share(field, _asks) >= 0.5]
        if len(asking) == 1:
            return self._take("input", asking[0], f'"{asking[0].name}", because its texts end with "?"')
        raise SuiteError(
            f"{self.table.file}: which column is the question cannot be told. {self._there_are()} Nothing "
            f"was written. Say it with --input COL."
        )

    def _target(self, *, needed: bool) -> Field | None:
        # A value before what holds fields: of gold.label the label is meant, not the object around it.
        found = self._by_name("target", NAMES["target"], lambda field: field.kind not in {"struct", "other"})
        found = found or self._by_name("target", NAMES["target"], lambda field: not _is_binary(field))
        if found:
            return found
        if any(normal(field.name) == "schema" for field in self.table.fields) or not needed:
            return None
        left = [
            field
            for field in self._free(_is_scalar)
            if len(field.path) == 1
            and normal(field.name) not in (*NAMES["id"], *NAMES["category"], *NAMES["context"], *AS_THEY_ARE)
        ]
        if len(left) == 1:
            return self._take("target", left[0], f'"{left[0].name}", the only column that is left')
        raise SuiteError(
            f"{self.table.file}: which column is the right answer cannot be told. {self._there_are()} "
            f"Nothing was written. Say it with --target COL."
        )

    def _messages(self) -> Field | None:
        for field in self._free(lambda field: field.kind == "structs"):
            if normal(field.path[-1]) in {"messages", "conversation", "turns", "chat"} and all(
                isinstance(turn, dict) and {"role", "content"} <= turn.keys()
                for value in field.values
                for turn in value or ()
            ):
                return self._take("messages", field, f'"{field.name}", a list of role and content')
        return None

    def _choices(self, named: Field | None) -> Choices | None:
        if named is not None:
            found = _as_choices(named)
            if found is None:
                raise SuiteError(
                    f'{self.table.file}: --choices "{named.name}" holds no lists: neither a list, nor JSON, '
                    f'nor texts with "|" or ";" between the choices. Nothing was written.'
                )
            return found
        for field in self._free(lambda field: normal(field.path[-1]) in NAMES["choices"]):
            inside = [f for f in self.table.fields if f.path[:-1] == field.path and f.kind == "list"]
            texts = [f for f in inside if normal(f.path[-1]) in INNER_TEXT]
            found = _as_choices(texts[0] if texts else field)
            first = next((value for value in field.values if value is not None), "")
            if found is None and isinstance(first, str) and first.lstrip().startswith("["):
                raise SuiteError(
                    f'{self.table.file}: the choices in "{field.name}" are lists that cannot be read. '
                    f'Nothing was written. Write them as JSON, as in ["red", "blue"].'
                )
            if found:
                taken = found.fields[0]
                self._take("choices", taken, f'"{taken.name}", by its name')
                return found
        return self._lettered()

    def _lettered(self) -> Choices | None:
        """Columns A, B, C, ... or option_1, option_2, ...: one a choice."""
        groups: dict[str, list[tuple[str, Field]]] = {}
        for field in self._free(_is_scalar):
            match = LETTERED.match(normal(field.path[-1]))
            if match and len(field.path) == 1:
                groups.setdefault(match["prefix"] or "", []).append((match["mark"], field))
        for prefix, marked in groups.items():
            marks = [mark for mark, _ in marked]
            run = _run_of(marks)
            if run and len(run) >= (2 if prefix else 3):
                fields = tuple(dict(marked)[mark] for mark in run)
                self.taken += fields
                first, last = fields[0].name, fields[-1].name
                self.reasons.append(("choices", f'the columns "{first}" to "{last}", by their names'))
                return Choices(fields)
        return None

    def _context(self) -> Field | None:
        return self._by_name("context", NAMES["context"], lambda f: _is_text(f) or _is_list_of_text(f)) or (
            self._by_name("context", ("input",), _is_text)
            if any(normal(field.path[-1]) == "instruction" for field in self.taken)
            else None
        )

    def _id(self) -> Field | None:
        for name in NAMES["id"]:
            for field in self._free(_is_scalar):
                if normal(field.path[-1]) == name and _is_unique(field):
                    why = f'"{field.name}", by its name, and no value comes twice'
                    return self._take("sample_id", field, why)
        self.reasons.append(
            (
                "sample_id",
                "the row's place in the file, as there is no column of ids; with one, a row put between "
                "others would not change theirs",
            )
        )
        return None

    def _category(self) -> Field | None:
        found = self._by_name(
            "category", NAMES["category"], lambda field: _is_scalar(field) and _repeats(field)
        )
        if found:
            return found
        for field in self._free(_is_text):
            if len(field.path) == 1 and normal(field.name) not in AS_THEY_ARE and _repeats(field):
                distinct = len({value for value in field.values if value is not None})
                return self._take(
                    "category", field, f'"{field.name}", because it has few values ({distinct})'
                )
        return None

    def _there_are(self) -> str:
        names = [field.name for field in self.table.fields]
        more = f" and {len(names) - 30} more" if len(names) > 30 else ""
        return "The columns are: " + ", ".join(names[:30]) + more + "."


def _as_choices(field: Field) -> Choices | None:
    present = [value for value in field.values if value is not None]
    if field.kind == "structs":
        names = {str(name) for value in present for item in value for name in item}
        inner = next((name for known in INNER_TEXT for name in names if normal(name) == known), None)
        return Choices((field,), inner=inner) if inner else None
    if field.kind == "list":
        return Choices((field,))
    if field.kind != "text" or not present:
        return None
    if all(read_list(value) for value in present):
        return Choices((field,), json_text=True)
    for separator in ("|", "\n", ";"):
        if all(separator in value for value in present):
            return Choices((field,), separator=separator)
    return None


def _run_of(marks: Sequence[str]) -> list[str]:
    """The marks that follow each other from a, 1 or 0 on."""
    for first in ("a", "1", "0"):
        run: list[str] = []
        while True:
            mark = chr(ord("a") + len(run)) if first == "a" else str(int(first) + len(run))
            if mark not in marks:
                break
            run.append(mark)
        if len(run) >= 2:
            return run
    return []


def _ends_with_an_answer(field: Field) -> bool:
    turns = [value for value in field.values if value]
    return bool(turns) and all(len(value) > 1 and value[-1]["role"] == "assistant" for value in turns)


def _share(field: Field, claim: Callable[[str], bool]) -> float:
    texts = [value for value in field.values if isinstance(value, str) and value.strip()]
    return sum(claim(text) for text in texts) / len(texts) if texts else 0.0


def _asks(text: str) -> bool:
    return text.rstrip().endswith(("?", "？", "؟"))


def _is_text(field: Field) -> bool:
    return field.kind == "text" and any(field.values)


def _is_scalar(field: Field) -> bool:
    return field.kind in {"text", "number", "bool", "time"} and any(v is not None for v in field.values)


def _is_binary(field: Field) -> bool:
    return any(isinstance(value, bytes) for value in field.values)


def _is_list_of_text(field: Field) -> bool:
    return field.kind == "list" and kind_of([i for v in field.values for i in v or ()]) == "text"


def _is_unique(field: Field) -> bool:
    texts = [text_of(value) for value in field.values]
    return all(texts) and len(set(texts)) == len(texts)


def _repeats(field: Field) -> bool:
    """Short texts of which some come again: a category, and no text of its own."""
    texts = [text_of(value) or "" for value in field.values]
    present = [text for text in texts if text]
    distinct = len(set(present))
    return (
        len(present) * 2 > len(texts)
        and max(map(len, present)) <= LONGEST_CATEGORY
        and 2 <= distinct < len(present)
        and distinct <= min(MOST_CATEGORIES, max(2, len(present) * 2 // 3))
    )
