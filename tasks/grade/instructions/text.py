r"""What instructions count in an answer: words, sentences, paragraphs, list items. Simple rules, linear time.

Before anything is counted, line ends become `\n` and characters that are not seen (zero-width, soft hyphen,
direction marks, controls) go. Words and their characters are compared as NFKC, case-folded, so that a
full-width or a split-up spelling hides nothing.

- a word is a run of letters, digits and `_`; `'`, `’` and `-` inside it do not end it, nor do `.` and `,`
  between digits: `don't`, `well-known` and `1,234.5` are one word each. Without spaces a run is one word.
- a sentence ends at `.`, `!`, `?`, `…` (with closing quotes and brackets) before white space or the end, at
  `。`, `！`, `？` anywhere, at an empty line, and where a list item or a heading begins or ends. ABBREVIATED
  and single capitals (`J. Doe`) do not end one. What holds no word is none.
- a paragraph is what stands between empty lines and holds more than white space.
"""

import re
import unicodedata
from functools import cached_property

from tasks.grade.text import comparable

ABBREVIATED = ("e.g.", "i.e.", "etc.", "vs.", "mr.", "mrs.", "ms.", "dr.", "prof.", "no.", "st.", "approx.")
BULLET = re.compile(r"[ \t]{0,12}[-*+•][ \t]+(?=\S)")
NUMBERED = re.compile(r"[ \t]{0,12}(\d{1,4})[.)][ \t]+(?=\S)")

_WORD = re.compile(r"\w+(?:['’\-]\w+|(?<=\d)[.,](?=\d)\w+)*")
_END = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s|$)|[。！？]+[」』”）]*")
_INITIAL = re.compile(r"(?:^|\s)[^\W\d_]\.$")
_UNSEEN = frozenset({"Cf", "Cc", "Cs", "Co"})


class Text:
    """An answer, with what instructions ask of it counted once."""

    def __init__(self, raw: str) -> None:
        self.original = raw
        self.raw = visible(raw).strip()

    @cached_property
    def words(self) -> list[str]:
        """Every word, as it is compared."""
        return words_of(self.raw)

    @cached_property
    def lines(self) -> list[str]:
        """Every line that holds more than white space."""
        return [line for line in self.raw.split("\n") if line.strip()]

    @cached_property
    def paragraphs(self) -> list[str]:
        """Every paragraph, trimmed."""
        made: list[list[str]] = [[]]
        for line in self.raw.split("\n"):
            if line.strip():
                made[-1].append(line)
            elif made[-1]:
                made.append([])
        return ["\n".join(lines).strip() for lines in made if lines]

    @cached_property
    def sentences(self) -> list[str]:
        """Every sentence, trimmed."""
        return [found for block in self._blocks() for found in _sentences(block)]

    def _blocks(self) -> list[str]:
        blocks: list[list[str]] = [[]]
        for line in self.raw.split("\n"):
            alone = line.lstrip().startswith("#")
            item = BULLET.match(line) or NUMBERED.match(line)
            if alone or item or not line.strip():
                blocks.append([])
            blocks[-1].append(line[item.end() :] if item else line)
            if alone:
                blocks.append([])
        return [" ".join(lines) for lines in blocks if lines]


def visible(raw: str) -> str:
    """The text without characters that are not seen, and with one kind of line end."""
    plain = raw.replace("\r\n", "\n").replace("\r", "\n")
    unseen = [c for c in set(plain) if c not in "\n\t" and unicodedata.category(c) in _UNSEEN]
    return plain.translate(dict.fromkeys(map(ord, unseen)))


def words_of(text: str) -> list[str]:
    """The words of a text, NFKC and case-folded, `’` as `'`."""
    return [word.replace("’", "'") for word in _WORD.findall(comparable(text, ignore_case=True))]


def squeezed(text: str) -> str:
    """The form in which phrases are compared: NFKC, case-folded, runs of white space as one space."""
    return " ".join(comparable(text, ignore_case=True).replace("’", "'").split())


def _sentences(block: str) -> list[str]:
    made, start, whole = [], 0, len(block.rstrip())
    for end in _END.finditer(block):
        before = block[max(start, end.start() - 12) : end.start() + 1]
        last = before.split()[-1].casefold().lstrip("([\"'") if before.split() else ""
        if end[0] == "." and (last in ABBREVIATED or _INITIAL.search(before)) and end.end() < whole:
            continue
        made.append(block[start : end.end()])
        start = end.end()
    made.append(block[start:])
    return [part.strip() for part in made if _WORD.search(part)]
