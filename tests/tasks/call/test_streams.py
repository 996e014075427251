"""A streamed answer is the answer: same text, tokens and words for its end, and when its first token came."""

from typing import Any

import pytest
from anthropic.types import RawMessageStreamEvent
from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter

from tasks.model import Answer, Usage
from tests.tasks.call.streaming import (
    DONE,
    STREAM,
    USAGE,
    chunk,
    completion_stream,
    good_stream,
    message_stream,
    named,
    streams,
    unnamed,
)
from tests.tasks.call.vendor_server import CANARY, MODELS, Seen, ask, completion, good, says

EVERY = pytest.mark.parametrize("provider", list(MODELS))
OPENAI_LIKE = pytest.mark.parametrize("provider", ["openai", "azure", "compatible"])


def text(*words: str) -> list[dict[str, str]]:
    return [{"type": "text_delta", "text": word} for word in words]


def test_the_streams_used_here_are_what_the_sdks_types_say() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(RawMessageStreamEvent)
    for event in message_stream():
        data = event.partition(b"data: ")[2].strip()
        if b'"ping"' not in data:
            adapter.validate_json(data, strict=True)
    for event in completion_stream()[:-1]:
        ChatCompletionChunk.model_validate_json(event.removeprefix(b"data: ").strip(), strict=True)


def test_anthropic_reads_every_event() -> None:
    deltas: list[dict[str, Any]] = [
        {"type": "thinking_delta", "thinking": "6 x 7 "},
        {"type": "thinking_delta", "thinking": "is 42."},
        {"type": "signature_delta", "signature": "EqQB"},
        *text("The answer", " is 42."),
        {"type": "citations_delta", "citation": {}},
        {"type": "a delta of tomorrow", "x": 1},
    ]
    start = {
        "input_tokens": 3,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 70,
        "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 1,
    }
    end = {"output_tokens": 40, "output_tokens_details": {"thinking_tokens": 30}, "input_tokens": None}
    events = message_stream(*deltas, stop="stop_sequence", start_usage=start, end_usage=end)
    events.insert(3, named(type="an event of tomorrow"))
    seen = Seen()
    reply = ask("anthropic", streams(events, {"request-id": "req_7"}), params=STREAM, seen=seen)
    ttft_s, answer = reply.answer.ttft_s, reply.answer
    assert answer == Answer(
        text="The answer is 42.",
        stop_reason="stop",
        raw_stop_reason="stop_sequence",
        usage=Usage(3, 40, 100, 50, 20, 30),
        reasoning="6 x 7 is 42.",
        served_model="claude-served",
        request_id="req_7",
        ttft_s=ttft_s,
    )
    assert ttft_s is not None
    assert seen.bodies[0]["stream"] is True
    assert "stream_options" not in seen.bodies[0]


@OPENAI_LIKE
def test_openai_reads_every_chunk(provider: str) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 40},
    }
    pieces = completion_stream()
    pieces[-2] = chunk(usage=usage)
    pieces.insert(0, chunk(prompt_filter_results=[{"prompt_index": 0}], id="", model=""))
    seen = Seen()
    limits = {"x-request-id": "req_7", "x-ratelimit-remaining-tokens": "99"}
    reply = ask(provider, streams(pieces, limits), params=STREAM, seen=seen)
    assert reply.answer == Answer(
        text="42",
        stop_reason="stop",
        raw_stop_reason="stop",
        usage=Usage(10, 50, 60, 30, reasoning_tokens=40),
        served_model="gpt-4o-2024-05-13",
        fingerprint="fp_44709d6fcb",
        request_id="req_7",
        ttft_s=reply.answer.ttft_s,
    )
    assert reply.answer.ttft_s is not None
    assert reply.limits is not None
    assert reply.limits.tokens_remaining == 99
    assert (seen.bodies[0]["stream"], seen.bodies[0]["stream_options"]) == (True, {"include_usage": True})


@EVERY
def test_without_the_parameter_nothing_is_streamed_or_measured(provider: str) -> None:
    seen = Seen()
    answer = ask(provider, says(good(provider)), seen=seen).answer
    assert answer.ttft_s is None
    assert not {"stream", "stream_options"} & seen.bodies[0].keys()


@pytest.mark.parametrize(
    ("provider", "pieces"),
    [
        pytest.param(
            "anthropic",
            [*(first := message_stream())[:3], 0.4, *first[3:4], 0.4, *first[4:]],
            id="anthropic: text",
        ),
        pytest.param(
            "anthropic",
            [
                *(first := message_stream({"type": "thinking_delta", "thinking": "hm"}, *text("42")))[:3],
                0.4,
                *first[3:4],
                0.4,
                *first[4:],
            ],
            id="anthropic: thinking",
        ),
        pytest.param(
            "openai",
            [*(other := completion_stream())[:1], 0.4, *other[1:2], 0.4, *other[2:]],
            id="openai: text",
        ),
        pytest.param(
            "compatible",
            [
                chunk({"role": "assistant", "content": "", "reasoning_content": ""}),
                0.4,
                chunk({"reasoning_content": "hm"}),
                0.4,
                *other[1:],
            ],
            id="compatible: reasoning",
        ),
        pytest.param(
            "openai",
            [other[0], 0.4, chunk({"refusal": "I"}), 0.4, *other[-3:]],
            id="openai: a refusal",
        ),
    ],
)
def test_the_first_token_is_the_first_of_text_or_thinking(provider: str, pieces: list[bytes | float]) -> None:
    ttft_s = ask(provider, streams(pieces), params=STREAM).answer.ttft_s
    assert ttft_s is not None
    assert 0.4 <= ttft_s < 0.75


@pytest.mark.parametrize(
    ("provider", "pieces", "expected"),
    [
        pytest.param(
            "openai",
            [chunk({"refusal": "I can't "}), chunk({"refusal": "help."}), chunk({}, "stop"), DONE],
            ("I can't help.", "refusal", None),
            id="openai: a refusal is the text",
        ),
        pytest.param(
            "openai", [chunk({"content": "4"}), chunk({}, "length"), DONE], ("4", "length", None), id="cut"
        ),
        pytest.param(
            "azure",
            [chunk({"content": "4"}), chunk({}, "content_filter"), DONE],
            ("4", "content_filter", None),
            id="azure: filtered on the way",
        ),
        pytest.param(
            "anthropic",
            message_stream({"type": "text_delta", "text": ""}, stop="refusal"),
            ("", "refusal", None),
            id="anthropic: a refusal without text",
        ),
        pytest.param(
            "anthropic",
            message_stream(
                {"type": "input_json_delta", "partial_json": '{"a":'},
                {"type": "input_json_delta", "partial_json": " 1}"},
                stop="tool_use",
            ),
            ('{"a": 1}', "tool", None),
            id="anthropic: a tool's use",
        ),
        pytest.param(
            "compatible",
            [chunk({"reasoning": "6 x "}), chunk({"reasoning": "7"}), *completion_stream()],
            ("42", "stop", "6 x 7"),
            id="compatible: reasoning",
        ),
        pytest.param(
            "compatible",
            [unnamed(completion()), DONE],
            ("42", "stop", None),
            id="compatible: a whole completion as one event",
        ),
        pytest.param(
            "compatible",
            [unnamed({"choices": [{"delta": {"content": "42"}}]}), DONE],
            ("42", "other", None),
            id="compatible: no index, no reason, but [DONE]",
        ),
        pytest.param(
            "compatible",
            [chunk({"content": "42"}), chunk({}, "stop")],
            ("42", "stop", None),
            id="compatible: no [DONE]",
        ),
        pytest.param(
            "compatible",
            [
                chunk({"content": [{"type": "text", "text": "4"}]}),
                chunk({"content": "2"}, "stop"),
                b"data: [DONE]",
            ],
            ("42", "stop", None),
            id="compatible: parts, and [DONE] without an empty line",
        ),
        pytest.param(
            "openai",
            [chunk({"content": "\ud83d"}), chunk({"content": "\ude00"}, "stop"), DONE],
            ("\U0001f600", "stop", None),
            id="a pair in two chunks",
        ),
        pytest.param(
            "openai", [chunk({"content": "a\ud83d"}, "stop"), DONE], ("a�", "stop", None), id="half a pair"
        ),
    ],
)
def test_text_and_reasoning(
    provider: str, pieces: list[bytes | float], expected: tuple[str, str, str | None]
) -> None:
    answer = ask(provider, streams(pieces), params=STREAM).answer
    assert (answer.text, answer.stop_reason, answer.reasoning) == expected


@pytest.mark.parametrize("size", [1, 7, 100])
@EVERY
def test_pieces_of_any_size_are_one_answer(provider: str, size: int) -> None:
    whole = b"".join(good_stream(provider)).replace(b'"4"', '"né"'.encode())
    pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
    assert ask(provider, streams(pieces), params=STREAM).answer.text == "né2"


@EVERY
def test_a_stream_without_usage_is_an_answer_without_usage(provider: str) -> None:
    pieces = message_stream(end_usage={}) if provider == "anthropic" else completion_stream()
    if provider != "anthropic":
        del pieces[-2]
    answer = ask(provider, streams(pieces), params=STREAM).answer
    assert (answer.text, answer.usage) == ("42", None)


def test_a_usage_with_every_chunk_counts_once() -> None:
    pieces = [
        chunk({"content": "4"}, usage={"prompt_tokens": 19, "completion_tokens": 1}),
        chunk({"content": "2"}, "stop", usage=USAGE),
        DONE,
    ]
    usage = ask("compatible", streams(pieces), params=STREAM).answer.usage
    assert usage == Usage(19, 10)


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
@EVERY
def test_a_server_that_does_not_stream_has_answered(provider: str, kind: str) -> None:
    answer = ask(provider, says(good(provider), kind=kind), params=STREAM).answer
    assert (answer.text, answer.ttft_s) == ("42", None)


@EVERY
def test_a_key_that_is_streamed_in_pieces_is_not_kept(provider: str) -> None:
    halves = (f"your key is {CANARY[:9]}", CANARY[9:])
    pieces = message_stream(*text(*halves)) if provider == "anthropic" else completion_stream(*halves)
    assert ask(provider, streams(pieces), params=STREAM).answer.text == "your key is [key]"
