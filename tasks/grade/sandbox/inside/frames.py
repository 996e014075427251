"""Messages between the processes of a judgment: JSON behind its length, on a stream socket.

Each side takes the other's for hostile: a frame is bounded before it is read, and only JSON is decoded.
"""

import json
import socket
import struct
from typing import Any

MAX_BYTES = 32 << 20
_LENGTH = struct.Struct("=I")


class FrameError(Exception):
    """What came is no message: too long, cut, or no JSON."""


def send(to: socket.socket, message: Any) -> None:
    """Write one message whole.

    Raises: FrameError: it is too long. OSError: nobody reads.
    """
    data = json.dumps(message).encode("ascii")
    if len(data) > MAX_BYTES:
        raise FrameError(f"a message of {len(data):,} bytes")
    to.sendall(_LENGTH.pack(len(data)) + data)


def receive(source: socket.socket) -> Any:
    """The next message; None where the other side has ended.

    Raises: FrameError: what comes is no message. TimeoutError, OSError: the socket's.
    """
    head = _exactly(source, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MAX_BYTES:
        raise FrameError(f"a message of {length:,} bytes")
    data = _exactly(source, length)
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"no JSON: {type(error).__name__}") from error


def _exactly(source: socket.socket, n: int) -> bytes | None:
    parts, missing = [], n
    while missing:
        part = source.recv(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
