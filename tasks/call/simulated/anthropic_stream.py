"""A Message as events, as the anthropic SDK's types have them; the output's tokens are told at the end."""

from tasks.call.simulated.wire import Json, Streamed, event, quote, to_bytes, words_of

_TOLD_AT_THE_END = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
)
_ENDS = ("stop_reason", "stop_sequence", "stop_details")


def stream_message(body: Json) -> Streamed:
    """The message's events, a delta a word."""
    usage = body.pop("usage", None)
    opening = {**body, "content": [], "stop_reason": None, "stop_sequence": None}
    opening.pop("stop_details", None)
    closing = {
        "type": "message_delta",
        "delta": {name: body[name] for name in _ENDS if name in body},
    }
    if usage is not None:
        opening["usage"] = {**usage, "output_tokens": 1}
        closing["usage"] = {name: usage[name] for name in _TOLD_AT_THE_END if name in usage}
    return Streamed(
        before=_event({"type": "message_start", "message": opening}) + _event({"type": "ping"}),
        words=[word for index, block in enumerate(body["content"]) for word in _deltas(index, block)],
        after=_event(closing) + _event({"type": "message_stop"}),
    )


def _event(body: Json) -> bytes:
    return event(to_bytes(body), body["type"])


def _deltas(index: int, block: Json) -> list[bytes]:
    """The events of a block, a delta an item; its start and its stop are with the first and the last."""
    kind = block["type"]
    field = "thinking" if kind == "thinking" else "text"
    empty = {"type": kind, field: ""} | ({"signature": ""} if kind == "thinking" else {})
    start = _event({"type": "content_block_start", "index": index, "content_block": empty})
    head = f'{{"type":"content_block_delta","index":{index},"delta":{{"type":"{field}_delta","{field}":'
    deltas = [
        event(f"{head}{quote(word)}}}}}".encode("utf-8", "backslashreplace"), "content_block_delta")
        for word in words_of(block[field]) or [""]
    ]
    end = _event({"type": "content_block_stop", "index": index})
    if kind == "thinking":
        signed = {"type": "signature_delta", "signature": block["signature"]}
        end = _event({"type": "content_block_delta", "index": index, "delta": signed}) + end
    deltas[0] = start + deltas[0]
    deltas[-1] += end
    return deltas
