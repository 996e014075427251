"""An answer as server-sent events: the same answer, a word at a time, over the same time.

Headers and what comes before the first token are sent in the middle of the wait for it, so that who measures
the first byte measures something else. A stream breaks where an answer without one does: in its middle.
"""

from collections.abc import Iterator

from tasks.call.simulated.connection import Timed, reason
from tasks.call.simulated.settings import FaultKind, Settings
from tasks.call.simulated.wire import Headers, Streamed

_END = b"0\r\n\r\n"


def to_stream_head(headers: Headers) -> bytes:
    """Status line and headers of a stream."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return (
        f"HTTP/1.1 200 {reason(200)}\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        f"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n{lines}\r\n"
    ).encode("latin-1", "replace")


def time_stream(
    streamed: Streamed,
    output_tokens: int,
    latency_s: float,
    fault: FaultKind | None,
    error: bytes,
    settings: Settings,
) -> tuple[float, bytes, list[Timed]]:
    """After how long the stream begins, the bytes it begins with, and the rest; `error` is its error event.

    The last word comes when the whole answer would have come without a stream, unless the settings give a
    rate.
    """
    first_s = latency_s * settings.first_token
    begin_s = first_s / 2
    words = streamed.words
    if settings.tokens_per_s is None:
        each_s = (latency_s - first_s) / max(len(words) - 1, 1)
    else:
        each_s = output_tokens / settings.tokens_per_s / max(len(words), 1)
    n = len(words) if fault is None else int(len(words) * min(settings.cut_after, 0.999))
    timed = [Timed(first_s - begin_s + each_s * i, _chunk(words[i])) for i in range(n)]
    at_s = timed[-1].at_s if timed else first_s - begin_s
    timed += [Timed(at_s, data) for data in _rest(streamed, n, fault, error)]
    return begin_s, _chunk(streamed.before), timed


def _rest(streamed: Streamed, n: int, fault: FaultKind | None, error: bytes) -> Iterator[bytes]:
    match fault:
        case None:
            yield _chunk(streamed.after) + _END
        case "error_event":
            yield _chunk(error) + _END
        case "garbled":
            broken = streamed.words[n] if n < len(streamed.words) else streamed.after
            yield _chunk(broken[: len(broken) * 2 // 3] + b"\n\n<html>upstream error</html>\n\n") + _END
        case _:  # it is cut, or hangs
            return


def _chunk(data: bytes) -> bytes:
    """A piece of a body of unknown length."""
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""
