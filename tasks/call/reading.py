"""The bytes of a response, as they come and within bounds: whole, or as the events of a stream.

A server may send anything for as long as it likes: nothing here keeps more than MOST_BYTES, and the time is
bounded by the caller.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

import aiohttp
import httpx2

from tasks.call.assemble import Assembly
from tasks.call.events import MOST_BYTES, CutShort, EventReader, Unreadable

MOST_ERROR_BYTES = 2**20  # of an error's body; what follows is cut off
LINGER_S = 10.0  # how long the usage may come after the end of the answer
DRAIN_S = 0.1  # for the bytes after the end mark, so that the connection can be used again


class Reading:
    """Reads one response; what was read when it broke off stays here, for an answer may be whole by then."""

    def __init__(self, assembly: Assembly | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.began = clock()
        self.ttft_s: float | None = None
        self.response: httpx2.Response | None = None
        self._clock = clock
        self._assembly = assembly
        self._raw = bytearray()  # of a stream: until its first event
        self._streamed = False

    @property
    def whole(self) -> bool:
        """Whether a streamed answer is there with nothing missing, or the error in its place."""
        return self._streamed and self._assembly is not None and (self._assembly.whole or self._assembly.over)

    @property
    def start(self) -> bytes:
        """The first bytes that were read and are no event."""
        return bytes(self._raw[:200])

    async def read(self, response: httpx2.Response, limit: asyncio.Timeout) -> None:
        """Read to the end. Raises: Unreadable: too many bytes, or no such stream; or the line's errors."""
        self.response = response
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._assembly is None or kind == "application/json":
            await self._read_body(response)
        else:
            self._streamed = True
            await self._read_events(response, self._assembly, limit)

    def body(self) -> bytes:
        """The body; of a stream, the one that it amounts to.

        Raises: Unreadable: there was no stream. CutShort: it ended before its answer did.
        """
        if not self._streamed or self._assembly is None:
            return bytes(self._raw)
        if self.whole:
            return json.dumps(self._assembly.body()).encode("ascii")
        if not self._raw.strip():
            raise CutShort("the stream ended before its answer did")
        if self._raw.lstrip().startswith(b"{"):  # a server that does not stream and calls its JSON otherwise
            return bytes(self._raw)
        raise Unreadable("a stream without an event")

    async def _read_body(self, response: httpx2.Response) -> None:
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                self._keep(chunk)

    async def _read_events(
        self, response: httpx2.Response, assembly: Assembly, limit: asyncio.Timeout
    ) -> None:
        events, n_bytes = EventReader(), 0
        async with aclosing(response.aiter_bytes()) as chunks:
            async for chunk in chunks:
                n_bytes += len(chunk)
                if n_bytes > MOST_BYTES:
                    raise Unreadable(f"a stream of more than {MOST_BYTES // 2**20} MiB")
                was_whole = assembly.whole
                for event in events.feed(chunk):
                    assembly.take(event)
                    if assembly.over:
                        break
                if events.n:
                    self._raw.clear()
                else:
                    self._keep(chunk)
                if self.ttft_s is None and assembly.started:
                    self.ttft_s = self._clock() - self.began
                if assembly.over:
                    return await self._drain(chunks)
                if assembly.whole and not was_whole:
                    soon = asyncio.get_running_loop().time() + LINGER_S
                    limit.reschedule(min(soon, limit.when() or soon))
        for event in events.finish():
            assembly.take(event)
            self._raw.clear()

    async def _drain(self, chunks: AsyncIterator[bytes]) -> None:
        """Take what follows the end mark; whatever becomes of it, the answer is there."""
        with suppress(OSError, httpx2.HTTPError, aiohttp.ClientError):
            async with asyncio.timeout(DRAIN_S):
                async for _ in chunks:
                    pass

    def _keep(self, chunk: bytes) -> None:
        if len(self._raw) + len(chunk) > MOST_BYTES:
            raise Unreadable(f"a body of more than {MOST_BYTES // 2**20} MiB")
        self._raw += chunk


async def bound_error(response: httpx2.Response) -> None:
    """Read an error's body within bounds, before the SDK reads all of it: a hook of the client.

    The SDK asks for the response's content, which is then there; nothing but the start is of use.
    """
    if response.status_code < 300:
        return
    kept = bytearray()
    async with aclosing(response.aiter_bytes()) as chunks:
        async for chunk in chunks:
            kept += chunk[: MOST_ERROR_BYTES - len(kept)]
            if len(kept) >= MOST_ERROR_BYTES:
                break
    await response.aclose()
    response._content = bytes(kept)
