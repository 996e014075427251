"""Keys and addresses come from the environment, what it lacks from blocks; doctor says from where."""

import pickle
from pathlib import Path

import pytest

from flows.blocks import BLOCKS
from flows.checkup import checkup
from flows.keys import FIELDS, at_hand, block_type, come_from, lacking, secret_name, variables_of
from tasks.call.endpoint import resolve_endpoint
from tasks.call.entra import principal_of
from tasks.call.secret import Variables
from tasks.home import Settings
from tasks.spec import ModelEntry

CANARY = "sk-canary-of-a-block-0a1b2c3d4e5f"
OPENAI = {"OPENAI_API_KEY": CANARY, "OPENAI_BASE_URL": "https://block.example/v1"}
AZURE = {"endpoint": "https://r.openai.azure.com", "api_version": "2024-10-21"}


def entry(model: str = "openai/gpt-4o", **fields: object) -> ModelEntry:
    return ModelEntry.model_validate({"model": model, **fields})


def test_every_provider_has_a_block_and_each_of_its_fields_stands_for_a_variable() -> None:
    fields = {kind.get_block_type_slug(): set(kind.model_fields) for kind in BLOCKS}
    assert fields == {block_type(provider): set(names) for provider, names in FIELDS.items()}


def test_every_key_field_is_hidden_on_the_page() -> None:
    for kind in BLOCKS:
        hidden = set(kind.model_json_schema()["secret_fields"])
        assert {name for name in kind.model_fields if name in {"api_key", "client_secret"}} == hidden


def test_every_field_has_a_title_and_a_description() -> None:
    for kind in BLOCKS:
        assert all(one.title and one.description for one in kind.model_fields.values()), kind


@pytest.mark.parametrize(
    ("environ", "key", "host"),
    [
        pytest.param({}, CANARY, "block.example", id="the environment has nothing"),
        pytest.param({"OPENAI_API_KEY": " "}, CANARY, "block.example", id="a blank is nothing"),
        pytest.param(
            {"OPENAI_API_KEY": "mine"}, "mine", "api.openai.com", id="its key goes to no block's address"
        ),
        pytest.param(
            {"OPENAI_BASE_URL": "https://env.example/v1"}, CANARY, "env.example", id="its address wins"
        ),
    ],
)
def test_environment_wins(environ: dict[str, str], key: str, host: str) -> None:
    endpoint = resolve_endpoint(entry(), Variables(environ, OPENAI))
    assert (endpoint.api_key.reveal(), endpoint.host) == (key, host)


def test_key_that_an_entry_names_may_be_in_a_secret_block() -> None:
    assert secret_name("MY_KEY") == "my-key"
    named = entry(api_key_env="MY_KEY")
    assert lacking([named], {"OPENAI_API_KEY": "x"}).variables == ("MY_KEY",)
    assert resolve_endpoint(named, Variables({}, {"MY_KEY": CANARY})).api_key.reveal() == CANARY


@pytest.mark.parametrize(
    ("model", "environ", "providers"),
    [
        pytest.param("openai/x", {}, ("openai",), id="nothing there"),
        pytest.param("openai/x", {"OPENAI_API_KEY": "x"}, (), id="key there"),
        pytest.param("simulated/gpt-4o", {}, (), id="needs none"),
        pytest.param("azure/x", {"AZURE_OPENAI_API_KEY": "x"}, (), id="a key of its own and no address"),
        pytest.param("compatible/x", {}, ("compatible",), id="no address"),
    ],
)
def test_blocks_are_looked_for_only_where_the_environment_lacks_a_key(
    model: str, environ: dict[str, str], providers: tuple[str, ...]
) -> None:
    assert lacking([entry(model)], environ).providers == providers


def test_where_no_server_runs_the_environment_is_all_there_is(home: Path) -> None:
    environ = {"PATH": "/bin"}
    assert at_hand(home, [entry()], environ) is environ


def test_azure_block_without_a_key_is_the_machines_identity_and_with_a_principal_that_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.call.endpoint.check_installed", lambda place: None)  # of the extra `azure`
    machine = Variables({}, dict(variables_of("azure", AZURE)))
    endpoint = resolve_endpoint(entry("azure/d"), machine)
    assert (endpoint.is_token, endpoint.principal, endpoint.host) == (True, None, "r.openai.azure.com")
    who = {"tenant_id": "t", "client_id": "c", "client_secret": CANARY}
    given = Variables({}, dict(variables_of("azure", AZURE | who)))
    principal = principal_of(given)
    assert principal is not None
    assert (principal.tenant_id, principal.client_secret.reveal()) == ("t", CANARY)
    assert principal_of({"AZURE_CLIENT_SECRET": CANARY}) is None  # azure-identity finds that by itself
    with_key = Variables({}, dict(variables_of("azure", AZURE | {"api_key": CANARY})))
    assert not resolve_endpoint(entry("azure/d"), with_key).is_token


def test_values_show_themselves_to_nobody() -> None:
    held = Variables({"A": "b"}, OPENAI)
    assert CANARY not in repr(held) + str(held)
    assert dict(held) == {"A": "b"} | OPENAI
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(held)


@pytest.mark.parametrize(
    ("provider", "environ", "held", "key"),
    [
        pytest.param(
            "openai", {"OPENAI_API_KEY": CANARY}, {}, "environment variable OPENAI_API_KEY", id="variable"
        ),
        pytest.param("openai", {}, OPENAI, "block nightbench-openai/nightbench", id="block"),
        pytest.param("openai", {}, {}, "nowhere", id="nowhere"),
        pytest.param(
            "azure", {"AZURE_CLIENT_ID": "x"}, {}, "Entra ID by the AZURE_* variables", id="identity"
        ),
        pytest.param(
            "azure",
            {},
            dict(variables_of("azure", AZURE)),
            "Entra ID by block nightbench-azure/nightbench",
            id="identity of a block",
        ),
    ],
)
def test_where_a_key_comes_from_is_said_and_not_what_it_is(
    provider: str, environ: dict[str, str], held: dict[str, str], key: str
) -> None:
    said = come_from(provider, Variables(environ, held))
    assert said["key"] == key
    assert CANARY not in str(said)


def test_doctor_says_when_blocks_cannot_be_seen(home: Path) -> None:
    environ = {"NIGHTBENCH_HOME": str(home), "COMPATIBLE_BASE_URL": "http://127.0.0.1:9"}
    found = {one.what: one for one in checkup(Settings.read(environ), environ, [])}
    assert "nightbench serve" in found["blocks"].found
    assert (
        "key from nowhere; address from environment variable COMPATIBLE_BASE_URL" in found["compatible"].found
    )
    assert "block nightbench-openai/nightbench" in found["openai"].remedy
