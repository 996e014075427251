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


@pytest.mark.parametrize("provider", ["anthropic", "openai", "azure", "compatible"])
def test_an_address_of_the_entrys_own_gets_nothing_of_the_environments(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HELD.items():
        monkeypatch.setenv(name, value)
    seen: list[str] = []

    async def note(request: web.Request) -> web.Response:
        seen.extend(f"{name}: {value}" for name, value in request.headers.items())
        return web.json_response(good(provider))

    async def run() -> None:
        async with serving(note) as url:
            fields: dict[str, Any] = {"model": f"{provider}/m", "base_url": url, "headers": {"x-mine": "yes"}}
            client = open_provider(resolve_endpoint(ModelEntry.model_validate(fields), KEYS))
            try:
                await client.complete(make_call(provider))
            finally:
                await client.close()

    asyncio.run(run())
    assert [line for line in seen if "canary" in line] == []
    assert "x-mine: yes" in {line.lower() for line in seen}


@pytest.mark.parametrize(
    ("provider", "variable"), [("openai", "OPENAI_BASE_URL"), ("anthropic", "ANTHROPIC_BASE_URL")]
)
def test_the_environments_own_address_gets_the_environments_headers(
    provider: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in HELD.items():
        monkeypatch.setenv(name, value)
    seen: list[str] = []

    async def note(request: web.Request) -> web.Response:
        seen.append(request.headers.get("x-held", ""))
        return web.json_response(good(provider))

    async def run() -> None:
        async with serving(note) as url:
            entry = ModelEntry.model_validate({"model": f"{provider}/m"})
            client = open_provider(resolve_endpoint(entry, KEYS | {variable: url}))
            try:
                await client.complete(make_call(provider))
            finally:
                await client.close()

    asyncio.run(run())
    assert seen == ["canary"]
