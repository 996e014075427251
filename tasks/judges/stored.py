"""Stored answers put to judges: which are asked, about which answers, and what comes of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from tasks.grade.base import Grader
from tasks.judges.alone import Slices, bare_suite, judge_spec
from tasks.judges.plan import Answered, JudgingPlan, plan_judging
from tasks.model import Message, Sample
from tasks.plan import Plan, Shard
from tasks.regrade_stored import StoredRun, StoredSuite, stored_answers
from tasks.spec import REACHED, EvalSpec, ModelEntry, make_spec
from tasks.work import tools

PROMPTS = """
select calls.call_key, prompts.messages
from calls join prompts using (prompt_hash)
where calls.run_id = ? and calls.suite = ? and calls.suite_version = ?
    and calls.role = 'answer' and calls.status = 'answered'
"""


def regrade_spec(run: StoredRun, judges: Any, budget_usd: str | None) -> EvalSpec:
    """The spec of what judges are asked about a run: its suites, and who judges.

    Raises: SpecError: a judge that cannot be asked.
    """
    asked = _spec_of(run)
    listed = judges if isinstance(judges, list) else [judges]
    reached = [_as_in_run(judge, asked) if isinstance(judge, str) else judge for judge in listed]
    fields = {} if budget_usd is None else {"budget_usd": budget_usd}
    return judge_spec(reached, [entry.name for entry in asked.suite_entries], "--judge", **fields)


def stored_judging(
    connection: duckdb.DuckDBPyConnection,
    run: StoredRun,
    run_id: str,
    spec: EvalSpec,
    asked: Mapping[StoredSuite, Sequence[Grader]],
) -> JudgingPlan | None:
    """The judge calls about a run's answers, of each suite by those of its graders that ask; None: none.

    All of these answers are in memory.

    Raises: SpecError: a suite is sealed, or its files are not whole.
    """
    slices = Slices()
    turns: list[list[Shard]] = []
    order = [entry.variant for entry in _spec_of(run).models]  # who is a, and who b, is as it was
    for suite in asked:
        for turn in _turns(_answers(connection, run, suite), order, spec.shard_calls):
            bare = bare_suite(suite.name, suite.version)
            turns.append([slices.shard(bare, variant, answers) for variant, answers in turn.items()])
    graders = {suite.name: those_of for suite, those_of in asked.items()}
    return plan_judging(Plan(run_id, spec, (), tools()), graders, slices.answers, turns)


def _spec_of(run: StoredRun) -> EvalSpec:
    return make_spec(run.spec, f'spec of run "{run.run_id}"')


def _as_in_run(judge: str, asked: EvalSpec) -> str | dict[str, Any]:
    """A judge that is named alone, reached as the run reached the judge or the competitor of that model."""
    judges = asked.judge if isinstance(asked.judge, list) else [asked.judge]
    for entry in (*judges, *asked.models):
        if isinstance(entry, ModelEntry) and entry.model == judge:
            own = entry not in asked.models
            return entry.model_dump(
                mode="json", exclude_defaults=True, include=None if own else {"model", *REACHED}
            )
    return judge


def _answers(
    connection: duckdb.DuckDBPyConnection, run: StoredRun, suite: StoredSuite
) -> dict[tuple[str, int], dict[str, Answered]]:
    """The answers by sample and epoch, and by variant."""
    place = [run.run_id, suite.name, suite.version]
    prompts = dict(connection.execute(PROMPTS, place).fetchall())
    found: dict[tuple[str, int], dict[str, Answered]] = {}
    for answers in stored_answers(connection, run, suite):
        for one in answers:
            messages = _messages(prompts.get(one.call.call_key), one.sample)
            answered = Answered(one.call, messages, one.sample, one.answer)
            found.setdefault((one.call.sample_id, one.call.epoch), {})[one.call.variant] = answered
    return found


def _turns(
    answers: Mapping[tuple[str, int], Mapping[str, Answered]], order: Sequence[str], size: int
) -> Iterator[dict[str, list[Answered]]]:
    """Slices of so many samples, each with its answers by variant, these in the order of the run's spec."""
    places = sorted(answers)
    rank = {variant: at for at, variant in enumerate(order)}
    for at in range(0, len(places), size):
        turn: dict[str, list[Answered]] = {}
        for place in places[at : at + size]:
            for variant in sorted(answers[place]):
                turn.setdefault(variant, []).append(answers[place][variant])
        yield dict(sorted(turn.items(), key=lambda item: (rank.get(item[0], len(rank)), item[0])))


def _messages(kept: str | None, sample: Sample) -> tuple[Message, ...]:
    """The conversation as it was sent; an imported answer's is its sample's question."""
    if kept is None:
        return (Message(role="user", content=sample.input or ""),)
    return tuple(Message(role=turn["role"], content=turn["content"]) for turn in json.loads(kept))
