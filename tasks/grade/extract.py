r"""Which part of a response is the answer: `json.<key>`, `boxed`, `last_number`, `letter`, `code`, `sql`,
`text`, or a regex with one group.

json.<key>   the first complete JSON object (bare, fenced, amid prose) that the first `{` opens; where
             that is none or lacks the key, the quoted value after `"<key>":` as it is written; where
             there is none either, the first later object with the key. A value that is no string is
             taken in JSON's spelling
boxed        the content of the last complete `\boxed{...}` or `\fbox{...}`
last_number  the last number (tasks/grade/numbers.py)
letter       the last stated letter of a choice (tasks/grade/letters.py)
code         the first fenced block, else the whole text; indentation is kept
sql          the first block fenced as sql, else the first fenced block, else from the first line that
             starts with `select` or `with` up to `;` or the end
text         the whole text without the white space around it
regex        what the group of the first match holds; RE2 syntax (tasks/grade/linear.py)

All are linear in the text and never raise on one.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from tasks.grade.jsontext import as_text, values_within
from tasks.grade.letters import stated_letter
from tasks.grade.linear import linear_pattern
from tasks.grade.numbers import last_number_text

Extractor = Callable[[str], str | None]

MAX_BOXED_CHARS = 10_000
MAX_BOXES = 50

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[ \t]*([^\n`]*)\n", re.MULTILINE)
_STATEMENT = re.compile(r"^[ \t]*(?:select|with)\b[^;]*", re.IGNORECASE | re.MULTILINE)


def extract(spec: str, text: str) -> str | None:
    """The answer in the text, or None where there is none."""
    return make_extractor(spec)(text)


@lru_cache(maxsize=256)
def make_extractor(spec: str) -> Extractor:
    """The extractor that a spec names.

    Raises: ValueError: it names none, and is no regex with one group.
    """
    if spec in EXTRACTORS:
        return EXTRACTORS[spec]
    if spec.startswith("json.") and len(spec) > len("json."):
        return _json_value(spec.removeprefix("json."))
    near = difflib.get_close_matches(spec, [*EXTRACTORS, "json.<key>"], n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    try:
        pattern = linear_pattern(spec)
    except ValueError as error:
        raise ValueError(f'extract = "{spec}" is neither an extractor nor a regex: {error}{hint}') from error
    if pattern.n_groups != 1:
        known = ", ".join(["json.<key>", *EXTRACTORS])
        raise ValueError(
            f'extract = "{spec}" is no extractor ({known}), and as a regex it has {pattern.n_groups} groups '
            f"instead of one{hint}"
        )
    return pattern.first_group


def _json_value(key: str) -> Extractor:
    quoted = re.compile(re.escape(f'"{key}"') + r'\s*+:\s*+"((?:[^"\\]++|\\.)*+)"', re.DOTALL)

    def extractor(text: str) -> str | None:
        objects = values_within(text, opening="{", strict=False)
        found = next(objects, None)
        if found is None or found.start != text.find("{") or key not in found.value:
            match = quoted.search(text)
            if match:
                return match[1]
        while found is not None:
            if key in found.value:
                return _readable(found.value[key])
            found = next(objects, None)
        return None

    return extractor


def _readable(value: object) -> str | None:
    try:
        return as_text(value)
    except ValueError:  # a list with a number beyond a double: nobody's answer
        return None


def _text(text: str) -> str | None:
    return text.strip() or None


def _boxed(text: str) -> str | None:
    end = len(text)
    for _ in range(MAX_BOXES):
        at = max(text.rfind("\\boxed", 0, end), text.rfind("\\fbox", 0, end))
        if at < 0:
            return None
        start = at + (6 if text.startswith("\\boxed", at) else 5)
        content = _braced(text[start : start + MAX_BOXED_CHARS])
        if content is not None:
            return content.strip() or None
        end = at
    return None


def _braced(text: str) -> str | None:
    body = text.lstrip(" ")
    if not body.startswith("{"):
        return body[:1] if body[:1].isalnum() else None  # \boxed 5
    depth = at = 0
    while at < len(body):
        char = body[at]
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return body[1:at]
        at += 2 if char == "\\" else 1
    return None


def _blocks(text: str, label: str = "") -> str | None:
    """The first fenced block whose label starts so; an unclosed one reaches to the end."""
    at = 0
    while opening := _FENCE.search(text, at):
        fence = opening[1]
        closing = re.compile(rf"^[ \t]*{fence[0]}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
        closed = closing.search(text, opening.end())
        end = closed.start() if closed else len(text)
        if opening[2].strip().lower().startswith(label):
            return text[opening.end() : end]
        at = closed.end() if closed else len(text)
    return None


def _code(text: str) -> str | None:
    block = _blocks(text)
    code = (text if block is None else block).strip("\r\n")
    return code if code.strip() else None


def _sql(text: str) -> str | None:
    block = _blocks(text, "sql")
    if block is None:
        block = _blocks(text)
    if block is None:
        statement = _STATEMENT.search(text)
        block = statement[0] if statement else ""
    return block.strip() or None


EXTRACTORS: Mapping[str, Extractor] = {
    "boxed": _boxed,
    "last_number": last_number_text,
    "letter": stated_letter,
    "code": _code,
    "sql": _sql,
    "text": _text,
}
