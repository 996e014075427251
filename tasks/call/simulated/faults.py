"""Which tries go wrong, and how: decided by (seed, call, number of the try), so a retry passes in the end.

Tries are counted here, in memory: a call's count starts again at 0 once it was answered, and after a restart
of the server. The reply itself does not depend on the count.
"""

from dataclasses import dataclass, field

from tasks.call.simulated.draws import share
from tasks.call.simulated.reply import CallKey
from tasks.call.simulated.settings import FaultKind, Faults


def fault_of(seed: int, key: CallKey, attempt: int, faults: Faults) -> FaultKind | None:
    """What goes wrong with the try of that number (0, 1, ...), if anything does."""
    if attempt >= faults.max_in_a_row or not faults.any_retryable:
        return None
    rest = share(seed, "fault", *key.parts, attempt)
    for kind, rate in faults.retryable:
        rest -= rate
        if rest < 0:
            return kind
    return None


@dataclass(slots=True)
class Attempts:
    """How often each call that is not yet answered went wrong; answered calls take no memory."""

    _failed: dict[CallKey, int] = field(default_factory=dict)

    def next_fault(self, seed: int, key: CallKey, faults: Faults) -> FaultKind | None:
        """The fault of this try, which is counted."""
        attempt = self._failed.get(key, 0)
        fault = fault_of(seed, key, attempt, faults)
        if fault is not None:
            self._failed[key] = attempt + 1
        return fault

    def answered(self, key: CallKey) -> None:
        """Forget the call's faults."""
        self._failed.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._failed.clear()
