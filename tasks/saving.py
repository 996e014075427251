"""What the vendors' prompt caches save of a plan's cost: one call writes the shared prefix, the rest read it.

A saving is certain where the prefix is marked (Anthropic; OpenAI from gpt-5.6 on), and possible where the
vendor caches by itself and promises nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tasks.call.facts import facts
from tasks.call.shape import vendor_by
from tasks.model import Mode, SharedPrefix, Usage
from warehouse.prices import usd_of


@dataclass(frozen=True)
class Saving:
    """What so many calls cost less with the cache than without it."""

    usd: Decimal
    certain: bool


def saving(
    model: str,
    priced_as: str | None,
    prefix: SharedPrefix | None,
    each: Usage,
    n_calls: int,
    at: datetime,
    mode: Mode = "realtime",
) -> Saving | None:
    """The saving of so many calls of about `each` tokens; None without a prefix, or without its prices.

    A batch's calls are made at the vendor's own time and in no order, so its hits are promised by nobody.
    """
    if prefix is None or priced_as is None or n_calls < 2:
        return None
    shared = min(prefix.tokens, each.input_tokens)
    rest = replace(each, input_tokens=each.input_tokens - shared)
    hour = prefix.lifetime == "1h" and vendor_by(model) == "anthropic"
    written = (
        replace(rest, cache_write_1h_tokens=shared) if hour else replace(rest, cache_write_tokens=shared)
    )
    read = replace(rest, cached_input_tokens=shared)
    plain_usd, write_usd, read_usd = (usd_of(priced_as, usage, at, mode) for usage in (each, written, read))
    if plain_usd is None or write_usd is None or read_usd is None:
        return None
    usd = plain_usd * n_calls - write_usd - read_usd * (n_calls - 1)
    return Saving(usd, certain=mode == "realtime" and is_marked(model)) if usd > 0 else None


def is_marked(model: str) -> bool:
    """Whether the end of a shared prefix is marked in a request to this model."""
    if vendor_by(model) == "anthropic":
        return True
    provider, _, name = model.partition("/")
    return provider in {"openai", "simulated"} and name.startswith(facts().vendors["openai"].marks_cache)
