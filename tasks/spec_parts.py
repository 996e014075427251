"""The small parts of a spec: a suite, limits, when to stop, how many processes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Part(BaseModel):
    """What every part of a spec has in common: frozen, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(Part):
    """What the account allows for one model; empty means no limit of that kind."""

    requests_per_minute: int | None = Field(None, ge=1, title="Requests a minute")
    input_tokens_per_minute: int | None = Field(None, ge=1, title="Input tokens a minute")
    output_tokens_per_minute: int | None = Field(None, ge=1, title="Output tokens a minute")
    in_flight: int = Field(
        64, ge=1, le=4096, title="Calls in flight", description="At one time, for this model."
    )


class SuiteEntry(Part):
    """A suite with options of its own for this run."""

    name: str = Field(title="Suite", min_length=1)
    limit: int | None = Field(
        None, ge=1, title="Samples", description="At most so many; default: the run's limit."
    )
    graders: list[dict[str, Any]] | None = Field(
        None, title="Graders", description="Replace the suite's; the first is the score."
    )


class Stop(Part):
    """When a comparison is decided, and the run asks no more."""

    difference: float = Field(
        2.0, gt=0, le=100, title="Difference", description="In points: below it two models are alike."
    )
    confidence: float = Field(
        0.95, ge=0.5, lt=1, title="Confidence", description="That a verdict is right, whenever it comes."
    )


class Workers(Part):
    """More than one process for the calls of a run: so many here, or those of a Dask cluster."""

    workers: int | None = Field(
        None, ge=1, le=64, title="Workers", description="Processes that the run starts on this machine."
    )
    address: str | None = Field(
        None,
        pattern=r"^(tcp|tls)://[^@?#\s]+$",
        title="Address",
        description="Of a Dask scheduler whose workers share this home, as tcp://scheduler:8786.",
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> "Workers":
        if (self.workers is None) == (self.address is None):
            raise ValueError('give either workers = 2, or address = "tcp://scheduler:8786"')
        return self
