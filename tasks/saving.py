"""What the vendors' prompt caches save of a plan's cost: one call writes a shared prefix, the rest read it.

A saving is certain where the prefix is marked (Anthropic; OpenAI from gpt-5.6 on), and possible where the
vendor caches by itself and promises nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tasks.call.facts import facts
from tasks.call.prefix import least_cached
from tasks.call.shape import vendor_by
from tasks.model import Mode, SharedPrefix, Usage
from warehouse.prices import usd_of


@dataclass(frozen=True)
class Saving:
    """What so many calls cost less with the cache than without it."""

    usd: Decimal
    certain: bool
    prefixes: int = 1  # so many, each of its own calls


def savings(
    model: str,
    priced_as: str | None,
    shared: Mapping[SharedPrefix, int],
    each: Usage,
    at: datetime,
    mode: Mode = "realtime",
) -> Saving | None:
    """The saving of several prefixes with their numbers of calls; `each` is the mean of all these calls.

    Beside its prefix, each call is taken to have as many tokens as any other.
    """
    n_calls = max(sum(shared.values()), 1)
    mean = sum(prefix.tokens * n for prefix, n in shared.items()) // n_calls
    rest = max(0, each.input_tokens - mean)
    found: list[Saving] = []
    for prefix, n in shared.items():
        a_call = replace(each, input_tokens=prefix.tokens + rest) if len(shared) > 1 else each
        one = saving(model, priced_as, prefix, a_call, n, at, mode)
        if one is not None:
            found.append(one)
    if not found:
        return None
    usd = sum((one.usd for one in found), Decimal(0))
    return Saving(usd, certain=all(one.certain for one in found), prefixes=len(found))


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

    Nor is one claimed of a prefix that is probably too short for the vendor, though it is marked.
    A batch's calls are made at the vendor's own time and in no order, so its hits are promised by nobody.
    """
    if prefix is None or priced_as is None or n_calls < 2 or prefix.tokens < least_cached(model):
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
