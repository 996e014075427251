"""A reader's own workload in words: `1M calls a month, 10k in, 300 out, 80% cached`."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.routing.data import Samples, rate
from warehouse.errors import SpecError

NUMBER = r"(\d[\d,]*(?:\.\d+)?)\s*([kKmM]?)"
CALLS = re.compile(rf"{NUMBER}\s*calls?(?:\s*(?:a|per|/)\s*(day|month))?", re.IGNORECASE)
IN = re.compile(rf"{NUMBER}\s*(?:tokens?\s*)?in(?:put)?", re.IGNORECASE)
OUT = re.compile(rf"{NUMBER}\s*(?:tokens?\s*)?out(?:put)?", re.IGNORECASE)
CACHED = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*cached", re.IGNORECASE)
UNITS = {"": 1.0, "k": 1e3, "m": 1e6}
DAYS = 30.0  # of a month
PARTS = re.compile(r",\s+|,(?!\d{3}\b)|;")


@dataclass(frozen=True)
class Profile:
    """Calls a month, tokens of a call, and the share of its input that is read from a cache."""

    text: str
    calls: float
    input_tokens: float
    output_tokens: float
    cached: float = 0.0


def read_profile(text: str) -> Profile:
    """Read a workload.

    Raises: SpecError: a part is not understood, is said twice, or is missing.
    """
    found: dict[str, float] = {}
    for part in filter(None, map(str.strip, PARTS.split(text))):
        for name, pattern in (("calls", CALLS), ("in", IN), ("out", OUT), ("cached", CACHED)):
            if (seen := pattern.fullmatch(part)) is None:
                continue
            if name in found:
                raise _wrong(text, f'"{part}" says again what was said')
            if name == "cached":
                found[name] = float(seen[1]) / 100
            else:
                found[name] = float(seen[1].replace(",", "")) * UNITS[seen[2].lower()]
            if name == "calls" and (seen[3] or "").lower() == "day":
                found[name] *= DAYS
            break
        else:
            raise _wrong(text, f'"{part}" is not understood')
    if missing := [name for name in ("calls", "in", "out") if name not in found]:
        raise _wrong(text, f"it does not say {', '.join(missing)}")
    if found.get("cached", 0.0) > 1:
        raise _wrong(text, "more than 100 % cannot be cached")
    return Profile(text, found["calls"], found["in"], found["out"], found.get("cached", 0.0))


def usd_a_call(profile: Profile, model: str) -> float:
    """What one call of a workload costs at today's prices.

    Raises: SpecError: the model has no such price.
    """
    whole = int(profile.input_tokens)
    plain = profile.input_tokens * (1 - profile.cached) * rate(model, "input", whole)
    kept = profile.input_tokens * profile.cached
    cached = kept * rate(model, "cached_input", whole) if kept else 0.0
    return plain + cached + profile.output_tokens * rate(model, "output", whole)


def usd_matrix(profile: Profile, samples: Samples) -> NDArray[np.float64]:
    """Every sample as if it were a call of the workload."""
    each = np.array([usd_a_call(profile, model) for model in samples.priced_as])
    return np.tile(each, (len(samples.keys), 1))


def _wrong(text: str, why: str) -> SpecError:
    return SpecError(
        f'profile "{text}": {why}. Nothing was fitted. Write it as "1M calls a month, 10k in, 300 out" '
        "(tokens "
        'of a call; k and M; "calls a day" too), with ", 80% cached" where a part is read from a cache.'
    )
