"""Whatever happens to the connection is worth a retry, is told apart from a time-out, and shows no key."""

import asyncio
import socket
import struct
import time

import pytest
from aiohttp import web

from tasks.call.providers import open_provider
from tests.tasks.call.fault_cases import Line, on_the_line
from tests.tasks.call.vendor_server import MODELS, ask, assert_keyless, endpoint, make_call, says, serving
from warehouse.errors import ProviderError, Rejected, Transient

EVERY = pytest.mark.parametrize("provider", list(MODELS))


def attempt(provider: str, line: Line, timeout_s: float = 20.0) -> ProviderError:
    """The error of one attempt at a server that does this with each connection."""

    async def run() -> ProviderError:
        async with on_the_line(line) as url:
            client = open_provider(endpoint(provider, url))
            try:
                with pytest.raises(ProviderError) as caught:
                    await client.complete(make_call(provider), timeout_s=timeout_s)
                return caught.value
            finally:
                await client.close()

    return asyncio.run(run())


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
    await writer.drain()


async def cut_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n')
    await writer.drain()


async def not_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 smtp.example ESMTP\r\n\r\n")
    await writer.drain()


async def bad_gzip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope")
    await writer.drain()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n")
    for _ in range(400):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


@EVERY
@pytest.mark.parametrize("line", [hang_up, reset, cut, cut_chunks, not_http, bad_gzip])
def test_a_connection_that_breaks_is_a_connection_error(provider: str, line: Line) -> None:
    error = attempt(provider, line)
    assert type(error) is Transient
    assert error.fault.kind == "connection"
    assert error.fault.http_status is None
    assert_keyless(error)


@EVERY
def test_a_refused_connection_is_no_timeout(provider: str) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]

    async def run() -> None:
        client = open_provider(endpoint(provider, f"http://127.0.0.1:{port}"))
        try:
            await client.complete(make_call(provider), timeout_s=20)
        finally:
            await client.close()

    with pytest.raises(Transient) as caught:
        asyncio.run(run())
    assert caught.value.fault.kind == "connection"
    assert f"127.0.0.1:{port}" in str(caught.value)
    assert_keyless(caught.value)


@EVERY
@pytest.mark.parametrize("line", [silence, drip])
def test_the_time_is_that_of_the_whole_exchange(provider: str, line: Line) -> None:
    began = time.monotonic()
    error = attempt(provider, line, timeout_s=0.3)
    assert time.monotonic() - began < 5
    assert type(error) is Transient
    assert error.fault.kind == "timeout"
    assert "0.3 s" in str(error)
    assert_keyless(error)


@EVERY
def test_nothing_is_tried_twice(provider: str) -> None:
    tries = 0

    async def count(_: web.Request) -> web.StreamResponse:
        nonlocal tries
        tries += 1
        return web.json_response({"error": {"message": "busy"}}, status=503)

    with pytest.raises(Transient):
        ask(provider, count)
    assert tries == 1


@EVERY
def test_a_redirect_is_not_followed_with_the_key(provider: str) -> None:
    reached: list[str] = []

    async def redirect(request: web.Request) -> web.StreamResponse:
        reached.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    with pytest.raises(ProviderError):
        ask(provider, redirect)
    assert len(reached) == 1


@EVERY
def test_a_cancelled_call_is_cancelled(provider: str) -> None:
    async def run() -> None:
        arrived = asyncio.Event()

        async def stall(_: web.Request) -> web.StreamResponse:
            arrived.set()
            await asyncio.sleep(60)
            raise AssertionError

        async with serving(stall) as url:
            client = open_provider(endpoint(provider, url))
            try:
                task = asyncio.create_task(client.complete(make_call(provider)))
                await arrived.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            finally:
                await client.close()

    asyncio.run(run())


@EVERY
def test_a_proxy_is_not_asked_for_an_address_on_this_machine(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with pytest.raises(Transient) as caught:
        ask(provider, says({}, 503))
    assert caught.value.fault.http_status == 503


@EVERY
def test_a_prompt_that_is_no_text_is_this_samples_fault(provider: str) -> None:
    with pytest.raises(Rejected) as caught:
        ask(provider, says({}), turns=({"role": "user", "content": "half a pair: \ud83d"},))
    assert caught.value.fault.kind == "bad_request"
    assert_keyless(caught.value)
