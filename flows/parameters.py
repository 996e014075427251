"""What the forms of `compare`, `regrade`, `resume` and `calibrate` ask: a model each, a default a field.

Titles, descriptions and bounds are written for the person who fills in the form. `OfferedFrom` marks a field
whose choices are what exists when the deployment is made (flows/hosting/choices.py). No field is for a key:
keys are in the environment of `serve`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tasks.spec_parts import Part

LAST, PREVIOUS = "last", "the one before"
AS_IN_RUN, NOBODY = "as in the run", "nobody"
BY_DEFAULT = "by default"
Kind = Literal["runs", "things", "suites", "graders", "judges", "known judges", "labels", "rubrics"]


@dataclass(frozen=True)
class OfferedFrom:
    """Marks a field: its choices are what there is of this kind, beside its default."""

    kind: Kind


Thing = Annotated[str, Field(min_length=1, max_length=200)]


class Comparison(Part):
    """Which results are held against each other."""

    a: Annotated[Thing, OfferedFrom("things")] = Field(
        PREVIOUS,
        title="Baseline",
        description=f'A run, a variant or a model. "{PREVIOUS}" is the newest run with a suite and a variant '
        "of the candidate's.",
    )
    b: Annotated[Thing, OfferedFrom("things")] = Field(
        LAST, title="Candidate", description='A run, a variant or a model. "last" is the newest run.'
    )
    suites: Annotated[list[Thing], OfferedFrom("suites")] = Field(
        [],
        max_length=50,
        title="Suites",
        description="Only these; none: all that both have.",
        json_schema_extra={"uniqueItems": True},
    )
    show: int = Field(
        10,
        ge=0,
        le=50,
        title="Disagreements shown",
        description="Of the samples that one side passed and the other did not, the most telling so many.",
    )


class Regrading(Part):
    """Whose answers are graded again, and by whom."""

    run: Annotated[Thing, OfferedFrom("runs")] = Field(
        LAST, title="Run", description='The run whose stored answers are graded. "last" is the newest.'
    )
    graders: Annotated[list[Thing], OfferedFrom("graders")] = Field(
        [],
        max_length=50,
        title="Graders",
        description="Only these; none: all that its suites have.",
        json_schema_extra={"uniqueItems": True},
    )
    judge: Annotated[Thing, OfferedFrom("judges")] = Field(
        AS_IN_RUN,
        title="Judge",
        description=f"Who is asked by graders that ask a model. Real judges cost money. "
        f'"{NOBODY}": such graders are left out.',
    )
    budget_usd: float = Field(
        1.0,
        gt=0,
        le=100_000,
        title="Budget (USD)",
        description="The most that judges may cost; then the regrade stops, and nothing is graded.",
    )


class Resuming(Part):
    """Which run is gone on with."""

    run: str = Field(
        LAST,
        max_length=40,
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        title="Run",
        description='The run, as its page or `nightbench runs` names it. "last" is the newest that was cut '
        "short.",
    )
    retry_failed: bool = Field(
        False,
        title="Retry failed calls",
        description="Calls that finally failed are asked again; else only those that have not ended.",
    )
    automatic: bool = Field(
        False,
        title="After a crash",
        description="Set by the automation that goes on with a run after a crash: it does so once a run.",
    )


class Calibration(Part):
    """Which judge is held against whose labels."""

    judge: Annotated[Thing, OfferedFrom("known judges")] = Field(
        "recorded/judge",
        title="Judge",
        description="The model that judges. recorded/judge takes the verdicts that the file of labels has.",
    )
    labels: Annotated[str, OfferedFrom("labels")] = Field(
        "labels.csv",
        max_length=200,
        pattern=r"^[^/\\\s.][^/\\]*$",
        title="Labels",
        description="What persons said: a file in the folder `labels` of nightbench's home "
        "(JSON, JSONL, CSV or Parquet; docs/judges.md).",
    )
    rubric: Annotated[Thing, OfferedFrom("rubrics")] = Field(
        BY_DEFAULT,
        title="Rubric",
        description="By which single answers are judged; by default against their target.",
    )
    repeats: int = Field(
        1, ge=1, le=20, title="Repeats", description="How often each label is put to the judge."
    )
    budget_usd: float = Field(
        1.0,
        gt=0,
        le=100_000,
        title="Budget (USD)",
        description="The most that the judge may cost; then the calibration stops, and nothing is measured.",
    )
