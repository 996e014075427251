"""What a token costs: the dated table `prices.toml`, and where it is silent the package genai-prices.

A price is in force for `valid_from <= day < valid_to` (UTC). Our table wins for every model it names.
`usd_of` is the plain-Python twin of the view `call_costs`: equal to the last digit.
"""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Protocol

from warehouse.pricelist import Mode as Mode
from warehouse.pricelist import Price as Price
from warehouse.pricelist import TokenKind as TokenKind
from warehouse.pricelist import load_prices as load_prices
from warehouse.pricelist import overlaps as overlaps

MILLIONTH = Decimal("0.000001")
BEYOND = Decimal(1_000_000)  # USD that one kind of token of one answer cannot have cost
FAMILIES = (("anthropic", re.compile(r"claude")), ("openai", re.compile(r"(chat)?gpt-|o[1-9](-|\Z)")))


class Tokens(Protocol):
    """The counts of one answer; the kinds of input are disjoint."""

    @property
    def input_tokens(self) -> int:
        """Tokens neither read from a cache nor written to one."""

    @property
    def cached_input_tokens(self) -> int:
        """Tokens read from a cache."""

    @property
    def cache_write_tokens(self) -> int:
        """Tokens written to a cache for five minutes."""

    @property
    def cache_write_1h_tokens(self) -> int:
        """Tokens written to a cache for an hour."""

    @property
    def output_tokens(self) -> int:
        """Tokens received, reasoning among them."""


def known_models() -> list[str]:
    """Every model that our own table prices, sorted."""
    return sorted({price.model for price in load_prices()})


@cache
def prices_of(model: str) -> tuple[Price, ...]:
    """Every price of a model, past ones too: our table's, else genai-prices'; empty where neither has any."""
    own = tuple(price for price in load_prices() if price.model == model)
    if own:
        return own
    from warehouse.genai import genai_prices  # takes a third of a second, and most models are in our table

    return genai_prices(model)


def price_of(
    model: str, at: datetime | date, mode: Mode = "realtime", kind: TokenKind = "input", input_tokens: int = 0
) -> Price | None:
    """The price in force for a kind of token; `input_tokens` is the call's whole input, for its tier."""
    tiers = _in_force(model, utc_day(at), mode, kind)
    return next((price for price in tiers if price.from_input_tokens <= input_tokens), None)


def usd_of(model: str, tokens: Tokens, at: datetime | date, mode: Mode = "realtime") -> Decimal | None:
    """What one answer costs, exactly; None where a kind of which there were tokens has no price,
    or where a count cannot be true.
    """
    counts: Sequence[tuple[TokenKind, int]] = (
        ("input", tokens.input_tokens),
        ("cached_input", tokens.cached_input_tokens),
        ("cache_write", tokens.cache_write_tokens),
        ("cache_write_1h", tokens.cache_write_1h_tokens),
        ("output", tokens.output_tokens),
    )
    whole_input = sum(count for kind, count in counts if kind != "output")
    usd = Decimal(0)
    for kind, count in counts:
        if count:
            price = price_of(model, at, mode, kind, whole_input)
            part = None if price is None or count < 0 else count * price.usd_per_mtok * MILLIONTH
            if part is None or part >= BEYOND:
                return None
            usd += part
    return usd


def resolve_priced_as(model: str, priced_as: str | None, served_model: str | None) -> str | None:
    """The model whose price applies to a call; None: nobody's, its cost is not known.

    What the spec names wins. simulated/X and recorded/X are priced as X; azure/<deployment> as the model
    that was served, and as one named like the deployment before anything was; compatible/* has no price.
    An alias keeps its own dated price, because our table knows when it moved; a name that has no price
    takes that of the model that was served.
    """
    if priced_as is not None:
        return priced_as
    provider, _, name = model.partition("/")
    if provider in {"simulated", "recorded"}:
        return _real_model(name)
    if provider == "azure":
        return f"azure/{served_model or name}"
    if provider == "compatible":
        return None
    if served_model is not None and not prices_of(model) and prices_of(f"{provider}/{served_model}"):
        return f"{provider}/{served_model}"
    return model


def utc_day(at: datetime | date) -> date:
    """The UTC day of an instant; a day is itself."""
    return at.astimezone(UTC).date() if isinstance(at, datetime) else at


@cache
def _in_force(model: str, day: date, mode: Mode, kind: TokenKind) -> tuple[Price, ...]:
    """The tiers of one day, the highest first."""
    found = [
        price
        for price in prices_of(model)
        if price.mode == mode and price.token_kind == kind and price.is_in_force(day)
    ]
    return tuple(sorted(found, key=lambda price: -price.from_input_tokens))


def _real_model(name: str) -> str | None:
    if prices_of(name):
        return name  # recorded/openai/gpt-4o names its provider itself
    return next((f"{provider}/{name}" for provider, form in FAMILIES if form.match(name)), None)
