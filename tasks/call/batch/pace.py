"""How often a provider is asked about batches, and how long is waited for what is not certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tasks.call.endpoint import Endpoint
from tasks.call.exchange import LOOPBACK
from warehouse.errors import SpecError

VARIABLE = "NIGHTBENCH_BATCH_PACE"
GROWTH = 1.5


@dataclass(frozen=True)
class Pace:
    """Seconds."""

    first_s: float = 2.0  # between the first two looks at a batch; it grows by GROWTH
    longest_s: float = 60.0
    settle_s: float = 60.0  # a batch that the list lacks for so long was never made
    outage_s: float = 3600.0  # a provider that says nothing for so long ends the run, to be resumed

    def after(self, looks: int) -> float:
        """How long to wait after so many looks."""
        return float(min(self.longest_s, self.first_s * GROWTH ** min(looks, 60)))


AT_HOME = Pace(first_s=0.1, longest_s=2.0, settle_s=3.0, outage_s=120.0)  # a server on this machine


def pace_of(endpoint: Endpoint, environ: Mapping[str, str]) -> Pace:
    """The pace for an endpoint; NIGHTBENCH_BATCH_PACE = "first,longest,settle,outage" wins.

    Raises: SpecError: it is something else than four numbers above 0.
    """
    text = environ.get(VARIABLE, "").strip()
    if not text:
        return AT_HOME if urlsplit(endpoint.base_url).hostname in LOOPBACK else Pace()
    try:
        numbers = [float(part) for part in text.split(",")]
        if len(numbers) != 4 or not all(0 < number < 1e9 for number in numbers):
            raise ValueError
    except ValueError:
        raise SpecError(
            f'{VARIABLE} = "{text}": it is four numbers of seconds above 0: between the first two looks at a '
            f"batch, the longest between two, how long a list must lack a batch, the longest outage; "
            f'for example "2,60,60,3600". Nothing was sent.'
        ) from None
    return Pace(*numbers)
