"""What the environment holds for a vendor goes to that vendor's own address and to no other server."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tasks.call.endpoint import resolve_endpoint
from tasks.call.providers import open_provider
from tasks.spec import ModelEntry
from tests.tasks.call.vendor_server import good, make_call, serving

HELD = {
    "OPENAI_CUSTOM_HEADERS": "x-held: canary",
    "ANTHROPIC_CUSTOM_HEADERS": "x-held: canary",
    "OPENAI_ORG_ID": "canary",
    "OPENAI_PROJECT_ID": "canary",
}
KEYS = {
    "OPENAI_API_KEY": "k",
    "ANTHROPIC_API_KEY": "k",
    "AZURE_OPENAI_API_KEY": "k",
    "COMPATIBLE_API_KEY": "k",
    "OPENAI_API_VERSION": "2024-10-21",
}


@pytest.fixture(autouse=True)
def _held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment holds something for both vendors."""
    for name, value in HELD.items():
        monkeypatch.setenv(name, value)


def headers_sent(provider: str, variable: str | None = None, **fields: Any) -> dict[str, str]:
    """The headers of one call to a server that the entry's base_url names, or else the variable."""
    seen: dict[str, str] = {}

    async def note(request: web.Request) -> web.Response:
        seen.update({name.lower(): value for name, value in request.headers.items()})
        return web.json_response(good(provider))

    async def run() -> None:
        async with serving(note) as url:
            place = {} if variable else {"base_url": url}
            entry = ModelEntry.model_validate({"model": f"{provider}/m", **place, **fields})
            client = open_provider(resolve_endpoint(entry, KEYS | ({variable: url} if variable else {})))
            try:
                await client.complete(make_call(provider))
            finally:
                await client.close()

    asyncio.run(run())
    return seen


@pytest.mark.parametrize("provider", ["anthropic", "openai", "azure", "compatible"])
def test_an_address_of_the_entrys_own_gets_nothing_of_the_environments(provider: str) -> None:
    seen = headers_sent(provider, headers={"x-mine": "yes"})
    assert [name for name, value in seen.items() if "canary" in f"{name}: {value}"] == []
    assert seen["x-mine"] == "yes"


@pytest.mark.parametrize(
    ("provider", "variable"), [("openai", "OPENAI_BASE_URL"), ("anthropic", "ANTHROPIC_BASE_URL")]
)
def test_the_environments_own_address_gets_the_environments_headers(provider: str, variable: str) -> None:
    assert headers_sent(provider, variable)["x-held"] == "canary"
