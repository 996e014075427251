"""Text whose encoding broke on the way: U+FFFD, and UTF-8 that was read as something else.

A run of characters beyond ASCII is taken for broken where its bytes in Windows-1252 or Latin-1 are valid
UTF-8 and decode to letters or punctuation that people write. So `é` read wrong (`Ã©`) is found, and `É»` at
the end of a French word is not, though its bytes are valid too.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from tasks.load.checks.subject import Finding, Subject
from tasks.model import Sample

RUN = re.compile(r"[^\x00-\x7f]{2,}")
CONTROLS = re.compile(r"[\x80-\x9f]")
# What the bytes of a broken run must decode to: letters of Western and Central Europe, typographic marks.
USUAL = re.compile(r"[\u00a0-\u017f\u2010-\u203a\u20ac\u2122\u2190-\u2193\u2200-\u22ff\ufeff]+")
OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\ud7a3]{2,}|[\U0001f300-\U0001faff]+")
# `√` before a mathematical sign is mathematics; these are what accented letters become.
MAC = re.compile(
    "\u201a\u00c4[\u00ec\u00ee\u00f4\u00fa\u00f9\u00f1\u00a2\u00b6]|\u221a[\u00a9\u00ae\u00a7\u00b6\u2022\u2020\u00df\u00a2\u00a3\u2122]"
)
SHOWN = 3


def broken(subject: Subject) -> Iterator[Finding]:
    """Columns with broken text, a line each."""
    found: dict[tuple[str, str], list[str]] = {}
    examples: dict[tuple[str, str], list[str]] = {}
    for sample in subject.samples:
        for column, text in _texts(sample):
            for kind, example in dict(_kinds(text)).items():
                ids = found.setdefault((column, kind), [])
                if not ids or ids[-1] != sample.sample_id:
                    ids.append(sample.sample_id)
                examples.setdefault((column, kind), []).append(example)
    for (column, kind), ids in found.items():
        shown = ", ".join(list(dict.fromkeys(examples[column, kind]))[:SHOWN])
        quoted = "" if subject.suite.sealed or not shown else f" ({shown})"
        yield Finding("error", "mojibake", tuple(ids), column, f"{WHAT[kind]}{quoted}", REMEDY[kind])


WHAT = {
    "lost": "characters were lost: U+FFFD stands in their place",
    "utf8": "UTF-8 that was read as Windows-1252 or Latin-1",
    "mac": "UTF-8 that was read as Mac Roman",
    "controls": "control characters (U+0080 to U+009F): Windows-1252 that was read as Latin-1",
}
REMEDY = {
    "lost": "go back to the source, which still has them, and read it in its own encoding",
    "utf8": "read the source as UTF-8; where it is broken there, mend it at its maker's",
    "mac": "read the source as UTF-8",
    "controls": 'read the source as Windows-1252 (encoding = "cp1252" in [[source]])',
}


def unbroken(run: str) -> str | None:
    """What characters would have been, had their bytes been read as UTF-8; None where they are no such."""
    data = bytearray()
    for char in run:
        try:
            data += char.encode("cp1252")
        except UnicodeEncodeError:
            if ord(char) > 0xFF:
                return None
            data += char.encode("latin-1")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if USUAL.fullmatch(text) or OTHER_SCRIPT.fullmatch(text) else None


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    if text.isascii():
        return
    if "\ufffd" in text:
        yield "lost", ""
    wrong = next((run for match in RUN.finditer(text) if (run := _broken_part(match[0]))), None)
    if wrong is not None:
        yield "utf8", f"{wrong} for {unbroken(wrong)}"
    elif CONTROLS.search(text):
        yield "controls", ""
    if mac := MAC.search(text):
        yield "mac", mac[0]


def _broken_part(run: str) -> str | None:
    """The first stretch of the run that is broken; good characters may stand beside it."""
    for start in range(min(len(run) - 1, 40)):
        if not "\u00c2" <= run[start] <= "\u00f4":
            continue
        for end in (start + 2, start + 3, start + 4, start + 6, start + 8):
            part = run[start:end]
            if len(part) == end - start and unbroken(part) is not None:
                return part
    return None


def _texts(sample: Sample) -> Iterator[tuple[str, str]]:
    """Every text of a row with the name of its top-level column."""
    for column, value in sample.row.items():
        for text in _within(value):
            yield column, text


def _within(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _within(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _within(inner)
