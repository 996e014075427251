"""What calls begin with alike is found, marked where it pays, and changes nothing of what is asked."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import MessageParam, TextBlockParam
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tasks.call.anthropic import message_request
from tasks.call.course import Lane
from tasks.call.endpoint import resolve_endpoint
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.limiter import Limiter
from tasks.call.openai import completion_request
from tasks.call.openai_responses import response_request
from tasks.call.prefix import find_prefix, least_cached, with_prefixes
from tasks.call.providers import open_provider
from tasks.call.sdk_models import sdk_models
from tasks.call.session import CallSession
from tasks.model import Call, Message, Sample, SharedPrefix, Suite
from tasks.plan import Plan
from tasks.progress import Progress, VariantProgress
from tasks.spec import CacheChoice, Limits, ModelEntry, make_spec
from tasks.work import plan_run
from tests.tasks import cases
from tests.tasks.call.simulated.loopback import serving

SONNET, GPT, LUNA = "anthropic/claude-sonnet-5", "openai/gpt-4o", "openai/gpt-6-luna"
RULES = "A rule of the house, and one more of them.\n" * 100  # 4,300 bytes: 1,433 tokens at most
CONTROL = {"cache_control": {"type": "ephemeral"}}
BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}


def turn(content: str, role: str = "user") -> Message:
    return {"role": role, "content": content}


def talks(*contents: str, system: str | None = None, shots: Sequence[Message] = ()) -> list[list[Message]]:
    before = [turn(system, "system")] if system is not None else []
    return [[*before, *shots, turn(content)] for content in contents]


def found(
    conversations: Sequence[Sequence[Message]], model: str = SONNET, **more: Any
) -> SharedPrefix | None:
    return find_prefix(model, {}, conversations, more.pop("n_calls", len(conversations)), **more)


@pytest.mark.parametrize(
    ("conversations", "turns", "chars"),
    [
        pytest.param(talks("One?", "Two?", system=RULES), 1, 0, id="a system message"),
        pytest.param(
            talks("One?", "Two?", system="S", shots=[turn(RULES), turn("Yes.", "assistant")]),
            3,
            0,
            id="few-shot turns",
        ),
        pytest.param(
            talks(RULES + "One?", RULES + "Two?"), 0, len(RULES), id="a document that begins a message"
        ),
        pytest.param(
            talks(RULES + "Is one a rule?", RULES + "Is two a rule?", system="S"),
            1,
            len(RULES),
            id="up to the end of a line, not into the question",
        ),
        pytest.param(
            talks("word " * 900 + "one", "word " * 900 + "two"), 0, 4500, id="up to the end of a word, else"
        ),
        pytest.param(
            talks("Which of them is one?", "Which of them is two?", system=RULES),
            1,
            0,
            id="no message is cut for a few words",
        ),
        pytest.param(talks(RULES, RULES), 1, 0, id="a whole prompt that is asked again"),
        pytest.param(
            [[turn(RULES)], [turn(RULES), turn("Yes.", "assistant"), turn("Why?")]],
            1,
            0,
            id="one that is a beginning of the other",
        ),
    ],
)
def test_a_prefix_is_found(conversations: list[list[Message]], turns: int, chars: int) -> None:
    prefix = found(conversations)
    assert prefix is not None
    assert (prefix.turns, prefix.chars) == (turns, chars)


@pytest.mark.parametrize(
    ("conversations", "more"),
    [
        pytest.param(talks("One?", "Two?", system="Be brief."), {}, id="too short"),
        pytest.param(talks("One?", system=RULES), {}, id="asked once"),
        pytest.param(
            talks("One?", "Two?", system=RULES), {"choice": "1h"}, id="an hour pays with three calls"
        ),
        pytest.param(talks("One?", "Two?", system=RULES), {"choice": "off"}, id="not wanted"),
        pytest.param(
            talks("One?", "Two?", system=RULES),
            {"model": "anthropic/claude-haiku-4-5"},
            id="a model's minimum",
        ),
        pytest.param(talks("One?", "Two?", system=RULES), {"model": "compatible/llama"}, id="nobody knows"),
        pytest.param(
            talks("One?", "Two?", system=RULES), {"model": "recorded/claude-sonnet-5"}, id="imported"
        ),
        pytest.param(
            talks("One?", "Two?", system=RULES),
            {"model": "openai/gpt-4o-2024-05-13"},
            id="older than the cache",
        ),
        pytest.param([[turn(RULES, "system")], [turn(RULES)]], {}, id="other roles"),
        pytest.param(
            [*talks("One?", "Two?", system=RULES), [turn("One?")]], {}, id="one that begins otherwise"
        ),
        pytest.param([], {"n_calls": 5}, id="nothing"),
    ],
)
def test_there_is_no_prefix_that_pays(conversations: list[list[Message]], more: dict[str, Any]) -> None:
    assert found(conversations, **more) is None


def test_reading_stops_as_soon_as_too_little_is_shared() -> None:
    every = iter(talks(*map(str, range(1000)), system="Be brief."))
    assert find_prefix(SONNET, {}, every, 1000) is None
    assert sum(1 for _ in every) == 998


def test_every_model_of_the_sdks_has_its_minimum() -> None:
    for name in sdk_models()["anthropic"]:
        assert least_cached(f"anthropic/{name}") in {512, 1024, 2048, 4096}
    assert least_cached("anthropic/claude-2.1") == 0
    assert least_cached("openai/gpt-4-turbo") == 0
    assert least_cached("azure/gpt-4o-eu") == least_cached("openai/ft:gpt-4o:x") == 1024


WORDS = st.lists(st.sampled_from(["rule ", "house\n", "für ", "\n", "x"]), max_size=6).map("".join)
TURNS = st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), WORDS), max_size=3)


@given(
    st.lists(st.tuples(st.sampled_from(["system", "user"]), WORDS), max_size=2), st.lists(TURNS, min_size=2)
)
def test_every_conversation_begins_with_the_prefix_and_is_sent_to_the_letter(
    start: list[tuple[str, str]], tails: list[list[tuple[str, str]]]
) -> None:
    big = turn(RULES + "".join(text for _, text in start))
    conversations = [[big, *(turn(text or "?", role) for role, text in [*start, *tail])] for tail in tails]
    prefix = found(conversations)
    assert prefix is not None
    heads = {
        json.dumps(
            [talk[: prefix.turns], talk[prefix.turns]["content"][: prefix.chars] if prefix.chars else ""]
        )
        for talk in conversations
    }
    assert len(heads) == 1
    for talk in conversations:
        call = cases.make_call(1, model=SONNET, messages=tuple(talk))
        body, bare = message_request(replace(call, prefix=prefix)), message_request(call)
        assert [text_of(one) for one in spoken(body)] == [text_of(one) for one in spoken(bare)]


def spoken(body: dict[str, Any]) -> list[Any]:
    return [body.get("system", ""), *(one["content"] for one in body["messages"])]


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def call_of(conversation: list[Message], prefix: SharedPrefix | None, model: str = SONNET) -> Call:
    return cases.make_call(1, model=model, messages=tuple(conversation), prefix=prefix)


def test_anthropic_is_sent_a_breakpoint_where_the_prefix_ends() -> None:
    system = talks("One?", "Two?", system=RULES)
    assert message_request(call_of(system[0], found(system)))["system"] == [
        {"type": "text", "text": RULES, **CONTROL}
    ]
    shots = talks("One?", "Two?", system="S", shots=[turn(RULES), turn("Yes.", "assistant")])
    body = message_request(call_of(shots[1], found(shots)))
    assert body["system"] == "S"
    assert body["messages"] == [
        turn(RULES),
        {"role": "assistant", "content": [{"type": "text", "text": "Yes.", **CONTROL}]},
        turn("Two?"),
    ]
    document = talks(RULES + "One?", RULES + "Two?", system="S")
    body = message_request(call_of(document[1], found(document)))
    assert body["messages"] == [
        {
            "role": "user",
            "content": [{"type": "text", "text": RULES, **CONTROL}, {"type": "text", "text": "Two?"}],
        }
    ]
    within = talks("One?", "Two?", system=RULES)
    within[1][0] = turn(RULES + "But.", "system")
    body = message_request(call_of(within[1], found(within)))
    assert body["system"] == [{"type": "text", "text": RULES, **CONTROL}, {"type": "text", "text": "But."}]
    for one in (message_request(call_of(talk, found(shots)))["messages"] for talk in shots):
        TypeAdapter(list[MessageParam]).validate_python(one)
    TypeAdapter(list[TextBlockParam]).validate_python(body["system"])


def test_an_hour_is_asked_for_where_the_entry_says_so() -> None:
    conversations = talks("One?", "Two?", "Three?", system=RULES)
    body = message_request(call_of(conversations[0], found(conversations, choice="1h")))
    control = {"type": "ephemeral", "ttl": "1h"}
    assert body["system"] == [{"type": "text", "text": RULES, "cache_control": control}]


def test_no_block_is_blank() -> None:
    conversations = talks(RULES + " \n", RULES + "Two?")
    prefix = found(conversations)
    assert prefix is not None
    assert message_request(call_of(conversations[0], prefix))["messages"] == conversations[0]


def test_openai_is_sent_a_hash_and_never_text() -> None:
    conversations = talks("One?", "Two?", system=RULES)
    prefix = found(conversations, GPT)
    assert prefix is not None
    call = call_of(conversations[0], prefix, GPT)
    assert completion_request(call) == {
        "model": "gpt-4o",
        "messages": conversations[0],
        "prompt_cache_key": prefix.key,
    }
    assert len(prefix.key) == 32
    assert int(prefix.key, 16)
    body = response_request(call)
    assert (body["instructions"], body["prompt_cache_key"]) == (RULES, prefix.key)
    own = replace(call, params={"prompt_cache_key": "mine"})
    assert completion_request(own)["prompt_cache_key"] == "mine"
    for model in ("azure/gpt-4o-eu", "compatible/gpt-4o"):
        other = replace(call, model=model)
        assert "prompt_cache_key" not in completion_request(other) | response_request(other)


def test_where_writing_costs_the_prefixs_end_is_marked() -> None:
    conversations = talks(RULES + "One?", RULES + "Two?", system="S")
    call = call_of(conversations[0], found(conversations, LUNA), LUNA)
    body = completion_request(call)
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert body["messages"] == [
        turn("S", "system"),
        {
            "role": "user",
            "content": [{"type": "text", "text": RULES, **BREAKPOINT}, {"type": "text", "text": "One?"}],
        },
    ]
    body = response_request(call)
    assert body["input"][0]["content"][0] == {"type": "input_text", "text": RULES, **BREAKPOINT}  # type: ignore[index]
    own = replace(call, params={"prompt_cache_options": {"mode": "implicit"}})
    assert completion_request(own)["messages"] == conversations[0]


QUESTIONS = [f"Which is rule {number}?" for number in range(12)]


def suite_of(system: str | None) -> Suite:
    return Suite(
        name="rules",
        version="1+0a1b2c3d",
        folder="rules",
        title="rules",
        licence=None,
        citation=None,
        params={"max_tokens": 256},
        graders=(),
        prompt=None,
        samples=tuple(Sample(f"s{i}", {}, input=asked, system=system) for i, asked in enumerate(QUESTIONS)),
    )


def plan_of(cache: CacheChoice = "5m", model: str = SONNET, system: str = RULES, **fields: Any) -> Plan:
    entry = {"model": model, "cache": cache, **fields.pop("entry", {})}
    spec = make_spec({"suites": ["rules"], "models": [entry], "shard_size": 5, **fields})
    return plan_run("r", spec, [suite_of(system)])


def test_no_key_and_no_hash_knows_of_the_prefix() -> None:
    bare, marked = plan_of("off"), with_prefixes(plan_of("5m"))
    assert with_prefixes(bare).prefixes == {}
    assert len(marked.prefixes) == 1
    for one, other in zip(bare.shards, marked.shards, strict=True):
        for call, with_prefix in zip(bare.calls(one), marked.calls(other), strict=True):
            assert with_prefix.prefix is not None
            assert replace(with_prefix, prefix=None) == call


def test_a_run_may_go_on_with_another_choice() -> None:
    prints = {plan_of(choice).spec.fingerprint() for choice in ("5m", "1h", "off")}
    assert len(prints) == 1


def test_the_calls_of_all_shards_and_epochs_share_it() -> None:
    plan = with_prefixes(plan_of(epochs=2, limit=1))
    [prefix] = plan.prefixes.values()
    assert (prefix.turns, prefix.chars) == (2, 0), "two epochs of one sample ask the same"


@pytest.mark.parametrize(
    ("model", "writes", "reads"),
    [
        ("simulated/claude-sonnet-5", 1075, 11 * 1075),
        ("simulated/gpt-4o", 0, 11 * 1024),
        ("simulated/gpt-6-luna", 1075, 11 * 1075),
    ],
)
def test_of_calls_that_are_all_let_in_at_once_one_writes_and_the_others_read(
    tmp_path: Path, model: str, writes: int, reads: int
) -> None:
    ledger = asyncio.run(make_calls(tmp_path, with_prefixes(plan_of(model=model))))
    assert sum(row["cache_write_tokens"] for row in ledger) == writes
    assert sum(row["cached_input_tokens"] for row in ledger) == reads


def test_without_it_each_of_them_writes(tmp_path: Path) -> None:
    plan = with_prefixes(plan_of(model="simulated/claude-sonnet-5"))
    [(place, prefix)] = plan.prefixes.items()

    class EachItsOwn(dict[Any, SharedPrefix]):
        def get(self, *_: Any) -> SharedPrefix:
            self["n"] = replace(prefix, key=str(int(self["n"].key) + 1 if "n" in self else 0))
            return self["n"]

    ledger = asyncio.run(make_calls(tmp_path, replace(plan, prefixes=EachItsOwn({place: prefix}))))
    assert sum(row["cache_write_tokens"] for row in ledger) > 1075


def test_a_first_call_that_fails_does_not_spoil_it(tmp_path: Path) -> None:
    plan = with_prefixes(plan_of(model="simulated/claude-sonnet-5"))
    faults = {"server_error": 0.6, "max_in_a_row": 2}
    ledger = asyncio.run(make_calls(tmp_path, plan, faults=faults))
    answered = [row for row in ledger if row["outcome"] == "answered"]
    assert len(answered) == 12
    assert len(ledger) > 12
    assert sum(row["cache_write_tokens"] for row in answered) == 1075


async def make_calls(folder: Path, plan: Plan, **settings: Any) -> list[dict[str, Any]]:
    """Every call of a plan in one session against a simulated server; the server's own rows."""
    model = plan.spec.models[0].model
    progress = Progress("r", lambda call, usage, at: None, {model: VariantProgress(model, plan.n_calls)})
    async with serving({"latency_ms": 30, **settings}) as (url, service):
        entry = ModelEntry.model_validate({"model": model, "base_url": url})
        provider = open_provider(resolve_endpoint(entry, {}))
        known = read_journal(folder / "j")
        async with Journal.open(folder / "j", "r") as journal:
            lane = Lane(provider, Limiter(Limits.model_validate({})))
            session = CallSession({"lane": lane}, journal, known, progress, max_failed=0)
            await asyncio.gather(*(session.run_shard("lane", plan.calls(shard)) for shard in plan.shards))
            assert session.fatal is None
        known.close()
        await provider.close()
        return list(service.ledger.to_json()["rows"])
