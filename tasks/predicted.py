"""What a run was expected to take when it began: kept with its record, landed beside what it took."""

from collections.abc import Mapping
from decimal import Decimal

from tasks.estimate import Estimate

USD_COLUMNS = ("predicted_usd", "predicted_usd_low", "predicted_usd_high")
COLUMNS = (*USD_COLUMNS, "predicted_input_tokens", "predicted_output_tokens", "predicted_minutes")
BEYOND = Decimal(1_000_000)  # what a column of the tables cannot hold
DIGITS = Decimal("1e-12")


def predicted_of(estimate: Estimate) -> dict[str, str | int | float | None]:
    """The prediction as JSON keeps it: the columns of `runs`, money as text."""
    low, high = estimate.usd_range or (None, None)
    usd = dict(zip(USD_COLUMNS, (estimate.usd, low, high), strict=True))
    return {
        **{name: _text(value) for name, value in usd.items()},
        "predicted_input_tokens": estimate.input_tokens,
        "predicted_output_tokens": estimate.output_tokens,
        "predicted_minutes": round(estimate.minutes, 4),
    }


def predicted_columns(kept: Mapping[str, object] | None) -> dict[str, object]:
    """The columns of `runs`; NULL for a run without a prediction."""
    values = {name: (kept or {}).get(name) for name in COLUMNS}
    return {
        name: Decimal(value) if name in USD_COLUMNS and isinstance(value, str) else value
        for name, value in values.items()
    }


def predicted_usd(kept: Mapping[str, object] | None) -> Decimal | None:
    """What a run was expected to cost, where that is known."""
    usd = predicted_columns(kept)["predicted_usd"]
    return usd if isinstance(usd, Decimal) else None


def _text(usd: Decimal | None) -> str | None:
    return None if usd is None or usd >= BEYOND else f"{usd.quantize(DIGITS):f}"
