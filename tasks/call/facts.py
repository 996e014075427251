"""What a model accepts, and the parameters as they are sent: facts.toml, and the rules that read it.

A suite's parameters are for every model: what a model has no use for is left out of its request. A variant's
parameters were written for that model: what it refuses is an error before money is spent.
"""

import json
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from warehouse.errors import SpecError

FACTS = Path(__file__).with_name("facts.toml")
CURRENT = Path(__file__).with_name("current.toml")
REASONING_ROOM = 16_384  # tokens on top of a suite's max_tokens for a model that reasons before it answers
BOUNDS = ("max_tokens", "max_completion_tokens")
OURS: Mapping[str, str] = {  # parameters that are not the user's to set, and what is
    "model": 'the entry\'s "model"',
    "messages": "the suite's prompt",
    "system": 'the entry\'s "system"',
    "n": '"epochs"',
    "stream_options": "nothing: a stream's usage is always asked for",
    "timeout": "nothing: a call has ten minutes",
    "extra_headers": 'the entry\'s "headers"',
    "extra_query": "nothing",
    "extra_body": "the parameter itself",
}

Vendor = Literal["anthropic", "openai"]


class Fact(BaseModel):
    """A table of facts.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ResponsesFacts(Fact):
    """What OpenAI's Responses API has otherwise than chat completions."""

    only: tuple[str, ...]
    foreign: frozenset[str]
    least_output_tokens: int


class VendorFacts(Fact):
    """What all models of a vendor have in common."""

    renamed: Mapping[str, str]
    foreign: frozenset[str]
    samplers: tuple[str, ...]
    hottest: float
    sampling_version: str | None = None
    least_cached: Mapping[str, int]
    marks_cache: tuple[str, ...] = ()
    responses: ResponsesFacts | None = None


class Family(Fact):
    """What the models of one family accept; the fields are explained at the top of facts.toml."""

    prefixes: tuple[str, ...]
    vendor: Vendor
    sampling: Literal["free", "one", "no_effort", "none"] = "free"
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    thinking: tuple[str, ...] | None = None
    thinks: bool = False
    stop: bool = True
    formats: tuple[str, ...] | None = None
    default_max_tokens: int | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None


class Facts(Fact):
    """The whole file."""

    vendors: Mapping[Vendor, VendorFacts]
    family: tuple[Family, ...]


@cache
def facts() -> Facts:
    """The content of facts.toml."""
    return Facts.model_validate(tomllib.loads(FACTS.read_text(encoding="utf-8")))


@cache
def current_models() -> Mapping[str, str]:
    """The pair of models that examples use: vendor -> provider/name."""
    return tomllib.loads(CURRENT.read_text(encoding="utf-8"))


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family | None:
    """The family of provider/name; None where nothing is known, and nothing is refused then.

    A compatible server may call its models as it likes, so their names say nothing. Nor does an Azure
    deployment's, unless it begins like a model's.
    """
    provider, _, name = model.partition("/")
    if provider == "compatible":
        return None
    name = name.removeprefix("ft:")
    fitting = [
        (len(prefix), family)
        for family in facts().family
        for prefix in family.prefixes
        if name.startswith(prefix)
    ]
    return max(fitting, key=lambda pair: pair[0], default=(0, None))[1]


def vendor_of(name: str) -> Vendor:
    """Whose protocol a model of this name (without provider) speaks."""
    family = family_of(f"simulated/{name}")
    return family.vendor if family else "openai"


def merge_params(
    model: str, suite_params: Mapping[str, Any], variant_params: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of a request, in the vendor's names: the suite's, and over them the variant's.

    Of the suite's, those are left out that the model refuses (temperature = 0.0 where only the model's own is
    accepted). Its max_tokens is cut to what the model can write, and gets REASONING_ROOM on top where the
    model reasons before it answers, because the suite bounds the answer and the vendor counts both.

    `stream = true` is the variant's alone: it changes how an answer comes, and so what can be measured.

    Raises: SpecError: a parameter of the variant's that the model refuses; one that no request may have.
    """
    family = family_of(model)
    suite, variant = _in_vendor_names(family, suite_params), _in_vendor_names(family, variant_params)
    for name in (*suite, *variant):
        if name in OURS:
            raise SpecError(
                f'{model}: "{name}" is not a parameter. Nothing was sent. Its place: {OURS[name]}.'
            )
    streams = _streams(model, suite, variant)
    _check_json(model, {**suite, **variant})
    for name, value in variant.items():
        if reason := refusal(family, name, value, variant):
            raise SpecError(f'{model}: the parameter "{name}" = {value!r}: {reason}. Nothing was sent.')
    kept: dict[str, Any] = {}
    for name, value in suite.items():
        if name in variant or (name in BOUNDS and any(bound in variant for bound in BOUNDS)):
            continue
        if name in BOUNDS:
            kept[name] = _suite_bound(model, family, value)
        else:
            fitting = _without_blank(value) if name == "stop_sequences" else value
            if fitting != [] and not refusal(family, name, fitting, {**kept, **variant, name: fitting}):
                kept[name] = fitting
    merged = {**kept, **variant}
    if family is not None:
        _bound(family, kept, merged)
        merged = {name: value for name, value in merged.items() if not _is_own(family, name, value)}
    return {**merged, "stream": True} if streams else merged


def request_params(model: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of one set as they are sent. Raises: SpecError: one that the model refuses."""
    return merge_params(model, {}, params)


def sampling_version(params: Mapping[str, Any]) -> str | None:
    """The Anthropic API version that a request with these parameters needs; None: the SDK's own."""
    vendor = facts().vendors["anthropic"]
    return vendor.sampling_version if any(name in params for name in vendor.samplers) else None


def default_max_tokens(model: str) -> int:
    """The bound of a request that has none, where the API requires one."""
    family = family_of(model)
    return (family.default_max_tokens if family else None) or 4096


def _streams(model: str, suite: Mapping[str, Any], variant: dict[str, Any]) -> bool:
    """Take `stream` out of the variant's parameters."""
    streams = variant.pop("stream", False)
    if "stream" in suite:
        raise SpecError(
            f'{model}: "stream" is not a parameter of a suite. Nothing was sent. Its place: the "params" of '
            f"a model."
        )
    if not isinstance(streams, bool):
        raise SpecError(f"{model}: stream = {streams!r} is neither true nor false. Nothing was sent.")
    return streams


def _in_vendor_names(family: Family | None, params: Mapping[str, Any]) -> dict[str, Any]:
    if family is None:
        return dict(params)
    renamed = dict(facts().vendors[family.vendor].renamed)
    renamed.update(dict.fromkeys(BOUNDS, family.max_tokens_field))
    named = {renamed.get(name, name): value for name, value in params.items()}
    if isinstance(named.get("stop_sequences"), str):
        named["stop_sequences"] = [named["stop_sequences"]]
    return named


def refusal(family: Family | None, name: str, value: object, beside: Mapping[str, Any]) -> str | None:
    """Why the model refuses this parameter beside the others; None where it does not."""
    if name in BOUNDS:
        return _refused_bound(family, value)
    if family is None:
        return None
    vendor = facts().vendors[family.vendor]
    if name in vendor.foreign:
        return f"{family.vendor} models have no such parameter"
    if name in {"stop", "stop_sequences"} and not family.stop:
        return "the model takes no stop sequences"
    if name == "stop_sequences" and isinstance(value, list) and any(str(word).isspace() for word in value):
        return "a stop sequence of nothing but white space is not taken"
    if name in vendor.samplers:
        return _refused_sampler(family, name, value, beside)
    if name in {"reasoning_effort", "output_config"}:
        effort = value.get("effort") if isinstance(value, Mapping) else value
        if family.efforts is not None and effort is not None and effort not in family.efforts:
            return (
                f"the model's efforts are {', '.join(family.efforts)}"
                if family.efforts
                else "it has no effort"
            )
    if name in {"response_format", "output_config"}:
        return _refused_format(
            family, value.get("format") if name == "output_config" and isinstance(value, Mapping) else value
        )
    if (
        name == "tool_choice"
        and family.vendor == "anthropic"
        and forces_tool(value)
        and reasons(family, beside)
    ):
        return "a tool cannot be forced on a model that thinks; leave thinking or tool_choice out"
    if name == "thinking" and family.thinking is not None:
        kind = value.get("type") if isinstance(value, Mapping) else value
        if kind not in family.thinking:
            return f"thinking.type may be {' or '.join(family.thinking) or 'left out only'}"
    return None


def _refused_format(family: Family, value: object) -> str | None:
    """Why the model writes no structured output of this kind; its shape is checked in shape.py."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if family.formats is None or kind in (None, "text", *family.formats):
        return None
    other = f"it has {', '.join(family.formats)}" if family.formats else "ask for a tool's input instead"
    return f"the model has no format {kind}; {other}"


def forces_tool(choice: object) -> bool:
    """Whether Anthropic's tool_choice leaves the model no other answer than a tool's use."""
    return isinstance(choice, Mapping) and choice.get("type") in ("any", "tool")


def thinking_budget(params: Mapping[str, Any]) -> int:
    """The tokens that Anthropic's `thinking` sets aside; 0 where it names none."""
    thinking = params.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, Mapping) else None
    return budget if isinstance(budget, int) and not isinstance(budget, bool) else 0


def _suite_bound(model: str, family: Family | None, value: object) -> int:
    if not _is_count(value):
        raise SpecError(
            f"{model}: the suite's max_tokens = {value!r} is not a whole number above 0. Nothing was sent."
        )
    assert isinstance(value, int)
    return min(value, (family and family.max_output_tokens) or value)


def _without_blank(words: object) -> object:
    return [word for word in words if not str(word).isspace()] if isinstance(words, list) else words


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _refused_bound(family: Family | None, value: object) -> str | None:
    if not _is_count(value):
        return "it must be a whole number above 0"
    assert isinstance(value, int)
    if family and family.max_output_tokens and value > family.max_output_tokens:
        return f"the model writes at most {family.max_output_tokens} tokens"
    return None


def _refused_sampler(family: Family, name: str, value: object, beside: Mapping[str, Any]) -> str | None:
    if name == "temperature":
        hottest = facts().vendors[family.vendor].hottest
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= hottest:
            return f"it must be a number from 0 to {hottest:g}"
    if _is_own(family, name, value):
        return None
    if family.sampling == "none":
        return "the model accepts only its own value; leave it out"
    if family.sampling == "no_effort" and _effort(family, beside) != "none":
        return 'the model accepts it only with reasoning_effort = "none"'
    if family.sampling == "one" and {"temperature", "top_p"} <= beside.keys() and name != "top_k":
        return "the model accepts temperature or top_p, not both"
    if family.vendor == "anthropic" and _thinking(beside) not in {None, "disabled"} and name == "temperature":
        return "with thinking the temperature is 1; leave it out"
    return None


def _is_own(family: Family, name: str, value: object) -> bool:
    """Whether this is what the model does anyway, so that a model that refuses to be told need not be."""
    return family.sampling in {"none", "no_effort"} and name in {"temperature", "top_p"} and value == 1


def _bound(family: Family, kept: Mapping[str, Any], merged: dict[str, Any]) -> None:
    field, budget = family.max_tokens_field, thinking_budget(merged)
    if field in kept and reasons(family, merged):
        roomy = kept[field] + max(REASONING_ROOM, budget)
    elif field not in merged and family.default_max_tokens:
        roomy = family.default_max_tokens + budget
    else:
        return
    merged[field] = min(roomy, family.max_output_tokens or roomy)


def reasons(family: Family, params: Mapping[str, Any]) -> bool:
    """Whether the model reasons before it answers, with these parameters."""
    if family.vendor == "openai":
        return family.thinks and _effort(family, params) != "none"
    kind = _thinking(params)
    return family.thinks and kind != "disabled" if kind in {None, "disabled"} else True


def _effort(family: Family, params: Mapping[str, Any]) -> object:
    return params.get("reasoning_effort", family.default_effort)


def _thinking(params: Mapping[str, Any]) -> object:
    thinking = params.get("thinking")
    return thinking.get("type") if isinstance(thinking, Mapping) else None


def _check_json(model: str, params: Mapping[str, Any]) -> None:
    try:
        json.dumps(params, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise SpecError(
            f"{model}: the parameters cannot be written as JSON ({error}). Nothing was sent."
        ) from error
