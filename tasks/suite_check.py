"""`suites check`: a suite is loaded, rendered and judged fit, and compared with the others on hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tasks.call.facts import current_models, family_of
from tasks.grade.base import Grader
from tasks.home import Settings
from tasks.load.checks.subject import Finding, Subject
from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN, discover, find_suite
from tasks.load.inspect_suite import inspect
from tasks.load.pull import missing_files
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.load.sealed import LEFT_OUT
from tasks.model import Sample, Suite
from tasks.new_spec import SIMULATED
from tasks.work import make_graders
from warehouse.errors import SuiteError

UNKNOWN_CONTEXT = 128_000  # tokens; of a model whose context is not known
MESSAGE_TOKENS = 4


@dataclass(frozen=True)
class Checked:
    """What was found, and what it rests on."""

    suite: Suite
    findings: tuple[Finding, ...]
    contexts: Mapping[str, int]
    compared: tuple[str, ...]  # the other suites


def check_suite(settings: Settings, name: str, models: Sequence[str], say: Callable[[str], None]) -> Checked:
    """Every finding on a suite. `models` are those whose context its rows must fit; none: the usual ones.

    `say` takes what a person should know: another suite that could not be compared.
    Raises: SuiteError: the suite cannot be loaded at all.
    """
    folder = find_suite(name, settings.suite_folders)
    suite = load_suite(folder, settings.home.cache)
    graders = make_graders(suite)
    prompts, failed = _prompts(suite)
    contexts = contexts_of(models or (*current_models().values(), *SIMULATED))
    subject = Subject(
        suite=suite,
        sql=read_definition(folder).sql,
        prompts=prompts,
        refused=lambda sample: refusal_of(graders, sample),
        contexts=contexts,
        tokens=estimate_tokens,
    )
    others = _others(settings, name, say)
    known = frozenset(
        found for found, where in discover(settings.suite_folders).items() if where.is_relative_to(BUILT_IN)
    )
    findings = [*failed, *inspect(subject, others, known)]
    return Checked(suite, tuple(findings), contexts, tuple(others))


def contexts_of(models: Sequence[str]) -> dict[str, int]:
    """The context of each model in tokens; UNKNOWN_CONTEXT where facts.toml has none."""
    found = {}
    for model in models:
        family = family_of(model)
        found[model] = (family.context_tokens if family else None) or UNKNOWN_CONTEXT
    return found


def estimate_tokens(prompt: str) -> int:
    """As a plan estimates them: a token for four bytes."""
    return len(prompt.encode("utf-8", "replace")) // 4 + MESSAGE_TOKENS


def refusal_of(graders: Sequence[Grader], sample: Sample) -> str | None:
    """Why a grader could not judge the sample; None where all could."""
    for grader in graders:
        try:
            grader.check(sample)
        except SuiteError as error:
            return str(error)
    return None


def _prompts(suite: Suite) -> tuple[dict[str, str], list[Finding]]:
    prompts: dict[str, str] = {}
    failed: dict[str, str] = {}
    for sample in suite.samples:
        try:
            turns = render_messages(suite, sample, system=None, prompt=None)
        except SuiteError as error:
            failed[sample.sample_id] = str(error)
        else:
            prompts[sample.sample_id] = "\n\n".join(turn["content"] for turn in turns)
    if not failed:
        return prompts, []
    first = LEFT_OUT if suite.sealed else next(iter(failed.values()))
    finding = Finding(
        "error",
        "no_prompt",
        tuple(failed),
        "prompt.jinja" if suite.prompt is not None else "input",
        f"the prompt cannot be rendered: {first}",
        "mend the template or the rows; a run would refuse the suite",
    )
    return prompts, [finding]


def _others(settings: Settings, name: str, say: Callable[[str], None]) -> dict[str, Suite]:
    """The other suites whose data is here; one that cannot be loaded is passed over with a sentence."""
    found = {}
    for other, folder in discover(settings.suite_folders).items():
        if other == name:
            continue
        try:
            if not missing_files(read_definition(folder), settings.home.cache):
                found[other] = load_suite(folder, settings.home.cache)
        except SuiteError as error:
            say(f'The suite "{other}" was not compared: {error}')
    return found
