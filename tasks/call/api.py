"""Which of OpenAI's two APIs a model is asked over, and its parameters in that API's names.

The parameters of both are merged and checked by the names of chat completions (facts.py) and written in the
names of the Responses API at the end. A parameter may come in either API's name: a suite is for models of
both, and a variant may be copied from either's documentation.

Source: openai.types.chat.completion_create_params, openai.types.responses.response_create_params.
"""

from collections.abc import Mapping
from typing import Any

from tasks.call.facts import ResponsesFacts, facts, family_of, merge_params
from tasks.call.shape import check_shape, vendor_by, with_output_format, with_suites_output
from tasks.model import Api
from warehouse.errors import SpecError

BOUND = "max_output_tokens"
NATIVE: Mapping[str, str] = {  # parameters of the Responses API that are not the user's to set, and what is
    "input": "the suite's prompt",
    "instructions": 'the entry\'s "system"',
    "previous_response_id": "nothing: a sample is a conversation of its own",
    "conversation": "nothing: a sample is a conversation of its own",
    "prompt": "the suite's prompt",
    "background": "nothing: a call waits for its answer",
    "background_options": "nothing: a call waits for its answer",
}
PASSED_ON = frozenset(
    {"context_management", "include", "max_tool_calls", "truncation"}
)  # its own, as they are


def api_of(model: str, said: Api | None) -> Api:
    """The API of a model: what its entry says, else chat completions where the model has them.

    Nobody knows what a compatible server has, so its models are asked over chat completions by default.
    Raises: SpecError: the entry names an API, and the vendor has one only.
    """
    provider, _, name = model.partition("/")
    family = family_of(model)
    if said is not None and (
        provider in {"anthropic", "recorded"} or (family is not None and family.vendor == "anthropic")
    ):
        raise SpecError(
            f'{model}: api = "{said}" is a choice between OpenAI\'s two APIs. Nothing was sent. Leave it out.'
        )
    if said is not None or provider in {"anthropic", "recorded", "compatible"}:
        return said or "chat"
    return "responses" if name.startswith(_responses().only) else "chat"


def api_params(
    model: str, api: Api, suite_params: Mapping[str, Any], variant_params: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of a request over an API: the suite's, and over them the variant's (see merge_params).

    Of the suite's, those are left out that the Responses API has not, and its bound is raised to the least
    that is taken there.
    Raises: SpecError: a parameter of the variant's that the model or the API refuses.
    """
    if vendor_by(model) == "anthropic":
        suite, variant = with_suites_output(
            model, with_output_format(suite_params), with_output_format(variant_params)
        )
        merged = merge_params(model, suite, variant)
        check_shape(model, merged)
        return merged
    if api == "chat":
        merged = merge_params(model, suite_params, variant_params)
        check_shape(model, merged)
        return merged
    suite, suite_native = _apart(model, suite_params)
    variant, variant_native = _apart(model, variant_params)
    foreign, least = _responses().foreign, _responses().least_output_tokens
    for name in variant:
        if name in foreign:
            raise SpecError(
                f'{model}: the parameter "{name}": the Responses API has no such parameter. Nothing was '
                f'sent. Leave it out, or set api = "chat" where the model has it.'
            )
    bound = next((variant[name] for name in ("max_tokens", "max_completion_tokens") if name in variant), None)
    if isinstance(bound, int) and not isinstance(bound, bool) and 0 < bound < least:
        raise SpecError(
            f'{model}: the parameter "{BOUND}" = {bound}: the Responses API takes {least} at the least. '
            f"Nothing was sent."
        )
    kept = {name: value for name, value in suite.items() if name not in foreign}
    merged = merge_params(model, kept, variant)
    check_shape(model, merged)
    native = dict(suite_native)
    for name, value in variant_native.items():
        native[name] = _over(suite_native.get(name), value)
    return _written(merged, native, least)


def _apart(model: str, params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters by the names of chat completions, and what only the Responses API has."""
    chat: dict[str, Any] = {}
    native: dict[str, Any] = {}
    for name, value in params.items():
        if name in NATIVE:
            raise SpecError(
                f'{model}: "{name}" is not a parameter. Nothing was sent. Its place: {NATIVE[name]}.'
            )
        match name:
            case "max_output_tokens":
                chat["max_completion_tokens"] = value
            case "reasoning" | "text" if not isinstance(value, Mapping):
                raise SpecError(f'{model}: the parameter "{name}" = {value!r} is no table. Nothing was sent.')
            case "reasoning":
                native["reasoning"] = {key: part for key, part in value.items() if key != "effort"}
                if "effort" in value:
                    chat["reasoning_effort"] = value["effort"]
            case "text":
                native["text"] = {k: part for k, part in value.items() if k not in {"format", "verbosity"}}
                if "verbosity" in value:
                    chat["verbosity"] = value["verbosity"]
                if "format" in value:
                    chat["response_format"] = chat_format(value["format"])
            case "stop_sequences":
                chat["stop"] = value
            case "tools" if isinstance(value, list):
                chat["tools"] = [_chat_tool(tool) for tool in value]
            case "tool_choice":
                chat["tool_choice"] = _chat_choice(value)
            case _ if name in PASSED_ON:
                native[name] = value
            case _:
                chat[name] = value
    return chat, native


def _written(merged: Mapping[str, Any], native: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Merged parameters in the names of the Responses API."""
    sent: dict[str, Any] = {}
    reasoning = dict(native.get("reasoning", {}))
    text = dict(native.get("text", {}))
    for name, value in merged.items():
        match name:
            case "max_tokens" | "max_completion_tokens":
                sent[BOUND] = max(value, least)
            case "reasoning_effort":
                reasoning["effort"] = value
            case "response_format":
                text["format"] = responses_format(value)
            case "verbosity":
                text["verbosity"] = value
            case "tools":
                sent["tools"] = [_responses_tool(tool) for tool in value]
            case "tool_choice":
                sent["tool_choice"] = _responses_choice(value)
            case _:
                sent[name] = value
    sent.update({name: value for name, value in native.items() if name not in {"reasoning", "text"}})
    return sent | ({"reasoning": reasoning} if reasoning else {}) | ({"text": text} if text else {})


def chat_format(value: object) -> object:
    """`text.format` as `response_format`: a schema has a table of its own there."""
    if isinstance(value, Mapping) and value.get("type") == "json_schema" and "json_schema" not in value:
        return {"type": "json_schema", "json_schema": {k: v for k, v in value.items() if k != "type"}}
    return value


def responses_format(value: object) -> object:
    """`response_format` as `text.format`: a schema lies flat there."""
    if isinstance(value, Mapping) and isinstance(value.get("json_schema"), Mapping):
        return {"type": "json_schema", **value["json_schema"]}
    return value


def _chat_tool(tool: object) -> object:
    if isinstance(tool, Mapping) and tool.get("type") == "function" and "function" not in tool:
        return {"type": "function", "function": {k: v for k, v in tool.items() if k != "type"}}
    return tool


def _responses_tool(tool: object) -> object:
    if isinstance(tool, Mapping) and isinstance(tool.get("function"), Mapping):
        return {"type": "function", **tool["function"]}
    return tool


def _chat_choice(choice: object) -> object:
    if isinstance(choice, Mapping) and choice.get("type") == "function" and "name" in choice:
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _responses_choice(choice: object) -> object:
    if isinstance(choice, Mapping) and isinstance(choice.get("function"), Mapping):
        return {"type": "function", **choice["function"]}
    return choice


def _over(suite: object, variant: object) -> object:
    """The variant's table over the suite's; any other value of the variant's in place of the suite's."""
    return {**suite, **variant} if isinstance(suite, Mapping) and isinstance(variant, Mapping) else variant


def _responses() -> ResponsesFacts:
    responses = facts().vendors["openai"].responses
    assert responses is not None, "facts.toml has the table vendors.openai.responses"
    return responses
