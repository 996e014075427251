"""An endpoint comes from entry and variables; what is missing is named, no key is shown."""

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.call.endpoint import (
    VENDORS,
    check_base_url,
    resolve_endpoint,
    resolve_endpoints,
    which_can_run,
)
from tasks.call.secret import SIMULATED_KEY
from tasks.form import PROVIDERS as SPEC_PROVIDERS
from tasks.spec import ModelEntry
from warehouse.errors import SpecError

KEY = "sk-canary-9f8e7d6c5b4a39281706"
AZURE = {
    "AZURE_OPENAI_API_KEY": KEY,
    "AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com/",
    "OPENAI_API_VERSION": "2024-10-21",
}


def entry(model: str, **fields: Any) -> ModelEntry:
    return ModelEntry.model_validate({"model": model, **fields})


def test_every_provider_of_the_spec_is_a_vendor_or_needs_none() -> None:
    assert set(SPEC_PROVIDERS) == {*VENDORS, "simulated", "recorded"}


@pytest.mark.parametrize(
    ("model", "environ", "fields", "expected"),
    [
        pytest.param(
            "anthropic/claude-x",
            {"ANTHROPIC_API_KEY": KEY},
            {},
            ("anthropic", "https://api.anthropic.com", "api.anthropic.com", KEY),
            id="anthropic",
        ),
        pytest.param(
            "openai/gpt-x",
            {"OPENAI_API_KEY": f" {KEY}\n", "OPENAI_BASE_URL": "https://eu.api.openai.com/v1/"},
            {},
            ("openai", "https://eu.api.openai.com/v1", "eu.api.openai.com", KEY),
            id="openai, the variable's address, white space around the key",
        ),
        pytest.param(
            "azure/west",
            AZURE,
            {},
            ("azure", "https://res.openai.azure.com", "res.openai.azure.com", KEY),
            id="azure",
        ),
        pytest.param(
            "compatible/org/llama",
            {"COMPATIBLE_BASE_URL": "http://127.0.0.1:8000/v1"},
            {},
            ("compatible", "http://127.0.0.1:8000/v1", "127.0.0.1:8000", "none"),
            id="compatible without a key",
        ),
        pytest.param(
            "compatible/llama",
            {"LLAMA_KEY": KEY, "COMPATIBLE_API_KEY": "another", "COMPATIBLE_BASE_URL": "http://other/v1"},
            {"api_key_env": "LLAMA_KEY", "base_url": "http://Host:8000/v1"},
            ("compatible", "http://Host:8000/v1", "host:8000", KEY),
            id="the entry wins",
        ),
        pytest.param(
            "simulated/claude-3-5-sonnet-20240620",
            {},
            {"base_url": "http://127.0.0.1:5000/"},
            ("anthropic", "http://127.0.0.1:5000", "127.0.0.1:5000", SIMULATED_KEY),
            id="simulated claude speaks anthropic",
        ),
        pytest.param(
            "simulated/gpt-4o-2024-05-13",
            {},
            {"base_url": "http://127.0.0.1:5000"},
            ("openai", "http://127.0.0.1:5000/v1", "127.0.0.1:5000", SIMULATED_KEY),
            id="simulated gpt speaks openai",
        ),
        pytest.param(
            "simulated/anything",
            {},
            {"base_url": "http://127.0.0.1:5000/v1"},
            ("openai", "http://127.0.0.1:5000/v1", "127.0.0.1:5000", SIMULATED_KEY),
            id="simulated with a path",
        ),
    ],
)
def test_resolve(
    model: str, environ: Mapping[str, str], fields: dict[str, Any], expected: tuple[str, ...]
) -> None:
    found = resolve_endpoint(entry(model, **fields), environ)
    assert (found.protocol, found.base_url, found.host, found.api_key.reveal()) == expected
    assert f"{found.provider}/{found.name}" == model


@pytest.mark.parametrize(
    ("model", "environ", "fields", "missing"),
    [
        ("anthropic/c", {}, {}, ["ANTHROPIC_API_KEY"]),
        ("anthropic/c", {"ANTHROPIC_API_KEY": "  "}, {}, ["ANTHROPIC_API_KEY"]),
        ("openai/g", {"ANTHROPIC_API_KEY": KEY}, {}, ["OPENAI_API_KEY"]),
        ("openai/g", {"OPENAI_API_KEY": KEY}, {"api_key_env": "MY_KEY"}, ["MY_KEY"]),
        ("azure/d", {}, {}, ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"]),
        ("azure/d", AZURE | {"OPENAI_API_VERSION": ""}, {}, ["OPENAI_API_VERSION"]),
        ("azure/d", {}, {"base_url": "https://h"}, ["AZURE_OPENAI_API_KEY", "OPENAI_API_VERSION"]),
        ("compatible/m", {}, {}, ["COMPATIBLE_BASE_URL"]),
        ("compatible/m", {}, {"base_url": "http://h", "api_key_env": "MY_KEY"}, ["MY_KEY"]),
    ],
)
def test_missing_variables_are_named_with_the_line_that_sets_them(
    model: str, environ: Mapping[str, str], fields: dict[str, Any], missing: list[str]
) -> None:
    with pytest.raises(SpecError) as caught:
        resolve_endpoint(entry(model, **fields), environ)
    text = str(caught.value)
    assert text.startswith(f"{model}: {' and '.join(missing)} ")
    assert "Nothing was sent." in text
    for name in VENDOR_VARIABLES | set(missing):
        assert (f"export {name}=" in text) == (name in missing)


VENDOR_VARIABLES = {
    name for vendor in VENDORS.values() for name in (vendor.key, vendor.base_url, vendor.api_version) if name
}


@pytest.mark.parametrize("key", ["sk canary", "sk-\u200bcanary", "sk-can\x00ary", "sk-can\nary", "schlüssel"])
def test_a_value_that_cannot_be_a_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(SpecError, match="OPENAI_API_KEY cannot be a key") as caught:
        resolve_endpoint(entry("openai/g"), {"OPENAI_API_KEY": key})
    assert key not in str(caught.value)
    assert "ary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:sk-canary@host/v1",
        "https://sk-canary@host/v1",
        "https://host/v1?api-key=sk-canary",
        "https://host/v1#sk-canary",
        "host/v1?sk-canary",
        "ftp://host/sk-canary",
        "sk-canary",
        "https://",
        "http://[sk-canary",
        "http://host:sk-canary/v1",
        "http://host:0/sk-canary",
    ],
)
def test_an_address_that_holds_a_secret_or_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(SpecError, match="base_url") as caught:
        check_base_url(url, "openai/g")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(SpecError):
        resolve_endpoint(entry("openai/g", base_url=url), {"OPENAI_API_KEY": KEY})


def test_outputs_that_were_recorded_are_not_called() -> None:
    with pytest.raises(SpecError, match="nightbench import"):
        resolve_endpoint(entry("recorded/gpt-x"), {})


def test_a_simulated_model_without_a_server_is_refused() -> None:
    with pytest.raises(SpecError, match="none is running"):
        resolve_endpoint(entry("simulated/gpt-x"), {})


def test_one_missing_key_says_which_models_still_work() -> None:
    entries = [
        entry("anthropic/c", name="terse"),
        entry("openai/g"),
        entry("simulated/gpt-x"),
        entry("azure/d"),
    ]
    environ = {"ANTHROPIC_API_KEY": KEY}
    assert which_can_run(entries, environ) == ["terse", "simulated/gpt-x"]
    with pytest.raises(SpecError) as caught:
        resolve_endpoints(entries, environ)
    first, second, hint = str(caught.value).splitlines()
    assert first.startswith("openai/g: OPENAI_API_KEY is not set")
    assert second.startswith("azure/d: AZURE_OPENAI_API_KEY and AZURE_OPENAI_ENDPOINT")
    assert hint == "These still work: terse, simulated/gpt-x."


def test_all_endpoints_by_variant() -> None:
    found = resolve_endpoints(
        [entry("anthropic/c", name="terse", limits={"in_flight": 7}), entry("simulated/gpt-x")],
        {"ANTHROPIC_API_KEY": KEY},
    )
    assert list(found) == ["terse"]
    assert found["terse"].in_flight == 7


def test_no_key_is_shown_or_pickled() -> None:
    found = resolve_endpoint(
        entry("anthropic/c", headers={"x-team": "canary-header"}), {"ANTHROPIC_API_KEY": KEY}
    )
    for text in (repr(found), str(found), f"{found.api_key}", f"{found.api_key!r:>40}"):
        assert "canary" not in text
    with pytest.raises(TypeError):
        pickle.dumps(found)
    with pytest.raises(TypeError):
        copy.deepcopy(found)
