"""How an answer begins, ends, and what it is as a whole: JSON, a quotation, one of several options."""

from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.instructions.base import Instruction, needs
from tasks.grade.instructions.text import Text, squeezed
from tasks.grade.json_only import JsonOnly
from tasks.grade.text import shown
from tasks.model import Sample

QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」"}
OPENINGS = (
    *("sure", "certainly", "of course", "absolutely", "great question", "here is", "here's", "here are"),
    *("below is", "i'd be happy", "i would be happy", "as an ai", "okay", "ok,", "no problem"),
)
CLOSINGS = (
    *("i hope this helps", "hope this helps", "let me know", "feel free to", "is there anything else"),
    *("if you have any questions", "if you need anything", "would you like me"),
)
_JSON = JsonOnly()


@dataclass(frozen=True, kw_only=True)
class StartsWith(Instruction):
    """The first words are these; case and runs of white space are ignored."""

    kind: ClassVar[str] = "starts_with"
    text: str

    def __post_init__(self) -> None:
        needs(bool(self.text.strip()), "text is empty")

    def missed(self, text: Text) -> str | None:
        """Compare the beginning."""
        said, wanted = squeezed(text.raw), squeezed(self.text)
        ok = said.startswith(wanted) and not _goes_on(wanted[-1:], said[len(wanted) :][:1])
        return None if ok else f"begins with {shown(text.raw[:60])}"


@dataclass(frozen=True, kw_only=True)
class EndsWith(StartsWith):
    """The last words are these, and nothing follows; case and runs of white space are ignored."""

    kind: ClassVar[str] = "ends_with"

    def missed(self, text: Text) -> str | None:
        """Compare the end."""
        said, wanted = squeezed(text.raw), squeezed(self.text)
        ok = said.endswith(wanted) and not _goes_on(said[: -len(wanted)][-1:], wanted[:1])
        return None if ok else f"ends with {shown(text.raw[-60:])}"


@dataclass(frozen=True, kw_only=True)
class RepeatPrompt(StartsWith):
    """The request comes first, word for word, and an answer follows."""

    kind: ClassVar[str] = "repeat_prompt"

    def missed(self, text: Text) -> str | None:
        """Compare the beginning, and ask for more."""
        said = squeezed(text.raw)
        if not said.startswith(squeezed(self.text)):
            return f"begins with {shown(text.raw[:60])}"
        rest = said.removeprefix(squeezed(self.text))
        return None if any(char.isalnum() for char in rest) else "nothing follows the request"


@dataclass(frozen=True, kw_only=True)
class Quoted(Instruction):
    """The whole answer stands in quotation marks."""

    kind: ClassVar[str] = "quoted"

    def missed(self, text: Text) -> str | None:
        """Look at both ends."""
        raw = text.raw
        ok = len(raw) > 2 and QUOTES.get(raw[0]) == raw[-1] and bool(raw[1:-1].strip())
        return None if ok else "the answer does not stand in quotation marks"


@dataclass(frozen=True, kw_only=True)
class OnlyJson(Instruction):
    """One JSON object or array and nothing else, as the grader `json_only` has it: no fence either."""

    kind: ClassVar[str] = "json"

    def missed(self, text: Text) -> str | None:
        """Ask the grader."""
        grade = _JSON.compare(Sample("", {}), text.original)
        return None if grade.passed else grade.explanation or "no JSON"


@dataclass(frozen=True, kw_only=True)
class OneOf(Instruction):
    """The whole answer is one of the options; case, and a full stop after it, are ignored."""

    kind: ClassVar[str] = "one_of"
    options: tuple[str, ...]

    def __post_init__(self) -> None:
        plain = {_plain(option) for option in self.options}
        needs(len(plain) == len(self.options) >= 2 and all(plain), "options are two or more different texts")

    def missed(self, text: Text) -> str | None:
        """Compare with each."""
        ok = any(_plain(text.raw) == _plain(option) for option in self.options)
        return None if ok else f"is none of the options: {shown(text.raw[:60])}"


def _goes_on(one: str, other: str) -> bool:
    """Whether a word goes on from one letter to the other: `The` does not begin `Therefore ...`."""
    return bool(one and other) and all(letter.isalnum() and letter.isascii() for letter in (one, other))


def _plain(option: str) -> str:
    return squeezed(option).removesuffix(".").strip()


@dataclass(frozen=True, kw_only=True)
class NoCommentary(Instruction):
    """Neither does the answer begin with one of OPENINGS, nor has its last sentence one of CLOSINGS."""

    kind: ClassVar[str] = "no_commentary"

    def missed(self, text: Text) -> str | None:
        """Look at the beginning and at the last sentence."""
        begin = squeezed(text.raw[:200]).lstrip("\"'*_#> ")
        for phrase in OPENINGS:
            if begin.startswith(phrase) and not begin[len(phrase) : len(phrase) + 1].isalnum():
                return f'begins with "{phrase}"'
        last = squeezed(text.sentences[-1]) if text.sentences else ""
        for phrase in CLOSINGS:
            if phrase in last:
                return f'ends with "{phrase}"'
        return None
