"""The judging of a run as a plan of its own: judge calls are calls, planned from the answers there are.

    answers (of the journal, of the warehouse, or expected) -> questions -> calls of role judge

A judge is a variant of its own ("judge provider/name"); its calls have shards, limits, prices and journal as
all calls have. Which of them there are is known once the answers are: a spoiled answer is not shown to a
judge. Before that, answers of a likely length stand in for them, so that a plan can say what judging costs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

from tasks.call.api import api_of, api_params
from tasks.call.journal_reader import JournalState
from tasks.call.prefix import find_prefix
from tasks.call.shape import vendor_by
from tasks.forecast import Learned, expected_output
from tasks.grade.base import Grader
from tasks.grade.judging.base import TOOL, AskingGrader, Conversation
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise
from tasks.grade.respond import spoiled
from tasks.model import (
    Answer,
    Call,
    Grade,
    Message,
    Sample,
    SharedPrefix,
    StoredCall,
    canonical_json,
    hash_uuid,
    short_hash,
)
from tasks.past import history_place
from tasks.plan import Plan, Shard, Variant, named_api, params_that_count
from tasks.spec import EvalSpec, ModelEntry
from warehouse.errors import SpecError
from warehouse.prices import resolve_priced_as

CHARS_A_TOKEN = 4
STAND_IN = "An answer of a likely length. "


@dataclass(frozen=True)
class Answered:
    """An answer that may be judged: whose, to what."""

    call: Call | StoredCall
    messages: Sequence[Message]
    sample: Sample
    answer: Answer

    @property
    def text(self) -> str:
        """What the model said."""
        return self.answer.text or ""


Answers = Callable[[Shard], Iterator[Answered]]


@dataclass(frozen=True)
class Question:
    """What one grader wants judged: an answer, or two of them in one order.

    Without a request nobody is asked: `lost` are the grades of the answers that are spoiled.
    """

    grader: AskingGrader
    about: tuple[Answered, ...]
    request: Conversation | None
    swapped: bool = False
    lost: tuple[Grade | None, ...] = ()


@dataclass(frozen=True)
class JudgeShard(Shard):
    """A slice of a judge's calls: what it is asked about one slice of a suite, all variants' answers to it.

    `asked` has a place for each call that there can be.
    """

    of: tuple[Shard, ...]
    graders: tuple[AskingGrader, ...]
    params: Mapping[str, Mapping[str, object]]  # by grader: a verdict's shape is among them

    @property
    def history_place(self) -> str:
        """Apart from what is answered to the suite."""
        return history_place(self.suite.name, judges=True)


@dataclass(frozen=True)
class JudgingPlan(Plan):
    """The judge calls of a run, as far as there are answers to judge."""

    answers: Answers = field(kw_only=True, repr=False)

    def calls(self, shard: Shard) -> Iterator[Call]:
        """The calls of one shard that there are answers for."""
        judges = as_judging(shard)
        for question in questions(judges, self.answers):
            if question.request is not None:
                yield self.call_of(question, judges)

    def call_of(self, question: Question, shard: JudgeShard) -> Call:
        """The call that puts a question to the shard's judge."""
        assert question.request is not None, "a spoiled answer is not judged"
        variant, first = shard.variant, question.about[0].call
        model, messages = variant.entry.model, question.request
        params = shard.params[question.grader.name]
        counted, over = params_that_count(params), named_api(variant.api)
        shown = reversed(question.about) if question.swapped else question.about
        judged = [str(answered.call.call_key) for answered in shown]  # two may have said the same
        return Call(
            call_key=hash_uuid(
                [
                    first.suite,
                    first.suite_version,
                    first.sample_id,
                    first.epoch,
                    "judge",
                    variant.name,
                    model,
                    counted,
                    messages,
                    judged,
                    question.grader.name,
                    *over,
                ]
            ),
            request_hash=hash_uuid([model, counted, messages, *over]),
            prompt_hash=hash_uuid(list(messages)),
            suite=first.suite,
            suite_version=first.suite_version,
            sample_id=first.sample_id,
            epoch=first.epoch,
            role="judge",
            variant=variant.name,
            variant_version=variant.version,
            model=model,
            priced_as=variant.priced_as,
            params=params,
            messages=messages,
            prefix=self.prefixes.get((first.suite, variant.name)),
        )

    def due(self) -> dict[str, int]:
        """How many calls each judge has: of spoiled answers none."""
        due = {shard.variant.name: 0 for shard in self.shards}
        for shard in self.shards:
            due[shard.variant.name] += sum(1 for _ in self.calls(shard))
        return due

    @cached_property
    def turns(self) -> dict[int, list[JudgeShard]]:
        """The shards that judge the same answers, one a judge; by the index of the first of them."""
        found: dict[tuple[int, ...], list[JudgeShard]] = {}
        for shard in map(as_judging, self.shards):
            found.setdefault(tuple(answered.index for answered in shard.of), []).append(shard)
        return {turn[0].index: turn for turn in found.values()}


def as_judging(shard: Shard) -> JudgeShard:
    """The shard as one of a judge's."""
    assert isinstance(shard, JudgeShard), "a judging plan has no other"
    return shard


def plan_judging(
    plan: Plan,
    graders: Mapping[str, Sequence[Grader]],
    answers: Answers,
    turns: Sequence[Sequence[Shard]] | None = None,
) -> JudgingPlan | None:
    """The judging of a run; None where no grader asks a judge, or the run names none.

    `turns` are slices of answers that the plan does not have, each with a shard a variant.

    Raises: SpecError: a parameter that the judge's model refuses.
    """
    asking = {
        suite: tuple(grader for grader in those if isinstance(grader, AskingGrader))
        for suite, those in graders.items()
    }
    judges = plan.spec.judge_entries
    if not judges or not any(asking.values()):
        return None
    shards: list[JudgeShard] = []
    made: dict[tuple[str, str], tuple[Variant, dict[str, Mapping[str, object]]]] = {}
    for turn in _turns(plan.shards) if turns is None else turns:
        those = asking.get(turn[0].suite.name, ())
        asked = tuple(place for grader in those for place in _places(grader, turn))
        for entry in judges if asked else ():
            place = turn[0].suite.name, entry.variant
            if place not in made:
                variant = judge_variant(entry, those)
                made[place] = variant, {one.name: judge_params(variant, one) for one in those}
            variant, params = made[place]
            index = len(plan.shards) + len(shards)
            shards.append(JudgeShard(index, turn[0].suite, variant, asked, tuple(turn), those, params))
    if not shards:
        return None
    judging = JudgingPlan(plan.run_id, plan.spec, tuple(shards), plan.tools, answers=answers)
    return replace(judging, prefixes=_prefixes(judging))


def judge_variant(entry: ModelEntry, graders: Sequence[AskingGrader]) -> Variant:
    """A judge as a variant: its version is another for other rubrics."""
    versions = [[grader.name, grader.version] for grader in graders]
    api = api_of(entry.model, entry.api)
    bound = max(grader.max_tokens for grader in graders)
    params = api_params(entry.model, api, {"temperature": 0.0, "max_tokens": bound}, entry.params)
    return Variant(
        entry=entry,
        params=params,
        prompt=None,
        version=short_hash([entry.model, params_that_count(params), versions, *named_api(api)]),
        priced_as=resolve_priced_as(entry.model, entry.priced_as, None),
        api=api,
    )


def judge_params(variant: Variant, grader: AskingGrader) -> dict[str, object]:
    """The parameters of a judge's calls: cold, and its verdict in a shape that it cannot leave.

    That is the input of a tool which it has to use; of a model that reasons and so cannot be made to use one,
    the format of its text.

    Raises: SpecError: a parameter of the entry's that the model refuses, or it takes neither shape.
    """
    entry, schema = variant.entry, grader.schema()
    bounds = {"temperature": 0.0, "max_tokens": grader.max_tokens}
    if vendor_by(entry.model) == "anthropic":
        tool = {"name": TOOL, "description": "Your verdict.", "input_schema": schema}
        shape: dict[str, object] = {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}
    else:
        function = {"name": TOOL, "description": "Your verdict.", "parameters": schema}
        shape = {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": TOOL}},
        }
    params = api_params(entry.model, variant.api, {**bounds, **shape}, entry.params)
    if "tool_choice" in params:
        return params
    named = {"name": TOOL, "schema": schema, "strict": True}
    asked = {"type": "json_schema", "json_schema": named}
    params = api_params(entry.model, variant.api, {**bounds, "response_format": asked}, entry.params)
    if not {"output_config", "response_format", "text"} & params.keys():
        raise SpecError(
            f"{entry.variant}: the model takes neither a tool that it has to use nor a schema for its text, "
            f"so it cannot be a judge. Nothing was sent. Name another."
        )
    return params


def questions(shard: JudgeShard, answers: Answers) -> Iterator[Question]:
    """What is to be judged of a slice, in an order that is always the same."""
    for grader in shard.graders:
        if isinstance(grader, Judge):
            for answered_shard in shard.of:
                for answered in answers(answered_shard):
                    yield _one(grader, answered)
        elif isinstance(grader, Pairwise):
            yield from _pairs(grader, shard, answers)


def expected(plan: Plan, learned: Learned) -> Answers:
    """Answers of a likely length, for a plan that has none yet."""

    def those(shard: Shard) -> Iterator[Answered]:
        chars = CHARS_A_TOKEN * expected_output(plan, shard, learned)
        text = (STAND_IN * (chars // len(STAND_IN) + 1))[:chars]
        answer = Answer(text, "stop", None, None)
        return _answered(plan, shard, lambda _: answer)

    return those


def journalled(plan: Plan, known: JournalState) -> Answers:
    """The answers that a journal holds, shard by shard."""

    def answer_of(call: Call) -> Answer | None:
        outcome = known.outcome(call.call_key)
        return None if outcome is None else outcome.answer

    return lambda shard: _answered(plan, shard, answer_of)


def needs_judge(graders: Sequence[Grader]) -> list[AskingGrader]:
    """The graders that cannot do without one."""
    return [grader for grader in graders if isinstance(grader, AskingGrader) and not grader.optional]


def without_judges(graders: Sequence[Grader], spec: EvalSpec) -> tuple[Grader, ...]:
    """The graders of a run: where it names no judge, those that ask one and may be left out are."""
    if spec.judge_entries:
        return tuple(graders)
    return tuple(grader for grader in graders if not (isinstance(grader, AskingGrader) and grader.optional))


def own_family(judge: str, variant: str, model: str) -> str | None:
    """A warning where a judge and a competitor are of one vendor: judges prefer what is like themselves."""
    vendor = vendor_by(judge)
    if vendor is None or vendor != vendor_by(model):
        return None
    return (
        f"{judge} judges its own family: {variant} is of the same vendor. Judges "
        f"favour what is like them; ask one of another vendor too, or calibrate it on labels."
    )


def _answered(plan: Plan, shard: Shard, answer_of: Callable[[Call], Answer | None]) -> Iterator[Answered]:
    samples = {sample.sample_id: sample for sample, _ in shard.asked}
    for call in plan.calls(shard):
        answer = answer_of(call)
        if answer is not None:
            yield Answered(call, call.messages, samples[call.sample_id], answer)


def _one(grader: Judge, answered: Answered) -> Question:
    grade = spoiled(answered.answer)
    if grade is not None:
        return Question(grader, (answered,), None, lost=(grade,))
    return Question(grader, (answered,), grader.request(answered.sample, answered.messages, answered.text))


def _pairs(grader: Pairwise, shard: JudgeShard, answers: Answers) -> Iterator[Question]:
    by_place: dict[tuple[str, int], list[Answered]] = {}
    for answered_shard in shard.of:
        for answered in answers(answered_shard):
            by_place.setdefault((answered.call.sample_id, answered.call.epoch), []).append(answered)
    for found in by_place.values():
        for pair in combinations(found, 2):
            lost = tuple(spoiled(answered.answer) for answered in pair)
            a, b = pair
            for swapped in (False, True):
                first, second = (b, a) if swapped else (a, b)
                request = None
                if not any(lost):
                    request = grader.request(a.sample, a.messages, first.text, second.text)
                yield Question(grader, pair, request, swapped, lost)


def _turns(shards: Sequence[Shard]) -> list[list[Shard]]:
    """The shards that ask the same samples, one a variant."""
    found: dict[bytes, list[Shard]] = {}
    for shard in shards:
        asked = [(sample.sample_id, epoch) for sample, epoch in shard.asked]
        found.setdefault(canonical_json([shard.suite.name, asked]), []).append(shard)
    return list(found.values())


def _places(grader: AskingGrader, turn: Sequence[Shard]) -> list[tuple[Sample, int]]:
    """A place for each call there can be."""
    if isinstance(grader, Pairwise):
        n_pairs = len(turn) * (len(turn) - 1) // 2
        return [place for place in turn[0].asked for _ in range(2 * n_pairs)]
    return [place for shard in turn for place in shard.asked]


def _prefixes(judging: JudgingPlan) -> dict[tuple[str, str], SharedPrefix]:
    """What all calls of a judge on a suite begin with, its rubric, where that is long enough to be cached."""
    found: dict[tuple[str, str], SharedPrefix] = {}
    by_place: dict[tuple[str, str], list[JudgeShard]] = {}
    for shard in map(as_judging, judging.shards):
        by_place.setdefault((shard.suite.name, shard.variant.name), []).append(shard)
    for place, shards in by_place.items():
        entry, params = shards[0].variant.entry, shards[0].variant.params
        alike = [Message(role="system", content=grader.system()) for grader in shards[0].graders]
        conversations = [
            (turn, Message(role="user", content=other)) for turn in alike for other in ("one", "another")
        ]
        n_calls = sum(len(shard.asked) for shard in shards)
        prefix = find_prefix(entry.model, params, conversations, n_calls, entry.cache)
        if prefix is not None:
            found[place] = prefix
    return found
