"""A model's way of counting is learned from its answers; a server that counts nonsense teaches nothing."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.tokens import Fit, Size, TokenCounter, counter_for, estimate_tokens, script_of, size_of
from tasks.model import Usage
from tests.tasks.cases import make_call


def usage(tokens: int) -> Usage:
    return Usage(tokens, 5)


def test_untaught_a_token_is_four_bytes_and_a_message_four_tokens() -> None:
    call = make_call(
        1, messages=({"role": "system", "content": "a" * 400}, {"role": "user", "content": "b" * 40})
    )
    assert estimate_tokens(call) == 100 + 10 + 8


@given(
    st.floats(0.15, 0.9),
    st.integers(0, 200),
    st.lists(st.integers(100, 40_000), min_size=8, max_size=40, unique=True),
)
def test_after_a_few_answers_the_estimate_is_within_a_few_percent(
    a_byte: float, a_message: int, sizes: list[int]
) -> None:
    counter = TokenCounter()
    for n_bytes in sizes * 5:
        counter.learn(Size(n_bytes, n_bytes, 1), usage(round(a_byte * n_bytes + a_message)))
    for n_bytes in sizes:
        truth = a_byte * n_bytes + a_message
        assert counter.estimate(Size(n_bytes, n_bytes, 1)) == pytest.approx(
            truth,
            rel=0.03,
            abs=40,  # sizes that hardly differ do not tell bytes from messages
        )


def test_each_kind_of_script_has_a_ratio_of_its_own() -> None:
    counter = TokenCounter()
    for n in range(1, 30):
        counter.learn(Size(100 * n, 100 * n, 1), usage(25 * n))
        counter.learn(Size(300 * n, 100 * n, 1), usage(110 * n))
    assert counter.estimate(Size(4_000, 4_000, 1)) == pytest.approx(1_000, rel=0.02)
    assert counter.estimate(Size(6_000, 2_000, 1)) == pytest.approx(2_200, rel=0.02)


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("How much is it?", "ascii"),
        ("¿Cuánto cuesta, señor?", "latin"),
        ("Wie groß wäre der Schaden für Öl?", "latin"),
        ("Сколько это стоит?", "two-byte"),
        ("כמה זה עולה?", "two-byte"),
        ("这要多少钱？", "three-byte"),
        ("これはいくらですか", "three-byte"),
        ("यह कितने का है?", "three-byte"),
        ("", "ascii"),
    ],
)
def test_the_kind_of_script_is_told_by_the_bytes_a_character(text: str, script: str) -> None:
    size = size_of([{"role": "user", "content": text}])
    assert size.script == script_of(len(text.encode()), len(text)) == script


@pytest.mark.parametrize("tokens", [0, 1, 10**18])
def test_a_count_that_cannot_be_teaches_nothing(tokens: int) -> None:
    counter, size = TokenCounter(), Size(40_000, 40_000, 1)
    before = counter.estimate(size)
    counter.learn(size, usage(tokens))
    assert counter.estimate(size) == before
    assert counter.fits == {}


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 50), st.integers(0, 10**7)), max_size=30))
def test_whatever_is_counted_an_estimate_is_at_least_a_token_and_at_most_two_a_byte(
    seen: list[tuple[int, int, int]],
) -> None:
    counter = TokenCounter()
    for n_bytes, n_messages, tokens in seen:
        counter.learn(Size(n_bytes, n_bytes, n_messages), usage(tokens))
    for n_bytes in (0, 100, 10**6):
        assert 1 <= counter.estimate(Size(n_bytes, n_bytes, 1)) <= 2 * n_bytes + 2_000


def test_a_run_s_own_answers_soon_outweigh_a_history_of_millions() -> None:
    past = Fit()
    for n in range(1, 500):
        past = past.seen(Size(1_000 + n, 1_000 + n, 1), (1_000 + n) // 4)
    history = Fit(*(1e4 * part for part in (past.n, past.xx, past.xm, past.mm, past.xy, past.my)))
    counter = counter_for("openai/gpt", {"ascii": history})
    assert counter.estimate(Size(1_200, 1_200, 1)) == pytest.approx(300, rel=0.01)
    rng = random.Random(0)
    for _ in range(2_000):
        n_bytes = rng.randint(1_000, 1_500)
        counter.learn(Size(n_bytes, n_bytes, 1), usage(n_bytes // 3))
    assert counter.estimate(Size(1_200, 1_200, 1)) == pytest.approx(400, rel=0.04)


def test_what_weighs_on_a_limit_is_what_the_vendor_counts() -> None:
    cached = replace(usage(100), cached_input_tokens=50, cache_write_tokens=20, cache_write_1h_tokens=10)
    size = Size(700, 700, 1)
    assert counter_for("anthropic/claude", {}).learn(size, cached) == 130
    assert counter_for("openai/gpt", {}).learn(size, cached) == 180


@pytest.mark.parametrize(
    ("model", "params", "ahead"),
    [
        ("openai/gpt", {"max_tokens": 500}, 500),
        ("azure/gpt", {"max_completion_tokens": 700}, 700),
        ("openai/gpt", {"max_output_tokens": 900}, 900),
        ("openai/gpt", {}, 0),
        ("openai/gpt", {"max_tokens": "many"}, 0),
        ("anthropic/claude", {"max_tokens": 500}, 0),
        ("simulated/gpt", {"max_tokens": 500}, 0),
    ],
)
def test_max_tokens_weigh_ahead_only_where_the_provider_counts_them_so(
    model: str, params: dict[str, object], ahead: int
) -> None:
    assert counter_for(model, {}).ahead(make_call(1, params=params)) == ahead
