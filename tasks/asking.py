"""One question to several models: a run of kind `ask`, whose suite is the question and lies in no folder.

The question is written beside the run's record before anything is sent, so that a run that was stopped can
be resumed. Its suite has one sample, and no leaderboard counts it. Where a judge is named, it scores the
answers by the criteria; else they are kept, and nothing is graded.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.budget import check_budget
from tasks.call.endpoint import resolve_endpoints
from tasks.forecast import NOTHING
from tasks.grade.base import Grader
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.rubric import named_criteria
from tasks.home import Home, Settings
from tasks.judges.plan import expected, plan_judging
from tasks.model import Sample, Suite, short_hash
from tasks.plan import Plan
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.runs import RunRecord, begin_run, check_run_id, pin_asked, write_json
from tasks.spec import EvalSpec, ModelEntry, make_spec
from tasks.work import Work, plan_run
from warehouse.errors import SpecError

SUITE = "ask"
SAMPLE = "1"
TICKS = re.compile("`+")


@dataclass(frozen=True)
class Question:
    """What is asked: the prompt as it is sent, files included, and what is to be kept beside it."""

    prompt: str
    system: str | None = None
    criteria: tuple[str, ...] = ()  # by which a judge scores the answers, where one is named
    files: tuple[str, ...] = ()  # names of the files whose text the prompt holds
    at_once: bool = False

    def suite(self) -> Suite:
        """The question as a suite of one sample."""
        kept = {name: list(value) for name in ("criteria", "files") if (value := getattr(self, name))}
        return Suite(
            name=SUITE,
            version=f"1+{short_hash([self.prompt, self.system, kept])}",
            folder=SUITE,
            title="a question",
            licence=None,
            citation=None,
            params={},
            graders=(),
            prompt=None,
            samples=(
                Sample(
                    SAMPLE,
                    {"input": self.prompt},
                    input=self.prompt,
                    system=self.system,
                    scored=False,
                    metadata=kept,
                ),
            ),
        )


def make_question(
    prompt: str,
    *,
    files: Sequence[Path] = (),
    criteria: Sequence[str] = (),
    system: str | None = None,
    at_once: bool = False,
) -> Question:
    """The question of a prompt and the texts of files, each fenced at the end with its name.

    Raises: SpecError: there is nothing to ask, or a file is not text that can be read.
    """
    if not prompt.strip():
        raise SpecError("the prompt is empty. Nothing was sent. Say what the models are to be asked.")
    parts = [prompt.rstrip(), *(_fenced(path) for path in files)] if files else [prompt]
    wanted = dict.fromkeys(word.strip() for word in criteria if word.strip())
    return Question("\n\n".join(parts), system, tuple(wanted), tuple(path.name for path in files), at_once)


def ask_spec(models: Sequence[str | Mapping[str, Any] | ModelEntry], judges: Sequence[str] = ()) -> EvalSpec:
    """The spec of a run that asks these models; each entry as in a spec's `[[models]]`.

    A model that fails does not keep the others from being asked.
    Raises: SpecError: an entry cannot be used.
    """
    entries = [
        {"model": one}
        if isinstance(one, str)
        else one.model_dump(exclude_unset=True)
        if isinstance(one, ModelEntry)
        else one
        for one in models
    ]
    fields: dict[str, Any] = {"suites": [SUITE], "models": entries, "max_failed": 1.0}
    if judges:
        fields["judge"] = judges[0] if len(judges) == 1 else list(judges)
    return make_spec(fields, "the question")


def begin_ask(home: Home, spec: EvalSpec, question: Question, run_id: str, *, trigger: str) -> RunRecord:
    """Write question and record of a run, or find those of the same run again.

    Raises: SpecError: the id belongs to a run of another question or spec.
    """
    path = _path(home, check_run_id(run_id))
    if path.exists():
        old = read_question(home, run_id)
        if (old.prompt, old.system, old.criteria) != (question.prompt, question.system, question.criteria):
            raise SpecError(
                f'run id "{run_id}" belongs to another question. Nothing was sent. Give another --run-id, or '
                f"go on with `nightbench resume {run_id}`."
            )
    else:
        if (home.runs / f"{run_id}.json").exists():
            raise SpecError(f'run id "{run_id}" belongs to a run of suites. Nothing was sent. Give another.')
        write_json(path, asdict(question))
    return begin_run(home, spec, run_id, trigger=trigger, kind="ask")


def read_question(home: Home, run_id: str) -> Question:
    """The question of a run.

    Raises: SpecError: it cannot be read.
    """
    path = _path(home, run_id)
    try:
        fields = json.loads(path.read_bytes())
        return Question(
            prompt=str(fields["prompt"]),
            system=fields["system"],
            criteria=tuple(fields["criteria"]),
            files=tuple(fields["files"]),
            at_once=bool(fields["at_once"]),
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SpecError(f"{path}: cannot be read as the question of a run ({error}).") from error


def forget_question(home: Home, run_id: str) -> None:
    """Remove the question of a run whose record went, because it was refused before anything was sent."""
    if not (home.runs / f"{run_id}.json").exists():
        _path(home, run_id).unlink(missing_ok=True)


def prepare_ask(
    settings: Settings, record: RunRecord, question: Question, environ: Mapping[str, str]
) -> Work:
    """Plan the calls and check what can be checked before money is spent.

    Raises: SpecError: a key is missing, or a parameter is refused.
    """
    spec = record.eval_spec()
    resolve_endpoints(spec.entries, environ)
    suite, graders = question.suite(), graders_of(question, spec)
    plan: Plan = plan_run(record.run_id, spec, [suite])
    judging = plan_judging(plan, {suite.name: graders}, expected(plan, NOTHING))
    plans: list[Plan] = [plan] if judging is None else [plan, judging]
    check_budget(plans, None, settings.monthly_usd)  # on_budget is not for questions
    record = pin_asked(settings.home, record, {"the question": suite.version})
    progress = Progress(record.run_id, cost_of)
    for each in plans:
        progress.plan(each)
    return Work(
        settings.home,
        record,
        plan,
        {suite.name: graders},
        progress,
        monthly_usd=settings.monthly_usd,
        judging=judging,
        environ=environ,
    )


def graders_of(question: Question, spec: EvalSpec) -> tuple[Grader, ...]:
    """The judge of a question's answers, where there are criteria and somebody to judge by them.

    Raises: SpecError: a judge is named, and no criterion.
    """
    if not spec.judge_entries:
        return ()
    if not question.criteria:
        raise SpecError(
            "--judge: there is nothing to judge by. Nothing was sent. Name criteria: "
            "--criteria correctness,readability"
        )
    return (Judge(criteria=named_criteria(question.criteria)),)


def _fenced(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}). Nothing was sent.") from error
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path}: is not UTF-8 text (byte {error.start}). Nothing was sent. Give a text file."
        ) from error
    longest = max((len(ticks) for ticks in TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)  # longer than any in the text, so that the text cannot end it
    body = text if text.endswith("\n") else f"{text}\n"
    return f"{path.name}:\n{fence}\n{body}{fence}"


def _path(home: Home, run_id: str) -> Path:
    return home.runs / f"{run_id}.ask.json"
