"""HTTP/1.1 on one connection: requests in, responses out, kept alive, one after the other.

Written by hand because the server shares two cores with the client that it serves: for the same small reply
aiohttp.web took 103 microseconds of processor time a request, this way 36 (Python 3.11, 2 cores, 32
connections), before an answer was written. It takes what HTTP clients send to a JSON API: a body with a
content-length.
"""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, cast
from urllib.parse import parse_qsl, unquote

MAX_HEAD = 64 * 1024
MAX_BODY = 32 * 1024 * 1024
MAX_UPLOAD = 280 * 1024 * 1024  # of the body of a file or a batch, which the vendors take larger
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}
_LINGER = struct.pack("ii", 1, 0)  # close with a reset


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


Ending = Literal["whole", "cut", "reset", "hang"]


@dataclass(frozen=True, slots=True)
class Timed:
    """Bytes that are sent so many seconds after the first ones."""

    at_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a request: after `delay_s`, the bytes are sent, or a part of them, or none.

    `timed` are more bytes of the same response, each at its time. A response that hangs ends with the client.
    `ended` is called once: with True when the last byte that was to be sent was accepted by the operating
    system, with False when the client was gone before.
    """

    payload: bytes
    delay_s: float = 0.0
    ending: Ending = "whole"
    timed: Sequence[Timed] = ()
    ended: Callable[[bool], None] = lambda sent: None


class BadHttp(Exception):
    """These bytes are no request that is served here."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Connection(asyncio.Protocol):
    """One client; asks `handle` what becomes of each request, in order."""

    def __init__(self, handle: Callable[[HttpRequest], Verdict], open_ones: set["Connection"]) -> None:
        self._handle = handle
        self._open_ones = open_ones
        self._buffer = bytearray()
        self._pending: Verdict | None = None  # decided and not yet ended
        self._timer: asyncio.TimerHandle | None = None
        self._draining = False  # the pending response is written, and not all of it handed over
        self._last = False  # close after this response

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)  # so that resume_writing says: all handed over
        self._open_ones.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone, or was sent away."""
        self._open_ones.discard(self)
        if self._timer:
            self._timer.cancel()
        self._end(sent=False)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._buffer += data
        if self._pending is None:
            self._advance()
        elif len(self._buffer) > MAX_HEAD:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """The operating system has accepted everything."""
        if self._draining:
            self._end(sent=True)
            self._next()

    def close(self) -> None:
        """Send the client away."""
        self._transport.abort()

    def _advance(self) -> None:
        """Serve what lies in the buffer, until a response has to wait or the bytes do not suffice."""
        try:
            while self._pending is None and not self._transport.is_closing():
                request = self._cut_request()
                if request is None:
                    return
                self._pending = verdict = self._handle(request)
                if verdict.delay_s > 0:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_later(verdict.delay_s, self._act_later, verdict)
                    return
                self._act(verdict)
        except BadHttp as error:
            self._refuse(error)
        except BaseException:
            self._transport.abort()
            raise

    def _act_later(self, verdict: Verdict) -> None:
        self._timer = None
        self._act(verdict)
        if self._pending is None:
            self._next()

    def _act(self, verdict: Verdict) -> None:
        if verdict.timed:
            self._transport.write(verdict.payload)
            self._send_timed(verdict, 0, asyncio.get_running_loop().time())
        else:
            self._finish(verdict, verdict.payload)

    def _send_timed(self, verdict: Verdict, n: int, began: float) -> None:
        """Send what is due, from number n on, and come again for the next."""
        loop = asyncio.get_running_loop()
        for i in range(n, len(verdict.timed)):
            due = began + verdict.timed[i].at_s
            if due > loop.time():
                self._timer = loop.call_at(due, self._send_later, verdict, i, began)
                return
            self._transport.write(verdict.timed[i].data)
        self._finish(verdict, b"")

    def _send_later(self, verdict: Verdict, n: int, began: float) -> None:
        self._timer = None
        self._send_timed(verdict, n, began)
        if self._pending is None:
            self._next()

    def _finish(self, verdict: Verdict, payload: bytes) -> None:
        match verdict.ending:
            case "hang":
                self._transport.write(payload)  # and nothing more, until the client goes
            case "reset":
                sock = self._transport.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
                self._transport.abort()
                self._end(sent=True)
            case "cut":
                self._transport.write(payload)
                self._transport.close()
                self._end(sent=True)
            case "whole":
                self._transport.write(payload)
                self._draining = self._transport.get_write_buffer_size() > 0
                if not self._draining:
                    self._end(sent=not self._transport.is_closing())

    def _end(self, *, sent: bool) -> None:
        self._draining = False
        if self._pending is not None:
            verdict, self._pending = self._pending, None
            verdict.ended(sent)

    def _next(self) -> None:
        if self._last:
            self._transport.close()
            return
        self._transport.resume_reading()
        self._advance()

    def _cut_request(self) -> HttpRequest | None:
        """The first whole request in the buffer, which it leaves."""
        if self._last:
            self._transport.close()
            return None
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise BadHttp(431, "the headers are too long")
            return None
        method, target, version, headers = _parse_head(bytes(self._buffer[:end]))
        path, _, query = target.partition("?")
        length = _body_length(headers, MAX_UPLOAD if path.endswith(("/files", "/batches")) else MAX_BODY)
        if len(self._buffer) < end + 4 + length:
            if headers.get("expect", "").lower() == "100-continue" and len(self._buffer) == end + 4:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return None
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        wish = headers.get("connection", "").lower()
        self._last = "close" in wish or (version == "HTTP/1.0" and "keep-alive" not in wish)
        return HttpRequest(method, unquote(path), dict(parse_qsl(query)) if query else {}, headers, body)

    def _refuse(self, error: BadHttp) -> None:
        body = f'{{"error":{{"message":"{error}","type":"invalid_request_error"}}}}'.encode()
        self._transport.write(to_http(error.status, body, [("connection", "close")]))
        self._transport.close()


def reason(status: int) -> str:
    """The words beside a status."""
    return _REASONS[status]


def to_http(
    status: int, body: bytes, headers: list[tuple[str, str]], kind: str = "application/json"
) -> bytes:
    """A response as bytes."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: {kind}\r\n"
        f"content-length: {len(body)}\r\n{lines}\r\n"
    )
    return head.encode("latin-1", "replace") + body


def _parse_head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadHttp(400, "not an HTTP/1.1 request")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadHttp(400, "a malformed header")
        headers[name.lower()] = value.strip()
    return words[0], words[1], words[2], headers


def _body_length(headers: Mapping[str, str], longest: int) -> int:
    if "transfer-encoding" in headers:
        raise BadHttp(411, "a content-length is needed")
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit():
        raise BadHttp(400, "content-length is not a number")
    length = int(text) if len(text) < 12 else longest + 1
    if length > longest:
        raise BadHttp(413, "the request is too large")
    return length
