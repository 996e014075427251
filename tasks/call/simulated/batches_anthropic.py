"""Anthropic's Message Batches, as the types of the anthropic SDK (2.13) have them.

The params of the requests are checked when they are processed, not at the creation.

Source: https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tasks.call.simulated.batches_state import OVER, Batch, Item, Result, befalls
from tasks.call.simulated.wire import Json, Problem, Refused, bad_request, to_bytes

MAX_REQUESTS, MAX_BYTES = 100_000, 256_000_000
LIST_LIMIT, LIST_MOST = 20, 1000
DAY_S = 86_400
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def read_requests(body: Json, max_requests: int) -> list[Item]:
    """The requests of a batch that is to be created.

    Raises: Refused: the vendor would answer with 400.
    """
    requests = body.get("requests")
    if not isinstance(requests, list):
        raise bad_request("requests: Field required", "requests")
    if not requests:
        raise bad_request("requests: List should have at least 1 item after validation, not 0", "requests")
    if len(requests) > max_requests:
        raise bad_request(
            f"requests: List should have at most {max_requests} items after validation, not {len(requests)}",
            "requests",
        )
    items = [_item(place, request) for place, request in enumerate(requests)]
    names = [item.custom_id for item in items]
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise bad_request(f"requests: custom_id must be unique within the batch; twice: {twice}", "requests")
    return items


def batch_json(batch: Batch, now: float, base_url: str) -> Json:
    """A `MessageBatch`."""
    phase = batch.phase(now)
    over = phase in OVER
    counts = batch.counts()
    if not over:
        counts = {"succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
    canceled = batch.cancel_at is not None and batch.cancel_at <= now
    url = f"{base_url}/v1/messages/batches/{batch.batch_id}/results"
    return {
        "id": batch.batch_id,
        "type": "message_batch",
        "processing_status": "ended" if over else "canceling" if phase == "canceling" else "in_progress",
        "request_counts": {"processing": 0 if over else len(batch.items), **counts},
        "ended_at": _time(batch.ends_at) if over else None,
        "created_at": _time(batch.created_at),
        "expires_at": _time(batch.created_at + DAY_S),
        "archived_at": None,
        "cancel_initiated_at": _time(batch.cancel_at) if canceled and batch.cancel_at else None,
        "results_url": url if over else None,
    }


def list_json(
    batches: Sequence[Batch], query: Mapping[str, str], now: float, base_url: str, *, repeats: bool
) -> Json:
    """A page, the newest first; `batches` are all there are, in the order of their creation.

    Raises: Refused: a cursor or a limit that is none.
    """
    newest = list(reversed(batches))
    ids = [batch.batch_id for batch in newest]
    limit = page_limit(query, LIST_LIMIT, LIST_MOST)
    start, end = 0, len(ids)
    if after := query.get("after_id"):
        start = _place(ids, after) + (0 if repeats else 1)
        limit += repeats
    if before := query.get("before_id"):
        end = _place(ids, before)
    known = [batch for batch in newest[start:end] if not batch.is_gone(now)]
    backwards = "before_id" in query and "after_id" not in query
    page = known[-limit:] if backwards else known[:limit]
    return {
        "data": [batch_json(batch, now, base_url) for batch in page],
        "has_more": len(page) < len(known),
        "first_id": page[0].batch_id if page else None,
        "last_id": page[-1].batch_id if page else None,
    }


def results_jsonl(batch: Batch) -> bytes:
    """The results of a batch that has ended, a line each."""
    return b"".join(as_sent(batch, place, _line(batch.items[place])) for place in result_order(batch))


def result_order(batch: Batch) -> list[int]:
    """The places of the requests in the order of their results; what was not processed comes last."""
    return batch.order + sorted(set(range(len(batch.items))) - set(batch.order))


def as_sent(batch: Batch, place: int, line: bytes) -> bytes:
    """A line of results as it arrives: once, twice, not at all or broken."""
    settings = batch.settings
    if befalls(batch, place, "missing", settings.missing_lines):
        return b""
    if befalls(batch, place, "broken", settings.broken_lines):
        return line[: len(line) // 2] + b"\n"
    return line * 2 if befalls(batch, place, "repeated", settings.repeated_lines) else line


def page_limit(query: Mapping[str, str], default: int, most: int) -> int:
    """How many of a list are asked for."""
    text = query.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise bad_request(f"limit: a whole number from 1 to {most} is needed", "limit")
    return int(text)


def _item(place: int, request: object) -> Item:
    if not isinstance(request, dict):
        raise bad_request(f"requests.{place}: Input should be an object")
    custom_id, params = request.get("custom_id"), request.get("params")
    if not isinstance(custom_id, str):
        raise bad_request(f"requests.{place}.custom_id: Field required")
    if len(custom_id) > 64:
        raise bad_request(f"requests.{place}.custom_id: String should have at most 64 characters")
    if not _CUSTOM_ID.fullmatch(custom_id):
        raise bad_request(
            f"requests.{place}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
        )
    if not isinstance(params, dict):
        raise bad_request(f"requests.{place}.params: Field required")
    return Item(custom_id, to_bytes(params), streams=bool(params.get("stream")))


def _line(item: Item) -> bytes:
    result = item.result
    assert result is not None
    return b'{"custom_id":"%b","result":%b}\n' % (item.custom_id.encode(), _result(result))


def _result(result: Result) -> bytes:
    match result.kind:
        case "succeeded":
            # Within a text every quote is escaped, so this is the field and nothing else.
            body = result.body.replace(b'"service_tier":"standard"', b'"service_tier":"batch"')
            return b'{"type":"succeeded","message":%b}' % body
        case "errored":
            return b'{"type":"errored","error":%b}' % result.body
        case _:
            return b'{"type":"%b"}' % result.kind.encode()


def _place(ids: Sequence[str], cursor: str) -> int:
    if cursor not in ids:
        raise Refused(Problem("bad_request", f"no batch with the id {cursor}"))
    return ids.index(cursor)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
