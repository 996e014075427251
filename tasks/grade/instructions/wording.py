"""Which words an answer uses, how often, and which characters. Case is ignored save where it is asked for."""

import re
from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.instructions.base import Counted, Instruction, needs
from tasks.grade.instructions.text import Text, words_of
from tasks.grade.text import comparable

COMMAS = re.compile("[,，、،﹐﹑､]")  # of every script
TITLECASE = "ǅǈǋǲ"  # a capital and a small letter in one
_CAPITALS = re.compile(r"[^\W\d_]+")


def _one_word(word: str) -> None:
    needs(len(words_of(word)) == 1 and words_of(word)[0] == word.casefold(), f'"{word}" is not one word')


@dataclass(frozen=True, kw_only=True)
class RequiredWords(Instruction):
    """Every one of the words is there, whole."""

    kind: ClassVar[str] = "required_words"
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        needs(bool(self.words), "words is empty")
        for word in self.words:
            _one_word(word)

    def missed(self, text: Text) -> str | None:
        """Name the words that are not there."""
        there = set(text.words)
        lacking = [word for word in self.words if word.casefold() not in there]
        return f"without {', '.join(lacking)}" if lacking else None


@dataclass(frozen=True, kw_only=True)
class ForbiddenWords(RequiredWords):
    """None of the words is there as a whole word."""

    kind: ClassVar[str] = "forbidden_words"

    def missed(self, text: Text) -> str | None:
        """Name the words that are there."""
        there = set(text.words)
        used = [word for word in self.words if word.casefold() in there]
        return f"uses {', '.join(used)}" if used else None


@dataclass(frozen=True, kw_only=True)
class WordCount(Counted):
    """One word so many times, whole."""

    kind: ClassVar[str] = "word_count"
    word: str

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_word(self.word)

    def count(self, text: Text) -> int:
        """Its uses."""
        return text.words.count(self.word.casefold())


@dataclass(frozen=True, kw_only=True)
class LetterCount(Counted):
    """One letter so many times, in either case."""

    kind: ClassVar[str] = "letter_count"
    letter: str

    def __post_init__(self) -> None:
        super().__post_init__()
        needs(len(self.letter) == 1 and self.letter.isalpha(), f'"{self.letter}" is not one letter')

    def count(self, text: Text) -> int:
        """Its uses."""
        return comparable(text.raw, ignore_case=True).count(self.letter.casefold())


@dataclass(frozen=True, kw_only=True)
class ParagraphStart(Instruction):
    """A paragraph begins with a word; 1 is the first."""

    kind: ClassVar[str] = "paragraph_start"
    paragraph: int
    word: str

    def __post_init__(self) -> None:
        needs(self.paragraph >= 1, f"paragraph = {self.paragraph}: the first is 1")
        _one_word(self.word)

    def missed(self, text: Text) -> str | None:
        """Say how it begins instead."""
        if len(text.paragraphs) < self.paragraph:
            return f"{len(text.paragraphs)} paragraphs"
        first = words_of(text.paragraphs[self.paragraph - 1][:400])[:1]
        if first == [self.word.casefold()]:
            return None
        return f"paragraph {self.paragraph} begins with {first[0] if first else 'no word'}"


@dataclass(frozen=True, kw_only=True)
class CapitalWords(Counted):
    """So many words of two letters or more that are all in capitals."""

    kind: ClassVar[str] = "capital_words"

    def count(self, text: Text) -> int:
        """The words."""
        return sum(len(word) > 1 and word.isupper() for word in _CAPITALS.findall(text.raw))


@dataclass(frozen=True, kw_only=True)
class Lowercase(Instruction):
    """No letter is a capital."""

    kind: ClassVar[str] = "lowercase"

    def missed(self, text: Text) -> str | None:
        """Show the first capital."""
        found = next((char for char in text.raw if char.isupper() or char in TITLECASE), None)
        return f"the capital {found}" if found else _no_letter(text)


@dataclass(frozen=True, kw_only=True)
class Uppercase(Instruction):
    """Every letter that has a capital is one."""

    kind: ClassVar[str] = "uppercase"

    def missed(self, text: Text) -> str | None:
        """Show the first small letter."""
        found = next((char for char in text.raw if char.islower() or char in TITLECASE), None)
        return f"the small letter {found}" if found else _no_letter(text)


def _no_letter(text: Text) -> str | None:
    return None if any(char.isalpha() for char in text.raw) else "no letter"


@dataclass(frozen=True, kw_only=True)
class NoCommas(Instruction):
    """No comma of any script."""

    kind: ClassVar[str] = "no_commas"

    def missed(self, text: Text) -> str | None:
        """Count them."""
        n = len(COMMAS.findall(text.raw))
        return f"{n} commas" if n else None


@dataclass(frozen=True, kw_only=True)
class NoDigits(Instruction):
    """No digit of any script."""

    kind: ClassVar[str] = "no_digits"

    def missed(self, text: Text) -> str | None:
        """Count them."""
        n = sum(char.isdigit() for char in text.raw)
        return f"{n} digits" if n else None
