"""What a response's headers say of the account's limits: how many, how many are left, until when.

Anthropic tells a reset as a time (RFC 3339), OpenAI as a duration (`6m0s`, `120ms`); both become seconds
from the server's now.

Sources: docs.claude.com/en/api/rate-limits, platform.openai.com/docs/guides/rate-limits
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

# our name of a kind -> the headers that may hold it: {} is limit, remaining or reset
KINDS: Mapping[str, tuple[str, ...]] = {
    "requests": ("anthropic-ratelimit-requests-{}", "x-ratelimit-{}-requests"),
    "tokens": ("anthropic-ratelimit-tokens-{}", "x-ratelimit-{}-tokens"),
    "input_tokens": ("anthropic-ratelimit-input-tokens-{}",),
    "output_tokens": ("anthropic-ratelimit-output-tokens-{}",),
}
UNITS_S: Mapping[str, float] = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86400.0,
}
LONGEST_S = 7 * 86400.0  # no reset is further away; a header that says so is not believed
PART = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(ns|us|µs|ms|s|m|h|d)")
NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?")


@dataclass(frozen=True)
class RateHeaders:
    """The limits as the provider sees them after this response; None where a header is absent or odd."""

    requests_limit: int | None = None
    requests_remaining: int | None = None
    requests_reset_s: float | None = None
    tokens_limit: int | None = None
    tokens_remaining: int | None = None
    tokens_reset_s: float | None = None
    input_tokens_limit: int | None = None
    input_tokens_remaining: int | None = None
    input_tokens_reset_s: float | None = None
    output_tokens_limit: int | None = None
    output_tokens_remaining: int | None = None
    output_tokens_reset_s: float | None = None

    def exhausted_for_s(self) -> float | None:
        """Seconds until everything that is used up comes back; None where nothing is."""
        waits = [
            getattr(self, f"{kind}_reset_s") for kind in KINDS if getattr(self, f"{kind}_remaining") == 0
        ]
        return max((wait for wait in waits if wait is not None), default=None)


FIELD_OF: Mapping[str, str] = {  # a header's name -> the field that it fills
    name.format(what): f"{kind}_{what}" + ("_s" if what == "reset" else "")
    for kind, names in KINDS.items()
    for name in names
    for what in ("limit", "remaining", "reset")
}


def parse_rate_headers(headers: Mapping[str, str], now: datetime) -> RateHeaders | None:
    """The limits in these headers (lower-case names); None where there are none."""
    found: dict[str, int | float] = {}
    for name, text in headers.items():
        field = FIELD_OF.get(name)
        if field is not None:
            value = reset_s(text, now) if field.endswith("_s") else _count(text)
            if value is not None:
                found[field] = value
    return RateHeaders(**found) if found else None  # type: ignore[arg-type]  # counts and seconds by name


def reset_s(text: str, now: datetime) -> float | None:
    """Seconds from now to a time (RFC 3339) or through a duration; a bare number is seconds."""
    text = text.strip()
    if len(text) > 64:
        return None
    if "T" in text:  # no unit has one
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return None
        seconds = max(((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds(), 0.0)
    elif NUMBER.fullmatch(text):
        seconds = float(text)
    else:
        parts = PART.findall(text)
        if not parts or "".join(number + unit for number, unit in parts) != text:
            return None
        seconds = sum(float(number) * UNITS_S[unit] for number, unit in parts)
    return seconds if seconds <= LONGEST_S else None


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as an HTTP date."""
    millis = headers.get("retry-after-ms", "").strip()
    if len(millis) <= 16 and NUMBER.fullmatch(millis):
        return min(float(millis) / 1000, LONGEST_S)
    text = headers.get("retry-after", "").strip()
    if len(text) > 64:
        return None
    if NUMBER.fullmatch(text):
        return min(float(text), LONGEST_S)
    at = _http_date(text)
    return None if at is None else min(max((at - now).total_seconds(), 0.0), LONGEST_S)


def server_now(headers: Mapping[str, str], fallback: datetime) -> datetime:
    """The response's own `date`, so that a clock that is wrong here does not shift a reset."""
    return _http_date(headers.get("date", "")) or fallback


@lru_cache(maxsize=64)  # the same for every response of a second
def _http_date(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _count(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
