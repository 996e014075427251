"""What the server that checks Prefect's form is told: it sees the JSON schema alone, and runs no validator.

Each says there what a validator of tasks/spec.py says in words.
"""

from typing import Any

PROVIDERS = ("anthropic", "openai", "azure", "compatible", "simulated", "recorded")
ASKED = tuple(
    provider for provider in PROVIDERS if provider != "recorded"
)  # outputs that are there judge nobody
KEY_WORDS = ("key", "token", "secret", "auth", "cookie", "password", "credential", "signature")
_ANY_CASE = "|".join("".join(f"[{c.upper()}{c}]" for c in word) for word in KEY_WORDS)

MODEL_SCHEMA: dict[str, Any] = {"pattern": rf"^({'|'.join(PROVIDERS)})/\S(.*\S)?$"}
JUDGE_SCHEMA: dict[str, Any] = {"pattern": rf"^({'|'.join(ASKED)})/\S(.*\S)?$"}
HEADERS_SCHEMA: dict[str, Any] = {"propertyNames": {"not": {"pattern": f"({_ANY_CASE})"}}}
NO_TWINS_SCHEMA: dict[str, Any] = {"uniqueItems": True}
