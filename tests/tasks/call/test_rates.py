"""Which limits are in force: the configured ones, or the provider's where it tells lower ones, or any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.rate_headers import RateHeaders
from tasks.call.rates import RAISE_NS, Meter, Rates, limits_told
from tests.tasks.call.limiter_cases import limits

SECOND = 10**9


def in_force(rates: Rates) -> list[int | None]:
    return [None if bucket is None else bucket.per_minute for bucket in rates.buckets]


def told(limit: int, **more: float) -> RateHeaders:
    return RateHeaders(requests_limit=limit, **more)  # type: ignore[arg-type]  # seconds by name


def test_without_a_configured_limit_the_first_header_s_is_in_force() -> None:
    rates = Rates(limits(), 0)
    assert not rates.limited
    assert rates.follow(told(3000), 0)
    assert in_force(rates) == [3000, None, None]
    assert not rates.follow(told(3000), 1)


@pytest.mark.parametrize(("theirs", "in_use"), [(50, 50), (4000, 1000)])
def test_a_configured_limit_wins_unless_the_provider_s_is_lower(theirs: int, in_use: int) -> None:
    rates = Rates(limits(requests_per_minute=1000), 0)
    rates.follow(told(theirs), 0)
    assert in_force(rates) == [in_use, None, None]


def test_a_lower_limit_is_followed_at_once_and_a_higher_one_when_older_responses_have_come() -> None:
    rates = Rates(limits(), 0)
    rates.follow(told(3000), SECOND)
    rates.follow(told(1500), 2 * SECOND)
    assert in_force(rates)[0] == 1500
    assert not rates.follow(told(3000), 3 * SECOND)  # of a call that began before
    assert in_force(rates)[0] == 1500
    assert rates.follow(told(3000), 2 * SECOND + RAISE_NS)
    assert in_force(rates)[0] == 3000


def test_what_is_owed_stays_owed_when_a_limit_is_lowered() -> None:
    rates = Rates(limits(input_tokens_per_minute=400_000), 0)
    rates.take((1, 8_000, 0), SECOND)
    rates.follow(RateHeaders(input_tokens_limit=200_000), SECOND)
    assert rates.wait_ns((1, 1, 0), SECOND) == pytest.approx(
        (8_000 - 1_000) * 60 / 200_000 * SECOND, rel=0.05
    )


def test_openai_s_one_limit_of_tokens_is_a_limit_of_input_and_anthropic_s_sum_is_none() -> None:
    assert limits_told(RateHeaders(requests_limit=60, tokens_limit=150_000)) == {0: 60, 1: 150_000}
    anthropic = RateHeaders(tokens_limit=480_000, input_tokens_limit=400_000, output_tokens_limit=80_000)
    assert limits_told(anthropic) == {1: 400_000, 2: 80_000}


@pytest.mark.parametrize(
    ("limit", "reset_s", "adopted"),
    [
        pytest.param(4000, 0.015, 4000, id="a minute's, hardly used"),
        pytest.param(4000, 60.0, 4000, id="a minute's, used up"),
        pytest.param(14_400, 179.56, None, id="a day's: Groq's requests"),
        pytest.param(200, 432.0, None, id="a day's: OpenAI's lowest tier"),
        pytest.param(60, None, 60, id="no reset"),
    ],
)
def test_a_limit_whose_reset_is_further_than_a_minute_is_none_a_minute(
    limit: int, reset_s: float | None, adopted: int | None
) -> None:
    assert limits_told(RateHeaders(requests_limit=limit, requests_reset_s=reset_s)) == {0: adopted}


def test_a_limit_of_nothing_is_not_believed() -> None:
    assert limits_told(RateHeaders(requests_limit=0)) == {}


def test_what_another_process_was_told_is_taken_over_and_what_it_does_not_know_stays() -> None:
    rates = Rates(limits(), 0)
    rates.follow(told(3000), 0)
    assert rates.adopt((None, 400_000, None), 0)
    assert in_force(rates) == [3000, 400_000, None]
    assert not rates.adopt((None, None, None), 0)


@given(st.integers(1, 200), st.integers(20, 600))
def test_the_share_in_use_is_that_of_the_last_seconds(per_s: int, seconds: int) -> None:
    meter = Meter(0.0)
    for i in range(seconds * per_s):
        meter.add(1, i / per_s)
    assert meter.per_minute(seconds) == pytest.approx(60 * per_s, rel=0.07)
    assert meter.per_minute(seconds + 60) < 60 * per_s * 0.01


def test_the_share_shown_is_that_of_the_limit_used_most() -> None:
    rates = Rates(limits(requests_per_minute=6000, input_tokens_per_minute=60_000), 0)
    for i in range(600):
        rates.take((1, 45, 0), i * SECOND // 20)
    share = rates.share(30 * SECOND)
    assert share is not None
    assert (share.kind, share.per_minute) == ("input_tokens", 60_000)
    assert share.used == pytest.approx(0.9, rel=0.05)
    assert str(share).endswith("% of 60,000 input tokens/min")
    assert Rates(limits(), 0).share(0) is None
