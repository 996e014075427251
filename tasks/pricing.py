"""What an answered call costs, by the model that served it."""

from datetime import datetime
from decimal import Decimal

from tasks.model import Call, Mode, Usage
from warehouse.prices import resolve_priced_as, usd_of


def cost_of(
    call: Call, usage: Usage, at: datetime, served_model: str | None = None, mode: Mode = "realtime"
) -> Decimal | None:
    """The price of an answer; None where there is none."""
    model = priced_as(call, served_model)
    return None if model is None else usd_of(model, usage, at, mode)


def priced_as(call: Call, served_model: str | None) -> str | None:
    """The model whose price applies, now that it is known which one served the call.

    What the spec names stays; else an Azure deployment, or a name without a price, is what served it.
    """
    if served_model is None or call.priced_as != resolve_priced_as(call.model, None, None):
        return call.priced_as
    return resolve_priced_as(call.model, None, served_model)
