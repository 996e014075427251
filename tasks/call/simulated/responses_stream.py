"""A Response as events (the SDK type ResponseStreamEvent); the last one brings all of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from itertools import count

from tasks.call.simulated.wire import Json, Streamed, event, to_bytes, words_of

_EMPTY: Mapping[str, Json] = {  # an item before anything of it has come
    "message": {"content": []},
    "reasoning": {"summary": []},
    "function_call": {"arguments": ""},
}


def stream_response(body: Json) -> Streamed:
    """The response's events, a delta a word."""
    numbers = count()

    def told(kind: str, **fields: object) -> bytes:
        return event(to_bytes({"type": kind, **fields, "sequence_number": next(numbers)}), kind)

    started = {**body, "status": "in_progress", "output": [], "incomplete_details": None}
    started.pop("usage", None)
    before = told("response.created", response=started) + told("response.in_progress", response=started)
    words = []
    waiting = b""  # what stands before the next delta
    for index, item in enumerate(body["output"]):
        place = {"item_id": item["id"], "output_index": index}
        opened = {**item, **_EMPTY[item["type"]], "status": "in_progress"}
        waiting += told("response.output_item.added", output_index=index, item=opened)
        for part in _parts(item):
            where, text = place | part.place, part.body[part.field]
            if part.kind is not None:
                waiting += told(f"{part.kind}.added", **where, part={**part.body, part.field: ""})
            for word in words_of(text):
                words.append(waiting + told(f"{part.text_kind}.delta", **where, delta=word, **part.beside))
                waiting = b""
            waiting += told(f"{part.text_kind}.done", **where, **{part.field: text}, **part.beside)
            if part.kind is not None:
                waiting += told(f"{part.kind}.done", **where, part=part.body)
        waiting += told("response.output_item.done", output_index=index, item=item)
    after = waiting + told(f"response.{body['status']}", response=body)
    return Streamed(before, words, after)


def stream_response_error(error: Json) -> bytes:
    """The event that an error amid a stream is."""
    data = {"type": "error", "sequence_number": 0, **{k: error[k] for k in ("code", "message", "param")}}
    return event(to_bytes(data), "error")


@dataclass(frozen=True)
class _Part:
    """A text in an item, and by which events it comes."""

    body: Json  # with the text as one of its fields
    field: str
    place: Json
    text_kind: str
    kind: str | None = None  # None: the text is the item's own
    beside: Json = dataclass_field(default_factory=dict)


def _parts(item: Json) -> Iterator[_Part]:
    if item["type"] == "message":
        for index, part in enumerate(item["content"]):
            field = "refusal" if part["type"] == "refusal" else "text"
            beside: Json = {} if field == "refusal" else {"logprobs": []}
            place, text_kind = {"content_index": index}, f"response.{part['type']}"
            yield _Part(part, field, place, text_kind, "response.content_part", beside)
    elif item["type"] == "reasoning":
        for index, part in enumerate(item["summary"]):
            text_kind, kind = "response.reasoning_summary_text", "response.reasoning_summary_part"
            yield _Part(part, "text", {"summary_index": index}, text_kind, kind)
    else:
        yield _Part(item, "arguments", {}, "response.function_call_arguments")
