"""The simulated vendors' prompt caches: a prefix is read where its exact bytes were written before and live.

Anthropic: a prefix ends at a block with `cache_control`, at most four of them; what lies between the longest
one that is found and the last one is written, for five minutes or an hour. OpenAI: a prompt of 1,024 tokens
or more is cached by itself in steps of 128 tokens, and writing costs nothing; from gpt-5.6 on (`marks_cache`)
prefixes end at marks (`prompt_cache_breakpoint`) and, unless the mode is explicit, at the prompt's end, and
what is written is billed. What is shorter than the model's minimum is not cached, without an error.

An entry can be read once the first answer that wrote it has begun, so of calls at one time each writes.
Reading renews it. Which machine a request comes to is not simulated: an entry that lives is always found.

Source: platform.claude.com/docs/en/build-with-claude/prompt-caching,
developers.openai.com/api/docs/guides/prompt-caching
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.call.facts import facts
from tasks.call.prefix import least_cached
from tasks.call.simulated.wire import Json, Mark, Taken, bad_request

MOST_MARKS = 4
STEP = 128  # tokens, of OpenAI's automatic cache
LIFETIMES_S: Mapping[str, float] = {"5m": 300.0, "1h": 3600.0, "30m": 1800.0, "12h": 43_200.0}
BYTES = 4  # a token, of the simulated tokenizer


@dataclass(slots=True)
class _Entry:
    since: float
    until: float
    lifetime_s: float


class PromptCache:
    """What one account has cached."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, bytes], _Entry] = {}

    def take(self, model: str, marks: Sequence[Mark], now: float, answer_at: float) -> Taken | None:
        """What a request reads and writes; None where none of its prefixes is long enough."""
        vendor = "anthropic" if model.startswith("claude") else "openai"
        least = least_cached(f"{vendor}/{model}")
        ends = [mark for mark in marks if least and mark.tokens >= least]
        if not ends:
            return None
        hit = 0
        for mark in ends:
            entry = self._entries.get((model, mark.digest))
            if entry is not None and entry.since <= now < entry.until:
                hit = mark.tokens
                entry.until = now + entry.lifetime_s
        written = {"5m": 0, "1h": 0}
        before = hit
        for mark in ends:
            if mark.tokens > hit:
                written["1h" if mark.lifetime == "1h" else "5m"] += (mark.tokens - before) * mark.billed
                before = mark.tokens
                self._write(model, mark, now, answer_at)
        return Taken(hit, written["5m"], written["1h"])

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def _write(self, model: str, mark: Mark, now: float, answer_at: float) -> None:
        entry = self._entries.get((model, mark.digest))
        lifetime_s = LIFETIMES_S[mark.lifetime]
        if entry is None or entry.until <= now:
            self._entries[model, mark.digest] = _Entry(answer_at, answer_at + lifetime_s, lifetime_s)
        else:  # another request writes it at this moment
            entry.since = min(entry.since, answer_at)
            entry.until = max(entry.until, answer_at + lifetime_s)


def message_marks(body: Json) -> tuple[Mark, ...]:
    """The breakpoints of a request to the Messages API, tools before system before messages."""
    seen = hashlib.sha256(_canonical([body.get("tools"), body.get("tool_choice"), body.get("thinking")]))
    marks: list[Mark] = []
    tokens = 0
    turns = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    for turn in [*turns, *(body.get("messages") or ())]:
        inside = 0
        for block in _blocks(turn):
            text = str(block.get("text", ""))
            inside += len(text.encode("utf-8", "surrogatepass"))
            seen.update(_canonical([turn["role"], text]))
            if (control := block.get("cache_control")) is not None:
                marks.append(Mark(tokens + -(-inside // BYTES), seen.digest(), _lifetime(control)))
        tokens += max(1, -(-inside // BYTES))
    if len(marks) > MOST_MARKS:
        raise bad_request(
            f"A maximum of {MOST_MARKS} blocks with cache_control may be provided. Found {len(marks)}."
        )
    lifetimes = [mark.lifetime for mark in marks]
    if lifetimes != sorted(lifetimes):
        raise bad_request("a cache_control block of ttl 1h must not come after one of ttl 5m.")
    return tuple(marks)


def chat_marks(body: Json, model: str, turns: Sequence[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Where prefixes of a request to OpenAI end; `turns` are all its messages, instructions first."""
    options = body.get("prompt_cache_options") or {}
    if not model.startswith(facts().vendors["openai"].marks_cache):
        if options:
            raise bad_request("prompt_cache_options: not supported by this model", "prompt_cache_options")
        return tuple(_steps(b"\x1e".join(_turn_bytes(turn) for turn in turns)))
    ttl = str(options.get("ttl", "30m"))
    seen, tokens, marks = hashlib.sha256(), 0, []
    for turn in turns:
        inside = 0
        for block in _blocks(turn):
            text = str(block.get("text", ""))
            inside += len(text.encode("utf-8", "surrogatepass"))
            seen.update(_canonical([turn.get("role"), text]))
            if block.get("prompt_cache_breakpoint") is not None:
                marks.append(Mark(tokens + -(-inside // BYTES), seen.digest(), ttl))
        tokens += max(1, -(-inside // BYTES))
    if options.get("mode") != "explicit" and not (marks and marks[-1].tokens == tokens):
        marks.append(Mark(tokens, seen.digest(), ttl))
    return tuple(marks[-MOST_MARKS:])


def _steps(prompt: bytes) -> Iterator[Mark]:
    """Every 128 tokens from 1,024 on."""
    least, step = 1024 * BYTES, STEP * BYTES
    if len(prompt) < least:
        return
    seen = hashlib.sha256(prompt[: least - step])
    for end in range(least, len(prompt) + 1, step):
        seen.update(prompt[end - step : end])
        yield Mark(end // BYTES, seen.digest(), "5m", billed=False)


def _blocks(turn: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    content = turn.get("content")
    if isinstance(content, str):
        yield {"text": content}
    elif isinstance(content, list):
        yield from (block for block in content if isinstance(block, dict))


def _turn_bytes(turn: Mapping[str, Any]) -> bytes:
    return "".join(str(block.get("text", "")) for block in _blocks(turn)).encode("utf-8", "surrogatepass")


def _lifetime(control: object) -> str:
    kind = control.get("type") if isinstance(control, dict) else None
    ttl = control.get("ttl", "5m") if isinstance(control, dict) else None
    if kind != "ephemeral" or ttl not in ("5m", "1h"):
        raise bad_request("cache_control: a type ephemeral is needed, and a ttl of 5m or 1h")
    return str(ttl)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode("ascii") + b"\n"
