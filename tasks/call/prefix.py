"""What the calls of one variant on one suite begin with alike, so that a vendor need not read it each time.

A shared prefix is a number of whole leading messages (the system message, few-shot turns) and, where the
next message begins alike too and that for long (a document that the template puts first), the part of it up
to the last line's end. It is found over every sample that the run asks. What is asked does not change with
it: keys and hashes know nothing of it, the text that is sent is the same to the letter, and only where a
block of it ends is marked.

Where samples have clusters (the questions on one document), each cluster's calls may share more than all do:
where that is cheaper, theirs is marked, and the calls of a cluster are put next to each other, so that they
come while the cache holds. They are so for every variant of the suite, so that a run that is cut short has
asked all of them the same. Which samples are asked, and in what shards, stays.

Worth it is a prefix that the vendor caches at all (facts.toml, `least_cached`) and that is read often enough:
writing for five minutes costs 1.25 times the input's price and reading 0.1, so two calls pay; writing for an
hour costs twice, so three do. A mark on a prefix that turns out too short costs nothing, so that its length
is judged generously, by three bytes a token; the saving that a plan shows is reckoned by four.

Not done: prefixes that a part of the samples share without being a cluster, and, where there are no clusters,
the whole prompt that epochs repeat: their calls may lie further apart than a cache's lifetime, and then cost
more. Of a cluster's calls, those that a tight limit holds back for longer than the lifetime write it again.

Source: platform.claude.com/docs/en/build-with-claude/prompt-caching,
developers.openai.com/api/docs/guides/prompt-caching
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tasks.call.facts import facts
from tasks.call.shape import vendor_by
from tasks.model import Lifetime, Message, Sample, SharedPrefix, hash_uuid
from tasks.plan import Plan, Shard
from tasks.spec import CacheChoice

CALLS_THAT_PAY: Mapping[Lifetime, int] = {"5m": 2, "1h": 3}
WRITTEN: Mapping[Lifetime, float] = {"5m": 1.25, "1h": 2.0}  # of the input's price
READ = 0.1
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
    whole: dict[tuple[str, str], SharedPrefix] = {}
    groups: dict[tuple[str, str, str], SharedPrefix] = {}
    together: dict[str, set[str]] = {}  # by suite, the clusters of which a variant shares a prefix
    for place, shards in grouped.items():
        prefix, by_cluster = _prefixes_of(plan, shards)
        if prefix is not None:
            whole[place] = prefix
        for cluster, own in by_cluster.items():
            groups[(*place, cluster)] = own
            together.setdefault(place[0], set()).add(cluster)
    laid = {
        shard.index: shard
        for (suite, _), shards in grouped.items()
        for shard in _side_by_side(shards, together.get(suite, set()))
    }
    shards_now = tuple(laid[shard.index] for shard in plan.shards)
    return replace(plan, shards=shards_now, prefixes=whole, group_prefixes=groups)


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
    common = Common(least)
    for conversation in conversations:
        if not common.take(conversation):
            return None
    return common.prefix(model, params, choice)


class Common:
    """What conversations begin with alike, as they are taken one after another."""

    def __init__(self, least: int) -> None:
        self.long_enough = True
        self._least = least * GENEROUS  # bytes
        self._first: Sequence[Message] | None = None
        self._turns = self._chars = 0

    def take(self, conversation: Sequence[Message]) -> bool:
        """Take the next one; whether what all share is still long enough."""
        if self._first is None:
            self._first, self._turns = conversation, len(conversation)
        elif self.long_enough:
            before = (self._turns, self._chars)
            self._turns, self._chars = _alike(self._first, conversation, *before)
            if before != (self._turns, self._chars):
                self.long_enough = _bytes(self._first, self._turns, self._chars) >= self._least
        return self.long_enough

    def prefix(self, model: str, params: Mapping[str, Any], lifetime: Lifetime) -> SharedPrefix | None:
        """The prefix; None where it is too short."""
        first, turns = self._first or (), self._turns
        chars = _to_line_end(first[turns]["content"], self._chars) if self._chars else 0
        size = _bytes(first, turns, chars)
        if not self.long_enough or size < self._least:
            return None
        shared = [first[:turns], first[turns]["content"][:chars] if chars else ""]
        key = hash_uuid([model, dict(params), shared]).hex
        return SharedPrefix(key, turns, chars, tokens=size // LIKELY, lifetime=lifetime)


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


def _prefixes_of(plan: Plan, shards: Sequence[Shard]) -> tuple[SharedPrefix | None, dict[str, SharedPrefix]]:
    """The prefix of all calls of a variant on a suite, and those of clusters that are cheaper than it."""
    suite, variant = shards[0].suite, shards[0].variant
    entry, choice = variant.entry, variant.entry.cache
    least = least_cached(entry.model)
    if choice == "off" or not least:
        return None, {}
    n_calls, of_cluster = _count(shards)
    enough = CALLS_THAT_PAY[choice]
    every = Common(least)
    every.long_enough = n_calls >= enough
    clusters = {cluster: Common(least) for cluster, n in of_cluster.items() if n >= enough}
    for sample in _asked_once(shards):
        group = clusters.get(sample.cluster) if sample.cluster is not None else None
        if every.long_enough or (group is not None and group.long_enough):
            conversation = plan.tools.render(suite, sample, entry.system, variant.prompt)
            every.take(conversation)
            if group is not None:
                group.take(conversation)
        elif not any(common.long_enough for common in clusters.values()):
            return None, {}
    whole = every.prefix(entry.model, variant.params, choice) if every.long_enough else None
    found = {
        cluster: prefix
        for cluster, common in clusters.items()
        if (prefix := common.prefix(entry.model, variant.params, choice))
        and _is_cheaper(prefix, whole, of_cluster[cluster])
    }
    return whole, found


def _count(shards: Sequence[Shard]) -> tuple[int, dict[str, int]]:
    """The calls of some shards: all, and those of each cluster."""
    n_calls, of_cluster = 0, dict[str, int]()
    for shard in shards:
        for sample, _ in shard.asked:
            n_calls += 1
            if sample.cluster is not None:
                of_cluster[sample.cluster] = of_cluster.get(sample.cluster, 0) + 1
    return n_calls, of_cluster


def _asked_once(shards: Sequence[Shard]) -> Iterator[Sample]:
    return (sample for shard in shards for sample, epoch in shard.asked if epoch == 1)


def _is_cheaper(own: SharedPrefix, whole: SharedPrefix | None, n_calls: int) -> bool:
    """Whether a cluster's calls cost less with their own prefix than with that of all.

    Theirs is written once and read by the others; of the other, all read it and pay for the rest.
    """
    if whole is None:
        return True
    with_own = own.tokens * (WRITTEN[own.lifetime] + READ * (n_calls - 1))
    return with_own < n_calls * (READ * whole.tokens + own.tokens - whole.tokens)


def _side_by_side(shards: Sequence[Shard], clusters: Container[str]) -> Iterator[Shard]:
    """The shards of a variant on a suite, as large as they were, with each of the clusters in one piece."""
    pieces: dict[str | int, list[tuple[Sample, int]]] = {}
    for place, (sample, epoch) in enumerate(one for shard in shards for one in shard.asked):
        together = sample.cluster is not None and sample.cluster in clusters
        pieces.setdefault(str(sample.cluster) if together else place, []).append((sample, epoch))
    laid = [one for piece in pieces.values() for one in piece]
    start = 0
    for shard in shards:
        end = start + len(shard.asked)
        yield replace(shard, asked=tuple(laid[start:end]))
        start = end


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
