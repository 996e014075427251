"""What is read of a Response and what is sent for one, through the real SDKs of all three kinds of server."""

import json
from typing import Any, get_args

import pytest
from openai.types.responses import Response, ResponseStatus
from openai.types.responses.response import IncompleteDetails

from tasks.call.openai_responses import STOP_REASONS, UNDER_WAY
from tasks.model import Answer, Usage
from tests.tasks.call.vendor_server import CANARY, Seen, ask, assert_keyless, openai_error, says
from warehouse.errors import Rejected, Transient, Unusable

OPENAI_LIKE = pytest.mark.parametrize("provider", ["openai", "azure", "compatible"])


def text(said: str = "42", **fields: Any) -> dict[str, Any]:
    """An output message."""
    part = {"type": "output_text", "text": said, "annotations": [], "logprobs": []}
    return {
        "id": "msg_67ccd2bf17f0819081ff3bb2cf6508e6",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [part],
        **fields,
    }


def refusal(said: str) -> dict[str, Any]:
    """An output message that refuses."""
    return text(content=[{"type": "refusal", "refusal": said}])


def reasoning(*summary: str, content: list[str] | None = None) -> dict[str, Any]:
    """A reasoning item."""
    item: dict[str, Any] = {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": one} for one in summary],
    }
    if content is not None:
        item["content"] = [{"type": "reasoning_text", "text": one} for one in content]
    return item


def function_call(arguments: str) -> dict[str, Any]:
    """A call of a function."""
    return {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": arguments}


def response(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Response as api.openai.com writes it."""
    return {
        "id": "resp_67ccd2bed1ec8190b14f964abc054267",
        "object": "response",
        "created_at": 1741476542,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "gpt-6-served",
        "output": list(output) or [text()],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "output_tokens": 50,
            "output_tokens_details": {"reasoning_tokens": 40},
            "total_tokens": 150,
        },
        **fields,
    }


def answer_of(*output: dict[str, Any], provider: str = "openai", **fields: Any) -> Answer:
    """What is read of a response."""
    return ask(provider, says(response(*output, **fields)), api="responses").answer


def test_the_bodies_used_here_are_what_the_sdks_types_say() -> None:
    for body in (
        response(),
        response(reasoning("a", content=["b"]), text(), refusal("no"), function_call("{}")),
        response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
        response(status="failed", error={"code": "server_error", "message": "sorry"}),
    ):
        Response.model_validate_json(json.dumps(body), strict=True)


def test_every_status_and_reason_of_the_sdks_types_is_known() -> None:
    known = set(STOP_REASONS) | UNDER_WAY | {"failed", "incomplete"}
    assert set(get_args(ResponseStatus)) <= known
    reasons = get_args(get_args(IncompleteDetails.model_fields["reason"].annotation)[0])
    assert set(reasons) <= set(STOP_REASONS)


@OPENAI_LIKE
def test_every_part_is_read(provider: str) -> None:
    headers = {"x-request-id": "req_7", "x-ratelimit-remaining-tokens": "99"}
    body = response(reasoning("First 6 x 7.", "Then 42."), text("The answer"), text(" is 42."))
    reply = ask(provider, says(body, headers=headers), api="responses")
    assert reply.answer == Answer(
        text="The answer is 42.",
        stop_reason="stop",
        raw_stop_reason="completed",
        usage=Usage(10, 50, 60, 30, reasoning_tokens=40),
        reasoning="First 6 x 7.\n\nThen 42.",
        served_model="gpt-6-served",
        request_id="req_7",
    )
    assert reply.limits is not None
    assert reply.limits.tokens_remaining == 99


@pytest.mark.parametrize(
    ("output", "fields", "expected"),
    [
        pytest.param(
            [refusal("I can't.")], {}, ("I can't.", "refusal", "completed"), id="a refusal is the text"
        ),
        pytest.param(
            [text("6 x"), refusal("No.")], {}, ("No.", "refusal", "completed"), id="a refusal on the way"
        ),
        pytest.param(
            [text("4")],
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ("4", "length", "max_output_tokens"),
            id="cut at max_output_tokens",
        ),
        pytest.param(
            [reasoning()],
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ("", "length", "max_output_tokens"),
            id="cut before a word",
        ),
        pytest.param(
            [text("4")],
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            ("4", "content_filter", "content_filter"),
            id="filtered on the way",
        ),
        pytest.param(
            [text("4")],
            {"status": "incomplete"},
            ("4", "other", "incomplete"),
            id="incomplete, nobody knows why",
        ),
        pytest.param(
            [function_call('{"n": 42}')], {}, ('{"n": 42}', "tool", "completed"), id="a function's arguments"
        ),
        pytest.param(
            [function_call('{"n": 4')],
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ('{"n": 4', "length", "max_output_tokens"),
            id="cut in a function's arguments",
        ),
        pytest.param(
            [text("I look.", phase="commentary"), text("42", phase="final_answer")],
            {},
            ("42", "stop", "completed"),
            id="commentary is not the answer",
        ),
        pytest.param(
            [text("I look.", phase="commentary")], {}, ("I look.", "stop", "completed"), id="unless it is all"
        ),
        pytest.param(
            [{"type": "a word of tomorrow", "content": 7}, {"type": "message", "content": None}, text()],
            {},
            ("42", "stop", "completed"),
            id="items that are not known are passed over",
        ),
        pytest.param(
            [text()], {"status": "a word of tomorrow"}, ("42", "other", "a word of tomorrow"), id="new"
        ),
        pytest.param([text()], {"status": None}, ("42", "other", None), id="no status"),
    ],
)
def test_text_and_stop_reason(
    output: list[dict[str, Any]], fields: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    answer = answer_of(*output, **fields)
    assert (answer.text, answer.stop_reason, answer.raw_stop_reason) == expected


def test_what_is_said_on_the_way_to_a_tool_is_kept_and_is_not_its_input() -> None:
    answer = answer_of(reasoning("Sum."), text("Let me see."), function_call("{}"))
    assert (answer.text, answer.reasoning) == ("{}", "Sum.\n\nLet me see.")


def test_reasoning_is_read_as_it_was_thought_where_a_server_shows_it() -> None:
    answer = answer_of(reasoning("short", content=["6 x 7", "is 42"]), text(), provider="compatible")
    assert answer.reasoning == "6 x 7\n\nis 42"


def test_a_response_without_usage_is_an_answer_without_usage() -> None:
    assert answer_of(usage=None).usage is None


def test_cached_tokens_beyond_the_input_are_marked_as_estimated() -> None:
    usage = {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 9, "cache_write_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 6,
    }
    assert answer_of(usage=usage).usage == Usage(0, 1, 5, estimated=True)


@pytest.mark.parametrize(
    ("code", "message", "error", "kind"),
    [
        ("server_error", "The model failed.", Transient, "server_error"),
        ("rate_limit_exceeded", "Slow down.", Transient, "rate_limited"),
        ("a word of tomorrow", "?", Transient, "server_error"),
        ("invalid_prompt", "no.", Rejected, "bad_request"),
        ("data_residency_mismatch", "no.", Rejected, "bad_request"),
    ],
)
def test_a_response_that_failed_is_an_error_although_it_came_with_200(
    code: str, message: str, error: type[Exception], kind: str
) -> None:
    body = response(status="failed", error={"code": code, "message": message}, output=[])
    with pytest.raises(error) as caught:
        ask("openai", says(body), api="responses")
    assert caught.value.fault.kind == kind  # type: ignore[attr-defined]  # both have one
    assert_keyless(caught.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("bio_policy", "no."),
        ("misalignment_policy_violation", "no."),
        ("invalid_prompt", "Your prompt was flagged as potentially violating our usage policy."),
    ],
)
def test_a_block_by_policy_is_an_answer_with_what_it_cost(code: str, message: str) -> None:
    answer = answer_of(status="failed", error={"code": code, "message": message})
    assert (answer.text, answer.stop_reason, answer.error_kind) == (None, "content_filter", "content_filter")
    assert answer.usage == Usage(10, 50, 60, 30, reasoning_tokens=40)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(response(status="failed"), id="failed without an error"),
        pytest.param(response(status="queued"), id="queued"),
        pytest.param(response(status="in_progress"), id="in progress"),
        pytest.param(response(status="cancelled"), id="cancelled"),
        pytest.param({"choices": []}, id="a chat completion"),
        pytest.param({"output": "42"}, id="output that is no list"),
        pytest.param([], id="a list"),
        pytest.param("<html>", id="no JSON"),
    ],
)
def test_what_is_no_finished_response_may_be_tried_again(body: Any) -> None:
    with pytest.raises(Transient) as caught:
        ask("openai", says(body), api="responses")
    assert_keyless(caught.value)


def test_a_model_that_the_api_has_not_stops_the_run() -> None:
    body = openai_error("The model does not exist.", "invalid_request_error", "model_not_found")
    with pytest.raises(Unusable):
        ask("openai", says(body, status=404), api="responses")


@pytest.mark.parametrize(
    ("provider", "path", "name", "auth"),
    [
        ("openai", "/v1/responses", "gpt-4o-2024-05-13", ("authorization", f"Bearer {CANARY}")),
        ("azure", "/openai/responses?api-version=2024-10-21", "gpt-4o-west", ("api-key", CANARY)),
        ("compatible", "/v1/responses", "org/llama-70b", ("authorization", f"Bearer {CANARY}")),
    ],
)
def test_what_is_sent(provider: str, path: str, name: str, auth: tuple[str, str]) -> None:
    seen = Seen()
    turns = (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "6 x 7?"},
        {"role": "assistant", "content": "42"},
        {"role": "user", "content": "8 x 7?"},
    )
    params = {"max_output_tokens": 64, "reasoning": {"effort": "low", "summary": "auto"}}
    ask(provider, says(response()), params=params, turns=turns, seen=seen, api="responses")  # type: ignore[arg-type]
    assert seen.paths == [path]
    assert seen.bodies == [
        {
            "model": name,
            "instructions": "Be brief.",
            "input": list(turns[1:]),
            "store": False,
            **params,
        }
    ]
    assert seen.headers[0][auth[0]] == auth[1]


def test_something_is_kept_at_the_vendor_only_where_it_is_asked_for() -> None:
    seen = Seen()
    ask("openai", says(response()), params={"store": True}, seen=seen, api="responses")
    assert seen.bodies[0]["store"] is True
