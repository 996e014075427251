"""What one process has leased of an account's time, and what it asks for next. No I/O, no clock.

A lease is the next one before the last is used up: it is asked for when half of that is gone. It is as long
as what waits will need, up to a slice: slices double while they are used up, from a quarter of a second to
one second, and shrink to what was used of one that expired. Where many share the account, so that a slice
begins seconds ahead, slices are shorter, and everybody's turn comes sooner.

A call may take a little more than is left (a quarter of its time, up to a tenth of a second): the next lease
makes up for it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice

from tasks.call.bucket import LATE_NS
from tasks.call.leases import NO_TIME, Ask, Lease, Times
from tasks.call.rates import Told

SLICE_NS = 1_000_000_000
SHORTEST_NS = 250_000_000
TURN_NS = 8_000_000_000  # whoever waits half of this for his slice takes one half as long
NEVER = -1
TOUCHING_NS = 2_000_000


class Allowance:
    """The leased time of one account in this process; `hungry` is called when more is needed."""

    def __init__(self, account: str, hungry: Callable[[], None]) -> None:
        self.account = account
        self._hungry = hungry
        self._asked = False
        self._left = [0, 0, 0]
        self._low = [0, 0, 0]  # with less than this left more is asked for
        self._of = [0, 0, 0]  # times of the present lease
        self._until_ns = 0
        self._end_ns = 0
        self._next: Lease | None = None
        self._unused = [0, 0, 0]
        self._generation = 0
        self._serial = 0
        self._slice_ns = SHORTEST_NS
        self._most_ns = SLICE_NS
        self._pause_until_ns = 0
        self._told: Told | None = None

    def wait_ns(self, times: Times, now_ns: int, hold: Callable[[int], None]) -> int:
        """How long until the leased time lets such a call through; NEVER: not before there is another lease.

        `hold(instant)` is called when a slice begins before which others used the account, until then.
        """
        if times == NO_TIME:
            return 0
        while True:
            if now_ns > self._until_ns:
                self._expire()
            if self._fits(times):
                return 0
            ahead = self._next
            if ahead is None:
                self._ask()
                return NEVER
            if ahead.start_ns > now_ns:
                return ahead.start_ns - now_ns
            if ahead.free_ns > self._end_ns + TOUCHING_NS:
                hold(ahead.free_ns)
            self._begin(ahead)

    @property
    def has_news(self) -> bool:
        """Whether the other processes have yet to be told of other limits."""
        return self._told is not None

    def take(self, times: Times) -> None:
        """Use so much; below zero: give back what a call did not need."""
        left, low, short = self._left, self._low, False
        for at, time_ns in enumerate(times):
            left[at] -= time_ns
            short = short or left[at] < low[at]
        if short and self._next is None:
            self._ask()

    def pause(self, until_ns: int, *, tell: bool) -> None:
        """Nothing may be sent until then; `tell`: the other processes should know, as soon as may be."""
        self._left = [min(left, max(0, self._end_ns - until_ns)) for left in self._left]
        if self._next is not None and self._next.start_ns < until_ns:
            rest_ns = max(0, self._next.end_ns - until_ns)
            one, two, three = (min(time_ns, rest_ns) for time_ns in self._next.times)
            self._next = replace(self._next, times=(one, two, three))
        if tell:
            self._pause_until_ns = max(self._pause_until_ns, until_ns)
            self._ask()

    def tell(self, told: Told) -> None:
        """Tell the other processes what limits the provider has told."""
        self._told = told
        self._ask()

    def ask(
        self, needs: Iterator[Times], now_ns: int, *, look: bool, longest_ns: int = SLICE_NS
    ) -> Ask | None:
        """What to ask for, with the calls that wait, in their order; None where there is nothing to ask.

        `look`: ask in any case. `longest_ns`: of a slice, where the source is slow.
        """
        if now_ns > self._until_ns:
            self._expire()
        self._most_ns = longest_ns
        times = self._wanted(list(islice(needs, 1)), needs) if self._next is None else NO_TIME
        news = self._pause_until_ns > now_ns or self._told is not None
        if not (look or news or any(times) or (self._asked and any(self._unused))):
            self._asked = False
            return None
        ask = Ask(
            self.account,
            times,
            unused=(self._unused[0], self._unused[1], self._unused[2]),
            generation=self._generation,
            serial=self._serial,
            pause_ns=max(0, self._pause_until_ns - now_ns),
            told=self._told,
        )
        self._asked = True  # until the answer is here
        self._unused, self._pause_until_ns, self._told = [0, 0, 0], 0, None
        return ask

    def give_up(self) -> Ask | None:
        """What is left, to be given back; None where there is nothing."""
        self._expire()
        if self._next is not None:
            for at, time_ns in enumerate(self._next.times):
                self._unused[at] += time_ns
            self._next = None
        unused = (self._unused[0], self._unused[1], self._unused[2])
        self._unused = [0, 0, 0]
        if not any(unused):
            return None
        return Ask(self.account, unused=unused, generation=self._generation, serial=self._serial)

    def granted(self, lease: Lease, now_ns: int) -> None:
        """The answer to an ask."""
        self._asked = False
        if lease.generation != self._generation:
            self._left, self._of, self._low, self._next = [0, 0, 0], [0, 0, 0], [0, 0, 0], None
            self._unused, self._generation = [0, 0, 0], lease.generation
        if any(lease.times):
            self._serial = lease.serial
            self._next = lease
            waited_ns = max(0, lease.start_ns - now_ns)
            turn_ns = self._most_ns - waited_ns * self._most_ns // TURN_NS
            self._slice_ns = min(self._slice_ns, max(SHORTEST_NS, turn_ns))
        if self._pause_until_ns > now_ns or self._told is not None:  # came meanwhile
            self._ask()

    def _fits(self, times: Times) -> bool:
        for left, time_ns in zip(self._left, times, strict=True):
            if time_ns and left < time_ns - min(time_ns // 4, LATE_NS):
                return False
        return True

    def _begin(self, lease: Lease) -> None:
        used_up = any(of and left * 4 < of for of, left in zip(self._of, self._left, strict=True))
        if used_up:
            self._slice_ns = min(self._slice_ns * 2, self._most_ns)
        for at, time_ns in enumerate(lease.times):
            self._left[at] += time_ns
        self._of = list(lease.times)
        self._low = [time_ns // 2 for time_ns in lease.times]
        self._until_ns, self._end_ns, self._next = lease.until_ns, lease.end_ns, None

    def _expire(self) -> None:
        """The slice is over."""
        if not any(self._of):
            return
        shares = [left / of for left, of in zip(self._left, self._of, strict=True) if of]
        if min(shares) > 0.1:
            self._slice_ns = max(SHORTEST_NS // 5, int(self._slice_ns * (1.0 - min(shares)) * 1.25))
        self._set_aside()
        self._of, self._low = [0, 0, 0], [0, 0, 0]

    def _set_aside(self) -> None:
        """Put what is left of the slice aside, to be given back."""
        for at, left in enumerate(self._left):
            if left > 0:
                self._unused[at] += left
                self._left[at] = 0

    def _wanted(self, first: Iterable[Times], others: Iterable[Times]) -> Times:
        """Time for the calls that wait: a slice of it, and always enough for the first of them."""
        if any(not self._fits(need) for need in first):
            self._set_aside()  # the first needs more, and what is left may be over before more is there
        have, used = self._left, [0, 0, 0]
        beyond = False
        for need in chain(first, others):
            if beyond and any(
                use + time_ns > there + self._slice_ns
                for use, time_ns, there in zip(used, need, have, strict=True)
            ):
                break
            used = [use + time_ns for use, time_ns in zip(used, need, strict=True)]
            beyond = beyond or any(use > there for use, there in zip(used, have, strict=True))
        else:  # all that waits: what comes will be about as much as there was
            spent = [max(0, of - left) for of, left in zip(self._of, self._left, strict=True)]
            used = [
                max(use, there + min(self._slice_ns, 2 * much))
                for use, there, much in zip(used, have, spent, strict=True)
            ]
        wanted = [max(0, use - there) for use, there in zip(used, have, strict=True)]
        return wanted[0], wanted[1], wanted[2]

    def _ask(self) -> None:
        if not self._asked:
            self._asked = True
            self._hungry()
