"""Prices of the package genai-prices, for models on which our own table is silent.

Its data is what was installed with it; nothing is fetched. Its history is known to be wrong for some
models (gpt-4o), which is why our table wins.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.metadata import version

from genai_prices import data
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from warehouse.pricelist import EXACT, Mode, Price, TokenKind

PROVIDERS = ("anthropic", "openai", "azure")
ALWAYS = date(1970, 1, 1)  # the source names no beginning
KINDS: tuple[tuple[TokenKind, str], ...] = (
    ("input", "input_mtok"),
    ("cached_input", "cache_read_mtok"),
    ("cache_write", "cache_write_mtok"),
    ("cache_write_1h", "cache_write_1h_mtok"),
    ("output", "output_mtok"),
)


def genai_prices(model: str) -> tuple[Price, ...]:
    """Every price of a model, past ones too; empty where the package has none."""
    provider_id, _, name = model.partition("/")
    provider = next((one for one in data.providers if one.id == provider_id), None)
    if provider is None or provider_id not in PROVIDERS or not name:
        return ()
    found = provider.find_model(name, all_providers=data.providers)
    if found is None:
        return ()
    source = f"genai-prices {version('genai-prices')}: {(provider.pricing_urls or ['names no page'])[0]}"
    return tuple(
        Price(provider_id, model, mode, kind, tier, rate, valid_from, valid_to, source)
        for mode in ("realtime", "batch")
        for valid_from, valid_to, rates in _periods(found, mode)
        for kind, tier, rate in _rates(rates)
        if rate == rate.quantize(EXACT)  # else it could not be money to 12 decimals: no price
    )


def _periods(found: ModelInfo, mode: Mode) -> Iterator[tuple[date, date | None, ModelPrice]]:
    """The model's price lists in order, each with its first day and the first day of the next."""
    if mode == "batch":
        listed = [
            ConditionalPrice(constraint=variant.constraint, prices=variant.prices)
            for variant in found.price_variants or []
            if variant.when == {"processing": "batch"}
        ]
    else:
        listed = found.prices if isinstance(found.prices, list) else [ConditionalPrice(prices=found.prices)]
    starts: list[tuple[date, ModelPrice]] = []
    for part in listed:
        if part.constraint is None:
            starts.append((ALWAYS, part.prices))
        elif isinstance(part.constraint, StartDateConstraint):  # prices by the hour are not ours to choose
            starts.append((part.constraint.start_date, part.prices))
    starts.sort(key=lambda start: start[0])
    for i, (day, rates) in enumerate(starts):
        yield day, starts[i + 1][0] if i + 1 < len(starts) else None, rates


def _rates(rates: ModelPrice) -> Iterator[tuple[TokenKind, int, Decimal]]:
    """Each kind's price with the whole input from which it applies.

    As in prices.toml, a kind without a rate of its own costs what input costs, save an hour's cache where
    only five minutes are listed. A tier of the package begins above its start.
    """
    plain = getattr(rates, "input_mtok", None)
    written = getattr(rates, "cache_write_mtok", None)
    for kind, name in KINDS:
        rate = getattr(rates, name, None)
        if rate is None and kind != "output" and not (kind == "cache_write_1h" and written is not None):
            rate = plain
        if isinstance(rate, TieredPrices):
            yield kind, 0, rate.base
            for tier in rate.tiers:
                yield kind, tier.start + 1, tier.price
        elif rate is not None:
            yield kind, 0, rate
