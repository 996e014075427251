"""One run at work: what its steps share, and each step as one function. The flow calls them in order.

    prepare -> calling( call_shard ... ) -> landing( grade_shard, land_shard ... ) -> commit

Everything that a step needs of another package is brought together here, in `calling`, and in `closing`,
which has the steps from landing on.
"""

import os
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from tasks.budget import check_budget
from tasks.call.api import api_of, api_params
from tasks.call.batch.session import BatchSession
from tasks.call.endpoint import host_of, resolve_endpoints
from tasks.call.journal_end import journal_went, remove_journal
from tasks.call.journal_reader import JournalState
from tasks.call.prefix import with_prefixes
from tasks.call.shape import check_call
from tasks.call.tokens import Fit, Script
from tasks.deciding import Deciding, check_stop
from tasks.estimate import NO_ESTIMATE, Estimate, estimate_plan
from tasks.forecast import NOTHING, Learned
from tasks.grade.base import Grader
from tasks.grade.measures import make_measures
from tasks.grade.registry import make_graders as graders_of
from tasks.home import Home, Settings
from tasks.judges.plan import (
    JudgingPlan,
    expected,
    journalled,
    needs_judge,
    own_family,
    plan_judging,
    without_judges,
)
from tasks.load.definition import CARD
from tasks.load.discover import find_suite
from tasks.load.pick import in_draw_order, pick
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.load.sealed import LEFT_OUT
from tasks.model import GraderConfig, Sample, Suite
from tasks.plan import Pick, Plan, Shard, Tools, make_plan
from tasks.predicted import predicted_of, predicted_usd
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.reuse import count_reusable
from tasks.runs import RunRecord, pin_asked, read_progress
from tasks.spec import EvalSpec, SuiteEntry
from tasks.weight import Weights, weigh
from warehouse.errors import SpecError, SuiteError, WarehouseError
from warehouse.prices import resolve_priced_as


class Work:
    """A run that is ready to call: its plan, its graders (by suite, the first is the score), its counts.

    A plain class, because Prefect walks through every dataclass and collection that a task is given.
    """

    def __init__(
        self,
        home: Home,
        record: RunRecord,
        plan: Plan,
        graders: Mapping[str, Sequence[Grader]],
        progress: Progress,
        notes: Sequence[str] = (),
        monthly_usd: Decimal | None = None,
        fits: Mapping[str, Mapping[Script, Fit]] | None = None,
        estimate: Estimate = NO_ESTIMATE,
        judging: JudgingPlan | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.environ = os.environ if environ is None else environ  # where keys and addresses are read from
        self.record = record
        self.plan = plan
        self.judging = judging  # of answers of a likely length, until `calling` has those of the journal
        self.graders = graders
        self.progress = progress
        self.damage: list[str] = []  # what was found in the journal, for a person
        self.said: list[str] = []  # what a person should know after it
        self.retry_failed = False  # as `calling` was told
        self.deciding = Deciding(plan, graders) if plan.spec.stop is not None else None
        self.batches: BatchSession | None = None  # while `calling` lasts, in a mode that has batches
        self.monthly_usd = monthly_usd
        self.fits = fits or {}  # how each model counted tokens in earlier runs
        self.estimate = estimate  # of the whole plan, as things stand
        self.notes = notes  # what a person should know before it begins
        self.server_url: str | None = None  # of the simulated server, where the run has its own
        self.over = journal_went(home.journal(record.run_id))  # complete: nothing to ask or to land again

    def __repr__(self) -> str:
        """Short, because Prefect may show it."""
        return f"Work({self.record.run_id})"

    @property
    def plans(self) -> list[Plan]:
        """What is called for answers, and what judges are called for."""
        return [self.plan] if self.judging is None else [self.plan, self.judging]

    def judge_from(self, known: JournalState) -> None:
        """Let judges judge the answers that the journal holds; those of another run are as they are."""
        if self.judging is not None and self.plan.shards:
            self.judging = replace(self.judging, answers=journalled(self.plan, known))

    def planned(self, index: int) -> tuple[Plan, Shard]:
        """A shard by its index, with its plan."""
        n = len(self.plan.shards)
        if index < n or self.judging is None:
            return self.plan, self.plan.shards[index]
        return self.judging, self.judging.shards[index - n]

    def check_over(self, *, retry_failed: bool) -> None:
        """Refuse what a run that is over cannot do.

        Raises: SpecError: calls that have failed shall be asked again.
        """
        run_id, seen = self.record.run_id, read_progress(self.home, self.record.run_id)
        if retry_failed and (seen is None or seen.failed):
            raise SpecError(
                f'run "{run_id}" keeps no text (a sealed suite, store_text = false, or its text was '
                "forgotten), so its journal went: its failed calls cannot be asked again. Nothing was sent. "
                "Start a new run."
            )


def load_suites(settings: Settings, spec: EvalSpec) -> list[Suite]:
    """The suites of a spec, with their samples; each is sealed where the run keeps no text.

    Raises: SuiteError: an unknown suite (with the nearest names), or one that is not what it says.
    """
    suites = [
        load_suite(find_suite(entry.name, settings.suite_folders), settings.home.cache)
        for entry in spec.suite_entries
    ]
    return suites if spec.store_text else [replace(suite, sealed=True) for suite in suites]


def plan_run(
    run_id: str, spec: EvalSpec, suites: Sequence[Suite], *, only: Container[str] | None = None
) -> Plan:
    """The plan of a run; `only` narrows it to samples that are known to be wanted.

    Raises: SpecError, SuiteError: before anything is sent.
    """

    def picked(samples: Sequence[Sample], limit: int | None, seed: int) -> Sequence[Sample]:
        found = pick(samples, limit, seed)
        if spec.stop is not None:
            found = in_draw_order(found, seed)
        return found if only is None else [sample for sample in found if sample.sample_id in only]

    return make_plan(run_id, spec, suites, _prompt_files(spec), tools(picked))


def tools(picked: Pick = pick) -> Tools:
    """What planning needs of loading and calling."""
    return Tools(
        pick=picked,
        render=lambda suite, sample, system, prompt: render_messages(
            suite, sample, system=system, prompt=prompt
        ),
        merge=lambda entry, params: api_params(
            entry.model, api_of(entry.model, entry.api), params, entry.params
        ),
        priced_as=lambda model, named: resolve_priced_as(model, named, None),
        api=lambda entry: api_of(entry.model, entry.api),
    )


def check_spec(settings: Settings, spec: EvalSpec, environ: Mapping[str, str] | None) -> None:
    """What can be refused at once: an unknown suite, a missing key; None: keys are looked for later.

    Raises: SpecError, SuiteError.
    """
    for entry in spec.suite_entries:
        find_suite(entry.name, settings.suite_folders)
    if environ is not None:
        resolve_endpoints(spec.entries, environ)


def prepare(settings: Settings, record: RunRecord, *, environ: Mapping[str, str] | None = None) -> Work:
    """Load, plan and check everything that can be checked before money is spent.

    Raises: SpecError, SuiteError: one sentence with file, place and remedy; nothing was sent.
    """
    spec = record.eval_spec()
    environ = os.environ if environ is None else environ
    resolve_endpoints(spec.entries, environ)
    suites = load_suites(settings, spec)
    plan = plan_run(record.run_id, spec, suites)
    graders = run_graders(spec, suites)
    for suite in suites:
        make_measures(suite.metrics, f"{suite.folder}/{CARD}")
        check_samples(suite, graders[suite.name], plan.asked_samples(suite), "Nothing was sent.")
    check_stop(plan, graders)
    notes = notes_on_judges(spec, graders)
    try:
        learned = Learned.of(settings.home.warehouse, plan)
    except WarehouseError as error:  # no call hangs on it
        learned = NOTHING
        notes.append(f"Tokens and cost begin as a guess, because earlier runs cannot be read: {error}")
    judging = plan_judging(plan, graders, expected(plan, learned))
    plans: list[Plan] = [plan] if judging is None else [plan, judging]
    weights: Weights = {}
    for each in plans:
        for shard in each.shards:
            for call in each.calls(shard):  # renders: a template that does not fit a sample is found here
                check_call(call)
                weigh(weights, call)
    plans[0] = plan = with_prefixes(plan)
    reused = reusable(settings.home, plan, environ)
    estimate = estimate_plan(plans, settings.home.warehouse, weights, learned, reused)
    usd = estimate.usd if record.rehearsal is None else predicted_usd(record.predicted)
    check_budget(plans, usd, settings.monthly_usd)
    check_workers(spec, settings.monthly_usd)
    record = pin_asked(settings.home, record, versions_asked(plan, judging), predicted_of(estimate))
    progress = Progress(record.run_id, cost_of)
    for each in plans:
        progress.plan(each)
    if journal_went(settings.home.journal(record.run_id)):
        remove_journal(settings.home.journal(record.run_id))  # where that was cut short
        notes.append(
            "The run keeps no text (a sealed suite, store_text = false, or its text was forgotten), and its "
            "journal went: nothing is asked or graded again."
        )
    fits, monthly_usd = learned.by_model, settings.monthly_usd
    return Work(
        settings.home, record, plan, graders, progress, notes, monthly_usd, fits, estimate, judging, environ
    )


def check_workers(spec: EvalSpec, monthly_usd: Decimal | None) -> None:
    """Raises: SpecError: the run wants workers, and cannot have them."""
    if spec.engine is None:
        return
    if find_spec("prefect_dask") is None:
        raise SpecError(
            "[engine] needs the extra `cluster`, which is not installed. Nothing was sent. Install it "
            '(pip install "nightbench[cluster]"), or take [engine] out of the spec.'
        )
    bound = "budget_usd" if spec.budget_usd is not None else "NIGHTBENCH_MONTHLY_USD"
    if spec.spend_evenly and (spec.budget_usd is not None or monthly_usd is not None):
        raise SpecError(
            f"[engine], spend_evenly and {bound} do not go together: a sample's calls are paid for together, "
            "and several processes make them. Nothing was sent. Take one of the three out."
        )


def reusable(home: Home, plan: Plan, environ: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """How many calls of a plan earlier runs have answered, by suite and variant; none unless asked for.

    Raises: WarehouseError: the catalog cannot be read. SpecError: an endpoint cannot be told.
    """
    if plan.spec.reuse == "never":
        return {}
    return count_reusable(home, plan, {entry.variant: host_of(entry, environ) for entry in plan.spec.entries})


def versions_asked(plan: Plan, judging: JudgingPlan | None = None) -> dict[str, str]:
    """The version of everything that a run asks, by what a person calls it."""
    suites = {f'suite "{shard.suite.name}"': shard.suite.version for shard in plan.shards}
    variants = {
        f'the prompt or parameters of variant "{shard.variant.name}"': shard.variant.version
        for shard in plan.shards
        if shard.variant.prompt is not None
    }
    judges = {
        f'the rubric or prompt of the judge of suite "{shard.suite.name}"': shard.variant.version
        for shard in (judging.shards if judging is not None else ())
    }
    return suites | variants | judges


def make_graders(suite: Suite, options: SuiteEntry | None = None) -> tuple[Grader, ...]:
    """The graders of a suite, or those that the spec puts in their place.

    Raises: SuiteError: one cannot be made, or two would have one name in the tables.
    """
    folder = Path(suite.folder)
    return graders_of_spec(suite.name, options) or graders_of(suite.graders, f"{folder}/{CARD}", folder)


def graders_of_spec(suite: str, options: SuiteEntry | None) -> tuple[Grader, ...]:
    """The graders that a spec puts in the place of a suite's own; none where it does not.

    Raises: SuiteError: as make_graders.
    """
    if options is None or options.graders is None:
        return ()
    configs = [
        GraderConfig(str(fields.get("type", "")), {k: v for k, v in fields.items() if k != "type"})
        for fields in options.graders
    ]
    return graders_of(configs, f'graders of suite "{suite}" in the spec')


def run_graders(spec: EvalSpec, suites: Sequence[Suite]) -> dict[str, tuple[Grader, ...]]:
    """The graders of a run by suite, with those that ask a judge where the run names one.

    Raises: SuiteError: one cannot be made. SpecError: one asks a judge, and the run names none.
    """
    found: dict[str, tuple[Grader, ...]] = {}
    for suite, options in zip(suites, spec.suite_entries, strict=True):
        graders = without_judges(make_graders(suite, options), spec)
        asking = needs_judge(graders)
        if asking and not spec.judge_entries:
            raise SpecError(
                f'suite "{suite.name}": its grader "{asking[0].name}" asks a judge, and the run names '
                f'none. Nothing was sent. Name one: --judge provider/model, or judge = "provider/model" in '
                f"the spec."
            )
        found[suite.name] = graders
    return found


def notes_on_judges(spec: EvalSpec, graders: Mapping[str, Sequence[Grader]]) -> list[str]:
    """What a person should know of the judges before anything is sent."""
    asking = [grader for those in graders.values() for grader in those if grader.asks]
    if spec.judge_entries and not asking:
        return ["A judge is named, and no suite of the run has a grader that asks one: none is asked."]
    if not asking:
        return []
    if len(spec.models) == 1 and not any(grader.scores for grader in asking):
        return [f'"{asking[0].name}" compares two competitors, and the run has one: no judge is asked.']
    found = [
        own_family(judge.model, entry.variant, entry.model)
        for judge in spec.judge_entries
        for entry in spec.models
    ]
    return [sentence for sentence in dict.fromkeys(found) if sentence is not None]


class OfSuite(Protocol):
    """What is said of a suite whose samples cannot be judged."""

    @property
    def name(self) -> str:
        """As in suite.toml."""

    @property
    def sealed(self) -> bool:
        """Its words are not to be quoted."""


def check_samples(suite: OfSuite, graders: Sequence[Grader], samples: Iterable[Sample], state: str) -> None:
    """Whether the graders can judge these samples, and on this machine; `state` ends the error's sentence.

    Raises: SuiteError: names suite, grader and sample. SpecError: names suite and grader.
    """
    for grader in graders:
        try:
            grader.check_place()
        except SpecError as error:
            raise SpecError(f'suite "{suite.name}", grader "{grader.name}": {error} {state}') from error
    for sample in samples:
        for grader in graders:
            try:
                grader.check(sample)
            except SuiteError as error:
                what = f'sample "{sample.sample_id}" cannot be judged; {LEFT_OUT}.' if suite.sealed else error
                raise SuiteError(f'suite "{suite.name}", grader "{grader.name}": {what} {state}') from (
                    None if suite.sealed else error
                )


def _prompt_files(spec: EvalSpec) -> dict[str, str]:
    texts: dict[str, str] = {}
    for entry in spec.models:
        if entry.prompt is not None:
            try:
                texts[entry.prompt] = Path(entry.prompt).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SpecError(
                    f'variant "{entry.variant}": the prompt file {entry.prompt} cannot be read ({error}). '
                    f"Nothing was sent."
                ) from error
    return texts
