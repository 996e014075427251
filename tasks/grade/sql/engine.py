"""What runs a query: a fresh database in which it reads and nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class QueryError(Exception):
    """The query is refused or fails, and would on its own engine; the message says why."""


class TimedOutError(QueryError):
    """The query did not end in its time."""


class CannotRunError(Exception):
    """The query could not be run here; says nothing about whether it is right."""


@dataclass(frozen=True)
class Fetched:
    """A query's column names and its first rows."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


class Engine(ABC):
    """A schema with its rows; every query gets a database of its own."""

    @abstractmethod
    def fetch(self, text: str, max_rows: int) -> Fetched:
        """The first rows of the one query in the text.

        Raises: QueryError, CannotRunError.
        """
