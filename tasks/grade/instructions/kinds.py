"""Every kind of instruction by its name, and how a sample's JSON becomes instructions."""

import dataclasses
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tasks.grade.instructions import language, layout, length, whole, wording
from tasks.grade.instructions.base import Instruction
from tasks.grade.instructions.text import Text

_ALL: tuple[type[Instruction], ...] = (
    *(length.Words, length.Sentences, length.SentenceWords, length.Paragraphs, length.Lines),
    *(wording.RequiredWords, wording.ForbiddenWords, wording.WordCount, wording.LetterCount),
    *(wording.ParagraphStart, wording.CapitalWords, wording.Lowercase, wording.Uppercase),
    *(wording.NoCommas, wording.NoDigits),
    *(layout.Bullets, layout.Numbered, layout.Sections, layout.Highlights, layout.Placeholders),
    *(layout.Title, layout.Postscript, layout.TwoResponses),
    *(whole.StartsWith, whole.EndsWith, whole.RepeatPrompt, whole.Quoted, whole.OnlyJson, whole.OneOf),
    *(whole.NoCommentary, language.InLanguage),
)
KINDS: Mapping[str, type[Instruction]] = {kind.kind: kind for kind in _ALL}


@lru_cache(maxsize=4096)
def read_instructions(text: str) -> tuple[Instruction, ...]:
    """The instructions of a sample: a JSON list of objects, each a `kind` with its options.

    Raises: ValueError: says what is wrong with the list.
    """
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from error
    if not isinstance(listed, list) or not listed:
        raise ValueError("not a list of instructions")
    made = tuple(_instruction(entry) for entry in listed)
    names = [one.kind for one in made]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ValueError(f'the kind "{twins[0]}" is there twice; one instruction holds all of it')
    return made


def followed(one: Instruction, text: Text) -> str | None:
    """Why an answer as it is misses an instruction, or None; an empty one follows nothing."""
    return one.missed(text) if text.raw else "an empty answer"


def relaxed(answer: str) -> tuple[str, ...]:
    """The eight forms of an answer of which one must follow, in the paper's loose sense.

    As it is, without its first line, without its last, without both; each also without asterisks.
    """
    lines = answer.strip().split("\n")
    cut = [lines, lines[1:], lines[:-1], lines[1:-1]]
    forms = ["\n".join(part).strip() for part in cut]
    return tuple(dict.fromkeys([*forms, *(form.replace("*", "") for form in forms)]))


def _instruction(entry: Any) -> Instruction:
    if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
        raise ValueError(f'{json.dumps(entry)[:80]} has no "kind"')
    kind = KINDS.get(entry["kind"])
    if kind is None:
        raise ValueError(f'there is no kind "{entry["kind"]}"; known are {", ".join(KINDS)}')
    options = {name: value for name, value in entry.items() if name != "kind"}
    known = [field.name for field in dataclasses.fields(kind)]
    unknown = [name for name in options if name not in known]
    if unknown:
        raise ValueError(f'"{kind.kind}" has no option "{unknown[0]}"; it has {", ".join(known) or "none"}')
    try:
        made: Instruction = _reader(kind).validate_python(options)
    except ValidationError as error:
        first = error.errors()[0]
        place = f"{first['loc'][0]}: " if first["loc"] else ""
        raise ValueError(f'"{kind.kind}": {place}{first["msg"].removeprefix("Value error, ")}') from error
    return made


@lru_cache(maxsize=64)
def _reader(kind: type[Instruction]) -> TypeAdapter[Instruction]:
    return TypeAdapter(kind)
