"""A chat completion as chunks, as the openai SDK's type ChatCompletionChunk has them, and Azure's dialect.

The usage, where it is asked for, comes in a last chunk of its own, and is null in those before.
"""

from tasks.call.simulated.wire import Json, Request, Streamed, bad_request, event, quote, to_bytes, words_of


def stream_completion(request: Request, body: Json) -> Streamed:
    """The completion's chunks, one a word."""
    choice = body["choices"][0]
    about = {name: body[name] for name in ("id", "created", "model", "service_tier", "system_fingerprint")}
    about["object"] = "chat.completion.chunk"
    if request.stream_usage:
        about["usage"] = None
    field = "refusal" if choice["message"]["content"] is None else "content"
    filters = {name: choice[name] for name in ("content_filter_results",) if name in choice}
    head = to_bytes(about)[:-1].decode() + ',"choices":[{"index":0,"delta":{"' + field + '":'
    more = "".join(f',"{name}":{to_bytes(value).decode()}' for name, value in filters.items())
    tail = f'}},"logprobs":null,"finish_reason":null{more}}}]}}'
    words = [
        event(f"{head}{quote(word)}{tail}".encode("utf-8", "backslashreplace"))
        for word in words_of(choice["message"][field] or "")
    ]
    before = _chunk(about, {"role": "assistant", "content": "" if field == "content" else None}, None)
    if "prompt_filter_results" in body:  # Azure's first one
        filtered = {"prompt_filter_results": body["prompt_filter_results"], "choices": []}
        before = event(to_bytes({**about, **filtered})) + before
    after = _chunk(about, {}, choice["finish_reason"])
    if request.stream_usage and "usage" in body:
        after += event(to_bytes({**about, "choices": [], "usage": body["usage"]}))
    return Streamed(before, words, after + event(b"[DONE]"))


def wants_usage(body: Json) -> bool:
    """Whether a stream shall tell its usage."""
    options = body.get("stream_options")
    if options is None:
        return False
    if not body.get("stream"):
        raise bad_request(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    if not isinstance(options, dict) or not isinstance(options.get("include_usage", False), bool):
        raise bad_request("stream_options: an object is needed", "stream_options", "invalid_type")
    return bool(options.get("include_usage"))


def _chunk(about: Json, delta: Json, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(to_bytes({**about, "choices": [choice]}))
