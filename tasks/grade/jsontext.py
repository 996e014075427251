"""JSON in the text of a response: strictly, as RFC 8259 has it, or tolerantly, wherever it stands.

Bounded against hostile text: time and memory are linear in the text, nesting ends at `MAX_DEPTH`, numbers
stay text until somebody asks for their value, and nothing is ever evaluated.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import Any

MAX_DEPTH = 100  # RFC 8259, section 9, lets a reader limit nesting
MAX_ATTEMPTS = 1000
MAX_DIGITS = 300  # of a number whose value is needed
WHITE_SPACE = " \t\n\r"  # JSON's own, and no other

_OPENINGS = {"{": r'\{(?=[ \t\n\r]*+["}])', "[": r"\[(?=[ \t\n\r]*+[\"\[{\]0-9tfnNI-])"}
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class NumberText(str):
    """A number of a JSON text as it is written."""

    __slots__ = ()


def _no_constant(name: str) -> NumberText:
    raise ValueError(f"{name} is not JSON")


_TOLERANT = JSONDecoder(strict=False, parse_int=NumberText, parse_float=NumberText, parse_constant=NumberText)
_STRICT = JSONDecoder(parse_int=NumberText, parse_float=NumberText, parse_constant=_no_constant)


def whole_value(text: str) -> Any:
    """The one RFC 8259 value that the text is, white space of JSON around it apart.

    Refused: anything before or after it, a byte order mark, NaN and Infinity, control characters in
    strings, comments, trailing commas, characters that UTF-8 cannot hold. A name that comes twice is
    valid JSON (section 4 only advises against it): the last one counts.
    Raises: ValueError: says where it is none.
    """
    bare = text.strip(WHITE_SPACE)
    bare.encode("utf-8")
    try:
        value, end = _STRICT.raw_decode(bare)
    except RecursionError as error:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels") from error
    if end != len(bare):
        raise ValueError(f"more text follows the JSON at character {end}")
    if _too_deep(bare):
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    return value


@dataclass(frozen=True)
class Found:
    """A complete value amid other text: `text[start:end]`."""

    start: int
    end: int
    value: Any


def values_within(text: str, opening: str = "{[", strict: bool = True) -> Iterator[Found]:
    """Every complete object (and array) amid other text, outermost ones, in order.

    Not strict, raw line breaks in strings are allowed, which models write. Ends when failed attempts have
    read four times the text, or were `MAX_ATTEMPTS`: no text that was meant to be read needs more. (An
    error of Python's decoder counts the lines before it, so that each costs the whole text.)
    """
    decoder = _STRICT if strict else _TOLERANT
    opener = re.compile("|".join(_OPENINGS[char] for char in opening))
    budget, attempts = 4 * len(text) + 10_000, MAX_ATTEMPTS
    match = opener.search(text)
    while match and budget > 0 and attempts > 0:
        start = match.start()
        resume = start + 1
        try:
            value, end = decoder.raw_decode(text, start)
        except JSONDecodeError as error:
            budget -= max(error.pos, start) - start
            attempts -= 1
        except (RecursionError, ValueError):  # nested too deep, or NaN: read no one knows how far
            budget -= len(text)
            attempts -= 1
        else:
            if _too_deep(text[start:end]):
                budget -= 2 * (end - start)
                attempts -= 1
            else:
                yield Found(start, end, value)
                resume = end
        match = opener.search(text, resume)


def as_text(value: Any) -> str:
    """A value as an answer: a string's content, anything else in JSON's spelling."""
    return str(value) if isinstance(value, str) else json.dumps(with_numbers(value), ensure_ascii=False)


def with_numbers(value: Any) -> Any:
    """The value with its numbers as int and float.

    Raises: ValueError: a number beyond what a double can hold.
    """
    if isinstance(value, dict):
        return {key: with_numbers(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_numbers(member) for member in value]
    return _number(value) if isinstance(value, NumberText) else value


def _number(written: NumberText) -> int | float:
    if len(written) <= MAX_DIGITS:
        number = int(written) if written.lstrip("-").isdigit() else float(written)
        if number - number == 0:  # neither infinite nor NaN
            return number
    raise ValueError(f"the number {written[:40]} is beyond a double")


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            return True
    return False
