"""How long an answer is: words, sentences, words a sentence, paragraphs, lines."""

from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.instructions.base import Counted
from tasks.grade.instructions.text import Text, words_of


@dataclass(frozen=True, kw_only=True)
class Words(Counted):
    """So many words in the whole answer."""

    kind: ClassVar[str] = "words"

    def count(self, text: Text) -> int:
        """The words."""
        return len(text.words)


@dataclass(frozen=True, kw_only=True)
class Sentences(Counted):
    """So many sentences in the whole answer."""

    kind: ClassVar[str] = "sentences"

    def count(self, text: Text) -> int:
        """The sentences."""
        return len(text.sentences)


@dataclass(frozen=True, kw_only=True)
class SentenceWords(Counted):
    """The longest sentence has so many words."""

    kind: ClassVar[str] = "sentence_words"

    def count(self, text: Text) -> int:
        """The words of the longest sentence."""
        return max((len(words_of(sentence)) for sentence in text.sentences), default=0)


@dataclass(frozen=True, kw_only=True)
class Paragraphs(Counted):
    """So many paragraphs, with empty lines between them."""

    kind: ClassVar[str] = "paragraphs"

    def count(self, text: Text) -> int:
        """The paragraphs."""
        return len(text.paragraphs)


@dataclass(frozen=True, kw_only=True)
class Lines(Counted):
    """So many lines that are not empty."""

    kind: ClassVar[str] = "lines"

    def count(self, text: Text) -> int:
        """The lines."""
        return len(text.lines)
