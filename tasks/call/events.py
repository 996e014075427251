"""Server-sent events out of a response's bytes: bounded, whatever a server sends.

A line ends with LF, CR LF or CR, an event with an empty line; of the fields, `event` and `data` are read.
An event that the stream's end cuts off is given out by `finish`: whether an answer is whole is decided by
the vendor's own end mark, never by where the bytes end.

Source: html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

MOST_LINE = 8 * 2**20  # bytes; a whole answer of 128,000 tokens has 3 MB even where each letter is an escape
MOST_BYTES = 64 * 2**20  # of a response; that answer as a chunk a token has 40 MB
_BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The bytes are not what the API promises; the text says what they are instead."""


class CutShort(Exception):
    """The stream ended before its answer did."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, if it has one, and its data."""

    name: str
    data: bytes


class EventReader:
    """Takes bytes as they come, gives events as they end. `n` counts them."""

    def __init__(self) -> None:
        self.n = 0
        self._tail = bytearray()  # of a line that has not ended
        self._after_cr = False  # a LF that comes now belongs to the CR before it
        self._name = ""
        self._data: list[bytes] = []
        self._size = 0  # of the data so far
        self._at_start = True

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that end in these bytes. Raises: Unreadable: a line or an event beyond MOST_LINE."""
        for line in self._lines(chunk):
            event = self._take(line)
            if event is not None:
                yield event

    def finish(self) -> Iterator[Event]:
        """What the stream's end cut off, as if it had ended there."""
        last, self._tail = bytes(self._tail), bytearray()
        for line in (last, b""):
            event = self._take(line)
            if event is not None:
                yield event

    def _lines(self, chunk: bytes) -> list[bytes]:
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = self._after_cr and not chunk
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *lines = chunk.split(b"\n")
        if len(self._tail) + len(first) > MOST_LINE:
            raise Unreadable(f"a line of more than {MOST_LINE // 2**20} MiB")
        self._tail += first
        if not lines:
            return []
        lines.insert(0, bytes(self._tail))
        self._tail = bytearray(lines.pop())
        return lines

    def _take(self, line: bytes) -> Event | None:
        if self._at_start:
            line, self._at_start = line.removeprefix(_BOM), False
        if not line:
            return self._end()
        field, _, value = line.partition(b":")
        if field == b"data":
            value = value.removeprefix(b" ")
            self._size += len(value)
            if self._size > MOST_LINE:
                raise Unreadable(f"an event of more than {MOST_LINE // 2**20} MiB")
            self._data.append(value)
        elif field == b"event":
            self._name = value.removeprefix(b" ")[:100].decode("utf-8", "replace")
        return None

    def _end(self) -> Event | None:
        name, data = self._name, self._data
        self._name, self._data, self._size = "", [], 0
        if not data:
            return None
        self.n += 1
        return Event(name, data[0] if len(data) == 1 else b"\n".join(data))
