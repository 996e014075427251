"""Judge calls are planned from the answers there are, and their verdicts become grades and pairs."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tasks.grade.base import Grader
from tasks.grade.exact import Exact
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise
from tasks.judges.plan import Answered, JudgingPlan, own_family, plan_judging
from tasks.judges.verdicts import JudgedTurn, read_turn
from tasks.model import Answer, Call, Outcome, Sample, Suite
from tasks.plan import Plan, Shard
from tasks.spec import make_spec
from tasks.work import plan_run
from tests.tasks.grade.judging.cases import CRITERIA, answer, verdict

A, B = "openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620"
J, K = "openai/gpt-6-luna", "anthropic/claude-haiku-5-5"
SUITE = Suite(
    name="mine",
    version="1+00000000",
    folder=".",
    title="",
    licence=None,
    citation=None,
    params={},
    graders=(),
    prompt=None,
    samples=tuple(Sample(f"s{n}", {}, input=f"Question {n}?", target=f"{n}") for n in range(3)),
)
JUDGE, PAIRWISE = Judge(criteria=CRITERIA), Pairwise()
Said = Mapping[tuple[str, str], Answer | None]  # by variant and sample; None: the call failed


def said(text: str, stop: Any = "stop") -> Answer:
    return Answer(text, stop, None, None)


def judging(
    graders: tuple[Grader, ...], judge: Any, answers: Said | None = None, models: tuple[str, ...] = (A, B)
) -> JudgingPlan:
    spec = make_spec({"suites": ["mine"], "models": [{"model": model} for model in models], "judge": judge})
    plan = plan_run("r1", spec, [SUITE])

    def those(shard: Shard) -> Iterator[Answered]:
        samples = {sample.sample_id: sample for sample, _ in shard.asked}
        for call in plan.calls(shard):
            found = (answers or {}).get((call.variant, call.sample_id), said(f"{call.variant} says"))
            if found is not None:
                yield Answered(call, call.messages, samples[call.sample_id], found)

    found = plan_judging(plan, {"mine": graders}, those)
    assert found is not None
    return found


def calls(plan: Plan) -> list[Call]:
    return [call for shard in plan.shards for call in plan.calls(shard)]


def read(plan: JudgingPlan, graders: tuple[Grader, ...], verdicts: Mapping[str, Answer | None]) -> JudgedTurn:
    """The turn where each judge answers all its calls alike; None: its calls failed; absent: no end yet."""
    by_key = {call.call_key: call for call in calls(plan)}

    def outcome(key: UUID) -> Outcome | None:
        call = by_key[key]
        if call.model not in verdicts:
            return None
        answered = verdicts[call.model]
        status: Any = "failed" if answered is None else "answered"
        return Outcome(status, datetime.now(UTC), 0.0, 1.0, answered, None, None, "host", ())

    [turn] = plan.turns.values()
    return read_turn(plan, turn, graders, outcome, lambda _: [])


def test_every_answer_is_put_to_every_judge() -> None:
    found = calls(judging((JUDGE,), [J, K]))
    assert len(found) == 3 * 2 * 2
    assert len({call.call_key for call in found}) == len(found)
    assert {call.role for call in found} == {"judge"}
    assert {call.variant for call in found} == {f"judge {J}", f"judge {K}"}


def test_a_pair_is_put_in_both_orders() -> None:
    found = calls(judging((PAIRWISE,), J))
    assert len(found) == 3 * 2
    first = [call.messages[-1]["content"] for call in found if call.sample_id == "s0"]
    assert first[0].index(f"{A} says") < first[0].index(f"{B} says")
    assert first[1].index(f"{B} says") < first[1].index(f"{A} says")


def test_of_three_competitors_each_pair_is_compared() -> None:
    assert len(calls(judging((PAIRWISE,), J, models=(A, B, K)))) == 3 * 3 * 2


def test_two_answers_that_say_the_same_are_two_calls() -> None:
    same = {(model, f"s{n}"): said("The same.") for model in (A, B) for n in range(3)}
    for graders in ((JUDGE,), (PAIRWISE,)):
        found = calls(judging(graders, J, same))
        assert len({call.call_key for call in found}) == len(found)


@pytest.mark.parametrize(
    ("model", "tool"),
    [
        (J, {"type": "function", "function": {"name": "verdict"}}),
        ("anthropic/claude-3-5-sonnet-20240620", {"type": "tool", "name": "verdict"}),
    ],
)
def test_a_verdict_is_the_input_of_a_tool_that_has_to_be_used(model: str, tool: object) -> None:
    params = calls(judging((JUDGE,), model))[0].params
    assert params["tool_choice"] == tool
    assert len(params["tools"]) == 1


def test_where_reasoning_forbids_that_it_is_the_format_of_the_text() -> None:
    params = calls(judging((JUDGE,), K))[0].params
    assert "tools" not in params
    assert params["output_config"]["format"]["schema"]["required"] == ["accuracy", "brevity"]


def test_the_judge_s_own_parameters_win() -> None:
    entry = {"model": K, "params": {"max_tokens": 100}}
    assert calls(judging((JUDGE,), entry))[0].params["max_tokens"] == 100


def test_a_spoiled_answer_is_not_shown_to_a_judge_and_is_0_with_its_reason() -> None:
    graders = (JUDGE, PAIRWISE)
    plan = judging(graders, J, {(A, "s0"): said("Half of", "length"), (B, "s1"): None})
    assert plan.due() == {f"judge {J}": 4 + 2}, "of six answers four are whole, of three pairs one"
    turned = read(plan, graders, {J: answer({**verdict(), "winner": "tie", "explanation": "Alike."})})
    spoiled = [one for one in turned.grades if one.grade.reason == "cut"]
    assert [one.grader for one in spoiled] == ["judge", "judge.accuracy", "judge.brevity"]
    assert all(one.grade.score == 0 and one.judge_call_key is None for one in spoiled)
    lost = [pair for pair in turned.pairs if pair.a.sample_id == "s0"]
    assert [(pair.winner, pair.reason, pair.judge_call_key) for pair in lost] == [("b", "a: cut", None)] * 2
    assert not [pair for pair in turned.pairs if pair.a.sample_id == "s1"], "a failed call is no loss"


def test_before_the_judging_came_to_its_end_spoiled_answers_do_not_stand_alone() -> None:
    graders = (JUDGE, PAIRWISE)
    plan = judging(graders, J, {(A, "s0"): said("Half of", "length")})
    turned = read(plan, graders, {})
    assert (turned.grades, turned.pairs, turned.calls) == ([], [], [])
    assert turned.due == 5 + 4


def test_one_judge_gives_a_grade_a_criterion_and_the_whole_one_is_the_score() -> None:
    plan = judging((JUDGE,), J)
    turned = read(plan, (JUDGE,), {J: answer(verdict(accuracy=2))})
    assert len(turned.grades) == 6 * 3
    whole, accuracy, brevity = turned.grades[:3]
    assert [one.grader for one in (whole, accuracy, brevity)] == ["judge", "judge.accuracy", "judge.brevity"]
    assert [one.is_score for one in (whole, accuracy, brevity)] == [True, False, False]
    keys = {call.call_key for call in calls(plan)}
    assert all(one.judge_call_key in keys for one in turned.grades)


def test_behind_another_grader_a_judge_is_not_the_score() -> None:
    graders = (Exact(), JUDGE)
    turned = read(judging(graders, J), graders, {J: answer(verdict())})
    assert not any(one.is_score for one in turned.grades)


def test_a_panel_gives_a_grade_a_judge_and_one_of_the_panel() -> None:
    turned = read(judging((JUDGE,), [J, K]), (JUDGE,), {J: answer(verdict(3)), K: answer(verdict(1))})
    of_first = {one.grader: one for one in turned.grades[:9]}
    assert set(of_first) == {
        *(f"judge{part}" for part in ("", ".accuracy", ".brevity")),
        *(f"judge{part}@{model}" for part in ("", ".accuracy", ".brevity") for model in (J, K)),
    }
    assert of_first["judge.accuracy"].grade.score == 0.5
    assert of_first["judge.accuracy"].judge_call_key is None
    assert of_first[f"judge.accuracy@{J}"].grade.score == 1.0
    assert [name for name, one in of_first.items() if one.is_score] == ["judge"]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(None, id="its call failed"),
        pytest.param(answer(verdict(accuracy=10)), id="off the scale"),
    ],
)
def test_without_a_verdict_there_is_no_grade(bad: Answer | None) -> None:
    alone = read(judging((JUDGE,), J), (JUDGE,), {J: bad})
    assert alone.grades == []
    assert alone.due == len(alone.calls) == 6, "its calls are kept all the same"
    two = read(judging((JUDGE,), [J, K]), (JUDGE,), {J: bad, K: answer(verdict())})
    whole = next(one for one in two.grades if one.grader == "judge.accuracy")
    assert str(whole.grade.explanation).endswith("1 gave no verdict")


def test_of_three_judges_one_verdict_is_too_few_for_the_panel() -> None:
    turned = read(
        judging((JUDGE,), [J, K, "openai/gpt-4o"]),
        (JUDGE,),
        {J: None, K: None, "openai/gpt-4o": answer(verdict())},
    )
    assert {one.grader.partition("@")[2] for one in turned.grades} == {"openai/gpt-4o"}


@pytest.mark.parametrize(
    ("place", "winners"),
    [("first", ["a", "b"]), ("second", ["b", "a"]), ("tie", ["tie", "tie"])],
)
def test_a_winner_is_an_answer_and_not_a_place(place: str, winners: list[str]) -> None:
    turned = read(
        judging((PAIRWISE,), J),
        (PAIRWISE,),
        {J: answer({"evidence": "", "explanation": "So.", "winner": place})},
    )
    first = [pair for pair in turned.pairs if pair.a.sample_id == "s0"]
    assert [(pair.a.variant, pair.b.variant) for pair in first] == [(A, B)] * 2
    assert [pair.swapped for pair in first] == [False, True]
    assert [pair.winner for pair in first] == winners


def test_a_rubric_that_changes_makes_another_version_of_the_judge() -> None:
    [one, other] = (
        judging((Judge(criteria=criteria),), J).shards[0].variant.version
        for criteria in (CRITERIA, CRITERIA[:1])
    )
    assert one != other


@pytest.mark.parametrize(
    ("judge", "competitor", "warned"),
    [
        ("openai/gpt-6-luna", "openai/gpt-4o", True),
        ("simulated/gpt-4o", "openai/gpt-4o", True),
        ("anthropic/claude-haiku-5-5", "openai/gpt-4o", False),
        ("compatible/llama", "compatible/llama", False),
    ],
)
def test_who_judges_his_own_family_is_warned_of(judge: str, competitor: str, warned: bool) -> None:
    sentence = own_family(judge, "terse", competitor)
    assert (sentence is not None) is warned


def test_a_judge_named_alone_is_reached_as_the_competitor_of_that_name() -> None:
    spec = make_spec(
        {
            "suites": ["mine"],
            "models": [
                {"model": "compatible/llama", "base_url": "http://127.0.0.1:1/v1", "system": "Be brief."}
            ],
            "judge": "compatible/llama",
        }
    )
    [judge] = spec.judge_entries
    assert (judge.base_url, judge.system) == ("http://127.0.0.1:1/v1", None)
    assert judge.account == spec.models[0].account
    assert judge.variant == "judge compatible/llama"
