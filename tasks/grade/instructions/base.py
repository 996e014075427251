"""What every kind of instruction is: a frozen dataclass of its options, with one method that judges."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.instructions.text import Text


@dataclass(frozen=True, kw_only=True)
class Instruction(ABC):
    """Say of an answer whether it follows; pure, linear in the answer, never raises on what a model wrote."""

    kind: ClassVar[str]

    @abstractmethod
    def missed(self, text: Text) -> str | None:
        """Why the answer does not follow the instruction; None where it does."""


@dataclass(frozen=True, kw_only=True)
class Counted(Instruction):
    """An instruction on how many of something there are: both bounds are inside.

    Raises: ValueError: no bound, or one that leaves nothing.
    """

    at_least: int | None = None
    at_most: int | None = None

    def __post_init__(self) -> None:
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise ValueError("give at_least, at_most or both")
        if (high is not None and high < max(low or 0, 0)) or (low is not None and low < 0):
            raise ValueError(f"at_least = {low} and at_most = {high} leave nothing")

    def missed(self, text: Text) -> str | None:
        """Compare the count with its bounds."""
        n = self.count(text)
        if self.at_least is not None and n < self.at_least:
            return f"{n}, at least {self.at_least} were asked for"
        if self.at_most is not None and n > self.at_most:
            return f"{n}, at most {self.at_most} were asked for"
        return None

    @abstractmethod
    def count(self, text: Text) -> int:
        """How many there are."""


def needs(fit: bool, what: str) -> None:
    """Raises: ValueError: an option does not fit."""
    if not fit:
        raise ValueError(what)
