"""How an answer is laid out: lists, sections, highlights, placeholders, a title, a postscript."""

import re
from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.instructions.base import Counted, Instruction, needs
from tasks.grade.instructions.text import BULLET, NUMBERED, Text, squeezed

_HIGHLIGHT = re.compile(r"\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{1,80}\]")
_TITLE = re.compile(r"<<[^<>\n]{1,200}>>")
_DIVIDER = re.compile(r"\*(?:[ \t]*\*)*")


@dataclass(frozen=True, kw_only=True)
class Bullets(Counted):
    """So many lines that begin with `-`, `*`, `+` or `•` and a space."""

    kind: ClassVar[str] = "bullets"

    def count(self, text: Text) -> int:
        """The items; a line of asterisks alone is none."""
        return sum(BULLET.match(line) is not None and not _is_divider(line) for line in text.lines)


@dataclass(frozen=True, kw_only=True)
class Numbered(Counted):
    """A list of so many items, numbered 1, 2, 3 ... (`1.` or `1)`), in order and without a gap."""

    kind: ClassVar[str] = "numbered"

    def count(self, text: Text) -> int:
        """The items; 0 where the numbers are not 1, 2, 3 ..."""
        numbers = [int(found[1]) for line in text.lines if (found := NUMBERED.match(line))]
        return len(numbers) if numbers == list(range(1, len(numbers) + 1)) else 0


@dataclass(frozen=True, kw_only=True)
class Sections(Counted):
    """So many lines that begin with the word and a number: `Section 1`, `## Section 1`, `**Section 1**`."""

    kind: ClassVar[str] = "sections"
    word: str = "Section"

    def __post_init__(self) -> None:
        super().__post_init__()
        needs(self.word.isalpha(), f'"{self.word}" is not one word')

    def count(self, text: Text) -> int:
        """The sections, each number once."""
        heading = re.compile(rf"[ \t#*]{{0,12}}{re.escape(self.word.casefold())} +(\d{{1,4}})(?!\w)")
        found = (heading.match(line.casefold()) for line in text.lines)
        return len({int(match[1]) for match in found if match})


@dataclass(frozen=True, kw_only=True)
class Highlights(Counted):
    """So many parts in Markdown's `*asterisks*` or `**two of them**`, each within one line."""

    kind: ClassVar[str] = "highlights"

    def count(self, text: Text) -> int:
        """The parts."""
        return sum(bool(found.strip("* \t")) for found in _HIGHLIGHT.findall(text.raw))


@dataclass(frozen=True, kw_only=True)
class Placeholders(Counted):
    """So many places to fill in, in square brackets: `[name]`."""

    kind: ClassVar[str] = "placeholders"

    def count(self, text: Text) -> int:
        """The places."""
        return len(_PLACEHOLDER.findall(text.raw))


@dataclass(frozen=True, kw_only=True)
class Title(Instruction):
    """A title in double angle brackets, `<<like this>>`, alone on the first line."""

    kind: ClassVar[str] = "title"

    def missed(self, text: Text) -> str | None:
        """Look at the first line."""
        first = text.lines[0].strip(" \t#*") if text.lines else ""
        found = _TITLE.fullmatch(first)
        return None if found and first.strip("<> \t") else "the first line is no <<title>>"


@dataclass(frozen=True, kw_only=True)
class Postscript(Instruction):
    """The last paragraph begins with the marker (`P.S.`) and says something."""

    kind: ClassVar[str] = "postscript"
    marker: str = "P.S."

    def __post_init__(self) -> None:
        needs(bool(self.marker.strip()), "marker is empty")

    def missed(self, text: Text) -> str | None:
        """Look at the last paragraph."""
        last = squeezed(text.paragraphs[-1]) if text.paragraphs else ""
        marker = squeezed(self.marker)
        said = last.removeprefix(marker)
        if len(text.paragraphs) > 1 and last.startswith(marker) and any(char.isalnum() for char in said):
            return None
        return f"the last paragraph is no postscript that begins with {self.marker}"


@dataclass(frozen=True, kw_only=True)
class TwoResponses(Instruction):
    """Two different responses with a line `******` between them, and nowhere else."""

    kind: ClassVar[str] = "two_responses"

    def missed(self, text: Text) -> str | None:
        """Count what the divider divides."""
        parts: list[list[str]] = [[]]
        for line in text.raw.split("\n"):
            if line.strip() == "******":
                parts.append([])
            else:
                parts[-1].append(line)
        said = [squeezed("\n".join(part)) for part in parts]
        if len(said) != 2 or not all(said):
            return f"{len(said) - 1} lines ****** and {sum(map(bool, said))} responses"
        return "both responses are the same" if said[0] == said[1] else None


def _is_divider(line: str) -> bool:
    return _DIVIDER.fullmatch(line.strip()) is not None
