"""What a template of a word problem hands back, and the words that templates share.

A template draws its facts, writes the text, and derives the answer twice: `solved` by walking through what
the text describes (a simulation, or a search over every possibility), `checked` by arithmetic of another
kind, or as the number that the facts were built from. The maker refuses a problem on which they differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Literal

Difficulty = Literal["easy", "medium", "hard"]
Number = int | Fraction

NAMES = (
    *("Amara", "Bjorn", "Chiara", "Daniyar", "Elif", "Farid", "Greta", "Haruki", "Ines", "Jovan", "Kofi"),
    *("Leila", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sanjay", "Tamsin", "Ursula"),
    *("Viktor", "Wanjiru", "Ximena", "Yusuf", "Zofia", "Anouk", "Bashir", "Celeste", "Dmitri", "Esther"),
)


@dataclass(frozen=True)
class Draft:
    """One problem: its text, its answer derived in two ways, and the decimals that may be asked for."""

    text: str
    solved: Number
    checked: Number
    places: int = 0


@dataclass(frozen=True)
class Template:
    """A structure of problems: `make` returns None where the facts it drew do not work out.

    `nth` counts the copies, so that each copy can have a scene of its own.
    """

    make: Callable[[Random, int], Draft | None]
    category: str
    difficulty: Difficulty
    copies: int = 2

    @property
    def name(self) -> str:
        """The template's name in `metadata`."""
        return self.make.__name__


def people(rng: Random, count: int) -> list[str]:
    """So many different first names."""
    return rng.sample(NAMES, count)


def count_of(number: int, one: str, many: str | None = None) -> str:
    """`1 crate`, `2 crates`, `1,200 crates`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clock(minutes: int) -> str:
    """Minutes after midnight as `HH:MM` of a 24-hour clock."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def money(cents: int, sign: str = "$") -> str:
    """Cents as `$1,234.50`; whole amounts without decimals."""
    whole, rest = divmod(cents, 100)
    return f"{sign}{whole:,}.{rest:02d}" if rest else f"{sign}{whole:,}"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def fits(value: Number, places: int) -> bool:
    """Whether a number is positive and has no more than so many decimals."""
    return value > 0 and (value * 10**places).denominator == 1


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
