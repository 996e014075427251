"""How long a call waits before its next attempt.

Full jitter (an even draw below a ceiling that doubles) spreads out calls that failed together; the delay is
never under half a second. Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter
"""

import random

MAX_ATTEMPTS = 10
LEAST_S = 0.5
MOST_S = 30.0
RETRY_AFTER_MOST_S = 300.0


def delay(attempt: int, retry_after_s: float | None, rng: random.Random) -> float:
    """Seconds to wait after attempt number `attempt` (1, 2, ...) failed.

    A server's `retry-after` comes first: never sooner than it says, and up to half a second later, because
    many calls got the same. One of more than five minutes counts as five minutes: a limit of that kind (a
    day's quota, a header gone wrong) shall end in finally failed calls and not in a run that sleeps. What
    is no time (not a number, not above zero) counts as absent.
    """
    if retry_after_s is not None and retry_after_s > 0:
        return min(retry_after_s, RETRY_AFTER_MOST_S) + rng.uniform(0.0, LEAST_S)
    ceiling = min(MOST_S, LEAST_S * 2.0 ** min(max(attempt, 1), 16))
    return rng.uniform(LEAST_S, ceiling)
