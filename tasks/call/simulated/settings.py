"""How a simulated server behaves: one frozen model behind the file, the options and the tests.

A rate is a share of requests, 0 to 1. What a rate decides depends on the request and the seed alone, never
on the order of arrival.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from warehouse.errors import SpecError

FaultKind = Literal[
    "rate_limited", "server_error", "overloaded", "reset", "cut", "garbled", "error_event", "hang"
]
Rate = Annotated[float, Field(ge=0.0, le=1.0)]


class Part(BaseModel):
    """What every part of the settings has in common: frozen, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Faults(Part):
    """What goes wrong, how often, and for how many tries of one call in a row.

    A fault that a retry can mend is decided by the call's key and the number of its try, so a call that is
    tried again passes after `max_in_a_row` faults at the latest.
    """

    rate_limited: Rate = 0.0  # 429 although no limit was reached
    server_error: Rate = 0.0  # 500
    overloaded: Rate = 0.0  # 529, or the vendor's own word for it
    reset: Rate = 0.0  # the connection is reset before an answer
    cut: Rate = 0.0  # the answer breaks off in its middle, with the connection
    garbled: Rate = 0.0  # status 200 and a body that is not JSON
    error_event: Rate = 0.0  # an error in the middle of a stream; without a stream as `overloaded`
    hang: Rate = 0.0  # no answer, or half a stream, and the connection stays open until the client leaves
    max_in_a_row: int = Field(3, ge=0)
    retry_after_s: float = Field(1.0, ge=0.0)  # what an injected 429 asks for
    slow: Rate = 0.0  # answered, but slow_s later; decided by the key alone
    slow_s: float = Field(5.0, ge=0.0)
    missing_usage: Rate = 0.0  # answered without its usage; decided by the key alone

    @model_validator(mode="after")
    def _at_most_one(self) -> "Faults":
        total = sum(rate for _, rate in self.retryable)
        if total > 1.0 + 1e-9:
            raise ValueError(f"the rates of rate_limited to hang add up to {total:g}; at most 1 is possible")
        return self

    @cached_property
    def any_retryable(self) -> bool:
        """Whether a try can fail at all."""
        return any(rate for _, rate in self.retryable)

    @cached_property
    def retryable(self) -> tuple[tuple[FaultKind, float], ...]:
        """The faults that spoil a try, each with its rate."""
        return (
            ("rate_limited", self.rate_limited),
            ("server_error", self.server_error),
            ("overloaded", self.overloaded),
            ("reset", self.reset),
            ("cut", self.cut),
            ("garbled", self.garbled),
            ("error_event", self.error_event),
            ("hang", self.hang),
        )


class Limits(Part):
    """What the simulated account allows for one model; empty means no limit of that kind and no header."""

    requests_per_minute: int | None = Field(None, ge=1)
    input_tokens_per_minute: int | None = Field(None, ge=1)
    output_tokens_per_minute: int | None = Field(None, ge=1)
    burst_s: float = Field(5.0, gt=0.0)  # a bucket holds so many seconds' worth, and starts full
    counts_max_tokens: bool = False  # a request's max_tokens weigh as input, as OpenAI counts


class Manner(Part):
    """How one model answers, in place of its family's way."""

    median_ms: float | None = Field(None, ge=0.0)
    # By suite: mean and standard deviation of the tokens that an answer is counted (its text stays).
    outputs: dict[str, tuple[Annotated[float, Field(ge=0.0)], Annotated[float, Field(ge=0.0)]]] = Field(
        default_factory=dict
    )


class BatchSettings(Part):
    """How batches fare. A rate is a share of requests or of batches, as its comment says.

    What befalls a batch depends on its content and on how often the same was created before; what befalls a
    request, on its custom id and on how often that was accepted before. From `faults.max_in_a_row` times on
    nothing befalls them any more. What befalls an HTTP request depends on its path and on how often it came.
    """

    seconds: float = Field(2.0, ge=0.0)  # from a batch's creation to its end
    shuffled: bool = True  # results come in another order than the requests
    errored: Rate = 0.0  # of requests: the vendor failed, nothing is billed
    expired: Rate = 0.0  # of requests: never processed; OpenAI's batch ends as expired then
    failed: Rate = 0.0  # of OpenAI's and Azure's batches: not accepted after all (enqueued token limit)
    without_output: Rate = 0.0  # of batches: every request is errored, so OpenAI makes no output file
    without_files: Rate = 0.0  # of OpenAI's batches: completed, billed, and no file of any kind
    cancelled: Rate = 0.0  # of batches: by the vendor, half way
    vanishes: Rate = 0.0  # of batches: 404 from `vanish_after` of its seconds on, and in no list
    vanish_after: float = Field(0.5, ge=0.0)  # as a share of `seconds`; above 1 after its end
    repeated_lines: Rate = 0.0  # of results: the line comes twice
    missing_lines: Rate = 0.0  # of results: billed, and there is no line
    broken_lines: Rate = 0.0  # of results: billed, and the line is no JSON
    blank_ids: bool = False  # OpenAI's ids of files that there are not are "" instead of null; both were seen
    repeated_pages: bool = False  # a list's next page begins with the last batch of the page before
    lost_creations: Rate = 0.0  # of creations: the batch is made, then the connection is reset
    failed_creations: Rate = 0.0  # of creations: the batch is made, then the answer is a 500
    cut_creations: Rate = 0.0  # of creations: the batch is made, then the answer breaks off
    faults: Faults = Faults.model_validate({})  # of every HTTP request for files and batches
    upload_s: float = Field(0.0, ge=0.0)  # what an upload and a creation take, beyond their bytes
    pending_s: float = Field(0.0, ge=0.0)  # how long Azure checks an uploaded file, which is no use before
    max_requests: int | None = Field(None, ge=1)  # of a batch; instead of the vendor's
    max_bytes: int | None = Field(None, ge=1)  # of a batch; instead of the vendor's


class Settings(Part):
    """All of it; the defaults are a believable service without limits and without faults."""

    seed: int = 0
    latency_ms: float | None = Field(None, ge=0.0)  # fixed; empty: the model family's distribution
    latency_median_ms: float | None = Field(None, ge=0.0)  # instead of the family's
    latency_sigma: float | None = Field(None, ge=0.0)  # of the logarithm; instead of the family's
    first_token: Rate = 0.4  # of a stream: share of the latency that passes before its first token
    tokens_per_s: float | None = Field(None, gt=0.0)  # after it; empty: so many that the latency is met
    accuracy: Rate | None = None  # instead of the families' by suite
    refusals: Rate | None = None  # instead of the family's
    content_filter: Rate = 0.0  # Azure's 400
    caching: bool = True  # prefixes are cached as the vendors do it (caching.py)
    cached: Rate = 0.0  # instead: share of calls that read a part of their prompt from the cache
    cache_written: Rate = 0.0  # and share of calls that write a part of their prompt to the cache
    faults: Faults = Faults.model_validate({})
    limits: dict[str, Limits] = Field(default_factory=dict)  # by model; "*" holds for each other model
    manners: dict[str, Manner] = Field(default_factory=dict)  # by model
    models: tuple[str, ...] = ()  # the models that exist; empty: every name does
    deployments: dict[str, str] = Field(default_factory=dict)  # Azure: deployment to model, if they differ
    context_tokens: int | None = Field(None, ge=1)  # instead of what is known of the model
    refused_keys: tuple[str, ...] = ("invalid",)  # API keys that are answered with 401
    batch: BatchSettings = BatchSettings.model_validate({})
    keep_rows: int = Field(100_000, ge=0)  # the newest rows of the ledger that stay in memory
    cut_after: Rate = 0.5  # share of its bytes after which a cut answer breaks off


def read_settings(path: Path | None, changes: Sequence[str] = ()) -> Settings:
    """Settings from a TOML or JSON file, then `NAME=VALUE` changes (`faults.cut=0.1`) on top.

    Raises: SpecError: the file cannot be read, or a field is not what it must be.
    """
    fields = _read(path) if path else {}
    for change in changes:
        _put(fields, change)
    return make_settings(fields, str(path or "the options"))


def make_settings(fields: Mapping[str, Any], source: str = "settings") -> Settings:
    """Validate raw fields.

    Raises: SpecError: every problem with its field, on a line of its own.
    """
    try:
        return Settings.model_validate(dict(fields))
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
        raise SpecError(
            f"{source}: not settings of a simulated server, which was not started.\n" + "\n".join(lines)
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
        fields = json.loads(content) if path.suffix == ".json" else tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}). No server was started.") from error
    except ValueError as error:
        raise SpecError(f"{path}: neither JSON nor TOML: {error}. No server was started.") from error
    if not isinstance(fields, dict):
        raise SpecError(f"{path}: a table of settings is needed, not {type(fields).__name__}.")
    return fields


def _put(fields: dict[str, Any], change: str) -> None:
    name, equals, text = change.partition("=")
    if not equals or not name:
        raise SpecError(
            f'"{change}" is not of the form NAME=VALUE, as in faults.cut=0.1. No server was started.'
        )
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    place = fields
    *folders, last = name.split(".")
    for folder in folders:
        inner = place.setdefault(folder, {})
        if not isinstance(inner, dict):
            raise SpecError(f'"{change}": {folder} is a value, not a table. No server was started.')
        place = inner
    place[last] = value
