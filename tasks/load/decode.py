"""From the bytes of a user's file to text: which encoding they are in, and how sure that is.

A byte order mark decides; else UTF-8 where the bytes are valid; else UTF-16 without a mark, by its zero
bytes; else one of the two that spreadsheets write in Western Europe and America, Windows-1252 and Mac Roman,
by which of them reads the bytes beyond ASCII as small letters within words and as the usual punctuation.
Where both read whole words of foreign letters, nothing is guessed: the file is of another script.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import SuiteError

MARKS = (  # UTF-32's begin like UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
GUESSED = ("cp1252", "mac_roman")
OPENING = "‘“„‚«¿¡€£¥§°±µ×÷ \u00a0"  # may stand right before a letter that begins a word
PUNCTUATION = "‘’“”„‚–—…•·°€£¥§©®™«»½¼¾×÷±²³µ¿¡ \u00a0"
FOREIGN_WORD = re.compile(r"(?<![A-Za-z])[^\W\d_a-zA-Z]{3,}(?![A-Za-z])")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
SAMPLE_BYTES = 1 << 20


@dataclass(frozen=True)
class Decoded:
    """A file's text without its byte order mark, and what its encoding was."""

    text: str
    encoding: str  # as Python names it
    note: str | None  # what a person should know of it


def decode(data: bytes, file: Path, encoding: str | None) -> Decoded:
    """The text; `encoding` is what the user says it is, which wins.

    Raises: SuiteError: it is not in that encoding (with the line), or none can be told.
    """
    if encoding is not None:
        return _as_said(data, file, encoding)
    for mark, name in MARKS:
        if data.startswith(mark):
            text = _strict(data[len(mark) :], file, name)
            kept = "its byte order mark is left out" if name == "utf-8" else "written as UTF-8"
            return Decoded(text, name, f"{file.name}: {_shown(name)} with a byte order mark; {kept}.")
    utf16 = _utf16_without_mark(data)
    if utf16:
        return Decoded(_strict(data, file, utf16), utf16, f"{file.name}: {_shown(utf16)}; written as UTF-8.")
    try:
        return Decoded(data.decode("utf-8"), "utf-8", None)
    except UnicodeDecodeError as error:
        return _guessed(data, file, error)


def _as_said(data: bytes, file: Path, encoding: str) -> Decoded:
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise SuiteError(
            f'--encoding "{encoding}" is not a text encoding that Python knows, such as utf-8, cp1252, '
            f"mac_roman, cp1251, shift_jis or gb18030. Nothing was written."
        ) from error
    text = _strict(data, file, name).removeprefix("\ufeff")
    note = None if name == "utf-8" else f"{file.name}: read as {_shown(name)}, as you say; written as UTF-8."
    return Decoded(text, name, note)


def _strict(data: bytes, file: Path, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        raise SuiteError(
            f"{file}: not {_shown(encoding)} at line {line} (byte {error.start:,}: "
            f"{data[error.start : error.start + 1].hex()}). Nothing was written. Save the file as UTF-8, or "
            f"give --encoding."
        ) from error


def _utf16_without_mark(data: bytes) -> str | None:
    sample = data[:2000]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if half < 4 or len(data) % 2:
        return None
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else None


def _guessed(data: bytes, file: Path, error: UnicodeDecodeError) -> Decoded:
    line = data[: error.start].count(b"\n") + 1
    read = {name: data[:SAMPLE_BYTES].decode(name, "replace") for name in GUESSED}
    scores = {name: _plausible(text) for name, text in read.items()}
    best = max(GUESSED, key=lambda name: scores[name])
    words = FOREIGN_WORD.findall(read[best])
    if scores[best] < 0.5 or sum(map(len, words)) * 2 > len(BEYOND_ASCII.findall(read[best])):
        raise SuiteError(
            f"{file}: not UTF-8 at line {line}, and the encoding cannot be told. Nothing was written. Save "
            f"the file as UTF-8, or give --encoding, such as cp1250, cp1251, shift_jis or gb18030."
        )
    text = _strict(data, file, best)
    return Decoded(
        text,
        best,
        f"{file.name}: not UTF-8 at line {line}; read as {_shown(best)}, by its letters, and written as "
        f"UTF-8. Look at the prompts; if letters are wrong, give --encoding.",
    )


def _plausible(text: str) -> float:
    """The share of the characters beyond ASCII that stand as one expects them to."""
    found = good = 0
    for match in BEYOND_ASCII.finditer(text):
        found += 1
        char, at = match[0], match.start()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if char in PUNCTUATION:
            good += char in OPENING or before.isalnum() or not after.isalpha()
        elif char.isalpha() and char.islower():
            good += 1
        elif char.isalpha():  # a capital begins a word, or stands in one of capitals
            good += not before.islower() and (before.isalpha() or after.isalpha() or char == "À")
    return good / found if found else 1.0


def _shown(encoding: str) -> str:
    return {"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}.get(encoding, encoding.upper())
