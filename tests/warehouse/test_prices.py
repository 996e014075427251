"""What a token costs, on which day, by whose word."""

import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.call import facts
from tests.warehouse.sample_run import row
from warehouse.catalog import DUCKDB_TYPES, price_row
from warehouse.columns import COLUMNS
from warehouse.prices import (
    Mode,
    TokenKind,
    known_models,
    load_prices,
    overlaps,
    price_of,
    prices_of,
    resolve_priced_as,
    usd_of,
)
from warehouse.sqlfiles import load_macros, load_views

TODAY = date(2026, 11, 25)


@dataclass(frozen=True)
class Counts:
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0


def test_no_two_prices_of_one_thing_hold_on_one_day() -> None:
    assert list(overlaps(load_prices())) == []


def test_an_overlap_is_found() -> None:
    price = replace(load_prices()[0], valid_from=date(2025, 1, 1), valid_to=date(2025, 2, 1))
    touching = replace(price, valid_from=date(2025, 2, 1), valid_to=None)
    overlapping = replace(price, valid_from=date(2025, 1, 31), valid_to=None)
    assert list(overlaps([price, touching])) == []
    assert list(overlaps([price, overlapping])) == [(price, overlapping)]


def test_every_row_names_its_source_and_ends_after_it_began() -> None:
    for price in load_prices():
        assert price.source.startswith("https://")
        assert price.valid_to is None or price.valid_from < price.valid_to
        assert price.model.startswith(f"{price.provider}/")


SONNET = "anthropic/claude-3-5-sonnet-20240620"
MAY = "openai/gpt-4o-2024-05-13"
AUGUST = "openai/gpt-4o-2024-08-06"
SOL = "openai/gpt-6.2-sol"
SONNET_45 = "anthropic/claude-sonnet-4-5"
SONNET_55 = "anthropic/claude-sonnet-5-5"
OPUS_46 = "anthropic/claude-opus-4-6"
HAIKU_55 = "anthropic/claude-haiku-5-5"
CACHE_WRITES: tuple[TokenKind, ...] = ("cache_write", "cache_write_1h")


@pytest.mark.parametrize(
    ("model", "day", "mode", "kind", "tokens", "usd"),
    [
        pytest.param(MAY, TODAY, "realtime", "input", 0, "5", id="gpt-4o of May, input"),
        pytest.param(MAY, TODAY, "realtime", "output", 0, "15", id="gpt-4o of May, output"),
        pytest.param(MAY, TODAY, "realtime", "cached_input", 0, "5", id="no discount"),
        pytest.param("openai/gpt-4o", date(2024, 10, 1), "realtime", "input", 0, "5", id="alias before"),
        pytest.param("openai/gpt-4o", date(2024, 10, 2), "realtime", "input", 0, "2.5", id="alias after"),
        pytest.param(AUGUST, TODAY, "realtime", "cached_input", 0, "1.25", id="cached"),
        pytest.param(AUGUST, TODAY, "batch", "output", 0, "5", id="batch"),
        pytest.param(AUGUST, TODAY, "batch", "cached_input", 0, "1.25", id="batch, cached"),
        pytest.param("azure/gpt-4o-2024-08-06", TODAY, "realtime", "output", 0, "10", id="azure"),
        pytest.param(SONNET, TODAY, "realtime", "output", 0, "15", id="a retired model"),
        pytest.param(SONNET, TODAY, "realtime", "cache_write_1h", 0, "6", id="an hour's cache"),
        pytest.param(SONNET, TODAY, "batch", "cache_write", 0, "1.875", id="batch, written"),
        pytest.param(SONNET_45, date(2026, 4, 29), "realtime", "input", 200_000, "3", id="below tier"),
        pytest.param(SONNET_45, date(2026, 4, 29), "realtime", "input", 200_001, "6", id="above tier"),
        pytest.param(SONNET_45, date(2026, 4, 30), "realtime", "input", 200_001, "3", id="tier ended"),
        pytest.param(OPUS_46, date(2026, 3, 12), "realtime", "output", 200_001, "37.5", id="its last day"),
        pytest.param(OPUS_46, date(2026, 3, 13), "realtime", "output", 200_001, "25", id="no tier since"),
        pytest.param(HAIKU_55, TODAY, "batch", "output", 100_000, "0.25", id="haiku 5.5"),
        pytest.param(HAIKU_55, TODAY, "batch", "output", 100_001, "1.25", id="haiku 5.5, long"),
        pytest.param(SONNET_55, date(2026, 10, 6), "realtime", "cached_input", 0, "0.2", id="cache before"),
        pytest.param(SONNET_55, date(2026, 10, 7), "realtime", "cached_input", 0, "0.1", id="cache after"),
        pytest.param(SOL, TODAY, "realtime", "cache_write", 272_000, "2.5", id="a write to OpenAI's cache"),
        pytest.param(SOL, TODAY, "batch", "cache_write", 272_001, "2.5", id="a long one, half of twice"),
        pytest.param(AUGUST, date(2024, 9, 30), "realtime", "cached_input", 0, "2.5", id="no cache yet"),
        pytest.param(AUGUST, date(2024, 10, 1), "realtime", "cached_input", 0, "1.25", id="its first day"),
        pytest.param("openai/o3", date(2025, 6, 9), "realtime", "cached_input", 0, "2.5", id="o3, cached"),
        pytest.param("openai/o3", date(2025, 6, 9), "realtime", "input", 0, "10", id="o3 before its cut"),
        pytest.param("openai/o3", date(2025, 6, 10), "realtime", "input", 0, "2", id="o3 after it"),
    ],
)
def test_price(model: str, day: date, mode: Mode, kind: TokenKind, tokens: int, usd: str) -> None:
    price = price_of(model, day, mode, kind, tokens)
    assert price is not None
    assert price.usd_per_mtok == Decimal(usd)


def test_there_is_no_price_before_its_first_day() -> None:
    assert price_of("openai/gpt-4o-2024-05-13", date(2024, 5, 12)) is None
    assert price_of("anthropic/claude-3-5-sonnet-20240620", date(2024, 10, 7), "batch") is None
    assert price_of("openai/gpt-4-turbo", date(2024, 4, 14), "batch") is None
    assert price_of("anthropic/claude-opus-4-1", date(2025, 8, 4)) is None


def test_the_models_that_examples_name_have_prices_of_our_own() -> None:
    current = tomllib.loads(Path(facts.__file__).with_name("current.toml").read_text(encoding="utf-8"))
    assert current
    assert set(current.values()) <= set(known_models())


def test_anthropics_cache_costs_multiples_of_the_input() -> None:
    odd = {
        "anthropic/claude-3-sonnet-20240229": ("1", "1"),
        "anthropic/claude-3-haiku-20240307": ("1.2", "2"),
    }
    for price in load_prices():
        if (price.provider, price.mode, price.token_kind) == ("anthropic", "realtime", "input"):
            writes = [
                price_of(price.model, price.valid_from, "realtime", kind, price.from_input_tokens)
                for kind in CACHE_WRITES
            ]
            want = [Decimal(times) * price.usd_per_mtok for times in odd.get(price.model, ("1.25", "2"))]
            assert [write and write.usd_per_mtok for write in writes] == want, price


def test_the_day_is_the_utc_day() -> None:
    evening = datetime.fromisoformat("2024-10-02T09:00:00+11:00")  # in Sydney; 2024-10-01 in UTC
    price = price_of("openai/gpt-4o", evening)
    assert price is not None
    assert price.usd_per_mtok == 5


def test_where_our_table_is_silent_genai_prices_speaks() -> None:
    model = "openai/gpt-3.5-turbo-1106"
    assert model not in known_models()
    price = price_of(model, TODAY)
    assert price is not None
    assert price.usd_per_mtok == 1
    assert price.source.startswith("genai-prices ")


def test_our_table_wins() -> None:
    assert all(price.source.startswith("https://") for price in prices_of("openai/gpt-4o"))


@pytest.mark.parametrize(
    "model", ["compatible/llama", "openai/no-such-model", "simulated/x", "azure/prod", ""]
)
def test_a_model_nobody_prices_has_no_price(model: str) -> None:
    assert prices_of(model) == ()
    assert usd_of(model, Counts(1, 1), TODAY) is None


@pytest.mark.parametrize(
    ("model", "named", "served", "want"),
    [
        pytest.param("openai/gpt-4o", None, "gpt-4o-2024-08-06", "openai/gpt-4o", id="an alias has its own"),
        pytest.param("openai/x", None, "gpt-4o-2024-08-06", AUGUST, id="unknown: as served"),
        pytest.param("openai/x", None, None, "openai/x", id="unknown"),
        pytest.param("simulated/gpt-4o-2024-05-13", None, None, "openai/gpt-4o-2024-05-13", id="simulated"),
        pytest.param("simulated/claude-3-5-sonnet-20240620", None, "x", SONNET, id="simulated claude"),
        pytest.param("recorded/o3", None, None, "openai/o3", id="recorded"),
        pytest.param("recorded/openai/o3", None, None, "openai/o3", id="recorded with its provider"),
        pytest.param("recorded/our-own", None, None, None, id="recorded by nobody known"),
        pytest.param("azure/prod", None, "o3-2025-04-16", "azure/o3-2025-04-16", id="azure as served"),
        pytest.param("azure/gpt-4o-2024-08-06", None, None, "azure/gpt-4o-2024-08-06", id="azure, planned"),
        pytest.param("compatible/llama", None, "gpt-4o", None, id="compatible"),
        pytest.param("compatible/llama", "openai/gpt-4o", None, "openai/gpt-4o", id="named"),
    ],
)
def test_priced_as(model: str, named: str | None, served: str | None, want: str | None) -> None:
    assert resolve_priced_as(model, named, served) == want


def test_a_count_that_cannot_be_true_has_no_cost() -> None:
    assert usd_of("openai/gpt-4o", Counts(2**62, 0), TODAY) is None
    assert usd_of("openai/gpt-4o", Counts(-1, 0), TODAY) is None


MODELS = st.sampled_from(
    ["openai/gpt-4o", "anthropic/claude-sonnet-4-20250514", HAIKU_55, "openai/o3", "openai/gpt-5.4", None]
)
COUNT = st.integers(0, 150_000)
CALLS = st.tuples(
    MODELS,
    st.sampled_from(["realtime", "batch"]),
    st.integers(0, 900).map(lambda days: datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(days=days)),
    st.builds(Counts, COUNT, COUNT, COUNT, COUNT, COUNT),
)


@settings(max_examples=15, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=40))
def test_sql_and_python_agree_to_the_last_digit(
    calls: list[tuple[str | None, Mode, datetime, Counts]],
) -> None:
    prices = [*load_prices(), *prices_of("openai/gpt-5.4")]
    with duckdb.connect() as connection:
        for table, kinds in COLUMNS.items():
            columns = ", ".join(f"{name} {DUCKDB_TYPES[kind]}" for name, kind in kinds.items())
            connection.execute(f"create table {table} ({columns})")
        connection.execute(f"insert into prices values {', '.join(map(price_row, prices))}")
        for macro in load_macros():
            connection.execute(macro.sql)
        for view in load_views():
            if view.name in {"rates", "billed_totals", "cost_totals", "call_costs"}:
                connection.execute(f"create view {view.name} as {view.sql}")
        for i, (model, mode, at, counts) in enumerate(calls):
            values = row("calls", sample_id=str(i), mode=mode, priced_as=model, started_at=at, **vars(counts))
            marks = ", ".join("?" * len(values))
            connection.execute(f"insert into calls values ({marks})", list(values.values()))
        got = connection.execute("select usd from call_costs order by sample_id::int").fetchall()
        sums = "select sum(usd), count(*) filter (usd is null) from call_costs"
        assert connection.execute(sums).fetchall() == (
            connection.execute("select sum(usd), sum(n_unpriced) from cost_totals").fetchall()
        )
    free = Counts(0, 0)
    want = [
        usd_of(model or "compatible/x", counts, at, mode) if counts != free else Decimal(0)
        for model, mode, at, counts in calls
    ]
    assert [usd for (usd,) in got] == want
