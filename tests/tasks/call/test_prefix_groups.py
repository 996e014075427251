"""Questions on one document share more than all questions do: found, sent side by side, written once."""

import asyncio
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.prefix import with_prefixes
from tasks.estimate import estimate_plan
from tasks.model import Sample, Suite
from tasks.plan import Plan
from tasks.spec import make_spec
from tasks.work import plan_run
from tests.tasks.call.test_prefix import make_calls

SONNET = "anthropic/claude-sonnet-5"
N_DOCUMENTS, N_QUESTIONS = 3, 6
CHARS = 8_000


def document(nth: int, chars: int = CHARS) -> str:
    return (f"Line of the document {nth}, and of no other.\n" * chars)[:chars] + "\n"


def suite_of(
    *, system: str | None = None, clusters: bool = True, questions: int = N_QUESTIONS, chars: int = CHARS
) -> Suite:
    """The questions take turns, so that those on one document lie apart."""
    samples = tuple(
        Sample(
            f"d{nth}-{question}",
            {},
            input=f"{document(nth, chars)}Which is line {question}?",
            system=system,
            cluster=f"d{nth}" if clusters else None,
        )
        for question in range(questions)
        for nth in range(N_DOCUMENTS)
    )
    return Suite("docs", "1+00000000", "nowhere", "", None, None, {"max_tokens": 64}, (), None, samples)


def plan_of(suite: Suite, *models: str, **fields: Any) -> Plan:
    entries = [{"model": model, "cache": fields.pop("cache", "5m")} for model in models or (SONNET,)]
    spec = make_spec({"suites": ["docs"], "models": entries, "shard_size": 5, **fields})
    return plan_run("r", spec, [suite])


def clusters_asked(plan: Plan, variant: str = SONNET) -> list[str]:
    return [
        str(sample.cluster)
        for shard in plan.shards
        if shard.variant.name == variant
        for sample, _ in shard.asked
    ]


def test_each_cluster_has_a_prefix_of_its_document() -> None:
    plan = with_prefixes(plan_of(suite_of()))
    assert plan.prefixes == {}
    assert {place[2] for place in plan.group_prefixes} == {"d0", "d1", "d2"}
    assert {(prefix.turns, prefix.chars) for prefix in plan.group_prefixes.values()} == {(0, CHARS + 1)}
    assert len({prefix.key for prefix in plan.group_prefixes.values()}) == N_DOCUMENTS
    for shard in plan.shards:
        for call, (sample, _) in zip(plan.calls(shard), shard.asked, strict=True):
            assert call.prefix == plan.group_prefixes["docs", SONNET, str(sample.cluster)]


def test_the_calls_of_a_cluster_stand_side_by_side_and_nothing_else_changes() -> None:
    bare = plan_of(suite_of())
    plan = with_prefixes(bare)
    assert clusters_asked(bare)[:4] == ["d0", "d1", "d2", "d0"]
    assert clusters_asked(plan) == [f"d{nth}" for nth in range(N_DOCUMENTS) for _ in range(N_QUESTIONS)]
    assert [len(shard.asked) for shard in plan.shards] == [len(shard.asked) for shard in bare.shards]
    assert plan.titles == bare.titles
    before = {call.call_key: call for shard in bare.shards for call in bare.calls(shard)}
    after = {call.call_key: replace(call, prefix=None) for shard in plan.shards for call in plan.calls(shard)}
    assert after == before


def test_a_variant_without_a_cache_asks_in_the_same_order() -> None:
    plan = with_prefixes(plan_of(suite_of(), SONNET, "openai/gpt-4o-2024-05-13"))
    assert {place[1] for place in plan.group_prefixes} == {SONNET}
    assert clusters_asked(plan, "openai/gpt-4o-2024-05-13") == clusters_asked(plan)


def test_epochs_of_a_cluster_stand_together_too() -> None:
    plan = with_prefixes(plan_of(suite_of(), epochs=2))
    assert clusters_asked(plan) == [f"d{nth}" for nth in range(N_DOCUMENTS) for _ in range(2 * N_QUESTIONS)]


@pytest.mark.parametrize(
    ("suite", "fields"),
    [
        pytest.param(suite_of(clusters=False), {}, id="no clusters"),
        pytest.param(suite_of(questions=1), {}, id="one question a document"),
        pytest.param(suite_of(chars=1_000), {}, id="documents too short for the vendor"),
        pytest.param(suite_of(), {"cache": "off"}, id="off"),
        pytest.param(suite_of(questions=2), {"cache": "1h"}, id="two calls do not pay for an hour"),
    ],
)
def test_there_is_no_prefix_of_a_cluster_and_the_order_stays(suite: Suite, fields: dict[str, Any]) -> None:
    plan = with_prefixes(plan_of(suite, **fields))
    assert plan.group_prefixes == {}
    assert clusters_asked(plan) == [str(sample.cluster) for sample in suite.samples]


@pytest.mark.parametrize(
    ("rules", "chars", "own"),
    [
        pytest.param(4_000, CHARS, True, id="the document is most of it"),
        pytest.param(80_000, 1_000, False, id="the rules are most of it"),
    ],
)
def test_the_cheaper_of_the_two_beginnings_is_marked(rules: int, chars: int, own: bool) -> None:
    suite = suite_of(system=document(99, rules), chars=chars)
    plan = with_prefixes(plan_of(suite))
    assert len(plan.prefixes) == 1
    assert len(plan.group_prefixes) == (N_DOCUMENTS if own else 0)
    [call, *_] = [call for shard in plan.shards for call in plan.calls(shard)]
    assert call.prefix is not None
    assert (call.prefix.turns, call.prefix.chars > 0) == (1, own)


def test_a_limit_that_leaves_one_question_of_a_document_marks_the_others() -> None:
    plan = with_prefixes(plan_of(suite_of(questions=4), limit=7))
    counts = Counter(clusters_asked(plan))
    assert {place[2] for place in plan.group_prefixes} == {name for name, n in counts.items() if n > 1}


@pytest.mark.parametrize("model", ["simulated/claude-sonnet-5", "simulated/gpt-6-luna"])
def test_each_document_is_written_once_and_read_by_its_other_questions(tmp_path: Path, model: str) -> None:
    plan = with_prefixes(plan_of(suite_of(), model))
    ledger = asyncio.run(make_calls(tmp_path, plan))
    written = [row["cache_write_tokens"] for row in ledger if row["cache_write_tokens"]]
    assert len(written) == N_DOCUMENTS
    assert min(written) >= CHARS // 4
    assert sum(row["cached_input_tokens"] > 0 for row in ledger) == N_DOCUMENTS * (N_QUESTIONS - 1)
    assert sum(row["cached_input_tokens"] for row in ledger) == sum(written) * (N_QUESTIONS - 1)


def test_a_plan_says_what_that_saves(tmp_path: Path) -> None:
    suite = suite_of()
    [bare] = estimate_plan([plan_of(suite)], tmp_path).lines
    found = estimate_plan([with_prefixes(plan_of(suite))], tmp_path)
    [line] = found.lines
    assert bare.usd is not None
    assert line.saved is not None
    assert line.usd == bare.usd - line.saved.usd
    tokens, price = (CHARS + 1) // 4, Decimal(2)  # sonnet 5: 2 plain, 2.50 written, 0.20 read
    whole = N_DOCUMENTS * tokens * (N_QUESTIONS - Decimal("1.25") - (N_QUESTIONS - 1) * Decimal("0.1"))
    assert abs(line.saved.usd - whole * price / 1_000_000) < line.saved.usd / 100
    assert line.saved.prefixes == N_DOCUMENTS
    assert "written once and then read (3 shared beginnings)" in " ".join(found.sentences())


def test_a_price_that_depends_on_a_prompts_length_is_that_of_each_prompt(tmp_path: Path) -> None:
    """Of haiku 5.5, a prompt above 100,000 tokens costs 0.50 a million and not 0.10."""
    model, lengths = "anthropic/claude-haiku-5-5", (4_000, 480_000)
    samples = tuple(Sample(f"s{n}", {}, input="word " * (n // 5)) for n in lengths)
    suite = Suite("docs", "1+0", "nowhere", "", None, None, {"max_tokens": 1}, (), None, samples)
    [line] = estimate_plan([plan_of(suite, model)], tmp_path).lines
    assert line.usd is not None
    wanted = Decimal(1_004) * Decimal("0.10") + Decimal(120_004) * Decimal("0.50")
    wanted += Decimal(line.output_tokens // 2) * (Decimal("0.50") + Decimal("2.50"))
    assert abs(line.usd * 1_000_000 - wanted) < 10
