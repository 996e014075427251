"""What a template of the suite extraction hands back, and the spellings that templates share.

A template draws its facts, writes a messy document of them, and computes the answer from the facts: nothing
is ever read back out of the document. `traps` are answers that a hasty reader would give.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Literal

Difficulty = Literal["easy", "medium", "hard"]
Json = Any  # a JSON document: there is no narrower type that checkers accept recursively

NAMES = (
    *("Amara", "Bjorn", "Chiara", "Daniyar", "Elif", "Farid", "Greta", "Haruki", "Ines", "Jovan", "Kofi"),
    *("Leila", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Sanjay", "Tamsin", "Viktor"),
)
SURNAMES = (
    *("Okafor", "Lindqvist", "Moreau", "Tanaka", "Novak", "Haddad", "Byrne", "Castillo", "Duarte", "Eriksen"),
    *("Fontaine", "Grigoryan", "Hollis", "Iversen", "Joshi", "Kowalczyk", "Marchetti", "Nakamura"),
)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COUNTS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


@dataclass(frozen=True)
class Draft:
    """One document, what is asked of it, the answer, and answers that fall into a trap."""

    document: str
    ask: str
    answer: dict[str, Json]
    traps: tuple[dict[str, Json], ...]


@dataclass(frozen=True)
class Template:
    """A kind of document: `make` returns None where the facts it drew do not work out.

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


def a_day(rng: Random, year: int = 2024) -> date:
    """A day of a year."""
    return date(year, 1, 1) + timedelta(days=rng.randrange(366 if year % 4 == 0 else 365))


def day_in_words(day: date) -> str:
    """`12 June 2024`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday(day: date) -> str:
    """`Wednesday`."""
    return DAYS[day.weekday()]


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def working_days_before(day: date, n: int) -> date:
    """The day that lies n days from Monday to Friday before another."""
    while n:
        day -= timedelta(days=1)
        n -= day.weekday() < 5
    return day


def european(cents: int) -> str:
    """`1.234,50`."""
    return f"{cents / 100:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def english(cents: int) -> str:
    """`1,234.50`."""
    return f"{cents / 100:,.2f}"


def swiss(cents: int) -> str:
    """`1'234.50`."""
    return english(cents).replace(",", "'")


def amount(cents: int) -> int | float:
    """Cents as the JSON number that an answer holds."""
    return cents // 100 if cents % 100 == 0 else cents / 100


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def names(rng: Random, count: int) -> list[str]:
    """So many different first names."""
    return rng.sample(NAMES, count)
