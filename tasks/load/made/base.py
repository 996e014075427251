"""What a generator is: a name, a version that changes with what it makes, options, a function of a seed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

CHARS_A_TOKEN = 4  # as tasks/call/tokens.py begins to guess; what a model counts is known when it answered
MOST_TOKENS = 50_000_000  # of all the documents of a suite: 200 MB of text
Length = Annotated[int, Field(ge=500, le=2_000_000)]  # tokens of a whole prompt, about
Row = Mapping[str, Any]


class Options(BaseModel):
    """What the options of every generator have in common: frozen, strict, and none that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Generator:
    """Makes the samples of a suite of a seed and options, and the same of the same wherever it runs."""

    name: str
    version: int  # goes up with every change of what is made: a test holds the rows of each version
    options: type[Options]
    prompt: str  # the template of a suite that has none of its own
    make: Callable[[int, Any], Iterator[Row]]  # raises ValueError: these options cannot be met


def document_chars(length: int) -> int:
    """The characters of a document with whose question, and an answer, a prompt has so many tokens at most.

    Two parts of a hundred and 120 tokens are left for these: a length of 128,000 fits a context of as many.
    """
    return (length * 98 // 100 - 120) * CHARS_A_TOKEN


def check_size(tokens: int) -> None:
    """Refuse what would not fit into memory.

    Raises: ValueError: the documents of a suite have too many tokens together.
    """
    if tokens > MOST_TOKENS:
        raise ValueError(
            f"lengths: its documents have {tokens:,} tokens together; at most {MOST_TOKENS:,} are made"
        )


def different(values: tuple[int, ...]) -> tuple[int, ...]:
    """The values as they are.

    Raises: ValueError: there is none, or one is there twice.
    """
    if not values or len(set(values)) < len(values):
        raise ValueError("give a list of one or more different numbers")
    return values
