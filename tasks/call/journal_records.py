"""The lines of a journal file: one JSON object each, its checksum first.

    {"crc":"1b2f00aa","kind":"end","call_key":"...","n":1,"outcome":"answered","final":true,"at":...,...}

The crc32 covers every byte after `"crc":"........",` up to the newline, so that a file stays JSON Lines
that `jq` and DuckDB read, and a reader checks and indexes a line without parsing it: the fields which it
needs come first and in this order. Three kinds: `head` (an owner opened the file), `begin` (an attempt is
about to be sent) and `end` (an attempt ended). No byte below 0x20 and no newline lies inside a line,
because JSON escapes them; text that UTF-8 cannot hold (lone surrogates) is written as escapes.
"""

import json
import re
import zlib
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic_core import PydanticSerializationError, from_json, to_json

from tasks.model import Answer, Mode, Usage
from warehouse.errors import WarehouseError

SCHEMA = 1
MAX_N = 65_535
_BODY = len(b'{"crc":"00000000",')
_HEADER = re.compile(
    rb'"kind":"(?:begin","call_key":"(?P<begun>[0-9a-f-]{36})","n":(?P<begun_n>\d{1,5})'
    rb'|end","call_key":"(?P<ended>[0-9a-f-]{36})","n":(?P<ended_n>\d{1,5}),'
    rb'"outcome":"(?P<outcome>answered|failed)","final":(?P<final>true|false)'
    rb'|(?P<head>head)"),"at":(?P<at>\d+),'
)
_ascii_json = json.JSONEncoder(separators=(",", ":"), default=datetime.isoformat).encode
_ANSWER_FIELDS = frozenset(field.name for field in fields(Answer))
_USAGE_FIELDS = frozenset(field.name for field in fields(Usage))


@dataclass(frozen=True)
class AttemptEnd:
    """What is known when an attempt ended."""

    call_key: UUID
    n: int
    started_at: datetime
    ended_at: datetime
    latency_s: float | None  # None: in a batch, which does not tell
    queued_s: float
    http_status: int | None
    outcome: Literal["answered", "failed"]
    error_kind: str | None
    error: str | None
    endpoint: str  # host
    final: bool  # this attempt ends the call: it was answered, or has finally failed
    answer: Answer | None
    usage: Usage | None  # may be an estimate, see Usage.estimated
    mode: Mode = "realtime"
    reserved_usd: Decimal | None = None  # stays reserved: it may have been billed, and nobody saw the bill
    usd: Decimal | None = None  # what an answer cost, where its price was known
    reused_from: str | None = None  # the run that was asked; nothing was sent here

    def __post_init__(self) -> None:
        if self.outcome == "answered" and (self.answer is None or not self.final):
            raise ValueError(f"call {self.call_key}: an answered attempt has an answer and is final")


@dataclass(frozen=True)
class AttemptBegin:
    """An attempt that was about to be sent; where no end follows, nobody saw how it ended."""

    call_key: UUID
    n: int
    started_at: datetime
    reserved_usd: Decimal | None


@dataclass(frozen=True)
class Header:
    """What a reader's index needs of a line; `at` is microseconds since 1970, never falling in a file."""

    kind: Literal["head", "begin", "end"]
    at: int
    call_key: int = 0  # UUID.int
    n: int = 0
    answered: bool = False
    final: bool = False


def head_line(run_id: str, pid: int, at: int) -> bytes:
    """The line an owner writes when it opens a file."""
    rest = {"run_id": run_id, "schema": SCHEMA, "pid": pid, "created_at": _from_micros(at)}
    return _line(b'"kind":"head","at":%d,' % at, rest)


def begin_line(call_key: UUID, n: int, started_at: datetime, reserved_usd: Decimal | None, at: int) -> bytes:
    """The line before an attempt."""
    reserved = "null" if reserved_usd is None else f'"{reserved_usd}"'
    return _checked(
        f'"kind":"begin","call_key":"{call_key}","n":{_checked_n(n)},"at":{at},'
        f'"started_at":{to_json(_utc(started_at)).decode()},"reserved_usd":{reserved}}}\n'.encode("ascii")
    )


def end_line(end: AttemptEnd, at: int) -> bytes:
    """The line after an attempt."""
    answer = None
    if end.answer is not None:
        answer = end.answer.__dict__.copy()
        if (used := answer.pop("usage")) is not end.usage:  # absent: the attempt's
            answer["usage"] = used and used.__dict__
    rest = {
        "started_at": _utc(end.started_at),
        "ended_at": _utc(end.ended_at),
        "latency_s": end.latency_s,
        "queued_s": end.queued_s,
        "http_status": end.http_status,
        "error_kind": end.error_kind,
        "error": end.error,
        "endpoint": end.endpoint,
        "reserved_usd": _money(end.reserved_usd),
        "usd": _money(end.usd),
        "reused_from": end.reused_from,
        "usage": end.usage and end.usage.__dict__,
        "answer": answer,
    }
    if end.mode != "realtime":  # absent in lines of before there were batches
        rest["mode"] = end.mode
    final = "true" if end.final else "false"
    start = (
        f'"kind":"end","call_key":"{end.call_key}","n":{_checked_n(end.n)},'
        f'"outcome":"{end.outcome}","final":{final},"at":{at},'
    )
    return _line(start.encode("ascii"), rest)


def is_whole(line: bytes) -> bool:
    """Whether these bytes are a line as it was written: its newline is there and its checksum fits."""
    if line[-1:] != b"\n" or line[:8] != b'{"crc":"' or line[16:_BODY] != b'",':
        return False
    try:
        return int(line[8:16], 16) == zlib.crc32(line[_BODY:])
    except ValueError:
        return False


def header(line: bytes) -> Header | None:
    """The indexed fields of a whole line; None where it is no record of this schema."""
    match = _HEADER.match(line, _BODY)
    if match is None:
        return None
    at = int(match["at"])
    if match["ended"]:
        key, n = int(match["ended"].replace(b"-", b""), 16), int(match["ended_n"])
        return Header("end", at, key, n, match["outcome"] == b"answered", match["final"] == b"true")
    if match["begun"]:
        return Header("begin", at, int(match["begun"].replace(b"-", b""), 16), int(match["begun_n"]))
    return Header("head", at)


def parse(line: bytes) -> dict[str, Any]:
    """A line's fields.

    Raises: ValueError: not JSON, or no object.
    """
    try:
        value = from_json(line)
    except ValueError:  # its parser refuses escapes of lone surrogates, the standard library's does not
        value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("a line of a journal is a JSON object")
    return value


def decode(line: bytes, place: str) -> AttemptBegin | AttemptEnd:
    """A begin or end line as a record.

    Raises: WarehouseError: it is neither.
    """
    try:
        record = parse(line)
        return _begin(record) if record["kind"] == "begin" else _end(record)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise WarehouseError(
            f"{place}: not a record of a journal of schema {SCHEMA} ({error!r}). Nothing was changed. "
            "Read it with the nightbench version that wrote it."
        ) from error


def _begin(record: dict[str, Any]) -> AttemptBegin:
    return AttemptBegin(
        call_key=UUID(record["call_key"]),
        n=record["n"],
        started_at=datetime.fromisoformat(record["started_at"]),
        reserved_usd=_usd(record["reserved_usd"]),
    )


def _end(record: dict[str, Any]) -> AttemptEnd:
    usage = _usage(record["usage"])
    answer = record["answer"]
    if answer is not None:
        given = {name: value for name, value in answer.items() if name in _ANSWER_FIELDS}
        given["usage"] = _usage(answer["usage"]) if "usage" in answer else usage
        answer = Answer(**given)
    return AttemptEnd(
        call_key=UUID(record["call_key"]),
        n=record["n"],
        started_at=datetime.fromisoformat(record["started_at"]),
        ended_at=datetime.fromisoformat(record["ended_at"]),
        latency_s=record["latency_s"],
        queued_s=record["queued_s"],
        http_status=record["http_status"],
        outcome=record["outcome"],
        error_kind=record["error_kind"],
        error=record["error"],
        endpoint=record["endpoint"],
        final=record["final"],
        answer=answer,
        usage=usage,
        mode=record.get("mode", "realtime"),
        reserved_usd=_usd(record["reserved_usd"]),
        usd=_usd(record.get("usd")),  # older lines have none, nor the next
        reused_from=record.get("reused_from"),
    )


def _usage(value: dict[str, Any] | None) -> Usage | None:
    if value is None:
        return None
    return Usage(**{name: number for name, number in value.items() if name in _USAGE_FIELDS})


def _line(start: bytes, rest: dict[str, Any]) -> bytes:
    try:
        tail = to_json(rest)
    except PydanticSerializationError:  # lone surrogates: as escapes, which the reader turns back
        tail = _ascii_json(rest).encode("ascii")
    return _checked(b"%s%s\n" % (start, tail[1:]))


def _checked(body: bytes) -> bytes:
    return b'{"crc":"%08x",%s' % (zlib.crc32(body), body)


def _checked_n(n: int) -> int:
    if not 1 <= n <= MAX_N:
        raise ValueError(f"attempt number {n} is not between 1 and {MAX_N}")
    return n


def _utc(when: datetime) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"{when.isoformat()} has no time zone; journal times are UTC")
    return when if when.tzinfo is UTC else when.astimezone(UTC)


def _from_micros(at: int) -> datetime:
    return datetime.fromtimestamp(at // 1_000_000, UTC).replace(microsecond=at % 1_000_000)


def _usd(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _money(usd: Decimal | None) -> str | None:
    return None if usd is None else str(usd)
