"""An API is part of what is asked, and leaves every key of the time before it as it was."""

from typing import Any

import pytest

from tasks.lanes import lane_of
from tasks.model import Call, GraderConfig, Sample, Suite, hash_uuid, short_hash
from tasks.plan import Plan
from tasks.spec import EvalSpec, make_spec
from tasks.work import plan_run
from warehouse.errors import SpecError

MESSAGES = [{"role": "user", "content": "How much is 1 plus 17?"}]
SUITE = Suite(
    name="sums",
    version="1+0a1b2c3d",
    folder="sums",
    title="sums",
    licence=None,
    citation=None,
    params={"max_tokens": 256},
    graders=(GraderConfig("exact"),),
    prompt=None,
    samples=(Sample("s1", {}, input="How much is 1 plus 17?", target="18"),),
)


def spec_of(**entry: Any) -> EvalSpec:
    return make_spec({"suites": ["sums"], "models": [{"model": "openai/gpt-4o", **entry}]})


def plan_of(**entry: Any) -> Plan:
    return plan_run("r", spec_of(**entry), [SUITE])


def call_of(**entry: Any) -> Call:
    plan = plan_of(**entry)
    [call] = plan.calls(plan.shards[0])
    return call


@pytest.mark.parametrize("entry", [{}, {"api": "chat"}], ids=["the default", "named"])
def test_a_call_over_chat_completions_has_the_keys_it_always_had(entry: dict[str, Any]) -> None:
    call = call_of(**entry)
    model, params = "openai/gpt-4o", {"max_tokens": 256}
    who = ["sums", "1+0a1b2c3d", "s1", 1, "answer", model]
    assert call.call_key == hash_uuid([*who, model, params, MESSAGES])
    assert call.request_hash == hash_uuid([model, params, MESSAGES])
    assert call.variant_version == short_hash([model, params, None, None])


def test_the_other_api_is_another_variant_and_another_request_with_the_same_prompt() -> None:
    chat, responses = call_of(params={"store": False}), call_of(params={"store": False}, api="responses")
    assert responses.params == {"max_output_tokens": 256, "store": False}
    assert chat.call_key != responses.call_key
    assert chat.request_hash != responses.request_hash
    assert chat.variant_version != responses.variant_version
    assert chat.prompt_hash == responses.prompt_hash


def test_two_apis_differ_even_where_no_parameter_does() -> None:
    bare = Suite(**{**vars(SUITE), "params": {}})
    keys = set()
    for api in ("chat", "responses"):
        plan = plan_run("r", spec_of(api=api), [bare])
        [call] = plan.calls(plan.shards[0])
        assert call.params == {}
        keys |= {call.call_key, call.request_hash, call.variant_version}
    assert len(keys) == 6


def test_naming_the_api_that_a_model_has_anyway_changes_nothing() -> None:
    assert call_of(model="openai/o3-pro") == call_of(model="openai/o3-pro", api="responses")


def test_one_client_speaks_one_api() -> None:
    chat, responses = spec_of().models[0], spec_of(api="responses").models[0]
    assert lane_of(chat) != lane_of(responses)
    assert chat.account == responses.account, "and they share the account's limit"


def test_another_api_is_another_spec() -> None:
    assert spec_of(api="responses").fingerprint() != spec_of().fingerprint()


def test_a_choice_that_there_is_not_is_refused_with_the_variant_and_the_remedy() -> None:
    with pytest.raises(SpecError, match=r'variant "anthropic/claude-haiku-5-5" .*Leave it out'):
        plan_of(model="anthropic/claude-haiku-5-5", api="responses")
