"""The table of deployments: what can be started from Prefect's page, by its schedule or through its API.

One source for `nightbench serve` (flows/hosting/runner.py makes them from it) and for teams with a Prefect
server of their own: `python -m flows.deployments` writes prefect.yaml, which `prefect deploy` reads. A test
holds that file against this table. Nothing here imports Prefect.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from pydantic import BaseModel

from flows.parameters import Calibration, Comparison, Regrading, Resuming
from tasks.maintenance import Maintenance

FLOW_VARIABLE = "NIGHTBENCH_FLOW"  # module:name instead of both evaluations; `serve` sets it for its children
DEFAULT_FLOW = "flows.evaluate:evaluate"
SERVED = "flows.hosting.served"
NIGHTLY, AD_HOC, RESUME = "nightly", "evaluate", "resume"
CRON, TIMEZONE = "0 2 * * *", "UTC"
YAML = Path(__file__).parents[1] / "prefect.yaml"
WORK_POOL = "nightbench"


@dataclass(frozen=True)
class Deployment:
    """One of them; `flow` is `module:name` of what it runs."""

    name: str
    flow: str
    description: str
    scheduled: bool = False
    alone: bool = False  # a run that comes while another is under way is cancelled
    resumable: bool = False  # `nightbench resume` goes on with a run that was cut short
    options: type[BaseModel] | None = None  # of its parameter `options`, where choices are offered

    @property
    def flow_name(self) -> str:
        """Of the flow, as Prefect has it."""
        return self.flow.partition(":")[2]

    @property
    def served(self) -> str:
        """Where a process of `serve` finds the flow, tied to the life of `serve`."""
        return f"{SERVED}.{self.flow_name}"

    @property
    def entrypoint(self) -> str:
        """Where `prefect deploy` and a worker find the flow: in what is installed, from any folder."""
        return self.flow.replace(":", ".")


DEPLOYMENTS = (
    Deployment(
        NIGHTLY,
        "flows.nightly:nightly",
        "The scheduled evaluation: the same questions to the same models every night, so that a change is "
        "seen the morning after. Its spec comes from `nightbench serve --nightly SPEC.toml`, or from the "
        "variable nightbench_nightly_spec. It ends with 15 lines: what ran, what changed, what it cost, what "
        "to look at. A night that begins while the one before is still at work is cancelled.",
        scheduled=True,
        alone=True,
        resumable=True,
    ),
    Deployment(
        AD_HOC,
        DEFAULT_FLOW,
        "An evaluation when you want one: name suites and models in the form (Run > Custom run), and the "
        "leaderboard with its bill is among the run's artifacts. Set a budget: real models cost money.",
        resumable=True,
    ),
    Deployment(
        "compare",
        "flows.compare:compare",
        "Holds two runs, variants or models against each other on the same samples: the difference with its "
        "interval, a verdict in words, and the samples that tell most. Nothing is sent to a model. As it "
        "stands, it compares the newest run with the one before.",
        options=Comparison,
    ),
    Deployment(
        "regrade",
        "flows.regrade:regrade",
        "Grades the stored answers of a run again, after a grader was mended or with another judge. No model "
        "is asked for an answer; judges are, where a grader has one. The grades before stay.",
        options=Regrading,
    ),
    Deployment(
        "calibrate",
        "flows.calibrate:calibrate",
        "Measures how far a judge says what persons say: accuracy, agreement, and its leaning to what stands "
        "first or is longer. Put a file of labels into the folder `labels` of nightbench's home first.",
        options=Calibration,
    ),
    Deployment(
        RESUME,
        "flows.resume:resume",
        "Goes on with a run that was cut short, by a crash or a cancel: what was received is not asked "
        "again. As it stands, it takes the newest such run. After a crash nightbench starts it by itself, "
        "once a run.",
        options=Resuming,
    ),
    Deployment(
        "maintain",
        "flows.maintain:maintain",
        "Keeps the warehouse whole and small: checks every file, forgets runs that are older than you want "
        "to keep (nothing unless you say so), and merges the small files of months that are over.",
        alone=True,
        options=Maintenance,
    ),
)


def prefect_yaml() -> str:
    """The table as `prefect deploy` reads it."""
    return "\n".join(_yaml()) + "\n"


def _yaml() -> Iterator[str]:
    yield "# Written by `python -m flows.deployments` from flows/deployments.py: change that, not this."
    yield "# A work pool comes first: prefect work-pool create nightbench --type process; then"
    yield "# prefect deploy --all; then, on each machine that runs flows, with nightbench installed:"
    yield "# prefect worker start --pool nightbench"
    yield "name: nightbench"
    yield "pull: []  # a worker runs what is installed there"
    yield "definitions:"
    yield "  work_pool: &pool"
    yield f"    name: {WORK_POOL}"
    yield "deployments:"
    for one in DEPLOYMENTS:
        yield f"  - name: {one.name}"
        yield f"    entrypoint: {one.entrypoint}"
        yield "    description: >-"
        yield from (f"      {line}" for line in wrap(one.description, 100))
        yield "    work_pool: *pool"
        yield "    enforce_parameter_schema: true"
        if one.alone:
            yield "    concurrency_limit:"
            yield "      limit: 1"
            yield "      collision_strategy: CANCEL_NEW"
        if one.scheduled:
            yield "    schedules:"
            yield f'      - cron: "{CRON}"'
            yield f"        timezone: {TIMEZONE}"
            yield f"        slug: {one.name}"
            yield "        active: false  # until it has its parameters: add them above, then true"


if __name__ == "__main__":
    YAML.write_text(prefect_yaml(), encoding="utf-8")
    sys.stdout.write(f"{YAML.name}: {len(DEPLOYMENTS)} deployments\n")
