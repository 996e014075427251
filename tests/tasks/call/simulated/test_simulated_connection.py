"""HTTP by hand: what clients may send is served, on a connection that stays open; the rest is refused."""

import asyncio
import json
from collections.abc import Callable
from typing import Literal

import pytest

from tasks.call.simulated.connection import Connection, Timed, Verdict, to_http
from tests.tasks.call.simulated.loopback import GPT, ask, serving

BODY = json.dumps({"model": GPT, "messages": ask()}).encode()


def post(path: str = "/v1/chat/completions", body: bytes = BODY, *lines: str, version: str = "1.1") -> bytes:
    head = [
        f"POST {path} HTTP/{version}",
        "Host: x",
        "Authorization: Bearer k",
        f"Content-Length: {len(body)}",
        *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


async def read_response(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if line)
    body = await reader.readexactly(int(headers["content-length"]))
    return int(head[0].split(" ")[1]), headers, body


def exchange(pieces: list[bytes], n: int, settings: dict[str, object] | None = None) -> list[int]:
    """Send the pieces with a pause between them, and read n responses."""

    async def run() -> list[int]:
        async with serving(settings) as (url, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":")[-1]))
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
            statuses = [(await read_response(reader))[0] for _ in range(n)]
            writer.close()
            return statuses

    return asyncio.run(run())


def test_a_request_may_come_in_any_pieces() -> None:
    request = post()
    pieces = [request[:5], request[5:60], request[60:-3], request[-3:]]
    assert exchange(pieces, 1) == [200]


@pytest.mark.parametrize("latency_ms", [0, 5])
def test_requests_that_come_at_once_are_answered_in_order(latency_ms: int) -> None:
    bad = post(body=b"{}")
    assert exchange([post() + bad + post()], 3, {"latency_ms": latency_ms}) == [200, 400, 200]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        pytest.param(b"NONSENSE\r\n\r\n", 400, id="no HTTP"),
        pytest.param(b"POST / HTTP/1.1\r\nbad header\r\n\r\n", 400, id="a header without a colon"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, id="a negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413, id="a huge body"),
        pytest.param(b"POST /v1/files HTTP/1.1\r\nContent-Length: 300000000\r\n\r\n", 413, id="a huge file"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, id="chunks"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 12_000, 431, id="endless headers"),
        pytest.param(b"GET /nowhere HTTP/1.1\r\n\r\n", 404, id="no such path"),
        pytest.param(post("/v1/completions"), 404, id="an API that is not simulated"),
        pytest.param(post(body=b"{"), 400, id="a body that is not JSON"),
        pytest.param(post(body=b"[" * 5000), 400, id="a body that is nested too deep"),
        pytest.param(post(f"/openai/deployments/{GPT}/chat/completions"), 404, id="azure without a version"),
    ],
)
def test_what_is_not_served_is_refused_with_a_status(request_bytes: bytes, status: int) -> None:
    assert exchange([request_bytes], 1) == [status]


@pytest.mark.parametrize(
    ("request_bytes", "closes"),
    [
        pytest.param(post(), False, id="1.1"),
        pytest.param(post("/v1/chat/completions", BODY, "Connection: close"), True, id="1.1 and close"),
        pytest.param(post(version="1.0"), True, id="1.0"),
        pytest.param(
            post("/v1/chat/completions", BODY, "Connection: keep-alive", version="1.0"),
            False,
            id="1.0 and keep",
        ),
    ],
)
def test_a_connection_is_kept_unless_the_client_wants_it_closed(request_bytes: bytes, closes: bool) -> None:
    async def run() -> bool:
        async with serving() as (url, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":")[-1]))
            writer.write(request_bytes)
            await read_response(reader)
            try:
                closed = await asyncio.wait_for(reader.read(1), 0.1) == b""
            except TimeoutError:
                closed = False
            writer.close()
            return closed

    assert asyncio.run(run()) is closes


def test_a_client_that_waits_for_continue_is_told_to() -> None:
    async def run() -> tuple[bytes, int]:
        async with serving({"latency_ms": 20}) as (url, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":")[-1]))
            request = post("/v1/chat/completions", BODY, "Expect: 100-continue")
            writer.write(request[: -len(BODY)])
            interim = await reader.readuntil(b"\r\n\r\n")
            writer.write(BODY)
            status, _, _ = await read_response(reader)
            writer.close()
            return interim, status

    assert asyncio.run(run()) == (b"HTTP/1.1 100 Continue\r\n\r\n", 200)


def test_a_client_that_leaves_before_its_answer_is_in_the_ledger_as_gone() -> None:
    async def run() -> list[str]:
        async with serving({"latency_ms": 5000}) as (url, service):
            _, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":")[-1]))
            writer.write(post())
            await until(lambda: service.ledger.in_flight == 1)
            writer.transport.abort()
            await until(lambda: service.ledger.in_flight == 0)
            return [row["outcome"] for row in service.ledger.to_json()["rows"]]

    assert asyncio.run(run()) == ["gone"]


@pytest.mark.parametrize("reads", [True, False], ids=["and the client reads", "and the client leaves"])
def test_an_answer_has_ended_only_when_all_of_it_was_handed_over(reads: bool) -> None:
    async def run() -> tuple[list[bool], list[bool]]:
        ended: list[bool] = []
        answer = to_http(200, b"x" * 40_000_000, [])  # more than the sockets of both sides hold
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(lambda _: Verdict(answer, ended=ended.append), set()), "127.0.0.1", 0
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(post() * 2)
        await asyncio.sleep(0.1)
        early = list(ended)
        if reads:
            assert [status for status, _, _ in [await read_response(reader) for _ in range(2)]] == [200, 200]
        writer.transport.abort()
        await until(lambda: len(ended) == (2 if reads else 1))
        server.close()
        return early, ended

    assert asyncio.run(run()) == ([], [True, True] if reads else [False])


def test_a_client_that_leaves_amid_a_stream_gets_no_more_of_it_and_is_gone() -> None:
    async def run() -> tuple[bytes, list[bool]]:
        ended: list[bool] = []
        timed = [Timed(0.03 * n, b"%d" % n) for n in range(200)]
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(lambda _: Verdict(b"x", timed=timed, ended=ended.append), set()),
            "127.0.0.1",
            0,
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(post())
        seen = await reader.readexactly(4)
        assert ended == []
        writer.transport.abort()
        await until(lambda: bool(ended))
        server.close()
        return seen, ended

    assert asyncio.run(run()) == (b"x012", [False])


@pytest.mark.parametrize("ending", ["whole", "cut"])
def test_timed_bytes_come_in_order_and_requests_after_them(ending: Literal["whole", "cut"]) -> None:
    async def run() -> bytes:
        timed = [Timed(0.0, b"a"), Timed(0.02, b"b"), Timed(0.02, b"c"), Timed(0.04, b"d.")]
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(lambda _: Verdict(b"x", 0.01, ending, timed), set()), "127.0.0.1", 0
        )
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(post() * 2)
        seen = await asyncio.wait_for(reader.read(-1) if ending == "cut" else reader.readexactly(12), 5)
        writer.transport.abort()
        server.close()
        return seen

    assert asyncio.run(run()) == b"xabcd." * (1 if ending == "cut" else 2)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110 - what is waited for is a number in the server
            await asyncio.sleep(0.002)
