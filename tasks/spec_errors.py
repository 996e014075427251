"""What is wrong with a spec, a line a problem, in words for a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

SECRETIVE = frozenset({"address", "api_key_env", "base_url", "headers", "params"})
SHAPES = {  # what a person is told instead of a regular expression
    "deadline": 'is a time such as "90m", "8h" or "2d"',
    "baseline": 'is "last", "none" or the id of a run',
    "address": "is tcp://HOST:PORT or tls://HOST:PORT, without a password",
    "reuse": 'is "never", "same-spec", or an age from "1d" to "7d"',
}


def problems(error: ValidationError) -> list[str]:
    """Every problem once, each with its field."""
    lines = [f"  {_place(item['loc'])}: {_sentence(item)}" for item in error.errors()]
    return list(dict.fromkeys(lines))


def _place(loc: Sequence[int | str]) -> str:
    words = [str(part) for part in loc if part not in {"str", "SuiteEntry"}]
    return ".".join(words) or "spec"


def _sentence(item: Mapping[str, Any]) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        return "there is no such field"
    if item["type"] == "missing":
        return "is missing"
    shown = repr(item.get("input"))
    if item["type"] == "string_pattern_mismatch" and item["loc"][-1] in SHAPES and len(shown) <= 60:
        said = SHAPES[str(item["loc"][-1])]
        return said if SECRETIVE & set(map(str, item["loc"])) else f"{said} (it is {shown})"
    secretive = SECRETIVE & set(map(str, item["loc"]))  # a key may have been put there by mistake
    if secretive or len(shown) > 60 or item["type"] == "value_error":
        return message
    return f"{message} (it is {shown})"
