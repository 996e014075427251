"""The most that one attempt can cost, known before it is sent: what a budget reserves.

Input is bounded by bytes, never by a learned ratio: the vendors' tokenizers work on bytes, so that a text
has no more tokens than UTF-8 bytes. Output is bounded by the request's own bound, which counts reasoning
too, or by what the model can write.

Not done: a server that bills tokens of its own invention; text that a tokenizer rewrites into longer text
before it splits it (a few ligatures).
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.call.facts import default_max_tokens, family_of
from tasks.model import Call, Usage
from warehouse.prices import Mode, usd_of

BOUNDS = ("max_completion_tokens", "max_output_tokens", "max_tokens")
TURN_TOKENS = 16  # the marks around a message: three to seven with both vendors
TOOL_TOKENS = 1024  # what a vendor puts before a request with tools or a schema: up to 700


def worst_usd(call: Call, at: datetime, mode: Mode = "realtime") -> Decimal | None:
    """The bound in USD at the prices of `at`; None where output has no bound or the model no price."""
    output = output_bound(call)
    if call.priced_as is None or output is None:
        return None
    read = input_bound(call)
    plain = usd_of(call.priced_as, Usage(read, output), at, mode)
    written = usd_of(call.priced_as, Usage(0, output, cache_write_tokens=read), at, mode)
    hour = None
    if (call.prefix and call.prefix.lifetime == "1h") or "1h" in json.dumps(call.params, default=str):
        hour = usd_of(call.priced_as, Usage(0, output, cache_write_1h_tokens=read), at, mode)
    known = [usd for usd in (written, hour) if usd is not None]
    return None if plain is None else max([plain, *known])


def input_bound(call: Call) -> int:
    """Tokens that the request cannot exceed."""
    text = sum(len(turn["content"].encode("utf-8", "replace")) + TURN_TOKENS for turn in call.messages)
    beside = len(json.dumps(call.params, ensure_ascii=False, default=str).encode("utf-8", "replace"))
    tools = TOOL_TOKENS if {"tools", "response_format", "text", "output_config"} & call.params.keys() else 0
    return text + beside + tools


def output_bound(call: Call) -> int | None:
    """Tokens that the answer cannot exceed, reasoning included; None where nobody says."""
    return most_output(call.model, call.params)


def asked_at_most(params: Mapping[str, Any]) -> int | None:
    """The tokens of output that a request bounds itself to, by whichever name; None where it does not."""
    return next((bound for name in BOUNDS if isinstance(bound := params.get(name), int)), None)


def most_output(model: str, params: Mapping[str, Any]) -> int | None:
    """The same of every call to a model with these parameters."""
    if (bound := asked_at_most(params)) is not None:
        return bound
    family = family_of(model)
    if family is not None and family.vendor == "anthropic":
        return default_max_tokens(model)
    return family.max_output_tokens if family else None
