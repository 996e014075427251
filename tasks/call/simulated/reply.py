"""Decide what the simulated model replies to a request: right or wrong, how long, at which cost.

All of it follows from (seed, model, prompt, the client's sample header); the order of arrival, the number of
tries and a restart change nothing. Whether an answer is right is one normal score, made of three: how hard
the sample is (shared by all models, so that they fail on overlapping samples), how hard it is for this
model, and luck, which alone differs between epochs. The score's share is compared with the model's rate on
the suite, so the rate is met exactly in the long run.
"""

from dataclasses import dataclass, replace
from math import exp, log
from uuid import UUID

from tasks.call.simulated.answers import write_answer, write_reasoning, write_refusal
from tasks.call.simulated.draws import Draw, lognormal, normal, share, share_below, shares
from tasks.call.simulated.families import Family
from tasks.call.simulated.plan import PlanEntry
from tasks.call.simulated.settings import Settings
from tasks.call.simulated.structured import conform
from tasks.call.simulated.verdicts import write_verdict
from tasks.call.simulated.wire import Reply, Request, StopWord, Tokens, count_tokens, first_tokens

# Weights of the sample's hardness, the model's weakness and luck: their squares add up to 1.
_SAMPLE, _MODEL, _LUCK = 0.7**0.5, 0.2**0.5, 0.1**0.5


@dataclass(frozen=True, slots=True)
class CallKey:
    """What the reply depends on, beside the settings."""

    model: str
    prompt_hash: UUID
    sample: str  # the header x-nightbench-sample, or nothing

    @property
    def parts(self) -> tuple[str, str, str]:
        """As a key of draws."""
        return self.model, self.prompt_hash.hex, self.sample


@dataclass(frozen=True, slots=True)
class Fate:
    """What was decided of a call before a word is written; the numbers are shares, 0 to 1."""

    refuses: bool
    filtered: bool
    slow: bool
    shows_usage: bool
    latency_s: float


def decide_fate(key: CallKey, family: Family, settings: Settings) -> Fate:
    """Refusal, filter, latency and what else does not hang on the text."""
    refuse, filtered, slow, usage, latency, *_ = shares(settings.seed, "fate", *key.parts)
    faults = settings.faults
    is_slow = slow < faults.slow
    return Fate(
        refuses=refuse < (family.refusals if settings.refusals is None else settings.refusals),
        filtered=filtered < settings.content_filter,
        slow=is_slow,
        shows_usage=usage >= faults.missing_usage,
        latency_s=_latency_s(latency, key.model, family, settings) + (faults.slow_s if is_slow else 0.0),
    )


def is_right(key: CallKey, entry: PlanEntry, family: Family, settings: Settings) -> bool:
    """Whether this call gets the right answer."""
    rate = family.right_rate(entry.suite) if settings.accuracy is None else settings.accuracy
    hardness = share(settings.seed, "sample", entry.suite, entry.sample_id)
    weakness = share(settings.seed, "model", key.model, key.prompt_hash.hex)
    luck = share(settings.seed, "luck", *key.parts)
    score = _SAMPLE * normal(hardness) + _MODEL * normal(weakness) + _LUCK * normal(luck)
    return share_below(score) < rate


def make_reply(
    request: Request, entry: PlanEntry | None, key: CallKey, fate: Fate, family: Family, settings: Settings
) -> Reply:
    """The reply to a request that nothing speaks against."""
    draw = Draw(settings.seed, "text", *key.parts)
    prompt = request.messages[-1]["content"]
    if fate.refuses:
        text = write_refusal(draw)
        tokens = _tokens(request, count_tokens(text), 0, key, settings)
        return Reply(text, "refusal", tokens, shows_usage=fate.shows_usage)
    reasoning = write_reasoning(prompt, family, draw) if request.thinks else None
    text = write_verdict(request, family, draw) or _answer(request, entry, key, family, settings, draw)
    reply = _within_bounds(request, text, reasoning, key, fate, settings)
    manner = settings.manners.get(key.model)
    if manner is None or entry is None or entry.suite not in manner.outputs or reply.stop == "length":
        return reply
    return _counted(reply, request, manner.outputs[entry.suite], key, settings)


def _answer(
    request: Request, entry: PlanEntry | None, key: CallKey, family: Family, settings: Settings, draw: Draw
) -> str:
    right = entry is not None and is_right(key, entry, family, settings)
    text = write_answer(entry, request.messages[-1]["content"], family, draw, right=right)
    return text if request.shape is None else conform(text, request.shape.schema)


def _within_bounds(
    request: Request, text: str, reasoning: str | None, key: CallKey, fate: Fate, settings: Settings
) -> Reply:
    """End at the first stop word, or at max_tokens, whichever comes first."""
    thought = count_tokens(reasoning) if reasoning else 0
    stop_word = None
    found = [(place, word) for word in request.stop if (place := text.find(word)) >= 0]
    if found:
        place, stop_word = min(found)
        text = text[:place]
    written = count_tokens(text)
    cut = request.max_tokens is not None and thought + written > request.max_tokens
    if request.max_tokens is not None and cut:
        thought = min(thought, request.max_tokens)
        written = request.max_tokens - thought
        text = first_tokens(text, written)
        stop_word = None
    tokens = _tokens(request, thought + written, thought, key, settings)
    stop: StopWord = "length" if cut else "stop_sequence" if stop_word is not None else "stop"
    return Reply(text, stop, tokens, reasoning, stop_word, fate.shows_usage)


def _counted(
    reply: Reply, request: Request, like: tuple[float, float], key: CallKey, settings: Settings
) -> Reply:
    """The same reply, counted as one of lognormal length with this mean and deviation."""
    mean, deviation = like
    if mean <= 0:
        return reply
    variance = log(1 + (deviation / mean) ** 2)
    drawn = lognormal(share(settings.seed, "length", *key.parts), mean * exp(-variance / 2), variance**0.5)
    n = min(max(1, round(drawn)), request.max_tokens or 10**9)
    counted = replace(reply.tokens, output_tokens=n, reasoning_tokens=min(n, reply.tokens.reasoning_tokens))
    return replace(reply, tokens=counted)


def _tokens(request: Request, output: int, thought: int, key: CallKey, settings: Settings) -> Tokens:
    """Share the prompt out among the kinds of input; they stay disjoint and add up to it.

    By what the cache holds, unless the settings ask for made-up shares.
    """
    prompt = request.input_tokens
    if (taken := request.taken) is not None:
        read = min(taken.read, prompt)
        written = min(taken.written, prompt - read)
        for_an_hour = min(taken.written_1h, prompt - read - written)
        plain = prompt - read - written - for_an_hour
        return Tokens(plain, output, read, written, for_an_hour, thought)
    if not settings.cached and not settings.cache_written:
        return Tokens(prompt, output, reasoning_tokens=thought)
    reads, read_share, writes, write_share, lifetime, *_ = shares(settings.seed, "cache", *key.parts)
    cached = int(prompt * read_share) if reads < settings.cached else 0
    written = int((prompt - cached) * write_share) if writes < settings.cache_written else 0
    for_an_hour = int(written * (lifetime - 0.5) * 2) if request.two_lifetimes and lifetime > 0.5 else 0
    return Tokens(
        input_tokens=prompt - cached - written,
        output_tokens=output,
        cached_input_tokens=cached,
        cache_write_tokens=written - for_an_hour,
        cache_write_1h_tokens=for_an_hour,
        reasoning_tokens=thought,
    )


def _latency_s(latency: float, model: str, family: Family, settings: Settings) -> float:
    if settings.latency_ms is not None:
        return settings.latency_ms / 1000
    median_ms = family.median_ms if settings.latency_median_ms is None else settings.latency_median_ms
    manner = settings.manners.get(model)
    if manner is not None and manner.median_ms is not None:
        median_ms = manner.median_ms
    sigma = family.sigma if settings.latency_sigma is None else settings.latency_sigma
    return lognormal(latency, median_ms, sigma) / 1000
