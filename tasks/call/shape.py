"""The shape of a request's parameters: what no model could take is an error before money is spent.

Whether a model takes a parameter at all is facts.py's to say; here is what the parameter looks like. Nothing
is known of a compatible server, so nothing of its is looked at. A tool is a schema for the answer: the text
that is graded is its input. Tools that the vendor runs cost money beyond their tokens, which no bill here
knows, so they are refused.

Source: openai.types.chat.completion_create_params, anthropic.types.message_create_params; both vendors'
guides to structured outputs, tool use and thinking.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.call.facts import (
    Family,
    Vendor,
    family_of,
    forces_tool,
    reasons,
    refusal,
    thinking_budget,
    vendor_of,
)
from tasks.call.slips import slips
from tasks.model import Call
from warehouse.errors import SpecError

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
LEAST_BUDGET = 1024  # tokens of Anthropic's thinking
MOST_STOPS = 4  # of OpenAI
DEEPEST = 100  # levels of a schema
Wrong = Iterator[tuple[str, str]]  # a parameter and what is wrong with it


def vendor_by(model: str) -> Vendor | None:
    """Whose parameters a model of provider/name takes; None where anybody's server may be behind it."""
    provider, _, name = model.partition("/")
    if provider == "simulated":
        return vendor_of(name)
    return {"anthropic": "anthropic", "openai": "openai", "azure": "openai"}.get(provider)  # type: ignore[return-value]


def check_shape(model: str, params: Mapping[str, Any]) -> None:
    """Check merged parameters, in the names of chat completions or of the Messages API.

    Raises: SpecError: names the parameter and what is wrong with it.
    """
    vendor = vendor_by(model)
    if vendor is None:
        return
    for name, meant in slips(vendor, params):
        raise SpecError(f'{model}: there is no parameter "{name}". Nothing was sent. Did you mean "{meant}"?')
    for name, why in _wrong(vendor, family_of(model), params):
        raise SpecError(f'{model}: the parameter "{name}": {why}. Nothing was sent.')


def check_call(call: Call) -> None:
    """Check what OpenAI wants of a prompt whose answer is to be any JSON object: that it says so.

    Raises: SpecError: names suite and sample.
    """
    text = call.params.get("text")
    asked = call.params.get("response_format", text.get("format") if isinstance(text, Mapping) else None)
    if (
        not isinstance(asked, Mapping)
        or asked.get("type") != "json_object"
        or vendor_by(call.model) != "openai"
    ):
        return
    if not any("json" in turn["content"].lower() for turn in call.messages):
        raise SpecError(
            f'suite "{call.suite}", sample "{call.sample_id}", variant "{call.variant}": with the format '
            f'json_object OpenAI answers only prompts that hold the word "JSON". Nothing was sent. Say it in '
            f"the prompt or in a system message, or give a json_schema."
        )


def with_output_format(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with OpenAI's `response_format` of a schema as Anthropic's `output_config.format`.

    Other formats stay where they are: Anthropic has none, which facts.py says.
    """
    asked = params.get("response_format")
    named = asked.get("json_schema") if isinstance(asked, Mapping) else None
    if not isinstance(named, Mapping) or not isinstance(asked, Mapping) or asked.get("type") != "json_schema":
        return dict(params)
    config = params.get("output_config")
    output = {"format": {"type": "json_schema", "schema": named.get("schema")}}
    rest = {name: value for name, value in params.items() if name != "response_format"}
    return {**rest, "output_config": {**output, **(config if isinstance(config, Mapping) else {})}}


def with_suites_output(
    model: str, suite: Mapping[str, Any], variant: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The suite's and the variant's parameters with their `output_config` merged part by part.

    Of the suite's, the parts are left out that the model has no use for.
    """
    family = family_of(model)
    config, own = suite.get("output_config"), variant.get("output_config")
    if not isinstance(config, Mapping):
        return dict(suite), dict(variant)
    fitting = {
        name: part
        for name, part in config.items()
        if family is None or not refusal(family, "output_config", {name: part}, {})
    }
    rest = {name: value for name, value in suite.items() if name != "output_config"}
    if isinstance(own, Mapping):
        return rest, {**variant, "output_config": {**fitting, **own}}
    return (rest if own is not None or not fitting else {**rest, "output_config": fitting}), dict(variant)


def _wrong(vendor: Vendor, family: Family | None, params: Mapping[str, Any]) -> Wrong:
    if "top_p" in params and not _is_share(params["top_p"]):
        yield "top_p", f"{params['top_p']!r} is not a number from 0 to 1"
    if "seed" in params and not _is_whole(params["seed"]):
        yield "seed", f"{params['seed']!r} is not a whole number"
    for name in ("stop", "stop_sequences"):
        words = params.get(name)
        words = [words] if isinstance(words, str) else words
        if words is not None and not (
            _is_list(words) and all(isinstance(word, str) and word for word in words)
        ):
            yield name, f"{params[name]!r} is not a text or a list of texts"
        elif name == "stop" and words is not None and len(words) > MOST_STOPS:
            yield name, f"it has {len(words)} texts, and at most {MOST_STOPS} are taken"
    yield from _wrong_of_messages(family, params) if vendor == "anthropic" else _wrong_of_chat(params)


def _wrong_of_chat(params: Mapping[str, Any]) -> Wrong:
    yield from _named_schema("response_format", params.get("response_format"))
    tools = params.get("tools")
    names: list[str] = []
    for tool in _tools(tools):
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or tool.get("type") != "function":
            yield "tools", _not_ours(tool, '{type = "function", function = {name, parameters}}')
            return
        names.append(str(function.get("name")))
        yield from _name_and_schema("tools", function, "parameters")
        if function.get("strict") is True and (why := _not_strict(function.get("parameters"))):
            yield "tools", f"the strict schema of {function.get('name')}: {why}"
    if tools is not None and not names:
        yield "tools", "it is not a list of tools"
    choice = params.get("tool_choice")
    if choice is None or (choice in ("none", "auto", "required") and names):
        return
    chosen = choice.get("function") if isinstance(choice, Mapping) else None
    if not isinstance(chosen, Mapping) or chosen.get("name") not in names:
        yield "tool_choice", f"{choice!r} names none of the tools ({', '.join(names) or 'there are none'})"


def _wrong_of_messages(family: Family | None, params: Mapping[str, Any]) -> Wrong:
    config = params.get("output_config")
    asked = config.get("format") if isinstance(config, Mapping) else None
    if asked is not None and not (isinstance(asked, Mapping) and asked.get("type") == "json_schema"):
        yield "output_config", f'its format {asked!r} is not {{type = "json_schema", schema}}'
    elif isinstance(asked, Mapping) and (why := _no_schema(asked.get("schema"))):
        yield "output_config", f"the schema of its format: {why}"
    tools = params.get("tools")
    names = []
    for tool in _tools(tools):
        if (
            not isinstance(tool, Mapping)
            or tool.get("type") not in (None, "custom")
            or "input_schema" not in tool
        ):
            yield "tools", _not_ours(tool, "{name, description, input_schema}")
            return
        names.append(str(tool.get("name")))
        yield from _name_and_schema("tools", tool, "input_schema")
    if tools is not None and not names:
        yield "tools", "it is not a list of tools"
    choice = params.get("tool_choice")
    kind = choice.get("type") if isinstance(choice, Mapping) else None
    named = choice.get("name") if isinstance(choice, Mapping) else None
    if choice is not None and not (names and (kind in ("auto", "any", "none") or named in names)):
        yield "tool_choice", f"{choice!r} names none of the tools ({', '.join(names) or 'there are none'})"
    if forces_tool(choice) and family is not None and reasons(family, params):
        yield (
            "tool_choice",
            "a tool cannot be forced on a model that thinks; leave thinking or tool_choice out",
        )
    yield from _wrong_thinking(params)


def _wrong_thinking(params: Mapping[str, Any]) -> Wrong:
    thinking, bound = params.get("thinking"), params.get("max_tokens")
    if thinking is None:
        return
    if not isinstance(thinking, Mapping):
        yield "thinking", f"{thinking!r} is not a table with a type"
        return
    budget = thinking_budget(params)
    if thinking.get("type") != "enabled":
        if "budget_tokens" in thinking:
            yield "thinking", f"budget_tokens goes with the type enabled, not {thinking.get('type')!r}"
    elif budget < LEAST_BUDGET:
        said = thinking.get("budget_tokens")
        yield "thinking", f"budget_tokens = {said!r} is not a whole number of at least {LEAST_BUDGET}"
    elif isinstance(bound, int) and budget >= bound:
        yield "thinking", f"budget_tokens = {budget} leaves no room for an answer within max_tokens = {bound}"


def _named_schema(name: str, asked: object) -> Wrong:
    if asked is None:
        return
    kind = asked.get("type") if isinstance(asked, Mapping) else None
    if kind not in ("text", "json_object", "json_schema") or not isinstance(asked, Mapping):
        yield name, f'{asked!r} is not a table with the type "json_schema" or "json_object"'
        return
    if kind != "json_schema":
        return
    named = asked.get("json_schema")
    if not isinstance(named, Mapping):
        yield name, "a json_schema = {name, schema} is missing"
        return
    yield from _name_and_schema(name, named, "schema")
    if named.get("strict") is True and (why := _not_strict(named.get("schema"))):
        yield name, f"the strict schema: {why}"


def _name_and_schema(parameter: str, named: Mapping[str, Any], field: str) -> Wrong:
    name, schema = named.get("name"), named.get(field)
    if not isinstance(name, str) or not NAME.match(name):
        yield parameter, f"the name {name!r} is not 1 to 64 of letters, digits, _ and -"
    elif schema is not None and (why := _no_schema(schema)):
        yield parameter, f"the {field} of {name}: {why}"


def _no_schema(schema: object) -> str | None:
    """Why this is no JSON Schema of an object."""
    if not isinstance(schema, Mapping):
        return f"{schema!r} is not a JSON Schema"
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        place = ".".join(map(str, error.absolute_path)) or "its top"
        return f"not a JSON Schema at {place}: {error.message[:200]}"
    return None


def _not_strict(schema: object, place: str = "its top", depth: int = 0) -> str | None:
    """Why OpenAI refuses a schema with `strict`: objects must be closed, and every property required."""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    if depth == 0 and schema.get("type") != "object":
        return "its top must be of the type object"
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    if schema.get("type") == "object" or properties:
        if schema.get("additionalProperties") is not False:
            return f"{place} must have additionalProperties = false"
        if missing := sorted(set(properties) - set(_tools(schema.get("required")))):
            return f"{place} must require every property, also {', '.join(missing)}"
    inner = [(f"{place}.{name}", part) for name, part in properties.items()]
    inner += [(f"{place}[]", schema.get("items"))]
    inner += [(place, part) for part in _tools(schema.get("anyOf"))]
    defined = schema.get("$defs")
    inner += list(defined.items()) if isinstance(defined, Mapping) else []
    return next((why for at, part in inner if (why := _not_strict(part, at, depth + 1))), None)


def _tools(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _not_ours(tool: object, form: str) -> str:
    if (
        isinstance(tool, Mapping)
        and isinstance(tool.get("type"), str)
        and tool["type"] not in {"function", "custom"}
    ):
        return f"the tool {tool['type']} is the vendor's: it costs more than its tokens, and no bill knows it"
    return f"{tool!r} is not of the form {form}"


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
