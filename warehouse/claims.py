"""Scores that others published, as data: our own table `claims.toml`, and a user's beside the warehouse."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from warehouse.errors import WarehouseError

TABLE = Path(__file__).with_name("claims.toml")
NAME = "claims.toml"


@dataclass(frozen=True)
class Claim:
    """A row of the table `claims`; the score is a share, 0 to 1."""

    model: str  # provider/name
    benchmark: str
    suite: str | None
    score: float
    prompt_style: str
    comparable: bool
    note: str
    source: str
    published: date | None


class Entry(BaseModel):
    """A `[[claim]]`: one benchmark of one source, with the score of each model in percent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1)
    benchmark: str = Field(min_length=1)
    comparable: bool
    note: str = ""
    prompt_style: str = ""
    suite: str | None = None
    published: date | None = None
    scores: dict[str, float] = Field(min_length=1)


def users_file(warehouse: Path) -> Path:
    """Where a user's own claims lie: beside the warehouse folder."""
    return warehouse.parent / NAME


def load_claims(warehouse: Path | None = None) -> list[Claim]:
    """Ours, and those of the home that the warehouse lies in.

    Raises: WarehouseError: a file is not what it should be; it names file and place.
    """
    files = [TABLE] if warehouse is None else [TABLE, users_file(warehouse)]
    return [claim for file in files if file.exists() for claim in _read(file)]


def _read(file: Path) -> Iterator[Claim]:
    try:
        with file.open("rb") as opened:
            entries = tomllib.load(opened).get("claim", [])
        for entry in map(Entry.model_validate, entries):
            for model, score in entry.scores.items():
                if "/" not in model or not 0 <= score <= 100:
                    raise ValueError(
                        f'"{model}" = {score} is not a provider/name with a score in percent, 0 to 100'
                    )
                yield Claim(
                    model,
                    entry.benchmark,
                    entry.suite,
                    round(score / 100, 6),
                    entry.prompt_style,
                    entry.comparable,
                    entry.note,
                    entry.source,
                    entry.published,
                )
    except (tomllib.TOMLDecodeError, ValidationError, ValueError, AttributeError) as error:
        raise WarehouseError(
            f"{file}: this is no table of claims: {error}\nNothing of it was read. Its form is that of "
            "warehouse/claims.toml: [[claim]] with source, benchmark, comparable and scores."
        ) from error
