"""Whatever a server sends: what is no reply is tried again, when it asks to, and no key gets any further."""

import json
from typing import Any

import pytest

from tests.tasks.call.vendor_server import CANARY, MODELS, ask, assert_keyless, good, openai_error, says
from warehouse.errors import ProviderError, Transient


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html>welcome to the hotel</html>", id="not JSON"),
        pytest.param("", id="empty"),
        pytest.param('{"choices": [{"message": {"content": "4', id="JSON that ends early"),
        pytest.param({"choices": [], "content": "42"}, id="the wrong types"),
        pytest.param({"ok": True}, id="another object"),
        pytest.param([1, 2], id="a list"),
        pytest.param("[" * 100_000, id="nested beyond reason"),
        pytest.param('{"content": ' + "9" * 10_000 + "}", id="a number beyond reason"),
        pytest.param({"choices": [{"message": {"content": 42}}], "content": [{"text": 1}]}, id="no text"),
    ],
)
def test_a_success_without_its_body_is_worth_a_retry(provider: str, body: Any) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, says(body))
    assert caught.value.fault.kind == "bad_body"
    assert caught.value.fault.http_status == 200
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after-ms": "250"}, 0.25, id="milliseconds"),
        pytest.param(
            {"date": "Wed, 25 Nov 2026 04:30:00 GMT", "retry-after": "Wed, 25 Nov 2026 04:30:09 GMT"},
            9.0,
            id="a date, by the server's clock",
        ),
        pytest.param(
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "1m1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-requests": "1h",
            },
            61.0,
            id="the reset of what is used up",
        ),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_a_wait_that_the_server_asks_for(
    provider: str, headers: dict[str, str], wait_s: float | None
) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, says(openai_error("slow"), 429, headers))
    assert caught.value.fault.retry_after_s == wait_s


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize("status", [200, 307, 400, 401, 404, 429, 500])
def test_no_error_shows_the_key_or_holds_the_request(provider: str, status: int) -> None:
    body = openai_error(f"Incorrect API key provided: {CANARY}. Or {CANARY[:9]}****{CANARY[-4:]}", CANARY)
    headers = {"request-id": CANARY, "x-request-id": CANARY}
    with pytest.raises(ProviderError) as caught:
        ask(provider, says(body, status, headers))
    assert_keyless(caught.value)


@pytest.mark.parametrize("provider", list(MODELS))
def test_a_key_that_the_server_echoes_into_its_answer_is_not_kept(provider: str) -> None:
    body = json.dumps(good(provider)).replace('"42"', f'"your key is {CANARY}"')
    reply = ask(provider, says(body, headers={"request-id": CANARY, "x-request-id": CANARY}))
    assert reply.answer.text == "your key is [key]"
    assert CANARY not in repr(reply)


def test_a_long_error_text_is_cut_to_one_line() -> None:
    with pytest.raises(Transient) as caught:
        ask("openai", says("<p>\n" + "x" * 100_000, 503))
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)
