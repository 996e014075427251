"""Prose that says nothing of what is asked: sentences of a grammar (prose.toml), about a coast that is not.

It is there to be read past. A sentence comes about by some ten draws among hundreds of phrases, so that one
that is there twice in a megabyte is rare. Models have not seen it: it was written for this project.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from tasks.load.made.draw import Draw

GRAMMAR = Path(__file__).with_name("prose.toml")
NAMES = Path(__file__).with_name("names.toml")
SLOT = re.compile(r"\{(\w+)\}")
BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
Parts = tuple[tuple[str, str], ...]  # a text, and the rule that follows it; the last rule is empty


def write_sentence(draw: Draw) -> str:
    """One sentence, with its full stop."""
    pieces: list[str] = []
    _expand("sentence", draw, pieces)
    return BEFORE_VOWEL.sub(r"\1n ", "".join(pieces))


@cache
def names() -> Mapping[str, tuple[str, ...]]:
    """The lists of names.toml."""
    lists = TypeAdapter(dict[str, tuple[str, ...]])
    return lists.validate_python(tomllib.loads(NAMES.read_text(encoding="utf-8")))


def draw_people(draw: Draw, n: int) -> list[str]:
    """So many different full names."""
    first, last = names()["first"], names()["last"]
    found: dict[str, None] = {}
    while len(found) < n:
        found[f"{draw.pick(first)} {draw.pick(last)}"] = None
    return list(found)


def _expand(rule: str, draw: Draw, pieces: list[str]) -> None:
    for text, inner in draw.pick(_grammar()[rule]):
        pieces.append(text)
        if inner:
            _expand(inner, draw, pieces)


@cache
def _grammar() -> Mapping[str, tuple[Parts, ...]]:
    rules = TypeAdapter(dict[str, list[str]]).validate_python(
        tomllib.loads(GRAMMAR.read_text(encoding="utf-8"))
    )
    return {rule: tuple(map(_parts, phrases)) for rule, phrases in rules.items()}


def _parts(phrase: str) -> Parts:
    found = SLOT.split(phrase)  # text, rule, text, rule, ..., text
    return tuple(zip(found[::2], [*found[1::2], ""], strict=True))
