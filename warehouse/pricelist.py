"""The dated table `prices.toml`, read and checked: one `Price` a kind of token, mode and period."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.errors import WarehouseError

TABLE = Path(__file__).with_name("prices.toml")
EXACT = Decimal("0.000001")  # of USD a million tokens: a whole number of tokens then has 12 decimals at most

Mode = Literal["realtime", "batch"]
TokenKind = Literal["input", "cached_input", "cache_write", "cache_write_1h", "output"]


@dataclass(frozen=True)
class Price:
    """A row of the table `prices`."""

    provider: str
    model: str  # provider/name
    mode: Mode
    token_kind: TokenKind
    from_input_tokens: int  # applies to calls whose whole input has at least so many tokens
    usd_per_mtok: Decimal
    valid_from: date
    valid_to: date | None  # the first day on which it no longer is; None: in force
    source: str

    def is_in_force(self, day: date) -> bool:
        """Whether this is a price of that UTC day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Entry(BaseModel):
    """A `[[price]]` of prices.toml, in USD a million tokens; its header says what an absent kind means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    from_input_tokens: int = 0
    source: str = Field(pattern=r"^https://")
    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    cache_write_1h: Decimal | None = None
    batch: Decimal | None = None  # the share of these prices that a batch costs
    batch_from: date | None = None  # the day on which batches began, where it is later than valid_from
    batch_cached_input: bool = True  # false: in a batch, cached input has no rate of its own


@cache
def load_prices() -> tuple[Price, ...]:
    """Our own table, checked.

    Raises: WarehouseError: the table is not what it should be, or two prices of one thing overlap.
    """
    with TABLE.open("rb") as file:
        entries = tomllib.load(file)["price"]
    prices = tuple(price for entry in entries for price in _explode(Entry.model_validate(entry)))
    for one, other in overlaps(prices):
        raise WarehouseError(
            f"{TABLE}: {one.model} has two prices for {one.mode} {one.token_kind} from "
            f"{one.from_input_tokens} tokens on {max(one.valid_from, other.valid_from)}. Nothing was priced. "
            "End one of them with valid_to."
        )
    return prices


def overlaps(prices: Iterable[Price]) -> Iterator[tuple[Price, Price]]:
    """Pairs of prices of one thing that are in force on one day."""
    groups: dict[tuple[object, ...], list[Price]] = {}
    for price in prices:
        thing = (price.model, price.mode, price.token_kind, price.from_input_tokens)
        groups.setdefault(thing, []).append(price)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if one.is_in_force(other.valid_from) or other.is_in_force(one.valid_from):
                yield one, other


def _explode(entry: Entry) -> Iterator[Price]:
    cache_write = entry.input if entry.cache_write is None else entry.cache_write
    rates: list[tuple[TokenKind, Decimal | None]] = [
        ("input", entry.input),
        ("cached_input", entry.input if entry.cached_input is None else entry.cached_input),
        ("cache_write", cache_write),
        ("cache_write_1h", entry.input if entry.cache_write is None else entry.cache_write_1h),
        ("output", entry.output),
    ]
    for model in entry.models:
        for kind, rate in rates:
            if rate is None:
                continue
            price = Price(
                provider=model.partition("/")[0],
                model=model,
                mode="realtime",
                token_kind=kind,
                from_input_tokens=entry.from_input_tokens,
                usd_per_mtok=_exact(rate, model),
                valid_from=entry.valid_from,
                valid_to=entry.valid_to,
                source=entry.source,
            )
            yield price
            batch_from = max(entry.valid_from, entry.batch_from or entry.valid_from)
            if entry.batch is not None and (entry.valid_to is None or batch_from < entry.valid_to):
                base = entry.input if kind == "cached_input" and not entry.batch_cached_input else rate
                in_batch = _exact(base * entry.batch, model)
                yield replace(price, mode="batch", usd_per_mtok=in_batch, valid_from=batch_from)


def _exact(usd_per_mtok: Decimal, model: str) -> Decimal:
    """A price that times a whole number of tokens has at most the 12 decimals of money."""
    if usd_per_mtok != usd_per_mtok.quantize(EXACT):
        raise WarehouseError(
            f"{model}: a price of {usd_per_mtok} USD a million tokens has more than 6 decimals, so that a "
            "token could not be priced exactly. Nothing was priced. Correct the price."
        )
    return usd_per_mtok
