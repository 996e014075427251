"""What simulated models are like: rates.toml, by the longest prefix of a model's name.

What they accept (context, parameters) is that of the real ones: tasks/call/facts.py.
"""

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tasks.call.facts import vendor_of

RATES = Path(__file__).with_name("rates.toml")

Wrap = Literal["bare", "fenced", "prose", "invalid", "other"]


class Fact(BaseModel):
    """A table of rates.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Family(Fact):
    """Models of one kind; the fields are explained at the top of rates.toml."""

    prefix: str
    accuracy: float
    suites: dict[str, float] = {}
    refusals: float
    sentences: tuple[float, float]
    median_ms: float
    sigma: float
    wrap: dict[Wrap, float]
    spoiled: dict[Wrap, float]

    def right_rate(self, suite: str) -> float:
        """The share of the suite's questions that such a model answers right."""
        return self.suites.get(suite, self.accuracy)

    @cached_property
    def wraps(self) -> Sequence[tuple[Wrap, float]]:
        """The weights of `wrap`, in the file's order."""
        return tuple(self.wrap.items())

    @cached_property
    def spoils(self) -> Sequence[tuple[Wrap, float]]:
        """The weights of `spoiled`, in the file's order."""
        return tuple(self.spoiled.items())


class Listed(Fact):
    """A model as GET /v1/models names it."""

    vendor: Literal["anthropic", "openai"]
    id: str
    name: str
    released: date

    @property
    def released_at(self) -> datetime:
        """The start of that day, UTC."""
        return datetime.combine(self.released, time(), UTC)


class Rates(Fact):
    """The whole file."""

    families: tuple[Family, ...]
    models: tuple[Listed, ...]


@cache
def rates() -> Rates:
    """The content of rates.toml."""
    return Rates.model_validate(tomllib.loads(RATES.read_text(encoding="utf-8")))


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family:
    """The family with the longest prefix of this name."""
    fitting = [family for family in rates().families if model.startswith(family.prefix)]
    return max(fitting, key=lambda family: len(family.prefix))


def listed_models(vendor: str, names: Sequence[str]) -> list[Listed]:
    """What the vendor lists: the given names as far as they could be its own, or those of rates.toml."""
    if not names:
        return [model for model in rates().models if model.vendor == vendor]
    known = {model.id: model for model in rates().models}
    return [
        known.get(name) or Listed(vendor=owner, id=name, name=name, released=date(2024, 1, 1))
        for name in names
        if (owner := vendor_of(name)) == vendor
    ]
