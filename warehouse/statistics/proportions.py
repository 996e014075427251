"""A measured figure with its 95 % interval, and Wilson's interval of a share."""

import math
from dataclasses import dataclass

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution


@dataclass(frozen=True)
class Measured:
    """A figure, its 95 % interval, and how many items it stands on; None: cannot be told."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def wilson(passed: float, n: int) -> Measured:
    """A share with the Wilson score interval; `passed` may be a sum of shares (epochs averaged).

    Source: E. B. Wilson (1927), JASA 22:209-212.
    """
    if n <= 0:
        return Measured(None, None, None, 0)
    share = passed / n
    middle = share + Z95**2 / (2 * n)
    reach = Z95 * math.sqrt(max(0.0, share * (1 - share)) / n + Z95**2 / (4 * n * n))
    whole = 1 + Z95**2 / n
    return Measured(share, max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole), n)
