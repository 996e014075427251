"""What both vendors' batches have in common on the wire: a request for JSON, and results line by line.

A file of results may have any size, so no more than one line of it is in memory, and no line longer than
LONGEST_LINE: what is longer comes out as None, and so does what is not JSON.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

from tasks.call.batch.provider import BatchStatus, Listing, NoSuchBatch
from tasks.call.endpoint import Endpoint
from tasks.call.exchange import SdkErrors, next_piece, opened, send
from tasks.call.faults import Received, answer_or_raise
from warehouse.errors import Fault, Rejected, Transient

ASK_S = 120.0  # for a status, a list, a cancel
SUBMIT_S = 600.0
IDLE_S = 120.0  # between two pieces of a download
LONGEST_LINE = 32_000_000
ID_LENGTH = 64
PAGE = 100
MOST_PAGES = 1000


@dataclass(frozen=True)
class Line(Received):
    """A part of a line of results, read already, as if it had been a response of its own."""

    value: object = None

    @classmethod
    def of(cls, status: int, part: object, headers: Mapping[str, str]) -> "Line":
        """A response with this value as its body."""
        return cls(status, headers, repr(part)[:500].encode("utf-8", "replace"), value=part)

    def json(self) -> object:
        """The value."""
        return self.value


@dataclass(frozen=True)
class Wire:
    """Requests to one endpoint."""

    endpoint: Endpoint
    sdk: SdkErrors

    async def ask(self, request: Awaitable[object], timeout_s: float = ASK_S) -> "Said":
        """Await a response that is a JSON object.

        Raises: NoSuchBatch: 404. Transient, Rejected, Unusable.
        """
        received = await send(request, self.sdk, self.endpoint, timeout_s)
        body = received.json()
        if received.status >= 300:
            self.refuse(received)
        if not isinstance(body, dict):
            raise Transient(self._fault("bad_body", "with something else than a JSON object", received))
        return Said(body, received.headers)

    async def lines(self, get: Awaitable[object]) -> AsyncGenerator[object, None]:
        """Each line of a response as its JSON value; None for a line that has none.

        Raises: NoSuchBatch: 404. Transient: it broke off. Rejected, Unusable.
        """
        response = await opened(get, self.sdk, self.endpoint, ASK_S)
        if isinstance(response, Received):
            self.refuse(response)
        key = self.endpoint.api_key
        secret = key.reveal().encode() if key.is_secret else b""
        try:
            pieces = response.aiter_bytes()
            splitter = Splitter()
            while (piece := await next_piece(pieces, self.endpoint, IDLE_S)) is not None:
                for line in splitter.feed(piece):
                    yield _value(line, secret)
            for line in splitter.end():
                yield _value(line, secret)
        finally:
            await response.aclose()

    def refuse(self, received: Received) -> NoReturn:
        """Raise what an error response means."""
        if received.status == 404:
            raise NoSuchBatch(
                self._fault("no_batch", "404: there is no such thing in this account", received)
            )
        answer = answer_or_raise(received, received.json(), self.endpoint.host, None)
        message = f"{received.status}: {answer.error or 'no text'}"
        raise Rejected(self._fault(answer.error_kind or "bad_request", message, received))

    def _fault(self, kind: str, message: str, received: Received) -> Fault:
        return Fault(kind, f"{self.endpoint.host} answered {message}", http_status=received.status)


@dataclass(frozen=True)
class Said:
    """A JSON object that a provider answered with."""

    body: Mapping[str, object]
    headers: Mapping[str, str]

    @property
    def at(self) -> datetime:
        """The provider's clock, or ours where it does not tell."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except ValueError:
            return datetime.now(UTC)


class Splitter:
    """Lines out of pieces of bytes, without keeping more than one; an overlong one comes out as None."""

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[bytes | None]:
        """The lines that this piece ends."""
        first, *rest = piece.split(b"\n")
        self._keep(first)
        found: list[bytes | None] = []
        for part in rest:
            found += self.end()
            self._keep(part)
        return found

    def end(self) -> list[bytes | None]:
        """The line that is under way, if it has anything."""
        line = None if self._size > self._longest else b"".join(self._parts).strip()
        self._parts, self._size = [], 0
        return [] if line == b"" else [line]

    def _keep(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._longest:
            self._parts = []
        elif part:
            self._parts.append(part)


def _value(line: bytes | None, secret: bytes) -> object:
    if line is None:
        return None
    value = Received(200, {}, line).json()
    if secret and secret in line:
        named = custom_id_in(value)  # ours, and shown to nobody: a short key may lie in it by chance
        value = Received(200, {}, line.replace(secret, b"[key]")).json()
        if isinstance(value, dict):
            value["custom_id"] = named
    return value


async def list_pages(
    ask: Callable[[str, Mapping[str, object]], Awaitable[Said]],
    read: Callable[[object], BatchStatus],
    when: datetime | None,
    path: str,
    cursor: str,
    account: str,
) -> Listing:
    """Every batch created since then, page by page; without a time, the first page.

    Both vendors list the newest first; a page that is in another order ends nothing.

    Raises: Transient: the pages do not end, or one is no list. What `ask` raises.
    """
    found: list[BatchStatus] = []
    query: dict[str, object] = {"limit": PAGE}
    for _ in range(MOST_PAGES):
        said = await ask(path, query)
        page = said.body.get("data")
        if not isinstance(page, list):
            break
        batches = [read(item) for item in page]
        found += [batch for batch in batches if when is None or batch.created_at >= when]
        times = [batch.created_at for batch in batches]
        over = when is None or (times == sorted(times, reverse=True) and bool(times) and times[-1] < when)
        if over or not batches or not said.body.get("has_more"):
            return Listing(tuple(found), said.at, said.headers.get(account))
        query = {"limit": PAGE, cursor: batches[-1].id}
    raise Transient(Fault("bad_body", "the provider's list of batches is no list, or has no end"))


def custom_id_in(value: object) -> str | None:
    """The custom id of a line of results; None where it has none that could be ours."""
    found = value.get("custom_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and len(found) <= ID_LENGTH else None


def without_stream(body: Mapping[str, object]) -> dict[str, object]:
    """A request's body as a batch takes it: its answer does not come in pieces."""
    return {name: value for name, value in body.items() if name not in {"stream", "stream_options"}}


def to_line(value: Mapping[str, object]) -> bytes:
    """A request as one line of JSON.

    Raises: Rejected: it cannot be written.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        reason = f"the request cannot be written: {type(error).__name__}"
    raise Rejected(Fault("bad_request", reason))
