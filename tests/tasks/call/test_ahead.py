"""max_tokens are counted ahead as the vendor says, until headers deny it; a 429 makes the vendor right."""

import asyncio

from tasks.call.ahead import AGAIN, PROOF_N, PROOF_S, Ahead
from tasks.call.limiter import Limiter
from tasks.call.rate_headers import RateHeaders
from tests.tasks.call.limiter_cases import FakeTime, limits

LIMIT, MAX_TOKENS = 400_000, 16_000
IDLE = RateHeaders(tokens_limit=LIMIT, tokens_remaining=LIMIT - 600)
COUNTED = RateHeaders(tokens_limit=LIMIT, tokens_remaining=LIMIT - 600 - MAX_TOKENS)


def tell(belief: Ahead, headers: RateHeaders, span_s: float, latency_s: float = 0.5) -> bool:
    """Whether the belief changed with the last of as many responses as a proof needs, evenly over a span."""
    return [
        belief.told(headers, MAX_TOKENS, latency_s, n * span_s / (PROOF_N - 1)) for n in range(PROOF_N)
    ].pop()


def test_headers_that_deny_it_for_a_while_end_the_belief() -> None:
    belief = Ahead()
    assert tell(belief, IDLE, PROOF_S)
    assert not belief.counted


def test_a_moment_is_no_proof_because_a_window_may_just_have_begun() -> None:
    belief = Ahead()
    assert not tell(belief, IDLE, PROOF_S / 2)
    assert belief.counted


def test_one_response_that_bears_it_out_makes_the_proof_begin_again() -> None:
    belief = Ahead()
    tell(belief, IDLE, PROOF_S / 2)
    belief.told(COUNTED, MAX_TOKENS, 0.5, PROOF_S)
    assert not belief.told(IDLE, MAX_TOKENS, 0.5, 2 * PROOF_S)
    assert belief.counted


def test_what_may_have_flowed_back_while_the_model_wrote_proves_nothing() -> None:
    belief = Ahead()
    assert not tell(belief, IDLE, PROOF_S, latency_s=3.0)  # 20,000 tokens
    assert belief.counted


def test_headers_without_tokens_prove_nothing() -> None:
    belief = Ahead()
    assert not tell(belief, RateHeaders(requests_limit=60, requests_remaining=60), PROOF_S)
    assert belief.counted


def test_a_429_restores_the_belief_and_the_next_proof_takes_longer() -> None:
    belief = Ahead()
    assert not belief.refused()
    tell(belief, IDLE, PROOF_S)
    assert belief.refused()
    assert belief.counted
    assert not tell(belief, IDLE, PROOF_S * AGAIN / 2)
    belief.told(COUNTED, MAX_TOKENS, 0.5, 100.0)
    assert tell(belief, IDLE, PROOF_S * AGAIN)


def test_98_percent_of_a_limit_are_used_where_a_provider_does_not_count_max_tokens_after_all() -> None:
    time_ = FakeTime()
    limiter = Limiter(limits(input_tokens_per_minute=LIMIT, in_flight=64), time_.clock, time_.sleep)
    sent: list[tuple[float, int]] = []

    async def call(tokens: int) -> None:
        async with limiter.slot(tokens, ahead=MAX_TOKENS) as permit:
            sent.append((time_.now, tokens))
            await time_.wait(0.3)
            permit.settle(tokens + permit.ahead)
            limiter.observe(IDLE, MAX_TOKENS, 0.3)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for n in range(400):
                group.create_task(call((50, 500, 2_000, 4_000)[n % 4]))

    time_.run(main())
    late = [(at, tokens) for at, tokens in sent if at > sent[0][0] + 15]
    used_s = late[-1][0] - late[0][0]
    assert sum(tokens for _, tokens in late[:-1]) >= 0.98 * LIMIT / 60 * used_s
    assert sum(tokens for _, tokens in late[:-1]) <= 1.02 * LIMIT / 60 * used_s + 4_000


def test_after_a_429_those_who_wait_weigh_their_max_tokens_again() -> None:
    time_ = FakeTime()
    limiter = Limiter(limits(input_tokens_per_minute=LIMIT, in_flight=64), time_.clock, time_.sleep)
    for at in (0.0, PROOF_S, 2 * PROOF_S):
        time_.now = 1000.0 + at
        limiter.observe(IDLE, MAX_TOKENS, 0.3)
    weights: list[int] = []

    async def call(*, refused: bool) -> None:
        async with limiter.slot(400, ahead=MAX_TOKENS) as permit:
            weights.append(permit.input_tokens)
            if refused:
                limiter.pause(1.0, permit)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(call(refused=n == 0))

    time_.run(main())
    assert weights == [400, 400 + MAX_TOKENS, 400 + MAX_TOKENS]
