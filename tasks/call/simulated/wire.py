"""What the protocol modules and the server hand to each other: a request, a reply, a problem, a response.

Nothing here belongs to one vendor. A `Vendor` turns its own JSON into a `Request`, and a `Reply` or a
`Problem` into its own JSON and headers; it does no I/O and holds no state.
"""

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tasks.call.facts import Family
from tasks.model import Message

Json = dict[str, Any]
_WORD = re.compile(r"\s*\S+|\s+\Z")
quote = json.JSONEncoder(ensure_ascii=False).encode
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
Headers = list[tuple[str, str]]
StopWord = Literal["stop", "length", "stop_sequence", "refusal"]
ProblemKind = Literal[
    "auth",
    "bad_request",
    "conflict",
    "content_filter",
    "context_overflow",
    "no_model",
    "no_route",
    "overloaded",
    "rate_limited",
    "server_error",
    "too_large",
]


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON schema that the answer must have; empty where any object will do."""

    schema: Json
    tool: str | None = None  # the tool whose input it is; None: it is the text's


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a prefix that a vendor caches."""

    tokens: int  # from the prompt's beginning
    digest: bytes  # of the prefix's bytes
    lifetime: str
    billed: bool = True  # writing it costs something


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request reads from the cache, and what it writes there."""

    read: int
    written: int
    written_1h: int


@dataclass(frozen=True, slots=True)
class Request:
    """One question, whichever vendor's words it came in."""

    model: str
    messages: tuple[Message, ...]  # a system message first, if there is one
    input_tokens: int
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    thinks: bool = False
    streams: bool = False
    stream_usage: bool = True  # whether a stream shall tell its usage
    two_lifetimes: bool = False  # the vendor tells cache writes for an hour from those for five minutes
    shape: Shape | None = None
    summarizes: bool = False  # the reasoning is asked for in words (Responses API)
    marks: tuple[Mark, ...] = ()
    taken: Taken | None = None  # of the cache, once the request was let in


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a reply costs. The kinds of input are disjoint; reasoning is inside output."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0  # for five minutes, or for the vendor's only lifetime
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def prompt(self) -> int:
        """All input, whatever its kind."""
        return (
            self.input_tokens
            + self.cached_input_tokens
            + self.cache_write_tokens
            + self.cache_write_1h_tokens
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What the simulated model says; where it refuses, `text` is the refusal."""

    text: str
    stop: StopWord
    tokens: Tokens
    reasoning: str | None = None
    stop_sequence: str | None = None
    shows_usage: bool = True


@dataclass(frozen=True, slots=True)
class Streamed:
    """A reply as events: those before the first token, an item a word, those at the end."""

    before: bytes
    words: Sequence[bytes]
    after: bytes


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no reply. `message` is needed only where the vendor has no sentence of its own."""

    kind: ProblemKind
    message: str = ""
    model: str = ""
    param: str | None = None
    code: str | None = None
    retry_after_s: float | None = None
    limit_kind: Literal["requests", "input_tokens", "output_tokens"] = "requests"
    limit: int | None = None  # a minute
    tokens: int = 0
    maximum: int = 0


class Refused(Exception):
    """The request is not one that this vendor would serve."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message or problem.kind)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Level:
    """How full a bucket is: its limit a minute, what is left, and the seconds until it is full again."""

    kind: Literal["requests", "input_tokens", "output_tokens"]
    limit: int
    remaining: int
    reset_s: float


class Vendor(ABC):
    """A wire protocol."""

    name: ClassVar[str]

    @abstractmethod
    def key(self, headers: Mapping[str, str]) -> str | None:
        """The API key that the request brings; never stored."""

    @abstractmethod
    def read(self, body: Json, headers: Mapping[str, str], model: str, family: Family | None) -> Request:
        """The request in our words; `family` is what is known of the model.

        Raises: Refused: the vendor would answer this body with 400.
        """

    @abstractmethod
    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """The body of a 200."""

    @abstractmethod
    def stream(self, request: Request, reply: Reply, unique: str, now: float) -> Streamed:
        """The same reply as a stream."""

    @abstractmethod
    def stream_error(self, problem: Problem, request_id: str) -> bytes:
        """The event of an error in the middle of a stream."""

    @abstractmethod
    def problem(self, problem: Problem, request_id: str) -> tuple[int, Json]:
        """Status and body of an error."""

    @abstractmethod
    def headers(self, request_id: str, latency_ms: int) -> Headers:
        """The headers that every response has."""

    @abstractmethod
    def limit_headers(self, levels: Sequence[Level], now: float) -> Headers:
        """The rate limits as the vendor words them."""

    @abstractmethod
    def models(self, names: Sequence[str]) -> Json:
        """The body of a list of models."""

    def retry_headers(self, retry_after_s: float, *, exact: bool) -> Headers:
        """When to come again: in whole seconds, as the vendors do, unless the exact figure is asked for."""
        return [("retry-after", f"{retry_after_s:g}" if exact else str(max(1, math.ceil(retry_after_s))))]


def count_tokens(text: str) -> int:
    """The simulated tokenizer: one token for each 4 bytes begun, and never none."""
    return max(1, -(-len(text.encode("utf-8", "surrogatepass")) // 4))


def first_tokens(text: str, n: int) -> str:
    """As much of the text as n tokens hold, without half a character at the end."""
    return text.encode("utf-8", "surrogatepass")[: 4 * n].decode("utf-8", "ignore")


def to_bytes(body: Json) -> bytes:
    """JSON as it goes over the wire."""
    return _encode(body).encode("utf-8", "backslashreplace")


def bad_request(message: str, param: str | None = None, code: str | None = None) -> Refused:
    """A 400 in the vendor's words."""
    return Refused(Problem("bad_request", message, param=param, code=code))


def text_of(content: object, place: str) -> str:
    """The text of a message: a string, or text blocks, which are joined without anything between them."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or not all(
        isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)
        for block in content
    ):
        raise bad_request(f"{place}: the simulated server takes text only: a string or text blocks", place)
    return "".join(block["text"] for block in content)


def streams(body: Json) -> bool:
    """Whether a stream is asked for."""
    value = body.get("stream")
    if value is not None and not isinstance(value, bool):
        raise bad_request("stream: true or false is needed", "stream", "invalid_type")
    return bool(value)


def words_of(text: str) -> list[str]:
    """The text in pieces that make it up again, a word each."""
    return _WORD.findall(text)


def event(data: bytes, name: str = "") -> bytes:
    """A server-sent event."""
    return (b"event: %s\ndata: %s\n\n" % (name.encode(), data)) if name else b"data: %s\n\n" % data


def whole_number(body: Json, name: str) -> int | None:
    """An optional positive number of the request."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise bad_request(f"{name}: a whole number of at least 1 is needed", name, "invalid_value")
    return value


def stop_words(body: Json, name: str) -> tuple[str, ...]:
    """The texts at which the model must stop."""
    value = body.get(name) or ()
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) and word for word in words):
        raise bad_request(f"{name}: a list of texts is needed", name, "invalid_value")
    return tuple(words)


def check_temperature(body: Json, highest: float) -> None:
    """Refuse a temperature that the vendor does not know."""
    value = body.get("temperature")
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= highest:
        raise bad_request(f"temperature: range: 0..{highest:g}", "temperature", "invalid_value")
