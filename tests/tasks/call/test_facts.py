"""A suite's parameters fit themselves to the model; a variant's are sent, or refused at once."""

from typing import Any

import pytest

from tasks.call.facts import (
    REASONING_ROOM,
    current_models,
    default_max_tokens,
    facts,
    family_of,
    merge_params,
    request_params,
    sampling_version,
    vendor_of,
)
from tasks.call.sdk_models import sdk_models
from warehouse.errors import SpecError

SUITE = {"max_tokens": 1024, "temperature": 0.0}
ROOM = 1024 + REASONING_ROOM


@pytest.mark.parametrize(
    ("model", "variant", "sent"),
    [
        pytest.param("anthropic/claude-3-5-sonnet-20240620", {}, SUITE, id="claude 3.5 takes both"),
        pytest.param("simulated/claude-3-5-sonnet-20240620", {}, SUITE, id="and so does its simulation"),
        pytest.param("openai/gpt-4o-2024-05-13", {}, SUITE, id="gpt-4o takes both"),
        pytest.param("compatible/llama-70b", {}, SUITE, id="a compatible model is not second-guessed"),
        pytest.param("azure/my-deployment", {}, SUITE, id="nor a deployment of any name"),
        pytest.param("openai/gpt-9", {}, SUITE, id="nor a model that the table does not know"),
        pytest.param(
            "openai/o3-mini", {}, {"max_completion_tokens": ROOM}, id="o-series: other name, no temperature"
        ),
        pytest.param("azure/gpt-5-mini-eu", {}, {"max_completion_tokens": ROOM}, id="a deployment's prefix"),
        pytest.param("openai/gpt-6-luna", {}, {"max_completion_tokens": ROOM}, id="gpt-6 reasons"),
        pytest.param(
            "openai/gpt-6-luna",
            {"reasoning_effort": "none"},
            {"max_completion_tokens": 1024, "temperature": 0.0, "reasoning_effort": "none"},
            id="gpt-6 without reasoning takes a temperature",
        ),
        pytest.param(
            "openai/gpt-5.2",
            {},
            {"max_completion_tokens": 1024, "temperature": 0.0},
            id="gpt-5.2 does not reason unless asked",
        ),
        pytest.param(
            "openai/gpt-5.2",
            {"reasoning_effort": "low"},
            {"max_completion_tokens": ROOM, "reasoning_effort": "low"},
            id="gpt-5.2 asked to",
        ),
        pytest.param("anthropic/claude-haiku-5-5", {}, {"max_tokens": ROOM}, id="claude 5 thinks"),
        pytest.param(
            "anthropic/claude-opus-5-5",
            {},
            {"max_tokens": ROOM},
            id="claude 5 that cannot be stopped from it",
        ),
        pytest.param(
            "anthropic/claude-opus-4-8", {}, {"max_tokens": 1024}, id="claude 4.8 thinks only if asked"
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-6",
            {"top_p": 0.9},
            {"max_tokens": 1024, "top_p": 0.9},
            id="one sampler of two: the variant's",
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-6",
            {"thinking": {"type": "adaptive"}},
            {"max_tokens": ROOM, "thinking": {"type": "adaptive"}},
            id="with thinking no temperature",
        ),
        pytest.param(
            "anthropic/claude-3-5-sonnet-20240620",
            {"max_tokens": 5, "temperature": 0.7},
            {"max_tokens": 5, "temperature": 0.7},
            id="the variant's win",
        ),
        pytest.param(
            "openai/gpt-5-mini",
            {"max_tokens": 64, "temperature": 1},
            {"max_completion_tokens": 64},
            id="the variant's bound is sent as it is; the model's own temperature is not told",
        ),
        pytest.param(
            "openai/gpt-4o",
            {"max_completion_tokens": 64},
            {"max_tokens": 64, "temperature": 0.0},
            id="two names of one bound",
        ),
        pytest.param(
            "compatible/llama-70b",
            {"max_completion_tokens": 64},
            {"max_completion_tokens": 64, "temperature": 0.0},
            id="a compatible model's own name of the bound replaces the suite's",
        ),
    ],
)
def test_merge(model: str, variant: dict[str, Any], sent: dict[str, Any]) -> None:
    merged = merge_params(model, SUITE, variant)
    assert merged == sent
    assert request_params(model, merged) == merged, "what is sent stays what it is"


@pytest.mark.parametrize(
    ("model", "suite", "sent"),
    [
        pytest.param(
            "anthropic/claude-3-opus-20240229",
            {"stop": "Q:", "seed": 1, "response_format": {"type": "json_object"}, "max_tokens": 9000},
            {"stop_sequences": ["Q:"], "max_tokens": 4096},
            id="anthropic: translated, left out, cut to what it writes",
        ),
        pytest.param(
            "anthropic/claude-3-opus-20240229",
            {"stop": ["\n", "Q:"]},
            {"stop_sequences": ["Q:"], "max_tokens": 4096},
            id="anthropic: takes no stop sequence of white space",
        ),
        pytest.param(
            "anthropic/claude-3-opus-20240229",
            {"stop": "\n\n"},
            {"max_tokens": 4096},
            id="and so none at all",
        ),
        pytest.param(
            "openai/o4-mini",
            {"stop": ["\n"], "seed": 1, "top_k": 5},
            {"seed": 1},
            id="openai: no stop for o4, no top_k for any",
        ),
        pytest.param(
            "anthropic/claude-sonnet-4-5",
            {"temperature": 0.0, "top_p": 0.9},
            {"temperature": 0.0, "max_tokens": 8192},
            id="of two samplers the first; a bound where none is given",
        ),
        pytest.param("openai/gpt-4o", {"temperature": 1.7}, {"temperature": 1.7}, id="openai may be hotter"),
        pytest.param(
            "anthropic/claude-3-haiku-20240307", {"temperature": 1.7}, {"max_tokens": 4096}, id="than claude"
        ),
    ],
)
def test_what_a_model_has_no_use_for_is_left_out_of_the_suites(
    model: str, suite: dict[str, Any], sent: dict[str, Any]
) -> None:
    assert merge_params(model, suite, {}) == sent


@pytest.mark.parametrize(
    ("model", "variant", "why"),
    [
        ("openai/o3", {"temperature": 0.0}, "only its own value"),
        ("openai/o3", {"stop": ["x"]}, "no stop sequences"),
        ("openai/gpt-5", {"top_p": 0.5}, "only its own value"),
        ("openai/gpt-5.2", {"temperature": 0.0, "reasoning_effort": "low"}, 'reasoning_effort = "none"'),
        ("openai/gpt-6-luna", {"temperature": 0.0}, 'reasoning_effort = "none"'),
        ("openai/gpt-6-astra", {"reasoning_effort": "none"}, "efforts are low, medium"),
        ("openai/gpt-4o", {"reasoning_effort": "low"}, "it has no effort"),
        ("anthropic/claude-3-opus-20240229", {"stop_sequences": "\n"}, "nothing but white space"),
        ("openai/gpt-4o", {"thinking": {"type": "enabled"}}, "no such parameter"),
        ("openai/gpt-4o", {"temperature": 2.5}, "from 0 to 2"),
        ("openai/gpt-4o", {"temperature": "hot"}, "from 0 to 2"),
        ("openai/gpt-4o-2024-05-13", {"max_tokens": 8192}, "at most 4096"),
        ("openai/gpt-4o", {"max_tokens": 0}, "whole number"),
        ("compatible/llama", {"max_tokens": "many"}, "whole number"),
        ("anthropic/claude-opus-4-7", {"temperature": 0.0}, "only its own value"),
        ("anthropic/claude-haiku-5-5", {"top_k": 5}, "only its own value"),
        ("anthropic/claude-tomorrow", {"temperature": 0.0}, "only its own value"),
        ("anthropic/claude-opus-4-1-20250805", {"temperature": 0.0, "top_p": 0.9}, "not both"),
        ("anthropic/claude-3-opus-20240229", {"temperature": 1.5}, "from 0 to 1"),
        ("anthropic/claude-3-opus-20240229", {"reasoning_effort": "low"}, "no such parameter"),
        ("anthropic/claude-3-opus-20240229", {"thinking": {"type": "adaptive"}}, "left out only"),
        ("anthropic/claude-opus-5-5", {"thinking": {"type": "disabled"}}, "may be adaptive"),
        ("anthropic/claude-opus-4-5", {"output_config": {"effort": "max"}}, "efforts are low, medium, high"),
        (
            "anthropic/claude-sonnet-4-5",
            {"thinking": {"type": "enabled", "budget_tokens": 2048}, "temperature": 0.5},
            "with thinking",
        ),
    ],
)
def test_what_a_model_refuses_of_the_variants_is_an_error_before_money_is_spent(
    model: str, variant: dict[str, Any], why: str
) -> None:
    with pytest.raises(SpecError) as caught:
        merge_params(model, SUITE, variant)
    text = str(caught.value)
    assert text.startswith(f"{model}: ")
    assert why in text
    assert any(f'"{name}"' in text for name in variant)
    assert "Nothing was sent." in text


@pytest.mark.parametrize("name", ["model", "messages", "system", "n", "stream_options", "extra_body"])
@pytest.mark.parametrize("whose", ["suite", "variant"])
def test_what_is_ours_to_set_is_no_parameter(name: str, whose: str) -> None:
    params = {name: 2}
    with pytest.raises(SpecError, match=f'"{name}" is not a parameter'):
        merge_params("compatible/m", params if whose == "suite" else {}, params if whose == "variant" else {})


@pytest.mark.parametrize("model", ["compatible/m", "openai/gpt-4o", "anthropic/claude-haiku-5-5"])
def test_a_stream_is_for_the_variant_to_ask_for(model: str) -> None:
    assert merge_params(model, {}, {"stream": True})["stream"] is True
    assert merge_params(model, {}, {"stream": False}) == merge_params(model, {}, {})
    with pytest.raises(SpecError, match='"stream" is not a parameter of a suite'):
        merge_params(model, {"stream": True}, {})
    with pytest.raises(SpecError, match="stream = 'yes' is neither true nor false"):
        merge_params(model, {}, {"stream": "yes"})


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x", "\ud83d"])
def test_a_parameter_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="JSON") as caught:
        merge_params("compatible/m", {}, {"x": value})
    assert "Nothing was sent." in str(caught.value)


def test_a_suites_bound_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="suite's max_tokens"):
        merge_params("openai/gpt-4o", {"max_tokens": "many"}, {})


def test_neither_set_is_changed() -> None:
    suite, variant = dict(SUITE), {"stop": "x"}
    merge_params("anthropic/claude-3-opus-20240229", suite, variant)
    assert (suite, variant) == (SUITE, {"stop": "x"})


def test_only_requests_with_sampling_parameters_need_the_older_version() -> None:
    assert sampling_version({"max_tokens": 5}) is None
    assert {sampling_version({name: 1}) for name in ("temperature", "top_p", "top_k")} == {"2023-06-01"}


def test_the_family_is_that_of_the_longest_prefix() -> None:
    family = family_of("openai/gpt-4o-2024-05-13")
    assert family is not None
    assert family.max_output_tokens == 4096
    tuned = family_of("openai/ft:gpt-4o-mini:org::id")
    assert tuned is not None
    assert tuned.max_output_tokens == 16384
    assert family_of("compatible/gpt-4o") is None


def test_every_model_that_the_sdks_name_has_a_family_of_its_vendor() -> None:
    for vendor, names in sdk_models().items():
        for name in names:
            if name.startswith(("gpt-audio", "codex-mini")):
                continue
            family = family_of(f"{vendor}/{name}")
            assert family is not None, name
            assert family.vendor == vendor, name
            assert vendor_of(name) == vendor


def test_no_prefix_is_there_twice_for_different_facts() -> None:
    seen: dict[str, Any] = {}
    for family in facts().family:
        for prefix in family.prefixes:
            assert prefix not in seen or prefix in {"gpt-3.5", "gpt-4", "chatgpt-4o"}, prefix
            seen[prefix] = family


def test_anthropic_always_has_a_bound() -> None:
    assert all(family.default_max_tokens for family in facts().family if family.vendor == "anthropic")
    assert default_max_tokens("anthropic/claude-3-5-sonnet-20240620") == 4096
    assert default_max_tokens("anthropic/someone-elses") == 4096


def test_the_current_pair_works_with_a_suites_parameters() -> None:
    for model in current_models().values():
        assert merge_params(model, SUITE, {}).keys() <= {"max_tokens", "max_completion_tokens"}
