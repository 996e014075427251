"""A batch's files are deleted at the provider once its results are durable here, and not before."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks.call.batch.provider import BatchProvider
from tests.tasks.call.batch.batch_cases import (
    ENVIRON,
    Plan,
    batches_at,
    endpoint_of,
    outcomes,
    run_here,
)
from warehouse.errors import Fault, Transient

vendors = pytest.mark.parametrize("vendor", ["openai", "azure"])


async def files_at(vendor: str, url: str) -> list[str]:
    """The purposes of the files that the provider has."""
    endpoint = endpoint_of(vendor, url)
    azure = vendor == "azure"
    headers = (
        {"api-key": ENVIRON["AZURE_OPENAI_API_KEY"]}
        if azure
        else {"authorization": f"Bearer {endpoint.api_key.reveal()}"}
    )
    path = f"{url}/openai/files?api-version=2024-10-21" if azure else f"{url}/v1/files"
    async with httpx.AsyncClient() as client:
        answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return [file["purpose"] for file in answer.json()["data"]]


@vendors
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="all answered"),
        pytest.param({"errored": 0.3}, id="some with errors"),
    ],
)
def test_none_is_left_after_a_run(tmp_path: Path, vendor: str, settings: dict[str, Any]) -> None:
    plan = Plan(vendor, 12)

    async def go() -> None:
        async with batches_at(settings) as (url, _):
            ran = await run_here(tmp_path / "j", url, plan, max_failed=12)
            assert ran.session.fatal is None
            assert await files_at(vendor, url) == []
            assert ran.said == []

    asyncio.run(go())
    assert all(outcomes(tmp_path / "j", plan.calls()).values())


class Keeping:
    """Files cannot be deleted; everything else is the provider's."""

    def __init__(self, inner: BatchProvider) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def delete(self, file_id: str) -> None:
        """Not now."""
        raise Transient(Fault("server_error", "busy", http_status=503))


@vendors
def test_one_that_cannot_be_deleted_is_said_and_harms_nothing(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 5)

    async def go() -> None:
        async with batches_at() as (url, _):
            ran = await run_here(tmp_path / "j", url, plan, wrap=Keeping)
            assert ran.session.fatal is None
            left = await files_at(vendor, url)
            assert sorted(set(left)) == ["batch", "batch_output"]
            assert len(ran.said) == len(left)
            assert all("stays at 127.0.0.1:" in said and "(503)" in said for said in ran.said)

    asyncio.run(go())


@vendors
def test_files_stay_while_their_batch_goes_on(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 5)

    async def go() -> None:
        async with batches_at({"seconds": 60.0}) as (url, _):

            async def stop(session: Any) -> None:
                await asyncio.sleep(1.0)
                session.stop()

            await run_here(tmp_path / "j", url, plan, meanwhile=stop)
            assert await files_at(vendor, url) == ["batch"]

    asyncio.run(go())
