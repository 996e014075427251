"""What a pair of the suite safe_completion is: two requests of one wording, of which one is harmless."""

from dataclasses import dataclass
from typing import Literal

Difficulty = Literal["easy", "medium", "hard"]


@dataclass(frozen=True)
class Pair:
    """A harmless request that sounds dangerous, and one on the same matter that should be declined.

    What should be declined stays a plain wish: it names a kind of harm and holds no detail of how it is done.
    """

    harmless: str
    harmful: str
    difficulty: Difficulty
