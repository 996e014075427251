"""What the prompts of a plan weigh: bytes and messages by suite, variant and kind of script.

A token count is linear in both (tasks/call/tokens.py), so the sums are enough to estimate a whole plan, and
who renders its calls for another reason weighs them in passing, at a microsecond each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tasks.call.tokens import Fit, Script, size_of
from tasks.model import Call
from tasks.plan import Plan

LEAST_CALLS = 30  # of one suite, for a fit of its own
SIZE_BYTES = 16_384  # prompts of one size, to so many bytes, are priced as one


@dataclass(frozen=True)
class Share:
    """The prompts of about one size, as shares of all input and of all calls of a variant on a suite."""

    of_input: float
    of_calls: float


@dataclass
class Weight:
    """The sums over the prompts of one variant on one suite."""

    sums: dict[Script, list[int]] = field(default_factory=dict)  # bytes, messages
    sizes: dict[int, list[int]] = field(default_factory=dict)  # bytes, calls; by size

    def add(self, call: Call) -> None:
        """Take one prompt more."""
        size = size_of(call.messages)
        script = size.script
        sums = self.sums.get(script)
        if sums is None:
            sums = self.sums[script] = [0, 0]
        sums[0] += size.n_bytes
        sums[1] += size.n_messages
        sized = self.sizes.setdefault(size.n_bytes // SIZE_BYTES, [0, 0])
        sized[0] += size.n_bytes
        sized[1] += 1

    def shares(self) -> list[Share]:
        """The calls by the size of their prompts: a price may depend on that of each."""
        n_bytes = sum(sized[0] for sized in self.sizes.values())
        n_calls = sum(sized[1] for sized in self.sizes.values())
        if len(self.sizes) < 2 or not n_bytes:
            return [Share(1.0, 1.0)]
        return [Share(sized[0] / n_bytes, sized[1] / n_calls) for sized in self.sizes.values()]

    def tokens(self, of_suite: Mapping[Script, Fit], of_model: Mapping[Script, Fit]) -> float:
        """The input tokens, by what was learned on the suite, else of the model, else by the first guess."""
        total = 0.0
        for script, (n_bytes, n_messages) in self.sums.items():
            own = of_suite.get(script, Fit())
            fit = own if own.n >= LEAST_CALLS else of_model.get(script, Fit())
            a_byte, a_message = fit.rates(script)
            total += a_byte * n_bytes + a_message * n_messages
        return total


Weights = dict[tuple[str, str], Weight]  # by suite and variant


def weigh(weights: Weights, call: Call) -> None:
    """Take one call of a plan."""
    weight = weights.get((call.suite, call.variant))
    if weight is None:
        weight = weights[call.suite, call.variant] = Weight()
    weight.add(call)


def weights_of(plans: Iterable[Plan]) -> Weights:
    """The weights of what is planned; every call is rendered for it.

    Raises: SuiteError: a template does not fit a sample.
    """
    weights: Weights = {}
    for plan in plans:
        for shard in plan.shards:
            for call in plan.calls(shard):
                weigh(weights, call)
    return weights
