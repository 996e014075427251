r"""Patterns from a suite, matched in time linear in the text, whatever the pattern.

Python's `re` can take hours over ten lines that a model wrote (`(a+)+$`). A suite's pattern is therefore
matched by RE2, the engine that DuckDB's `regexp_matches` uses, reached through pyarrow. Its syntax is
Python's without look-around and back-references; `.` stops at a line's end unless `(?s)`, `^` and `$`
are the text's ends unless `(?m)`. `\d`, `\w` and `\s` know every script here, as in Python, and `\Z`
means `\z`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_PATTERN_CHARS = 1000
MAX_TEXT_CHARS = 1_000_000  # a longer text is matched on its last million characters

_CLASSES = {"d": r"\p{Nd}", "w": r"\p{L}\p{M}\p{N}_", "s": r"\s\v\p{Z}"}
_ANY_SCRIPT = {key: f"[{inside}]" for key, inside in _CLASSES.items()} | {
    key.upper(): f"[^{inside}]" for key, inside in _CLASSES.items()
}


@dataclass(frozen=True)
class LinearPattern:
    """A checked pattern. Made by `linear_pattern`."""

    source: str
    re2: str
    n_groups: int

    def found(self, text: str) -> bool:
        """Whether the pattern matches anywhere."""
        import pyarrow.compute as pc

        return bool(pc.match_substring_regex(_scalar(text), pattern=self.re2).as_py())

    def first_group(self, text: str) -> str | None:
        """What the first group of the first match holds ("" where it took no part); None: no match."""
        import pyarrow.compute as pc

        groups: dict[str, str] | None = pc.extract_regex(_scalar(text), pattern=self.re2).as_py()
        return None if groups is None else next(iter(groups.values()), None)


@lru_cache(maxsize=512)
def linear_pattern(source: str, ignore_case: bool = False, any_script: bool = True) -> LinearPattern:
    r"""Check a pattern and prepare it.

    `any_script` false leaves `\d`, `\w`, `\s` to ASCII, as ECMA-262 and so JSON Schema has it.
    Raises: ValueError: says what is wrong with it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(source) > MAX_PATTERN_CHARS:
        raise ValueError(f"it is longer than {MAX_PATTERN_CHARS} characters")
    translated, n_groups = _translate(source, any_script)
    re2 = f"(?i){translated}" if ignore_case else translated
    try:
        pc.match_substring_regex(pa.scalar(""), pattern=re2)
        if n_groups:
            pc.extract_regex(pa.scalar(""), pattern=re2)
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        said = re.sub(r"\?P<nightbench_\d+>", "", said)
        raise ValueError(f"{said} (RE2 syntax: no look-around, no back-references)") from error
    return LinearPattern(source, re2, n_groups)


def _scalar(text: str) -> Any:
    import pyarrow as pa

    return pa.scalar(text[-MAX_TEXT_CHARS:].encode("utf-8", "replace").decode("utf-8"))


def _translate(source: str, any_script: bool) -> tuple[str, int]:
    """The pattern in RE2's spelling with every group named, as pyarrow wants it; and how many."""
    out: list[str] = []
    n_groups = at = 0
    in_class = False
    while at < len(source):
        two = source[at : at + 2]
        if two[0] == "\\":
            piece, length = _escape(source, at, in_class, any_script)
        elif in_class:
            piece, length = two[0], 1
            in_class = two[0] != "]"
        elif two[0] == "[":
            in_class = True
            length = 2 if two == "[^" else 1
            length += source.startswith("]", at + length)  # a leading ] is a member
            piece = source[at : at + length]
        elif two[0] == "(" and two != "(?":
            n_groups += 1
            piece, length = f"(?P<nightbench_{n_groups}>", 1
        else:
            piece, length = two[0], 1
            n_groups += source.startswith(("(?P<", "(?<"), at) and source[at + 3 : at + 4] not in ("=", "!")
        out.append(piece)
        at += length
    return "".join(out), n_groups


def _escape(source: str, at: int, in_class: bool, any_script: bool) -> tuple[str, int]:
    kind = source[at + 1 : at + 2]
    if kind == "u" and len(source) >= at + 6:
        return f"\\x{{{source[at + 2 : at + 6]}}}", 6
    if kind == "Z" and not in_class:
        return r"\z", 2
    if kind == "Q":
        end = source.find(r"\E", at)
        length = len(source) - at if end < 0 else end + 2 - at
        return source[at : at + length], length
    if any_script and kind in _CLASSES and in_class:
        return _CLASSES[kind], 2
    if any_script and kind in _ANY_SCRIPT and not in_class:
        return _ANY_SCRIPT[kind], 2
    return source[at : at + 2], 2
