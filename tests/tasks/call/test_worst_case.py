"""The worst case bounds what any answer to the request can cost."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.till import stays_reserved
from tasks.call.worst_case import input_bound, output_bound, worst_usd
from tasks.model import Usage
from tests.tasks.cases import make_call
from warehouse.errors import Fault
from warehouse.prices import usd_of

AT = datetime(2024, 7, 1, tzinfo=UTC)
SONNET, GPT = "anthropic/claude-3-5-sonnet-20240620", "openai/gpt-4o-2024-05-13"


def test_it_is_bytes_in_and_the_bound_out_at_the_price_of_the_day() -> None:
    call = make_call(1, model=GPT, priced_as=GPT, params={"max_tokens": 1000})
    expected = usd_of(GPT, Usage(input_bound(call), 1000), AT)
    assert worst_usd(call, AT) == expected
    text = call.messages[0]["content"]
    assert input_bound(call) > len(text)


def test_input_that_may_be_written_to_a_cache_counts_as_written() -> None:
    call = make_call(1, model=SONNET, priced_as=SONNET, params={"max_tokens": 10})
    written = usd_of(SONNET, Usage(0, 10, cache_write_tokens=input_bound(call)), AT)
    assert worst_usd(call, AT) == written
    hour = replace(call, params={"max_tokens": 10, "cache_control": {"type": "ephemeral", "ttl": "1h"}})
    at_most = worst_usd(hour, AT)
    assert at_most is not None
    assert at_most > (written or 0)


@pytest.mark.parametrize(
    ("model", "params", "bound"),
    [
        pytest.param(GPT, {"max_tokens": 7}, 7, id="as asked"),
        pytest.param("openai/o3", {"max_completion_tokens": 9}, 9, id="with reasoning"),
        pytest.param("compatible/llama", {"max_tokens": 5}, 5, id="of a server of one's own"),
        pytest.param("compatible/llama", {}, None, id="nobody knows"),
    ],
)
def test_output_is_bounded_by_the_request(model: str, params: dict[str, int], bound: int | None) -> None:
    assert output_bound(make_call(1, model=model, params=params)) == bound


def test_where_the_request_has_no_bound_the_model_has_one() -> None:
    assert (output_bound(make_call(1, model=SONNET)) or 0) >= 4096


def test_without_a_price_nobody_knows() -> None:
    assert worst_usd(make_call(1, priced_as=None, params={"max_tokens": 5}), AT) is None


@given(st.text(max_size=300), st.integers(0, 2000), st.integers(0, 500))
def test_no_answer_costs_more(text: str, used: int, written: int) -> None:
    call = make_call(
        1,
        model=SONNET,
        priced_as=SONNET,
        params={"max_tokens": 500},
        messages=({"role": "user", "content": text},),
    )
    read = min(used, len(text.encode("utf-8", "replace")))
    actual = usd_of(SONNET, Usage(read, written), AT)
    worst = worst_usd(call, AT)
    assert actual is not None
    assert worst is not None
    assert actual <= worst


@pytest.mark.parametrize(
    ("fault", "stays"),
    [
        pytest.param(None, False, id="answered"),
        pytest.param(Fault("timeout", "no answer"), True, id="no answer in time"),
        pytest.param(Fault("connection", "cut"), True, id="cut"),
        pytest.param(Fault("connection", "refused", unsent=True), False, id="never connected"),
        pytest.param(Fault("bad_body", "no JSON", http_status=200), True, id="a success that is none"),
        pytest.param(Fault("server_error", "sorry", http_status=500), False, id="an error status"),
        pytest.param(Fault("rate_limited", "later", http_status=429), False, id="rate limited"),
    ],
)
def test_what_may_have_been_billed_stays_reserved(fault: Fault | None, stays: bool) -> None:
    assert stays_reserved(Decimal("0.5"), fault) == (Decimal("0.5") if stays else None)
