"""Structured output: what shape a request asks for, in each protocol, and a model's text brought into it.

A shape is a JSON schema, of the text or of a tool's input. The simulated model follows it as strictly as the
vendors promise: it writes one object with the schema's properties and nothing else.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tasks.call.simulated.wire import Json, Shape, bad_request

DEEPEST = 20  # levels of a schema that are followed
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_DECODER = json.JSONDecoder()


def chat_shape(body: Json) -> Shape | None:
    """What chat completions and the Responses API ask for: a forced function, or a format."""
    functions = {
        str(function.get("name")): function
        for tool in _list(body, "tools")
        if isinstance(function := tool.get("function", tool), dict) and tool.get("type") == "function"
    }
    choice = body.get("tool_choice")
    if choice == "required" and functions:
        name = next(iter(functions))
        return Shape(_schema(functions[name].get("parameters")), name)
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = str(choice.get("function", choice).get("name"))
        if name not in functions:
            raise bad_request(f"Tool choice '{name}' not found in 'tools' parameter.", "tool_choice")
        return Shape(_schema(functions[name].get("parameters")), name)
    asked = body.get("response_format")
    if isinstance(body.get("text"), dict):
        asked = body["text"].get("format")
    if not isinstance(asked, dict) or asked.get("type") in (None, "text"):
        return None
    if asked["type"] == "json_object":
        return Shape({})
    named = asked.get("json_schema", asked)
    if asked["type"] != "json_schema" or not isinstance(named, dict) or not named.get("name"):
        raise bad_request(
            "Missing required parameter: 'response_format.json_schema.name'.", "response_format"
        )
    return Shape(_schema(named.get("schema")))


def messages_shape(body: Json) -> Shape | None:
    """What the Messages API asks for: a forced tool, or an output format."""
    tools = {str(tool.get("name")): tool for tool in _list(body, "tools")}
    choice = body.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind in ("any", "tool") and isinstance(choice, dict):
        name = str(choice.get("name")) if kind == "tool" else next(iter(tools), "")
        if name not in tools:
            raise bad_request(f"tool_choice: Tool '{name}' not found in provided tools")
        return Shape(_schema(tools[name].get("input_schema")), name)
    config = body.get("output_config")
    asked = config.get("format") if isinstance(config, dict) else None
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("type") != "json_schema" or "schema" not in asked:
        raise bad_request("output_config.format: a type json_schema and a schema are needed")
    return Shape(_schema(asked["schema"]))


def conform(text: str, schema: Mapping[str, Any]) -> str:
    """The text as one JSON object of a schema: what it holds of one, the rest made of its last words."""
    held = next((value for value in _objects(text) if isinstance(value, dict)), {})
    return json.dumps(_made(schema or {"type": "object"}, held, text, 0), ensure_ascii=False)


def _made(schema: Mapping[str, Any], held: Any, text: str, depth: int) -> Any:
    if depth > DEEPEST:
        return None
    if "enum" in schema or "const" in schema:
        words = schema.get("enum") or [schema.get("const")]
        return held if held in words else next((word for word in words if str(word) in text), words[0])
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind is None and isinstance(schema.get("anyOf"), list) and schema["anyOf"]:
        return _made(schema["anyOf"][0], held, text, depth + 1)
    if kind == "object" or "properties" in schema:
        return _object(schema, held if isinstance(held, dict) else {}, text, depth)
    numbers = _NUMBER.findall(text)
    number = float(numbers[-1].replace(",", "")) if numbers else 0.0
    match kind:
        case "number" if isinstance(held, str | int | float) and _NUMBER.fullmatch(str(held)):
            return float(str(held).replace(",", ""))
        case "number":
            return number
        case "integer":
            return held if isinstance(held, int) else int(number)
        case "boolean":
            return held if isinstance(held, bool) else True
        case "array":
            return held if isinstance(held, list) else []
        case "null":
            return None
        case _:
            return str(held) if held not in ({}, None) else text.strip().rpartition("\n")[2]


def _object(schema: Mapping[str, Any], held: Mapping[str, Any], text: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return dict(held) or ({"answer": text} if depth == 0 else {})
    return {
        name: _made(inner if isinstance(inner, dict) else {}, held.get(name), text, depth + 1)
        for name, inner in properties.items()
    }


def _objects(text: str) -> Iterator[object]:
    for found in re.finditer(r"\{", text):
        try:
            yield _DECODER.raw_decode(text, found.start())[0]
        except (ValueError, RecursionError):
            continue


def _schema(schema: object) -> Json:
    if schema is None:
        return {}
    if not isinstance(schema, dict):
        raise bad_request("Invalid schema: it is not an object.", "response_format", "invalid_json_schema")
    return schema


def _list(body: Json, name: str) -> list[Json]:
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise bad_request(f"{name}: a list of objects is needed", name, "invalid_type")
    return value
