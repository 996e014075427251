"""What the calls of one variant on one suite begin with alike, so that a vendor need not read it each time.

A shared prefix is a number of whole leading messages (the system message, few-shot turns) and, where the
next message begins alike too and that for long (a document that the template puts first), the part of it up
to the last line's end. It is found over every sample that the run asks. What is asked does not change with
it: keys and hashes know nothing of it, the text that is sent is the same to the letter, and only where a
block of it ends is marked.

Worth it is a prefix that the vendor caches at all (facts.toml, `least_cached`) and that is read often enough:
writing for five minutes costs 1.25 times the input's price and reading 0.1, so two calls pay; writing for an
hour costs twice, so three do. A mark on a prefix that turns out too short costs nothing, so that its length
is judged generously, by three bytes a token; the saving that a plan shows is reckoned by four.

Not done: prefixes that only a part of the samples share (the questions on one passage), and the whole prompt
that epochs repeat: their calls may lie further apart than a cache's lifetime, and then cost more.

Source: platform.claude.com/docs/en/build-with-claude/prompt-caching,
developers.openai.com/api/docs/guides/prompt-caching
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tasks.call.facts import facts
from tasks.call.shape import vendor_by
from tasks.model import Lifetime, Message, SharedPrefix, hash_uuid
from tasks.plan import Plan, Shard
from tasks.spec import CacheChoice

CALLS_THAT_PAY: Mapping[Lifetime, int] = {"5m": 2, "1h": 3}
GENEROUS, LIKELY = 3, 4  # bytes a token
LEAST_PART = 1000  # characters for which a message is sent in two blocks
KEY_PROVIDERS = {"openai", "simulated"}  # others refuse a parameter that they do not know


def with_prefixes(plan: Plan) -> Plan:
    """The plan with the shared prefixes of its calls, where they pay.

    Raises: SuiteError: a template does not fit a sample.
    """
    grouped: dict[tuple[str, str], list[Shard]] = {}
    for shard in plan.shards:
        grouped.setdefault((shard.suite.name, shard.variant.name), []).append(shard)
    found = {place: prefix for place, shards in grouped.items() if (prefix := _prefix_of(plan, shards))}
    return replace(plan, prefixes=found)


def find_prefix(
    model: str,
    params: Mapping[str, Any],
    conversations: Iterable[Sequence[Message]],
    n_calls: int,
    choice: CacheChoice = "5m",
) -> SharedPrefix | None:
    """The prefix that all conversations share; None where there is none that pays.

    Stops to read conversations as soon as what they share is too short.
    """
    least = least_cached(model)
    if choice == "off" or not least or n_calls < CALLS_THAT_PAY[choice]:
        return None
    every = iter(conversations)
    first = next(every, ())
    turns, chars = len(first), 0
    for other in every:
        before, (turns, chars) = (turns, chars), _alike(first, other, turns, chars)
        if before != (turns, chars) and _bytes(first, turns, chars) < least * GENEROUS:
            return None
    chars = _to_line_end(first[turns]["content"], chars) if chars else 0
    size = _bytes(first, turns, chars)
    if size < least * GENEROUS:
        return None
    shared = [first[:turns], first[turns]["content"][:chars] if chars else ""]
    key = hash_uuid([model, dict(params), shared]).hex
    return SharedPrefix(key, turns, chars, tokens=size // LIKELY, lifetime=choice)


def least_cached(model: str) -> int:
    """The tokens from which on a vendor caches a prefix of this model; 0 where it caches none."""
    vendor = vendor_by(model)
    if vendor is None:
        return 0
    name = model.partition("/")[2].removeprefix("ft:")
    table = facts().vendors[vendor].least_cached
    return max(((len(prefix), n) for prefix, n in table.items() if name.startswith(prefix)), default=(0, 0))[
        1
    ]


def marked_message(body: dict[str, Any], prefix: SharedPrefix, n_system: int) -> dict[str, Any]:
    """A request to the Messages API with a breakpoint at the prefix's end.

    `n_system` are the leading system messages, which the body has joined. Where the prefix ends within
    several of them, or a message would be left with nothing but white space, nothing is marked.
    """
    control: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
    if prefix.lifetime == "1h":
        control["cache_control"]["ttl"] = "1h"
    at = prefix.turns - n_system  # whole turns of the conversation that lie inside
    if at < 0 and not (n_system == 1 and prefix.chars):
        return body
    if at < 0 or (at == 0 and not prefix.chars):
        blocks = _split(body["system"], prefix.chars, control, "text")
        return {**body, "system": blocks} if blocks else body
    return {**body, "messages": _with_mark(body["messages"], at, prefix.chars, control, "text")}


def keyed(body: dict[str, Any], model: str, prefix: SharedPrefix, field: str, kind: str) -> dict[str, Any]:
    """A request to OpenAI with the prefix's key, a hash that routes calls of one prefix to one place.

    From gpt-5.6 on, writing to the cache costs more than reading plainly, and by default every prompt is
    written to its end: there the prefix's end is marked instead, unless a parameter says otherwise. `field`
    holds the messages, `kind` is how a text part is called there.
    """
    provider, _, name = model.partition("/")
    if provider not in KEY_PROVIDERS:
        return body
    keyed_body = {"prompt_cache_key": prefix.key, **body}
    marks = name.startswith(facts().vendors["openai"].marks_cache) and "prompt_cache_options" not in body
    turns: list[Message] = body[field]
    at, chars = prefix.turns - _unlisted(body), prefix.chars
    role = turns[at if chars else at - 1]["role"] if 0 < at + bool(chars) <= len(turns) else "assistant"
    if not marks or at < 0 or role == "assistant":
        return keyed_body
    mark = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    marked = _with_mark(turns, at, chars, mark, kind)
    if marked is turns:
        return keyed_body
    return {**keyed_body, "prompt_cache_options": {"mode": "explicit"}, field: marked}


def _prefix_of(plan: Plan, shards: Sequence[Shard]) -> SharedPrefix | None:
    suite, variant = shards[0].suite, shards[0].variant
    entry = variant.entry

    def conversations() -> Iterator[Sequence[Message]]:
        for shard in shards:
            for sample, epoch in shard.asked:
                if epoch == 1:
                    yield plan.tools.render(suite, sample, entry.system, variant.prompt)

    n_calls = sum(len(shard.asked) for shard in shards)
    return find_prefix(entry.model, variant.params, conversations(), n_calls, entry.cache)


def _alike(first: Sequence[Message], other: Sequence[Message], turns: int, chars: int) -> tuple[int, int]:
    """The messages, and the characters of the next, with which another conversation begins like the first."""
    for place in range(min(turns, len(first), len(other))):
        if first[place] != other[place]:
            return place, _common(first[place], other[place], None)
    if turns >= len(other):
        return len(other), 0
    if turns == len(first):
        return turns, 0
    return turns, _common(first[turns], other[turns], chars)


def _common(one: Message, other: Message, most: int | None) -> int:
    if one["role"] != other["role"]:
        return 0
    left, right = one["content"][:most], other["content"][:most]
    if right.startswith(left):
        return len(left)
    same, differs = 0, min(len(left), len(right)) + 1
    while differs - same > 1:  # halving: comparing text is quick, a loop over its letters is not
        middle = (same + differs) // 2
        same, differs = (middle, differs) if left[:middle] == right[:middle] else (same, middle)
    return same


def _to_line_end(text: str, chars: int) -> int:
    """So many of the characters that a line ends there, or else a word; 0 where a cut is not worth it."""
    end = text.rfind("\n", 0, chars) + 1 or text.rfind(" ", 0, chars) + 1
    return end if end >= LEAST_PART else 0


def _bytes(turns: Sequence[Message], whole: int, chars: int) -> int:
    parts = [turn["content"] for turn in turns[:whole]]
    if chars:
        parts.append(turns[whole]["content"][:chars])
    return sum(len(part.encode("utf-8", "replace")) for part in parts)


def _with_mark(
    turns: Sequence[Message], at: int, chars: int, mark: Mapping[str, Any], kind: str
) -> Sequence[Any]:
    """The turns with a mark after `at` of them, or after so many characters of the next."""
    place = at if chars else at - 1
    blocks = _split(turns[place]["content"], chars, mark, kind)
    if not blocks:
        return turns
    return [*turns[:place], {**turns[place], "content": blocks}, *turns[place + 1 :]]


def _split(text: str, chars: int, mark: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """A text as blocks, the first of them marked; none where one would be blank, which no vendor takes."""
    head, tail = (text[:chars], text[chars:]) if chars else (text, "")
    if not head.strip() or (tail and not tail.strip()):
        return []
    rest = [{"type": kind, "text": tail}] if tail else []
    return [{"type": kind, "text": head, **mark}, *rest]


def _unlisted(body: Mapping[str, Any]) -> int:
    """Leading messages that are not in the list: the instructions of a Response."""
    return 1 if "instructions" in body else 0
