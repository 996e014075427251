"""Put one question to several models and set their answers side by side: `ask(prompt, models)`.

    from flows.ask import ask
    asked = ask("Why is the sky blue?", ["anthropic/claude-haiku-5-5", "openai/gpt-6-luna"])
    for answer in asked.answers:
        print(answer.variant, answer.latency_s, answer.usd, answer.response)

It is a run of kind `ask` with one sample: every answer is durable in the journal before it counts, and lands
in the warehouse with its cost. It is asked in this process, without Prefect: one question needs no engine.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.failures import with_way_on
from flows.running.stopping import stopped_by_signals
from tasks.asking import (
    Question,
    ask_spec,
    begin_ask,
    forget_question,
    make_question,
    prepare_ask,
    read_question,
)
from tasks.call.session import CallSession
from tasks.calling import begin_judging, call_plan, calling
from tasks.closing import grade_shard, judge_turn, landing
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.lanes import lane_of
from tasks.runs import RunRecord, forget_unsent, new_run_id, read_run, run_lock
from tasks.spec import EvalSpec, ModelEntry
from tasks.work import Work
from warehouse.errors import NightbenchError, SpecError, StoppedShort
from warehouse.query import run_sql

ANSWERS = """
select variant, model, served_model, status, response, reasoning, stop_reason, error_kind, error, latency_s,
       attempts,
       input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens as input_tokens,
       cached_input_tokens, output_tokens, reasoning_tokens, usd, simulated
from call_costs
where run_id = '{run_id}' and role = 'answer'
"""
SCORES = """
select variant, criterion, judge, mean_score, passed
from judge_scores
where run_id = '{run_id}'
order by criterion nulls first, judge nulls first
"""


@dataclass(frozen=True)
class ModelAnswer:
    """What one model said, how long it took, and what it cost."""

    variant: str
    model: str  # provider/name
    served_model: str | None  # as the server calls it
    status: str  # answered | failed
    response: str | None  # None where it failed, or where the API said with an error that it will not answer
    reasoning: str | None
    stop_reason: str | None
    error_kind: str | None
    error: str | None
    latency_s: float | None  # the last attempt's, without waiting
    attempts: int
    input_tokens: int | None  # all of them, whatever their kind
    cached_input_tokens: int | None
    output_tokens: int | None  # reasoning among them
    reasoning_tokens: int | None
    usd: Decimal | None  # None where the model has no price
    simulated: bool


@dataclass(frozen=True)
class ModelScore:
    """What a judge (None: the panel, or the only one) gave an answer on a criterion (None: on all)."""

    variant: str
    criterion: str | None
    judge: str | None
    score: float  # 0 to 1: where the verdict stands between the ends of its scale
    passed: bool


@dataclass(frozen=True)
class Asked:
    """A question with its answers, in the order of the models; one that was not asked any more has none."""

    run_id: str
    status: str  # a word of runs.status
    prompt: str  # as it was sent, files included
    criteria: tuple[str, ...]
    answers: tuple[ModelAnswer, ...]
    scores: tuple[ModelScore, ...] = ()  # by the criteria, where a judge was named

    @property
    def usd(self) -> Decimal | None:
        """What all of it cost; None where an answer has no price."""
        costs = [answer.usd for answer in self.answers]
        return None if None in costs else sum((usd for usd in costs if usd is not None), Decimal(0))

    def as_dict(self) -> dict[str, object]:
        """As `ask --json` prints it."""
        return {**asdict(self), "usd": self.usd}


def ask(
    prompt: str,
    models: Sequence[str | Mapping[str, Any] | ModelEntry],
    *,
    files: Sequence[Path] = (),
    criteria: Sequence[str] = (),
    system: str | None = None,
    at_once: bool = False,
    judges: Sequence[str] = (),
    run_id: str | None = None,
    trigger: str = "api",
    environ: Mapping[str, str] | None = None,
) -> Asked:
    """Ask every model and return the answers; where a loop runs already, await `ask_async`.

    Args:
        prompt: The user message.
        models: provider/name, or entries as in a spec's `[[models]]`.
        files: Their texts are put at the prompt's end, each fenced with its name.
        criteria: What a judge is to look at; kept, where none is named.
        system: A system message for all models; an entry's own wins over it.
        at_once: Ask all of them at one time. By default one after the other, so that their latencies do not
            disturb each other.
        judges: provider/name of who scores the answers by the criteria; several are a panel.
        run_id: An id of yours; the same again goes on with that run.
        trigger: Who asks, a word of runs.trigger.
        environ: Where keys and home are read from; default: the environment.

    Raises: SpecError: nothing was sent. Unusable, NightbenchError: a key or a model was refused; what was
        received is kept, and `resume_ask` goes on. StoppedShort: Ctrl-C.
    """
    question = make_question(prompt, files=files, criteria=criteria, system=system, at_once=at_once)
    spec = ask_spec(models, judges)
    return asyncio.run(ask_async(question, spec, run_id=run_id, trigger=trigger, environ=environ))


async def ask_async(
    question: Question,
    spec: EvalSpec,
    *,
    run_id: str | None = None,
    trigger: str = "api",
    environ: Mapping[str, str] | None = None,
    interrupts: Interrupts | None = None,
    retry_failed: bool = False,
) -> Asked:
    """As `ask`, of a question (tasks.asking.make_question) and a spec (tasks.asking.ask_spec)."""
    environ = os.environ if environ is None else environ
    settings = Settings.read(environ)
    settings.home.make()
    chosen = run_id or new_run_id(datetime.now(UTC))
    with run_lock(settings.home, chosen):
        try:
            record = begin_ask(settings.home, spec, question, chosen, trigger=trigger)
            work = prepare_ask(settings, record, question, environ)
        except NightbenchError:
            forget_unsent(settings.home, chosen)
            forget_question(settings.home, chosen)
            raise
        fatal = await _call_all(work, question, interrupts, retry_failed=retry_failed)
        await asyncio.to_thread(_land, work, fatal)
    if fatal is not None:
        raise with_way_on(fatal, chosen) if isinstance(fatal, StoppedShort) else fatal
    return read_asked(settings.home, chosen)


async def resume_ask(
    settings: Settings, record: RunRecord, *, interrupts: Interrupts | None = None, retry_failed: bool = False
) -> Asked:
    """Go on with a run of this kind: only the models without an answer are asked."""
    question = read_question(settings.home, record.run_id)
    return await ask_async(
        question,
        record.eval_spec(),
        run_id=record.run_id,
        trigger=record.trigger,
        environ={**os.environ, "NIGHTBENCH_HOME": str(settings.home.root)},
        interrupts=interrupts,
        retry_failed=retry_failed,
    )


def read_asked(home: Home, run_id: str) -> Asked:
    """A question and its answers as they are in the warehouse.

    Raises: SpecError: there is no such run, or it asked no question.
    """
    record, question = read_run(home, run_id), read_question(home, run_id)
    found = run_sql(home.warehouse, ANSWERS.format(run_id=run_id))
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    by_variant = {str(row["variant"]): ModelAnswer(**row) for row in rows}
    status = run_sql(home.warehouse, f"select status from runs where run_id = '{run_id}'").rows
    if not status:
        raise SpecError(f'run "{run_id}" is not committed. `nightbench resume {run_id}` goes on with it.')
    variants = [entry.variant for entry in record.eval_spec().models]
    scores = run_sql(home.warehouse, SCORES.format(run_id=run_id)).rows
    return Asked(
        run_id=run_id,
        status=str(status[0][0]),
        prompt=question.prompt,
        criteria=question.criteria,
        answers=tuple(by_variant[name] for name in variants if name in by_variant),
        scores=tuple(
            ModelScore(str(variant), criterion, judge, score, passed == 1)
            for variant, criterion, judge, score, passed in scores
        ),
    )


async def _call_all(
    work: Work, question: Question, interrupts: Interrupts | None, *, retry_failed: bool
) -> NightbenchError | None:
    """Ask one model after the other, or all at once; the error that ended it early, if one did."""

    async def one(session: CallSession, index: int) -> None:
        shard = work.plan.shards[index]
        await session.run_shard(lane_of(shard.variant.entry), work.plan.calls(shard))

    async with calling(work, retry_failed=retry_failed) as session:
        with stopped_by_signals(session, interrupts):
            work.progress.start_calling()
            if question.at_once:
                await asyncio.gather(*(one(session, shard.index) for shard in work.plan.shards))
            else:
                for shard in work.plan.shards:
                    if not session.stopping:
                        await one(session, shard.index)
            if work.judging is not None and not session.stopping:
                await begin_judging(work, session)
                await call_plan(session, work.judging)
            work.progress.end_calling()
        return session.fatal


def _land(work: Work, fatal: NightbenchError | None) -> None:
    with landing(work) as lander:
        for shard in work.plan.shards:
            lander.land(grade_shard(work, lander.known, shard))
        for index in work.judging.turns if work.judging is not None else ():
            lander.land(judge_turn(work, lander.known, index))
        lander.commit(fatal, flow_run_id=None)
    work.progress.stage = "done"
