"""The flow `nightly`: an evaluation by the clock, and what a person wants to know of it in the morning.

Prefect variables say what is to be said without a new deployment: the name of the spec, its budget, its
baseline.
"""

import asyncio
import os
import re
from datetime import timedelta
from typing import Any

from prefect import flow, get_client, get_run_logger, task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import Field

from flows.hosting.night import BASELINE, BUDGET, SPEC, read_variables
from flows.hosting.notifying import tell_night
from flows.running.evaluation import evaluation, named_by
from flows.running.storage import PLAIN
from tasks.home import Home, Settings
from tasks.maintaining import Step, compact_when_due
from tasks.maintenance import Maintenance
from tasks.night.summary import NightSummary, night_markdown, summarize_night
from tasks.spec import EvalSpec, make_spec
from tasks.spec_file import read_spec_file
from tasks.spec_parts import Part
from warehouse.errors import NightbenchError, SpecError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}\Z")


class Afterwards(Part):
    """What comes after the calls of a night."""

    max_drop: float = Field(
        2.0,
        ge=0,
        le=100,
        title="Largest drop (points)",
        description="A drop against the baseline that is shown to be larger is an alarm.",
    )
    compact: bool = Field(
        True, title="Compact when due", description="Merge the small files of months that are over."
    )


def _name() -> str:
    spec = flow_run.parameters.get("spec")
    return named_by(EvalSpec.model_validate(spec)) if spec else "nightly, by its variables"


@flow(name="nightly", flow_run_name=_name, **PLAIN)
async def nightly(
    spec: EvalSpec | None = None,
    afterwards: Afterwards = Afterwards(),  # noqa: B008 - frozen
) -> State[Any] | None:
    """Puts the same questions to the same models every night, and says in 15 lines what has changed.

    Args:
        spec: What is asked. Empty: the spec that the variable nightbench_nightly_spec names, a file in the
            folder `specs` of nightbench's home. The variables nightbench_nightly_budget_usd and
            nightbench_nightly_baseline replace what a spec says of these.
        afterwards: What comes after the calls.
    """
    home = Settings.read(os.environ).home
    async with get_client() as client:
        said = await read_variables(client)
    tonight = await asyncio.to_thread(spec_of, home, spec, said)
    try:
        ended = await evaluation(tonight)
    except NightbenchError:
        await sum_up(home, str(flow_run.id), afterwards.max_drop)
        raise
    if ended is None and afterwards.compact:
        await compact(home)
    summary = await sum_up(home, str(flow_run.id), afterwards.max_drop)
    if ended is None and summary is not None:
        return Completed(message=summary.lines[0])
    return ended


def spec_of(home: Home, given: EvalSpec | None, variables: dict[str, str]) -> EvalSpec:
    """The night's spec: the one given, else the one that a variable names; variables have the last word.

    Raises: SpecError: there is none, or a variable says what cannot be meant.
    """
    fields = read_named(home, variables.get(SPEC)) if given is None else given.model_dump(exclude_unset=True)
    if BUDGET in variables:
        fields = fields | {"budget_usd": variables[BUDGET]}
    if BASELINE in variables:
        fields = fields | {"baseline": variables[BASELINE]}
    source = ", ".join(("the night's spec", *(f"the variable {name}" for name in sorted(variables))))
    return make_spec(fields, source)


def read_named(home: Home, name: str | None) -> dict[str, Any]:
    """The fields of the spec of this name in the folder `specs` of a home.

    Raises: SpecError: nobody named one, or there is none of this name.
    """
    folder = home.root / "specs"
    if name is None:
        raise SpecError(
            "a night without a spec. Nothing was sent. Start `nightbench serve --nightly SPEC.toml`, or put "
            f"one into {folder} and set Prefect's variable {SPEC} to its name (without .toml)."
        )
    path = folder / f"{name}.toml"
    if not NAME.match(name) or not path.is_file():
        there = ", ".join(sorted(found.stem for found in folder.glob("*.toml"))) or "nothing"
        raise SpecError(
            f'the variable {SPEC} is "{name}", and {folder} has no {name}.toml. Nothing was sent. There is: '
            f"{there}."
        )
    return dict(read_spec_file(path))


@task(name="compact", task_run_name="compact when due", cache_policy=NO_CACHE, **PLAIN)
async def compact(home: Home) -> None:
    """Merge small files of months that are over; what keeps it from that is no failure of the night."""
    try:
        grace = timedelta(hours=Maintenance().grace_hours)
        step = await asyncio.to_thread(compact_when_due, home, grace)
    except NightbenchError as error:
        step = Step("compaction", "failed", str(error))
    if step.result != "nothing":
        log = get_run_logger()
        (log.warning if step.result == "failed" else log.info)("compaction: %s", step.words)


@task(
    name="sum up",
    task_run_name="compare with the baseline, look for drift, sum up",
    cache_policy=NO_CACHE,
    **PLAIN,
)
async def sum_up(home: Home, run_id: str, max_drop: float) -> NightSummary | None:
    """The night in at most 15 lines, as an artifact of the flow run; alarms are in the log too."""
    log = get_run_logger()
    try:
        summary = await asyncio.to_thread(summarize_night, home, run_id, max_drop=max_drop / 100)
    except SpecError as error:  # it was refused before there was anything to speak of
        log.warning("no summary: %s", error)
        return None
    for line in summary.alarms:
        log.warning("ALARM: %s", line)
    tell_night(summary)
    await acreate_markdown_artifact(
        markdown=night_markdown(summary), key="night", description=f"The night of run `{run_id}`"
    )
    return summary
