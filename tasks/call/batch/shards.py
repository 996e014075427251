"""The calls of a lane, shard by shard: rendered when they are needed, and found again by their keys."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from uuid import UUID

from tasks.call.session import CallSession
from tasks.model import Call

Shards = Mapping[int, Callable[[], Iterable[Call]]]


class LaneCalls:
    """The calls that a lane is to make."""

    def __init__(self, shards: Shards, session: CallSession) -> None:
        self._shards = shards
        self._session = session
        self._first: dict[int, Call] = {}

    def fresh(self, covered: Container[UUID]) -> Iterator[tuple[int, Call]]:
        """Those that are neither in the journal nor at the provider, with their shards."""
        for shard, calls in self._shards.items():
            for call in calls():
                if not self._session.kept(call) and call.call_key not in covered:
                    yield shard, call

    def some(self, wanted: Mapping[UUID, int]) -> Iterator[tuple[int, Call]]:
        """Those that are wanted, of which the shards are known."""
        for shard in sorted(set(wanted.values())):
            for call in self._shards[shard]():
                if call.call_key in wanted:
                    yield shard, call

    def light(self, shard: int, call_key: UUID) -> Call:
        """A call as counts and errors need it: the shard's first without messages, under its own key."""
        if shard not in self._first:
            self._first[shard] = replace(next(iter(self._shards[shard]())), messages=())
        return replace(self._first[shard], call_key=call_key)

    def whole(self, shard: int, call_key: UUID) -> Call:
        """A call with its messages."""
        return next(call for call in self._shards[shard]() if call.call_key == call_key)

    @property
    def sealed(self) -> bool:
        """Whether one of their suites is sealed, so that no error may quote text."""
        return any(self._session.is_sealed(next(iter(calls())).suite) for calls in self._shards.values())
