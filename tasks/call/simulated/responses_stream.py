"""A Response as events (the SDK type ResponseStreamEvent); the last one brings all of it."""

from collections.abc import Iterator, Mapping
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
            where = place | part.place
            if part.added is not None:
                waiting += told(f"{part.name}.added", **where, part=part.added)
            for word in words_of(part.text):
                delta = told(f"{part.delta}.delta", **place, **part.place, delta=word, **part.beside)
                words.append(waiting + delta)
                waiting = b""
            waiting += told(f"{part.delta}.done", **where, **{part.field: part.text}, **part.beside)
            if part.added is not None:
                waiting += told(f"{part.name}.done", **where, part=part.whole)
        waiting += told("response.output_item.done", output_index=index, item=item)
    after = waiting + told(f"response.{body['status']}", response=body)
    return Streamed(before, words, after)


def stream_response_error(error: Json) -> bytes:
    """The event that an error amid a stream is."""
    data = {"type": "error", "sequence_number": 0, **{k: error[k] for k in ("code", "message", "param")}}
    return event(to_bytes(data), "error")


class _Part:
    """A text in an item, and by which events it comes."""

    def __init__(self, kind: str, whole: Json, text_field: str, place: Json) -> None:
        self.whole: Json = whole
        self.text = str(whole[text_field])
        self.field = text_field
        self.place = place
        self.name = "response.content_part"
        self.delta = f"response.{kind}"
        self.added: Json | None = {**whole, text_field: ""}
        self.beside: Json = {"logprobs": []} if kind == "output_text" else {}


def _parts(item: Json) -> Iterator[_Part]:
    if item["type"] == "message":
        for index, part in enumerate(item["content"]):
            field = "refusal" if part["type"] == "refusal" else "text"
            yield _Part(part["type"], part, field, {"content_index": index})
    elif item["type"] == "reasoning":
        for index, part in enumerate(item["summary"]):
            summary = _Part("reasoning_summary_text", part, "text", {"summary_index": index})
            summary.name = "response.reasoning_summary_part"
            yield summary
    else:
        call = _Part("function_call_arguments", item, "arguments", {})
        call.added = None
        call.beside = {}
        yield call
