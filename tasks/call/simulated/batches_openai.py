"""OpenAI's batches and Azure's dialect of them, as the types of the openai SDK (3.57) have them.

An input file is checked after the creation: what is wrong with it shows as the status `failed`, with
`errors`. Requests that the vendor refused or failed at are in the error file, where there are any, and the
output file is made only where something succeeded. Azure always makes an error file, empty if need be,
has ids that are "" before there is a file, calls the endpoint /chat/completions, and takes twice as many.

Source: https://developers.openai.com/api/docs/guides/batch
Source: https://learn.microsoft.com/azure/foundry/openai/how-to/batch
"""

import json
from collections.abc import Iterable, Mapping, Sequence

from tasks.call.simulated.batches_anthropic import DAY_S, as_sent, page_limit, result_order
from tasks.call.simulated.batches_state import OVER, PROCESSED, VALIDATED, Batch, Item, Phase
from tasks.call.simulated.wire import Json, Problem, Refused, bad_request, to_bytes

MAX_REQUESTS: Mapping[str, int] = {"openai": 50_000, "azure": 100_000}
MAX_BYTES = 200_000_000  # of an input file
LIST_LIMIT, LIST_MOST = 20, 100
TOO_MANY_TOKENS = (
    "Enqueued token limit reached in organization org-simulated. Please try again once some in_progress "
    "batches have been completed."
)
_STATUS: Mapping[Phase, str] = {"canceling": "cancelling", "canceled": "cancelled", "done": "completed"}
_ENDPOINTS = ("/v1/chat/completions", "/v1/responses")
_NEVER = {
    "expired": ("batch_expired", "This request could not be executed before the completion window expired."),
    "canceled": ("batch_cancelled", "This request was not executed because the batch was cancelled."),
}


def check_creation(body: Json, vendor: str) -> tuple[str, float | None]:
    """The endpoint of a batch that is to be created, as OpenAI names it, and its output's life (s).

    Raises: Refused: the vendor would answer with 400.
    """
    endpoint = str(body.get("endpoint"))
    named = f"/v1{endpoint}" if vendor == "azure" and not endpoint.startswith("/v1/") else endpoint
    if named not in _ENDPOINTS:
        raise bad_request(f"Invalid value: '{endpoint}'. Supported: {', '.join(_ENDPOINTS)}.", "endpoint")
    if body.get("completion_window") != "24h":
        raise bad_request("Invalid value for 'completion_window'. Supported: '24h'.", "completion_window")
    if not isinstance(body.get("input_file_id"), str):
        raise bad_request("Missing required parameter: 'input_file_id'.", "input_file_id")
    _check_metadata(body.get("metadata"))
    return named, _output_life_s(body.get("output_expires_after"))


def read_lines(
    content: bytes, endpoint: str, vendor: str, max_requests: int
) -> tuple[list[Item], list[Json], str | None]:
    """The requests of an input file, what is wrong with it, and the model that all of them ask."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    if not lines:
        return [], [wrong("empty_file", "The input file is empty.", None)], None
    if len(lines) > max_requests:
        words = f"The batch has {len(lines)} requests; the most is {max_requests}."
        return [], [wrong("too_many_tasks", words, None)], None
    items: dict[str, Item] = {}
    errors: list[Json] = []
    model: str | None = None
    for number, line in enumerate(lines, 1):
        request = _request(line)
        body = request.get("body") if request else None
        named = body.get("model") if isinstance(body, dict) else None
        model = model or (named if isinstance(named, str) else None)
        problem = _problem_of(request, endpoint, vendor, model, items)
        if problem is not None:
            errors.append(wrong(*problem, number))
        else:
            assert request is not None
            items[request["custom_id"]] = Item(
                request["custom_id"], to_bytes(request["body"]), streams=bool(request["body"].get("stream"))
            )
    return list(items.values()), errors, model


def wrong(code: str, message: str, line: int | None) -> Json:
    """A `BatchError`."""
    return {"code": code, "line": line, "message": message, "param": None}


def batch_json(batch: Batch, now: float) -> Json:
    """A `Batch`."""
    phase = batch.phase(now)
    over = phase in OVER
    azure = batch.vendor == "azure"
    canceled = batch.cancel_at is not None and batch.cancel_at <= now
    counts = batch.counts()
    validated = not batch.errors and phase != "validating"
    none = "" if (azure and not over) or batch.settings.blank_ids else None
    body: Json = {
        "id": batch.batch_id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "model": batch.model if validated else None,
        "errors": {"object": "list", "data": batch.errors} if phase == "failed" else None,
        "input_file_id": batch.input_file_id,
        "completion_window": "24h",
        "status": _STATUS.get(phase, phase),
        "output_file_id": batch.output_file_id or none,
        "error_file_id": batch.error_file_id or none,
        "created_at": int(batch.created_at),
        "in_progress_at": int(batch.at(VALIDATED)) if validated else None,
        "expires_at": int(batch.created_at + DAY_S),
        "finalizing_at": int(batch.at(PROCESSED)) if phase in {"finalizing", "done"} else None,
        "completed_at": int(batch.ends_at) if phase == "done" else None,
        "failed_at": int(batch.ends_at) if phase == "failed" else None,
        "expired_at": int(batch.ends_at) if phase == "expired" else None,
        "cancelling_at": int(batch.cancel_at) if canceled and batch.cancel_at else None,
        "cancelled_at": int(batch.ends_at) if phase == "canceled" else None,
        "request_counts": {
            "total": len(batch.items) if validated else 0,
            "completed": counts["succeeded"],
            "failed": counts["errored"],
        },
        "metadata": batch.metadata,
    }
    return body if azure else body | {"usage": _usage(batch)}


def list_json(batches: Sequence[Batch], query: Mapping[str, str], now: float, *, repeats: bool) -> Json:
    """A page, the newest first; `batches` are all there are, in the order of their creation.

    Raises: Refused: a cursor or a limit that is none.
    """
    newest = list(reversed(batches))
    ids = [batch.batch_id for batch in newest]
    limit = page_limit(query, LIST_LIMIT, LIST_MOST)
    start = 0
    if after := query.get("after"):
        if after not in ids:
            raise Refused(Problem("no_route", f"No batch found with id '{after}'."))
        start = ids.index(after) + (0 if repeats else 1)
        limit += repeats
    known = [batch for batch in newest[start:] if not batch.is_gone(now)]
    page = known[:limit]
    return {
        "object": "list",
        "data": [batch_json(batch, now) for batch in page],
        "first_id": page[0].batch_id if page else None,
        "last_id": page[-1].batch_id if page else None,
        "has_more": len(page) < len(known),
    }


def output_jsonl(batch: Batch) -> tuple[bytes, bytes]:
    """The output file and the error file of a batch that is over."""
    output: list[bytes] = []
    errors: list[bytes] = []
    for place in result_order(batch):
        item = batch.items[place]
        line = _line(item, f"batch_req_{batch.batch_id.removeprefix('batch_')}{place:05x}")
        succeeded = item.result is not None and item.result.kind == "succeeded"
        (output if succeeded else errors).append(as_sent(batch, place, line))
    return b"".join(output), b"".join(errors)


def _line(item: Item, line_id: str) -> bytes:
    result = item.result
    assert result is not None
    named = to_bytes({"id": line_id, "custom_id": item.custom_id})[:-1]
    if result.kind in _NEVER:
        code, message = _NEVER[result.kind]
        rest = to_bytes({"response": None, "error": {"code": code, "message": message}})[1:]
        return named + b"," + rest + b"\n"
    return b'%b,"response":{"status_code":%d,"request_id":"%b","body":%b},"error":null}\n' % (
        named,
        result.status or 0,
        result.request_id.encode(),
        result.body,
    )


def _request(line: bytes) -> Json | None:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return request if isinstance(request, dict) else None


def _problem_of(
    request: Json | None, endpoint: str, vendor: str, model: str | None, before: Mapping[str, Item]
) -> tuple[str, str] | None:
    """Code and message of what is wrong with a line."""
    if request is None:
        return "invalid_json_line", "This line is not parseable as valid JSON."
    custom_id, body = request.get("custom_id"), request.get("body")
    if not isinstance(custom_id, str) or not custom_id:
        return "invalid_request", "Missing required parameter: 'custom_id'."
    if custom_id in before:
        return "duplicate_custom_id", f"The custom_id '{custom_id}' is that of another request."
    if request.get("method") != "POST":
        return "invalid_method", "The method of a request must be POST."
    url = str(request.get("url"))
    named = f"/v1{url}" if vendor == "azure" and not url.startswith("/v1/") else url
    if named != endpoint:
        return "url_mismatch", f"The URL '{url}' is not the batch's endpoint."
    if not isinstance(body, dict):
        return "invalid_request", "Missing required parameter: 'body'."
    if body.get("model") != model or model is None:
        return "model_mismatch", "The model of this request is not that of the rest of the file."
    return None


def _check_metadata(metadata: object) -> None:
    if metadata is None:
        return
    fits = isinstance(metadata, dict) and len(metadata) <= 16
    if not fits or not all(
        isinstance(value, str) and len(key) <= 64 and len(value) <= 512 for key, value in _pairs(metadata)
    ):
        raise bad_request(
            "Invalid 'metadata': at most 16 pairs, keys of at most 64 and values of at most 512 characters.",
            "metadata",
        )


def _pairs(metadata: object) -> Iterable[tuple[str, object]]:
    return metadata.items() if isinstance(metadata, dict) else ()


def _usage(batch: Batch) -> Json:
    tokens = [item.result.tokens for item in batch.items if item.result and item.result.tokens]
    prompt, output = sum(each.prompt for each in tokens), sum(each.output_tokens for each in tokens)
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": sum(each.cached_input_tokens for each in tokens)},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": sum(each.reasoning_tokens for each in tokens)},
        "total_tokens": prompt + output,
    }


def _output_life_s(asked: object) -> float | None:
    if asked is None:
        return None
    seconds = asked.get("seconds") if isinstance(asked, dict) else None
    if not isinstance(seconds, int) or not 3600 <= seconds <= 2_592_000:
        raise bad_request(
            "output_expires_after.seconds: a number from 3600 to 2592000 is needed", "output_expires_after"
        )
    return float(seconds)
