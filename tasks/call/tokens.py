"""How many input tokens a call will weigh, guessed from its bytes; for the limits, never for money.

A model's own counting is not known offline, so it is learned: tokens = a x bytes + b x messages, by least
squares, for each model and each kind of script (an English text has about four bytes a token, a Chinese one
about three). It begins with what earlier runs taught, if they did, else with FIRST_GUESS, and goes on with
the count of every answer. What cannot be (fewer tokens than a sixteenth of the bytes, more than two a byte)
teaches nothing: a server may say anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tasks.call.worst_case import asked_at_most
from tasks.model import Call, Message, Usage

Script = Literal["ascii", "latin", "two-byte", "three-byte"]
FIRST_GUESS: Mapping[Script, float] = {"ascii": 4.0, "latin": 4.0, "two-byte": 4.0, "three-byte": 3.0}
MESSAGE_TOKENS = 4.0
SLOPES = (1 / 16, 2.0)  # tokens a byte
HIGHEST_MESSAGE = 2_000.0  # tokens
HISTORY_WEIGHT = 200.0  # calls: what is learned in a run soon weighs as much as all history
# Where a request's max_tokens weigh beside its input as soon as it comes, and cached tokens like any other.
COUNTS_ALL = frozenset({"openai", "azure"})


@dataclass(frozen=True)
class Size:
    """What is counted of a call's messages."""

    n_bytes: int
    n_chars: int
    n_messages: int

    @property
    def script(self) -> Script:
        """The kind of script that most of it is in, by its bytes a character."""
        return script_of(self.n_bytes, self.n_chars)


@dataclass(frozen=True)
class Fit:
    """The sums of a least-squares fit of tokens (y) to bytes (x) and messages (m)."""

    n: float = 0.0
    xx: float = 0.0
    xm: float = 0.0
    mm: float = 0.0
    xy: float = 0.0
    my: float = 0.0

    def seen(self, size: Size, tokens: int) -> "Fit":
        """With one call more."""
        x, m, y = float(size.n_bytes), float(size.n_messages), float(tokens)
        return Fit(
            self.n + 1, self.xx + x * x, self.xm + x * m, self.mm + m * m, self.xy + x * y, self.my + m * y
        )

    def plus(self, other: "Fit") -> "Fit":
        """Both together."""
        return Fit(
            self.n + other.n,
            self.xx + other.xx,
            self.xm + other.xm,
            self.mm + other.mm,
            self.xy + other.xy,
            self.my + other.my,
        )

    def weighing(self, n: float) -> "Fit":
        """The same with no more weight than so many calls."""
        by = min(1.0, n / self.n) if self.n else 1.0
        return Fit(self.n * by, self.xx * by, self.xm * by, self.mm * by, self.xy * by, self.my * by)

    def rates(self, script: Script) -> tuple[float, float]:
        """Tokens a byte and a message; the first guess weighs as much as a call of a hundred bytes."""
        a0, b0 = 1.0 / FIRST_GUESS[script], MESSAGE_TOKENS
        xx, mm = self.xx + 1e4, self.mm + 1.0
        xy, my = self.xy + 1e4 * a0, self.my + b0
        below = xx * mm - self.xm * self.xm
        a = (xy * mm - my * self.xm) / below
        a = min(max(a, SLOPES[0]), SLOPES[1])
        b = (my - a * self.xm) / mm
        return a, min(max(b, 0.0), HIGHEST_MESSAGE)


@dataclass
class TokenCounter:
    """What is known of one model's counting."""

    fits: dict[Script, Fit] = field(default_factory=dict)
    counts_all: bool = False
    _rates: dict[Script, tuple[float, float]] = field(default_factory=dict, repr=False)

    def estimate(self, size: Size) -> int:
        """The input tokens that such a call will probably be counted."""
        script = size.script
        rates = self._rates.get(script)
        if rates is None:
            rates = self._rates[script] = self.fits.get(script, Fit()).rates(script)
        return max(1, round(rates[0] * size.n_bytes + rates[1] * size.n_messages))

    def learn(self, size: Size, usage: Usage) -> int:
        """Take in what a call of this size was counted; returns what of it weighs on the limit of input."""
        written = usage.cache_write_tokens + usage.cache_write_1h_tokens
        tokens = usage.input_tokens + usage.cached_input_tokens + written
        if size.n_bytes * SLOPES[0] <= tokens <= size.n_bytes * SLOPES[1] + HIGHEST_MESSAGE:
            script = size.script
            self.fits[script] = self.fits.get(script, Fit()).seen(size, tokens)
            self._rates.pop(script, None)
        return tokens if self.counts_all else usage.input_tokens + written

    def ahead(self, call: Call) -> int:
        """What the provider counts beside the input before it answers: max_tokens, where it does so."""
        return _ahead(call.params) if self.counts_all else 0


def counts_all(model: str) -> bool:
    """Whether the provider of `provider/name` counts max_tokens and cached tokens with the input."""
    return model.partition("/")[0] in COUNTS_ALL


def ahead_of(model: str, params: Mapping[str, Any]) -> int:
    """What the provider of `provider/name` counts of a request beside its input."""
    return _ahead(params) if counts_all(model) else 0


def size_of(messages: Sequence[Message]) -> Size:
    """The size of a conversation."""
    n_bytes = n_chars = 0
    for turn in messages:
        text = turn["content"]
        n_chars += len(text)
        n_bytes += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return Size(n_bytes, n_chars, len(messages))


def script_of(n_bytes: int, n_chars: int) -> Script:
    """The kind of script of a text.

    >>> [script_of(len(t.encode()), len(t)) for t in ("yes", "não é", "нет, нельзя", "不行")]
    ['ascii', 'latin', 'two-byte', 'three-byte']
    """
    if n_bytes == n_chars:
        return "ascii"
    a_char = n_bytes / max(n_chars, 1)
    return "latin" if a_char < 1.45 else "two-byte" if a_char < 2.2 else "three-byte"


def counter_for(model: str, history: Mapping[Script, Fit]) -> TokenCounter:
    """A counter for `provider/name` that begins with what history taught."""
    fits = {script: fit.weighing(HISTORY_WEIGHT) for script, fit in history.items()}
    return TokenCounter(fits, counts_all=counts_all(model))


def estimate_tokens(call: Call, counter: TokenCounter | None = None) -> int:
    """A guess of a call's input tokens before it is sent; without a counter by the first guess alone."""
    return (counter or _UNTAUGHT).estimate(size_of(call.messages))


def _ahead(params: Mapping[str, Any]) -> int:
    return max(0, asked_at_most(params) or 0)


_UNTAUGHT = TokenCounter()
