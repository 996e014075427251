"""Whether a provider counts max_tokens before it answers: the vendor's word, until its headers deny it.

OpenAI's guide says that max_tokens weigh on the limit of tokens as soon as a request comes. Those of a
reasoning model are many times its answer: where they are not counted after all, most of the limit would lie
idle. A response tells what of the limit is in use; if that, with what has flowed back since the request was
sent, is less than the request's max_tokens, they were not counted.
"""

from tasks.call.rate_headers import RateHeaders

PROOF_S = 2.0  # for so long every response must deny it
PROOF_N = 3
AGAIN = 4.0  # after a 429 the proof takes so many times longer


class Ahead:
    """What is believed of one account; it begins with the vendor's word."""

    def __init__(self) -> None:
        self.counted = True
        self._proof_s = PROOF_S
        self._since: float | None = None  # when the first of the responses that deny it came
        self._denials = 0

    def told(self, headers: RateHeaders, weight: int, latency_s: float, now: float) -> bool:
        """Take in the response to a request that would weigh so much; whether the belief has changed."""
        limit, remaining = headers.tokens_limit, headers.tokens_remaining
        if not self.counted or limit is None or remaining is None:
            return False
        if limit - remaining + limit / 60 * latency_s >= weight:
            self._since, self._denials = None, 0
            return False
        self._denials += 1
        self._since = now if self._since is None else self._since
        self.counted = self._denials < PROOF_N or now - self._since < self._proof_s
        return not self.counted

    def refused(self) -> bool:
        """A 429: believe the vendor again, and be harder to convince; whether the belief has changed."""
        if self.counted:
            return False
        self.counted, self._since, self._denials = True, None, 0
        self._proof_s *= AGAIN
        return True
