"""A spec becomes its rehearsal: simulated entries without an address, limits and latencies in proportion."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.leases import Ask, StoreLeases, account_hash, last_told
from tasks.call.simulated.settings import make_settings
from tasks.estimate import Estimate
from tasks.home import Home, Settings
from tasks.rehearsal import Rehearsal
from tasks.rehearse import compression_of, plan_rehearsal
from tasks.runs import begin_run
from tasks.spec import EvalSpec, make_spec
from tasks.store import Store
from tasks.work import prepare
from tests.tasks.home_cases import settings_with_sums
from tests.warehouse.sample_run import land
from warehouse.errors import SpecError

GPT, HAIKU = "openai/gpt-4o-2024-05-13", "anthropic/claude-haiku-5-5"


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return settings_with_sums(home, tmp_path, 600)


def spec_of(*models: dict[str, Any], **fields: Any) -> EvalSpec:
    return make_spec({"suites": ["sums"], "models": list(models), **fields})


@pytest.mark.parametrize(
    ("minutes", "calls_per_s", "compression"),
    [
        pytest.param(41.0, 0.5, 41.0, id="a night in a minute"),
        pytest.param(41.0, 15.0, 10.0, id="no faster than this machine"),
        pytest.param(0.2, 2.0, 1.0, id="never slower than the night"),
        pytest.param(0.2, 500.0, 1.0, id="nor where it is faster than this machine"),
        pytest.param(60.0, 0.0, 60.0, id="nothing but batches"),
    ],
)
def test_the_compression(minutes: float, calls_per_s: float, compression: float) -> None:
    assert compression_of(Estimate((), minutes, calls_per_s)) == pytest.approx(compression)


def test_entries_lose_their_address_and_keep_their_name_and_price(settings: Settings) -> None:
    spec = spec_of(
        {"model": GPT, "base_url": "http://127.0.0.1:9/v1", "api_key_env": "K", "headers": {"x-a": "b"}},
        {"model": HAIKU, "name": "small", "limits": {"requests_per_minute": 60, "in_flight": 7}},
        {"model": "compatible/llama", "priced_as": GPT},
        reuse="7d",
        budget_usd="3",
    )
    rehearsed, rehearsal, _ = plan_rehearsal(settings, spec)
    assert rehearsal.minutes == 10.0
    assert rehearsal.compression == pytest.approx(10.0)
    gpt, small, llama = rehearsed.models
    assert (gpt.model, gpt.variant, gpt.priced_as) == ("simulated/gpt-4o-2024-05-13", GPT, GPT)
    assert (gpt.base_url, gpt.api_key_env, gpt.headers) == (None, None, {})
    assert (small.model, small.variant) == ("simulated/claude-haiku-5-5", "small")
    assert (small.limits.requests_per_minute, small.limits.in_flight) == (600, 7)
    assert (llama.model, llama.priced_as) == ("simulated/llama", GPT)
    assert (rehearsed.reuse, rehearsed.budget_usd) == ("never", spec.budget_usd)
    assert 'reuse = "7d" is not rehearsed' in " ".join(rehearsal.notes)
    assert rehearsed.fingerprint() != spec.fingerprint()


def test_the_server_has_the_same_limits_and_is_as_much_faster(settings: Settings) -> None:
    land(settings.home.warehouse, "night", model=GPT)  # one second and ten tokens an answer
    limits = {"requests_per_minute": 60, "input_tokens_per_minute": 90_000}
    rehearsed, rehearsal, predicted = plan_rehearsal(settings, spec_of({"model": GPT, "limits": limits}))
    kept = Rehearsal.read(rehearsal.as_json())
    assert kept == rehearsal
    server = kept.server_settings(make_settings({"seed": 5, "faults": {"cut": 0.1}}))
    assert (server.seed, server.faults.cut) == (5, 0.1), "faults are rehearsed if somebody asks for them"
    asked, allowed = rehearsed.models[0].limits, server.limits["gpt-4o-2024-05-13"]
    assert asked.requests_per_minute == allowed.requests_per_minute == 600
    assert asked.input_tokens_per_minute == allowed.input_tokens_per_minute == 900_000
    assert allowed.counts_max_tokens
    assert kept.counts_all == ("simulated/gpt-4o-2024-05-13",)
    manner = server.manners["gpt-4o-2024-05-13"]
    assert manner.median_ms is not None
    assert manner.median_ms < 100
    assert manner.outputs["sums"][0] == 10
    assert predicted["predicted_minutes"] == 1.0
    assert predicted["predicted_output_tokens"] == 6000


def test_a_budget_that_refuses_looks_at_what_the_night_is_expected_to_cost(settings: Settings) -> None:
    land(settings.home.warehouse, "night", model=GPT)  # ten tokens an answer; sixteen would be assumed

    def begin(budget: Decimal) -> None:
        spec = spec_of({"model": GPT}, on_budget="refuse", budget_usd=f"{budget:.6f}")
        rehearsed, rehearsal, predicted = plan_rehearsal(settings, spec)
        record = begin_run(
            settings.home,
            rehearsed,
            f"r{int(budget * 10**6)}",
            trigger="cli",
            kind="rehearsal",
            rehearsal=rehearsal.as_json(),
            predicted=predicted,
        )
        assert prepare(settings, record, environ={}).record.predicted == predicted

    _, _, predicted = plan_rehearsal(settings, spec_of({"model": GPT}))
    usd = Decimal(str(predicted["predicted_usd"]))
    begin(usd * Decimal("1.05"))
    with pytest.raises(SpecError, match="on_budget"):
        begin(usd * Decimal("0.95"))


def test_batches_take_as_much_less_time(settings: Settings) -> None:
    _, rehearsal, _ = plan_rehearsal(settings, spec_of({"model": GPT}, mode="batch"))
    assert (rehearsal.minutes, rehearsal.compression) == (60.0, 60.0)
    assert rehearsal.server_settings(make_settings({})).batch.seconds == 60.0


def tell(home: Home, account: str, told: tuple[int | None, int | None, int | None]) -> None:
    """What a response's headers told, three days ago."""
    store = Store(home.limits)
    three_days = 3 * 86_400 * 10**9
    leases = StoreLeases(store, wall_ns=lambda: 10**18 - three_days)
    asyncio.run(leases.take([Ask(account_hash(account), told=told)]))
    store.close()


def test_limits_that_nobody_configured_are_those_that_the_last_headers_told(settings: Settings) -> None:
    spec = spec_of({"model": GPT}, {"model": HAIKU, "limits": {"requests_per_minute": 100}})
    tell(settings.home, spec.models[0].account, (30, None, 5000))
    tell(settings.home, spec.models[1].account, (1, None, None))
    rehearsed, rehearsal, _ = plan_rehearsal(settings, spec)
    told, own = (entry.limits for entry in rehearsed.models)
    assert (rehearsal.minutes, rehearsal.compression) == (20.0, 20.0)
    assert (told.requests_per_minute, told.output_tokens_per_minute) == (600, 100_000)
    assert own.requests_per_minute == 2000, "what is configured is not overruled"
    assert any(GPT in note and "last responses told" in note for note in rehearsal.notes)
    assert last_told(settings.home.limits, ["somebody else"]) == {}
    assert last_told(settings.home.root / "none", ["a"]) == {}


@pytest.mark.parametrize(
    ("models", "words"),
    [
        pytest.param([{"model": "recorded/x"}], "nothing to rehearse", id="recorded outputs"),
        pytest.param(
            [
                {"model": GPT, "limits": {"requests_per_minute": 10}},
                {"model": GPT.replace("openai", "azure"), "limits": {"requests_per_minute": 20}},
            ],
            "one model has one set of limits",
            id="two accounts of one model",
        ),
    ],
)
def test_what_cannot_be_rehearsed_is_refused(
    settings: Settings, models: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(SpecError, match=words) as refused:
        plan_rehearsal(settings, spec_of(*models))
    assert "Nothing was sent" in str(refused.value)
