"""What a simulated model says follows from seed, model, prompt and sample header, and meets its rates."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.simulated.draws import Draw
from tasks.call.simulated.families import family_of, rates
from tasks.call.simulated.plan import PlanEntry
from tasks.call.simulated.reply import CallKey, decide_fate, is_right, make_reply
from tasks.call.simulated.settings import Settings, make_settings
from tasks.call.simulated.wire import Reply, Request, count_tokens
from tasks.model import hash_uuid
from tests.tasks.call.simulated.loopback import GPT, SONNET, ask, entry

PLAIN = make_settings({"refusals": 0.0})


def reply_to(
    model: str = SONNET,
    text: str = "How many are 3 and 4?",
    sample: str = "",
    planned: PlanEntry | None = None,
    settings: Settings = PLAIN,
    **request: Any,
) -> Reply:
    key = CallKey(model, hash_uuid(ask(text)), sample)
    family = family_of(model)
    fate = decide_fate(key, family, settings)
    asked = Request(model, tuple(ask(text)), count_tokens(text), **request)
    return make_reply(asked, planned, key, fate, family, settings)


def right_share(
    model: str, settings: Settings, n: int = 3000, suite: str = "gsm8k"
) -> tuple[float, set[int]]:
    family = family_of(model)
    right = set()
    for i in range(n):
        planned = PlanEntry(UUID(int=i), suite, str(i), "number", "1")
        if is_right(CallKey(model, UUID(int=i), ""), planned, family, settings):
            right.add(i)
    return len(right) / n, right


def test_the_same_request_gets_the_same_reply() -> None:
    planned = entry("How many are 3 and 4?", "json.answer", "7")
    assert reply_to(planned=planned) == reply_to(planned=planned)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"model": GPT}, id="model"),
        pytest.param({"text": "How many are 5 and 6?"}, id="prompt"),
        pytest.param({"sample": "another"}, id="sample header"),
        pytest.param({"settings": make_settings({"refusals": 0.0, "seed": 1})}, id="seed"),
    ],
)
def test_another_request_gets_another_text(change: Mapping[str, Any]) -> None:
    assert reply_to(**change).text != reply_to().text


@pytest.mark.parametrize("model", [SONNET, GPT])
def test_a_model_is_right_as_often_as_its_rate_says(model: str) -> None:
    # 3,000 draws: four standard deviations are 0.015 at a rate of 0.95.
    share, _ = right_share(model, PLAIN)
    assert share == pytest.approx(family_of(model).right_rate("gsm8k"), abs=0.016)


def test_two_models_fail_on_overlapping_samples() -> None:
    settings = make_settings({"accuracy": 0.8})
    _, sonnet = right_share(SONNET, settings)
    _, gpt = right_share(GPT, settings)
    both_fail = 3000 - len(sonnet | gpt)
    assert 0.09 < both_fail / 3000 < 0.16  # 0.04 if they failed independently, 0.2 if on the same samples


def test_an_epoch_changes_few_verdicts() -> None:
    settings = make_settings({"accuracy": 0.8})
    family = family_of(SONNET)
    changed = 0
    for i in range(2000):
        planned = PlanEntry(UUID(int=i), "gsm8k", str(i), "number", "1")
        first, second = (
            is_right(CallKey(SONNET, UUID(int=i), sample), planned, family, settings) for sample in "ab"
        )
        changed += first != second
    assert 0.05 < changed / 2000 < 0.2


@pytest.mark.parametrize(
    ("settings", "passes"),
    [
        pytest.param({"accuracy": 1.0}, True, id="always right"),
        pytest.param({"accuracy": 0.0}, False, id="never right"),
    ],
)
def test_the_accuracy_can_be_set(settings: Mapping[str, Any], passes: bool) -> None:
    share, _ = right_share(SONNET, make_settings(settings), n=200)
    assert share == (1.0 if passes else 0.0)


@given(st.text(max_size=60), st.integers(1, 60), st.sampled_from([SONNET, GPT, "o3", "unheard-of"]))
def test_no_reply_costs_more_output_than_max_tokens(text: str, max_tokens: int, model: str) -> None:
    reply = reply_to(model, text or "?", max_tokens=max_tokens, thinks=True)
    assert reply.tokens.output_tokens <= max_tokens
    assert reply.tokens.reasoning_tokens <= reply.tokens.output_tokens


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 3000), st.booleans(), st.integers(0, 50))
def test_the_kinds_of_input_add_up_to_the_prompt(
    cached: float, written: float, length: int, two_lifetimes: bool, sample: int
) -> None:
    settings = make_settings({"cached": cached, "cache_written": written})
    text = "x" * length
    tokens = reply_to(text=text, sample=str(sample), settings=settings, two_lifetimes=two_lifetimes).tokens
    assert tokens.prompt == count_tokens(text)
    assert min(tokens.input_tokens, tokens.cached_input_tokens, tokens.cache_write_tokens) >= 0
    assert two_lifetimes or tokens.cache_write_1h_tokens == 0


def test_the_first_comparison_differs_in_json_only() -> None:
    target = '{"city": "Oslo", "people": [1, 2]}'
    obeyed = {SONNET: 0, GPT: 0}
    for model in obeyed:
        for i in range(400):
            text = f"Only JSON, please: {i}"
            planned = PlanEntry(hash_uuid(ask(text)), "json_only", str(i), "json", target)
            with suppress(ValueError):
                obeyed[model] += json.loads(reply_to(model, text, planned=planned).text) == json.loads(target)
    assert obeyed[SONNET] > 350
    assert 240 < obeyed[GPT] < 330


def test_latency_is_fixed_or_a_distribution_of_the_models_own() -> None:
    def latencies(model: str, settings: Mapping[str, Any]) -> list[float]:
        keys = (CallKey(model, UUID(int=i), "") for i in range(999))
        return sorted(decide_fate(key, family_of(model), make_settings(settings)).latency_s for key in keys)

    assert set(latencies(SONNET, {"latency_ms": 20})) == {0.02}
    assert latencies(SONNET, {})[499] == pytest.approx(0.9, rel=0.1)
    assert latencies(GPT, {})[499] == pytest.approx(0.6, rel=0.1)
    assert latencies(GPT, {"latency_median_ms": 50, "latency_sigma": 0.0})[0] == pytest.approx(0.05)


def test_every_family_of_the_file_is_usable_and_the_empty_prefix_is_there() -> None:
    families = rates().families
    assert "" in {family.prefix for family in families}
    for family in families:
        assert reply_to(family.prefix or "other").text
        assert all(0 <= rate <= 1 for rate in [family.accuracy, family.refusals, *family.suites.values()])


@given(st.lists(st.text(max_size=5), min_size=1, max_size=4))
def test_a_draw_depends_on_its_whole_key_and_stays_within_its_bounds(parts: list[str]) -> None:
    first, second, joined = Draw(*parts), Draw(*parts), Draw("".join(parts), "end")
    drawn = [first.share() for _ in range(4)]
    assert drawn == [second.share() for _ in range(4)]
    assert drawn != [joined.share() for _ in range(4)]
    assert all(0 <= share < 1 for share in drawn)
    assert first.pick("abc") in "abc"
    assert first.weighted([("a", 0.0), ("b", 1.0)]) == "b"
