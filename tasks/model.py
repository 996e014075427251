"""The types that the steps of a run hand to each other: a sample, a call, an answer, a grade.

Steps (load, call, grade, land) do not import each other; they meet here. Everything is frozen.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypedDict
from uuid import UUID

StopReason = Literal["stop", "length", "refusal", "content_filter", "tool", "other"]
Role = Literal["answer", "judge"]
Mode = Literal["realtime", "batch"]
Lifetime = Literal["5m", "1h"]  # of a prefix in Anthropic's cache
Api = Literal["chat", "responses"]  # of the two that OpenAI and its like have; chat completions are older
Winner = Literal["a", "b", "tie"]  # of two answers: which one, wherever it stood
Reason = Literal[
    "wrong", "refusal", "content_filter", "cut", "empty", "unparsable", "context_overflow", "timeout", "error"
]


class Message(TypedDict):
    """One turn of a conversation as it is sent: role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Sample:
    """One question of a suite: a row of `samples.sql`.

    `row` holds every column as DuckDB returned it (also those the well-known fields repeat): templates
    and graders read it by name.
    """

    sample_id: str
    row: Mapping[str, Any]
    input: str | None = None
    target: str | None = None
    targets: tuple[str, ...] = ()  # every right answer; (target,) where only that column exists
    choices: tuple[str, ...] = ()
    category: str | None = None
    cluster: str | None = None
    system: str | None = None
    messages: tuple[Message, ...] | None = None
    scored: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GraderConfig:
    """One `[[graders]]` entry of suite.toml or of a spec: `type`, and the grader's own options."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """A suite's definition with its samples still on disk; `version` is the full one, `<version>+<8 hex>`."""

    name: str
    version: str
    folder: str
    title: str
    licence: str | None
    citation: str | None
    params: Mapping[str, Any]
    graders: tuple[GraderConfig, ...]
    prompt: str | None  # the text of prompt.jinja; None: the column `input` is the prompt
    samples: tuple[Sample, ...]
    sealed: bool = False  # its text, and what models say to it, is nowhere kept in clear
    metrics: tuple[GraderConfig, ...] = ()  # measures of its answers that are no score


@dataclass(frozen=True)
class SharedPrefix:
    """What the calls of one variant on one suite begin with alike: see tasks/call/prefix.py."""

    key: str  # a hash of model, parameters and text; never text
    turns: int  # whole leading messages
    chars: int  # characters of the next one
    tokens: int  # about so many
    lifetime: Lifetime = "5m"


@dataclass(frozen=True)
class Call:
    """One planned request: what is sent, to whom, and why.

    `messages` holds the whole conversation, a leading system message included. `params` are the merged
    sampling parameters (the variant's win over the suite's).
    """

    call_key: UUID
    request_hash: UUID
    prompt_hash: UUID
    suite: str
    suite_version: str
    sample_id: str
    epoch: int
    role: Role
    variant: str
    variant_version: str
    model: str  # provider/name
    priced_as: str | None
    params: Mapping[str, Any]
    messages: tuple[Message, ...]
    prefix: SharedPrefix | None = None  # how it is sent, not what is asked: no key knows of it

    @property
    def provider(self) -> str:
        """The part of `model` before the first slash."""
        return self.model.partition("/")[0]

    @property
    def system(self) -> str | None:
        """The leading system message's text."""
        first = self.messages[0] if self.messages else None
        return first["content"] if first and first["role"] == "system" else None


@dataclass(frozen=True)
class Usage:
    """Tokens of one response. The kinds of input are disjoint and add up to what was sent.

    `input_tokens` were neither read from a cache nor written to one; `cache_write_tokens` are those written
    for five minutes (or for the vendor's only lifetime), `cache_write_1h_tokens` for an hour;
    `reasoning_tokens` are inside `output_tokens`.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True)
class Answer:
    """What a provider returned for one attempt that was answered.

    `text` is None where the API said with an error that it would not answer (context overflow, content
    filter); `error_kind` then names it.
    """

    text: str | None
    stop_reason: StopReason
    raw_stop_reason: str | None
    usage: Usage | None
    reasoning: str | None = None
    served_model: str | None = None
    fingerprint: str | None = None
    request_id: str | None = None
    error_kind: str | None = None
    error: str | None = None
    ttft_s: float | None = None


@dataclass(frozen=True)
class Attempt:
    """One HTTP try of a call. `outcome` is `unseen` where a kill or a cut left its end unknown."""

    call_key: UUID
    n: int  # 1, 2, ...
    started_at: datetime
    latency_s: float | None
    http_status: int | None
    error_kind: str | None
    outcome: Literal["answered", "failed", "unseen"]
    usage: Usage | None = None
    reserved_usd: Decimal | None = None  # what may have been billed unseen, at most
    usd: Decimal | None = None  # what an answer cost, where its price was known


@dataclass(frozen=True)
class Outcome:
    """How a call ended: answered or finally failed, with every attempt that was made for it."""

    status: Literal["answered", "failed"]
    started_at: datetime  # the last attempt's
    queued_s: float
    latency_s: float | None
    answer: Answer | None  # None where failed
    error_kind: str | None
    error: str | None
    endpoint: str  # host
    attempts: Sequence[Attempt]
    mode: Mode = "realtime"
    reused_from: str | None = None  # the run that the answer was paid for in


@dataclass(frozen=True)
class Grade:
    """A grader's judgment of one response: score 0 to 1, passed, the extracted answer, and why."""

    score: float
    passed: bool
    answer: str | None = None
    reason: Reason | None = None  # None where passed
    explanation: str | None = None


@dataclass(frozen=True)
class StoredCall:
    """What a grade says of its call, as the warehouse keeps it; a call that is graded again has no more."""

    call_key: UUID
    suite: str
    suite_version: str
    sample_id: str
    epoch: int
    variant: str
    variant_version: str
    model: str


@dataclass(frozen=True)
class Judged:
    """A grade with its place: which call, which grader, whether it is the suite's score."""

    call: Call | StoredCall
    grader: str
    grader_version: str
    is_score: bool
    grade: Grade
    judge_call_key: UUID | None = None  # of the judge's call that it rests on; a panel's rests on several


@dataclass(frozen=True)
class PairVerdict:
    """What a judge said of two answers to one sample in one order.

    `a` and `b` are the same in both orders; `swapped` says that b was shown first; `winner` names the answer
    and not its place. A verdict that failed is none. Where an answer is spoiled no judge is asked.
    """

    a: Call | StoredCall
    b: Call | StoredCall
    swapped: bool
    winner: Winner
    judge: str | None  # provider/name
    judge_call_key: UUID | None
    reason: str | None = None


@dataclass(frozen=True)
class CalibrationMeasure:
    """One measure of a judge against labels, with its 95 % interval; None: cannot be told of these labels."""

    measure: str
    value: float | None
    ci_low: float | None
    ci_high: float | None
    n: int


def canonical_json(value: object) -> bytes:
    """JSON in one spelling: sorted keys, no white space, UTF-8; what every hash is taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def as_json(value: object) -> str:
    """JSON as it is shown and graded: keys in their order, letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def hash_uuid(value: object) -> UUID:
    """The first 128 bits of the sha256 of canonical JSON, as a UUID."""
    return UUID(bytes=hashlib.sha256(canonical_json(value)).digest()[:16])


def short_hash(value: object) -> str:
    """The first 8 hex digits of the sha256 of canonical JSON."""
    return hashlib.sha256(canonical_json(value)).hexdigest()[:8]
