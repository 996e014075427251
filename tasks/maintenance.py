"""What maintenance may be asked to do; nothing is forgotten unless it says so."""

from typing import Literal

from pydantic import Field, model_validator

from tasks.spec_parts import Part


class Maintenance(Part):
    """What is done to the warehouse, in this order: check, forget, merge."""

    verify: bool = Field(
        True,
        title="Verify",
        description="Check every file and reference first. Where one does not hold, nothing else is done.",
    )
    forget: Literal["nothing", "text", "runs"] = Field(
        "nothing",
        title="Forget",
        description="Of runs begun longer ago than kept: nothing, the text of prompts and responses, or the "
        "runs. What is forgotten is gone for good.",
    )
    keep_days: int = Field(
        365, ge=1, le=99_999, title="Keep (days)", description="Runs begun since then are never forgotten."
    )
    keep_gb: float = Field(
        0,
        ge=0,
        le=1_000_000,
        title="Keep at most (GB)",
        description="With Forget = runs: the oldest runs beyond so many gigabytes go too, however young. "
        "0: size is no reason.",
    )
    compact: bool = Field(
        True, title="Compact", description="Merge the small files of months that are over; no answer changes."
    )
    grace_hours: int = Field(
        24,
        ge=0,
        le=8_760,
        title="Grace (hours)",
        description="Merged files stay so long for readers of an old catalog.",
    )
    dry_run: bool = Field(
        False, title="Dry run", description="Say what would be forgotten and merged; change nothing."
    )

    @model_validator(mode="after")
    def _fits(self) -> "Maintenance":
        if self.keep_gb and self.forget != "runs":
            raise ValueError('keep_gb removes whole runs, and forget is not "runs"; leave it 0 or say so')
        return self
