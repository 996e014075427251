"""A stream changes how an answer comes and not which: keys, hashes and versions are those without one."""

from dataclasses import replace
from pathlib import Path

from tasks.call.api import api_of, api_params
from tasks.model import Call, Message, Sample, Suite
from tasks.plan import Plan, Tools, make_plan
from tasks.spec import make_spec

MODEL = "simulated/gpt-4o-2024-05-13"
SAMPLE = Sample("s1", {"input": "6 x 7?"}, input="6 x 7?", target="42")


def plan(folder: Path, **params: object) -> Plan:
    suite = Suite("sums", "1+0a1b2c3d", str(folder), "", None, None, {"max_tokens": 64}, (), None, (SAMPLE,))
    spec = make_spec({"suites": ["sums"], "models": [{"model": MODEL, "params": params}]})
    tools = Tools(
        pick=lambda samples, limit, seed: samples,
        render=lambda suite, sample, system, prompt: (Message(role="user", content=str(sample.input)),),
        merge=lambda entry, params: api_params(
            entry.model, api_of(entry.model, entry.api), params, entry.params
        ),
        priced_as=lambda model, named: None,
        api=lambda entry: api_of(entry.model, entry.api),
    )
    return make_plan("r", spec, [suite], {}, tools)


def only_call(plan: Plan) -> Call:
    [call] = plan.calls(plan.shards[0])
    return call


def test_a_streamed_call_is_the_same_question(tmp_path: Path) -> None:
    plain, streamed = only_call(plan(tmp_path)), only_call(plan(tmp_path, stream=True))
    assert streamed.params == {**plain.params, "stream": True}
    assert replace(streamed, params=plain.params) == plain


def test_another_parameter_is_another_question(tmp_path: Path) -> None:
    plain, warmer = only_call(plan(tmp_path)), only_call(plan(tmp_path, temperature=1.0))
    for name in ("call_key", "request_hash", "variant_version"):
        assert getattr(plain, name) != getattr(warmer, name)
