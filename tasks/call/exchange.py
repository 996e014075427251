"""One request through a vendor's SDK: the response as it came, or the error that the line had.

Each call goes through the SDK's own `post`, which returns the bare response; its typed methods cost half a
millisecond more a call (both measured here: `bench/`), and drop the headers. The body is read here, streamed
or not, because the SDKs read without a bound.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from typing import NoReturn
from urllib.parse import urlsplit

import aiohttp
import httpx2

from tasks.call.assemble import Assembly
from tasks.call.endpoint import Endpoint
from tasks.call.events import CutShort, Unreadable
from tasks.call.faults import Received, bad_body, clean
from tasks.call.reading import Reading, bound_error
from tasks.call.secret import Secret
from tasks.model import Call
from warehouse.errors import Fault, Rejected, Transient

CONNECT_S = 10.0
TIMEOUT_S = 600.0
KEEPALIVE_S = 15.0
UNREAD: bool = True  # `stream` of an SDK's post: it returns before the body is read
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class SdkErrors:
    """An SDK's two exceptions that matter: a response with an error status, and everything of its own."""

    status: type[Exception]
    base: type[Exception]


def http_client(kind: type[httpx2.AsyncClient], endpoint: Endpoint) -> httpx2.AsyncClient:
    """The SDK's aiohttp client with a pool for all calls in flight.

    Redirects are not followed: a key goes to the address it was given for. A proxy of the environment is not
    asked for addresses on this machine.
    """
    return kind(
        limits=httpx2.Limits(
            max_connections=endpoint.in_flight,
            max_keepalive_connections=endpoint.in_flight,
            keepalive_expiry=KEEPALIVE_S,
        ),
        timeout=timeouts(),
        follow_redirects=False,
        trust_env=urlsplit(endpoint.base_url).hostname not in LOOPBACK,
        event_hooks={"response": [bound_error]},
    )


def timeouts() -> httpx2.Timeout:
    """Ten seconds to connect; the whole exchange is timed by `send`."""
    return httpx2.Timeout(None, connect=CONNECT_S)


def told_apart(endpoint: Endpoint, call: Call) -> dict[str, str]:
    """A header by which the simulated server tells calls apart; no vendor is sent it."""
    return {"x-nightbench-sample": str(call.call_key)} if endpoint.provider == "simulated" else {}


async def send(
    post: Awaitable[object],
    sdk: SdkErrors,
    endpoint: Endpoint,
    timeout_s: float,
    assembly: Assembly | None = None,
) -> Received:
    """Await the response, whatever its status, and read it; `post` may or may not have read it already.

    With an assembly the response may be a stream: the body is then the one that the stream amounts to, and
    `ttft_s` is when its first token came. A stream that breaks after its answer's end mark is an answer.

    Raises: Transient: time-out, the connection failed or broke, or what came is too large or no stream.
        Rejected: the request cannot be written. Neither has the SDK's exception as its context, because
        that one holds the request and so the key.
    """
    failure: Transient | Rejected
    reading = Reading(assembly)
    breaks: tuple[type[Exception], ...] = (*_line_errors(sdk), Unreadable)
    try:
        try:
            async with asyncio.timeout(timeout_s) as timeout:
                response = await post
                assert isinstance(response, httpx2.Response), "what `post` was asked to return"
                try:
                    await reading.read(response, timeout)
                finally:
                    await response.aclose()
        except breaks:
            if not reading.whole:
                raise
        return _read(reading, endpoint)
    except sdk.status as error:
        refused = getattr(error, "response", None)
        assert isinstance(refused, httpx2.Response), "both SDKs' status errors carry the response"
        return _received(refused, refused.content, endpoint.api_key)
    except Unreadable as error:
        assert reading.response is not None, "only what is read can be unreadable"
        start = _received(reading.response, reading.start, endpoint.api_key)
        failure = bad_body(start, endpoint.host, str(error), None)
    except CutShort as error:
        failure = Transient(Fault("connection", f"{endpoint.host}: {error}"))
    except _line_errors(sdk) as error:
        failure = _line_failure(error, endpoint, timeout_s)
    except (TypeError, ValueError) as error:
        text = scrub(clean(f"{type(error).__name__}: {str(error)[:300]}"), endpoint.api_key)
        failure = Rejected(Fault("bad_request", f"the request cannot be written: {text}"))
    _raise(failure)


def scrub(text: str, key: Secret) -> str:
    """The text without the key."""
    return text.replace(key.reveal(), "[key]") if key.is_secret else text


def _line_errors(sdk: SdkErrors) -> tuple[type[Exception], ...]:
    return sdk.base, httpx2.HTTPError, aiohttp.ClientError, OSError


def _read(reading: Reading, endpoint: Endpoint) -> Received:
    response = reading.response
    assert response is not None, "it was awaited"
    return replace(_received(response, reading.body(), endpoint.api_key), ttft_s=reading.ttft_s)


def _received(response: httpx2.Response, body: bytes, key: Secret) -> Received:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw
    }
    if key.is_secret:
        secret = key.reveal()
        if secret.encode() in body:
            body = body.replace(secret.encode(), b"[key]")
        if any(secret in value for value in headers.values()):
            headers = {name: scrub(value, key) for name, value in headers.items()}
    return Received(response.status_code, headers, body)


def _line_failure(error: BaseException, endpoint: Endpoint, timeout_s: float) -> Transient:
    """What went wrong on the line, by the innermost cause.

    The SDKs' own split is not used: OpenAI's transport calls a refused connection a time-out.
    """
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    text = next((str(link) for link in reversed(chain) if str(link).strip()), type(chain[-1]).__name__)
    text = scrub(clean(text), endpoint.api_key)
    if any(isinstance(link, (TimeoutError, httpx2.TimeoutException)) for link in chain) and not any(
        isinstance(link, aiohttp.ClientConnectionError) and not isinstance(link, TimeoutError)
        for link in chain
    ):
        connecting = any(isinstance(link, aiohttp.ConnectionTimeoutError) for link in chain)
        what = f"no connection within {CONNECT_S:g} s" if connecting else f"no answer within {timeout_s:g} s"
        return Transient(Fault("timeout", f"{endpoint.host}: {what}", unsent=connecting))
    unsent = any(isinstance(link, aiohttp.ClientConnectorError) for link in chain)
    fault = Fault("connection", f"{endpoint.host}: the connection failed: {text}", unsent=unsent)
    return Transient(fault)


def _raise(failure: Transient | Rejected) -> NoReturn:
    """Raise outside of the handler, so that the error has no context."""
    raise failure


async def opened(
    get: Awaitable[object], sdk: SdkErrors, endpoint: Endpoint, timeout_s: float
) -> httpx2.Response | Received:
    """Await the head of a response whose body is read later; one with an error status comes whole.

    Raises: Transient: as `send`.
    """
    failure: Transient
    try:
        async with asyncio.timeout(timeout_s):
            response = await get
        assert isinstance(response, httpx2.Response), "what `get` was asked to return"
        return response
    except sdk.status as error:
        refused = getattr(error, "response", None)
        assert isinstance(refused, httpx2.Response), "both SDKs' status errors carry the response"
        return _received(refused, refused.content, endpoint.api_key)
    except _line_errors(sdk) as error:
        failure = _line_failure(error, endpoint, timeout_s)
    _raise(failure)


async def next_piece(pieces: AsyncIterator[bytes], endpoint: Endpoint, timeout_s: float) -> bytes | None:
    """The next bytes of a body; None at its end.

    Raises: Transient: the connection broke, or nothing came in time.
    """
    failure: Transient
    try:
        async with asyncio.timeout(timeout_s):
            return await anext(pieces, None)
    except (httpx2.HTTPError, aiohttp.ClientError, OSError) as error:
        failure = _line_failure(error, endpoint, timeout_s)
    _raise(failure)
