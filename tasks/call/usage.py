"""The tokens of a response, in kinds that do not overlap: what is billed is their sum, each at its price.

OpenAI counts cached and written tokens inside its prompt tokens, Anthropic beside its input tokens. A server
may count badly: a negative number becomes 0, a part never exceeds its whole, and the usage is then marked
as estimated.
"""

from collections.abc import Mapping
from typing import Any

from tasks.model import Usage

MOST = 10**12  # tokens; a count above it is no count


def anthropic_usage(usage: object) -> Usage | None:
    """The usage of a Messages response; None where it does not say both input and output tokens.

    The total of written tokens without its split by lifetime is taken as five minutes, the default.
    """
    counts = _Counts(usage)
    input_tokens, output_tokens = counts.get("input_tokens"), counts.get("output_tokens")
    if input_tokens is None or output_tokens is None:
        return None
    split = counts.part("cache_creation")
    five = split.get("ephemeral_5m_input_tokens")
    hour = split.get("ephemeral_1h_input_tokens") or 0
    total = counts.get("cache_creation_input_tokens")
    if five is None:
        five = max((total or 0) - hour, 0)
    sound = total is None or total == five + hour
    five = max(five, (total or 0) - hour)
    thinking = counts.part("output_tokens_details").get("thinking_tokens") or 0
    return Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cached_input_tokens=counts.get("cache_read_input_tokens") or 0,
        cache_write_tokens=five,
        cache_write_1h_tokens=hour,
        reasoning_tokens=min(thinking, output_tokens),
        estimated=not (sound and counts.sound and split.sound and thinking <= output_tokens),
    )


def openai_usage(usage: object) -> Usage | None:
    """The usage of a chat completion; None where it does not say both prompt and completion tokens.

    Two habits of compatible servers are understood: cached tokens as `prompt_cache_hit_tokens`, and reasoning
    tokens beside the completion's instead of inside, which the total then shows.
    """
    return _inside(usage, "prompt_tokens", "completion_tokens")


def responses_usage(usage: object) -> Usage | None:
    """The usage of a Response; None where it does not say both input and output tokens."""
    return _inside(usage, "input_tokens", "output_tokens")


def _inside(usage: object, prompt_name: str, output_name: str) -> Usage | None:
    """A usage with the cached and written tokens inside the prompt's, and reasoning inside the output's."""
    counts = _Counts(usage)
    prompt, output = counts.get(prompt_name), counts.get(output_name)
    if prompt is None or output is None:
        return None
    of_prompt, of_output = counts.part(f"{prompt_name}_details"), counts.part(f"{output_name}_details")
    said = of_prompt.get("cached_tokens")
    cached = (counts.get("prompt_cache_hit_tokens") or 0) if said is None else said
    written = of_prompt.get("cache_write_tokens") or 0
    reasoning = of_output.get("reasoning_tokens") or 0
    if reasoning and counts.get("total_tokens") == prompt + output + reasoning:
        output += reasoning
    sound = cached + written <= prompt and reasoning <= output
    cached = min(cached, prompt)
    written = min(written, prompt - cached)
    return Usage(
        input_tokens=prompt - cached - written,
        output_tokens=output,
        cached_input_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=min(reasoning, output),
        estimated=not (sound and counts.sound and of_prompt.sound and of_output.sound),
    )


class _Counts:
    """The whole numbers of a JSON object; `sound` turns False when one that was asked for is negative."""

    def __init__(self, value: object) -> None:
        self._value: Mapping[str, Any] = value if isinstance(value, dict) else {}
        self.sound = True

    def part(self, name: str) -> "_Counts":
        return _Counts(self._value.get(name))

    def get(self, name: str) -> int | None:
        value = self._value.get(name)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value > MOST:
            return None
        if value < 0:
            self.sound = False
            return 0
        return value
