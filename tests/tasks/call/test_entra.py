"""Azure without a key: a token that is given, or tokens of Entra ID; what fails is told, never a token."""

import asyncio
import json
import sys
from importlib.util import find_spec

import pytest
from aiohttp import web

from tasks.call import entra
from tasks.call.azure import azure_client
from tasks.call.batch.openai import OpenAIBatches
from tasks.call.endpoint import Endpoint, missing_variables, resolve_endpoint, signed_in
from tasks.call.entra import GIVEN, SIGNS, Identity
from tasks.call.openai import OpenAIProvider
from tasks.call.provider import Reply
from tasks.call.secret import Token
from tasks.spec import ModelEntry
from tests.tasks.call.vendor_server import CANARY, MODELS, Handler, Seen, good, make_call, says, serving
from warehouse.errors import SpecError, Transient, Unusable

ENTRY = {"model": MODELS["azure"]}
SIGNED_IN = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": CANARY}


class Refused(Exception):
    """As azure.core's ClientAuthenticationError."""


class Failed(Exception):
    """As azure.core's AzureError."""


class Fake:
    """An identity that gives what it is told to."""

    def __init__(self, *gives: str | Exception) -> None:
        self.gives = list(gives)
        self.asked = 0
        self.closed = False

    async def get(self) -> str:
        self.asked += 1
        given = self.gives[min(self.asked, len(self.gives)) - 1]
        if isinstance(given, Exception):
            raise given
        return given

    async def close(self) -> None:
        self.closed = True

    @property
    def identity(self) -> Identity:
        return Identity(self.get, self.close, (Refused,), (Failed,))


def resolve(url: str, **variables: str) -> Endpoint:
    environ = {"AZURE_OPENAI_ENDPOINT": url, "OPENAI_API_VERSION": "2024-10-21", **variables}
    return resolve_endpoint(ModelEntry.model_validate(ENTRY), environ)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entra, "check_installed", lambda _: None)
    monkeypatch.setattr("tasks.call.endpoint.check_installed", lambda _: None)


def attempts(fake: Fake, handler: Handler, seen: Seen, n: int = 1) -> list[Reply]:
    async def run() -> list[Reply]:
        async with serving(handler, seen) as url:
            endpoint = resolve(url, **SIGNED_IN)
            provider = OpenAIProvider(endpoint, azure_client(endpoint, fake.identity))
            try:
                return [await provider.complete(make_call("azure")) for _ in range(n)]
            finally:
                await provider.close()

    return asyncio.run(run())


def test_a_given_token_is_sent_in_place_of_a_key_and_wins_over_one_as_with_the_sdk() -> None:
    seen = Seen()

    async def run() -> None:
        async with serving(says(good("azure")), seen) as url:
            endpoint = resolve(url, AZURE_OPENAI_API_KEY="k-not-this", **{GIVEN: CANARY})
            client = azure_client(endpoint)
            await OpenAIProvider(endpoint, client).complete(make_call("azure"))
            await client.close()

    asyncio.run(run())
    (headers,) = seen.headers
    assert headers["authorization"] == f"Bearer {CANARY}"
    assert "api-key" not in headers


def test_an_entrys_own_key_wins_over_all_of_the_environment() -> None:
    entry = ModelEntry.model_validate(ENTRY | {"api_key_env": "MINE"})
    environ = {"AZURE_OPENAI_ENDPOINT": "https://h", "OPENAI_API_VERSION": "1", "MINE": "k-mine-0123456789"}
    endpoint = resolve_endpoint(entry, environ | SIGNED_IN | {GIVEN: CANARY})
    assert (endpoint.api_key.reveal(), endpoint.is_token) == ("k-mine-0123456789", False)


def test_every_request_has_the_token_of_the_moment(installed: None) -> None:
    seen, fake = Seen(), Fake("token-one", "token-two")
    attempts(fake, says(good("azure")), seen, n=2)
    assert [headers["authorization"] for headers in seen.headers] == ["Bearer token-one", "Bearer token-two"]
    assert not any("api-key" in headers for headers in seen.headers)
    assert fake.closed


def test_batches_have_it_too(installed: None) -> None:
    seen: list[str | None] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("authorization"))
        return web.json_response({"object": "list", "data": [], "has_more": False})

    async def run() -> None:
        async with serving(handle) as url:
            endpoint = resolve(url, **SIGNED_IN)
            batches = OpenAIBatches(endpoint, azure_client(endpoint, Fake("token-of-batches").identity))
            await batches.list_since(None)
            await batches.close()

    asyncio.run(run())
    assert seen == ["Bearer token-of-batches"]


@pytest.mark.parametrize(
    ("error", "kind", "fault"),
    [
        pytest.param(
            Refused(f"AADSTS7000215: Invalid client secret {CANARY}"), Unusable, "auth", id="refused"
        ),
        pytest.param(
            Failed("cannot connect to login.microsoftonline.com"), Transient, "connection", id="down"
        ),
    ],
)
def test_a_token_that_is_not_given_is_told_as_a_bad_key_or_a_broken_connection(
    installed: None, error: Exception, kind: type[Unusable | Transient], fault: str
) -> None:
    seen = Seen()
    with pytest.raises(kind) as caught:
        attempts(Fake(error), says(good("azure")), seen)
    assert caught.value.fault.kind == fault
    assert "Entra ID" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert seen.paths == [], "nothing was sent"


def test_a_token_that_a_server_repeats_is_scrubbed(installed: None) -> None:
    token = "eyJ0eXAi.canary.c2lnbmF0dXJl"
    body = {"error": {"code": "bad", "message": f"you sent Bearer {token}"}}
    with pytest.raises(Unusable) as caught:
        attempts(Fake(token), says(body, status=401), Seen())
    assert "canary" not in str(caught.value)


def test_a_missing_package_is_one_error_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure", None)
    with pytest.raises(SpecError) as caught:
        resolve("https://h", **SIGNED_IN)
    assert 'pip install "nightbench[azure]"' in str(caught.value)
    assert "Nothing was sent" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_without_key_and_identity_both_ways_are_named() -> None:
    with pytest.raises(SpecError) as caught:
        resolve("https://h")
    assert "AZURE_OPENAI_API_KEY is not set" in str(caught.value)
    assert GIVEN in str(caught.value)


@pytest.mark.parametrize("sign", SIGNS)
def test_doctor_and_models_know_who_is_signed_in(sign: str) -> None:
    there = {"AZURE_OPENAI_ENDPOINT": "https://h", "OPENAI_API_VERSION": "1"}
    assert missing_variables("azure", there) == ["AZURE_OPENAI_API_KEY"]
    assert missing_variables("azure", {**there, sign: "x"}) == []
    assert signed_in("azure", {**there, sign: "x"}) == "Entra ID by the AZURE_* variables"
    assert signed_in("openai", {sign: "x"}) is None


def test_a_token_shows_itself_to_nobody() -> None:
    none, token = Token(), Token()
    token.renew(CANARY)
    assert (none.is_secret, token.is_secret) == (False, True)
    assert CANARY not in repr(token) + str(token) + json.dumps(str(token))


needs_package = pytest.mark.skipif(
    find_spec("azure") is None, reason="needs azure-identity, the extra `azure`"
)


@needs_package
def test_a_credential_that_does_not_exist_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "horoscope")
    with pytest.raises(SpecError, match="horoscope"):
        azure_client(resolve("http://127.0.0.1:9", **SIGNED_IN))


@needs_package
@pytest.mark.filterwarnings("default")
def test_azure_identity_itself_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own credential against an address where nobody is: no network, no token, one sentence."""
    for name, value in {
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
        "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
        "AZURE_CLIENT_ID": "11111111-2222-3333-4444-555555555555",
        "AZURE_CLIENT_SECRET": CANARY,
        "AZURE_AUTHORITY_HOST": "https://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)

    async def run() -> None:
        endpoint = resolve("http://127.0.0.1:9", **SIGNED_IN)
        client = azure_client(endpoint)
        try:
            await OpenAIProvider(endpoint, client).complete(make_call("azure"))
        finally:
            await client.close()

    with pytest.raises((Unusable, Transient)) as caught:
        asyncio.run(run())
    assert "Entra ID" in str(caught.value)
    assert CANARY not in str(caught.value)
