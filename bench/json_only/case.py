"""What a case of the suite json_only is, and how a schema is made from the one right answer."""

from dataclasses import dataclass
from typing import Any

Json = Any  # a JSON document: there is no narrower type that checkers accept recursively


@dataclass(frozen=True)
class Case:
    """A prompt, one right answer, and the schema that tells right answers from others.

    Where the prompt leaves one answer only, `schema` is left out and pins every value (`pin`). A schema that
    is written by hand accepts every answer that the prompt allows; `target` is then one of them.
    """

    prompt: str
    target: Json
    schema: dict[str, Json] | None = None

    @property
    def pinned(self) -> bool:
        """Whether the schema allows no other value than the target's."""
        return self.schema is None


def pin(value: Json) -> dict[str, Json]:
    """The schema that a document meets only if it equals `value`: same keys, same items in the same order."""
    if isinstance(value, dict):
        return closed({key: pin(inner) for key, inner in value.items()})
    if isinstance(value, list):
        if not value:
            return {"type": "array", "maxItems": 0}
        items = [pin(inner) for inner in value]
        return {"type": "array", "prefixItems": items, "items": False, "minItems": len(items)}
    return {"type": kind(value), "const": value}


def kind(value: Json) -> str:
    """The JSON Schema type of a scalar; bool before int, because Python's True is an int."""
    if value is None:
        return "null"
    for python, name in ((bool, "boolean"), (int, "integer"), (float, "number")):
        if isinstance(value, python):
            return name
    return "string"


def closed(properties: dict[str, Json]) -> dict[str, Json]:
    """An object with exactly these properties, all required."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def one_of(*words: str) -> dict[str, Json]:
    """A string out of a list."""
    return {"type": "string", "enum": list(words)}


def text(shortest: int = 1, longest: int = 400) -> dict[str, Json]:
    """Free text within a length."""
    return {"type": "string", "minLength": shortest, "maxLength": longest}
