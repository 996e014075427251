"""Where each call's records lie in the journal's files: some 50 bytes a call, whatever the answers' size.

Columns of plain numbers and a hash table of row numbers, because a dictionary of the same takes four to six
times the memory and a run may have a million calls. Call keys are hashes already: their low bits are the
slot, and linear probing finds the next free one.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

_LOW = (1 << 64) - 1
_OFFSET_BITS = 44  # 16 TB a file, a million files
_FIRST_SLOTS = 1024


class State(IntEnum):
    """What an entry says of its attempt, and the greatest of them of its call."""

    BEGUN = 0
    FAILED = 1
    FAILED_FINALLY = 2
    ANSWERED = 3


@dataclass(frozen=True)
class Entry:
    """One attempt's newest record."""

    n: int
    state: State
    file: int  # number of the file in the order in which the reader met it
    offset: int


class CallIndex:
    """An index from call keys (as integers) to the records of their attempts."""

    def __init__(self) -> None:
        self._slots = array("I", bytes(4 * _FIRST_SLOTS))  # row + 1; 0 is free
        self._high, self._low = array("Q"), array("Q")  # the key
        self._state = array("B")  # the greatest state of the call's entries
        self._newest = array("I")  # the call's newest entry
        self._place = array("Q", [0])  # of an entry: file and offset; entry 0 is none
        self._older = array("I", [0])  # of an entry: the call's next older one
        self._n = array("H", [0])
        self._entry_state = array("B", [0])
        self._counts = [0, 0, 0, 0]

    def __len__(self) -> int:
        return len(self._state)

    @property
    def n_bytes(self) -> int:
        """Memory of the columns, as it was asked of the system."""
        calls = (self._slots, self._high, self._low, self._state, self._newest)
        entries = (self._place, self._older, self._n, self._entry_state)
        return sum(column.__sizeof__() for column in (*calls, *entries))

    def begin(self, key: int, n: int, file: int, offset: int) -> None:
        """Take note of a begin record."""
        self._add(self._row_or_new(key), n, State.BEGUN, file, offset)

    def end(self, key: int, n: int, state: State, file: int, offset: int) -> None:
        """Take note of an end record; it takes the place of its begin, which lies in the same file."""
        row = self._row_or_new(key)
        if state > self._state[row]:
            self._counts[self._state[row]] -= 1
            self._counts[state] += 1
            self._state[row] = state
        entry = self._newest[row]
        while entry:
            begun = self._n[entry] == n and self._entry_state[entry] == State.BEGUN
            if begun and self._place[entry] >> _OFFSET_BITS == file:
                self._place[entry] = file << _OFFSET_BITS | offset
                self._entry_state[entry] = state
                return
            entry = self._older[entry]
        self._add(row, n, state, file, offset)

    def state(self, key: int) -> State | None:
        """How far the call has come; None where no record names it."""
        row = self._row(key)
        return None if row is None else State(self._state[row])

    def count(self, state: State) -> int:
        """Number of calls that came so far and no further."""
        return self._counts[state]

    def keys(self, state: State | None = None) -> Iterator[int]:
        """The keys of the calls that came so far and no further, or of all, by their first record."""
        for row in range(len(self._state)):  # by number: entries may be added meanwhile
            if state is None or self._state[row] == state:
                yield self._high[row] << 64 | self._low[row]

    @property
    def n_begun(self) -> int:
        """Number of attempts that began and have no end."""
        return self._entry_state.count(State.BEGUN) - 1  # entry 0 is none

    def entries(self, key: int) -> list[Entry]:
        """The call's attempts in the order in which their first records were met."""
        row = self._row(key)
        found: list[Entry] = []
        entry = 0 if row is None else self._newest[row]
        while entry:
            place = self._place[entry]
            offset = place & ((1 << _OFFSET_BITS) - 1)
            state = State(self._entry_state[entry])
            found.append(Entry(self._n[entry], state, place >> _OFFSET_BITS, offset))
            entry = self._older[entry]
        return found[::-1]

    def _add(self, row: int, n: int, state: State, file: int, offset: int) -> None:
        self._place.append(file << _OFFSET_BITS | offset)
        self._older.append(self._newest[row])
        self._n.append(n)
        self._entry_state.append(state)
        self._newest[row] = len(self._place) - 1

    def _row(self, key: int) -> int | None:
        row = self._slots[self._slot(key >> 64, key & _LOW)]
        return row - 1 if row else None

    def _row_or_new(self, key: int) -> int:
        high, low = key >> 64, key & _LOW
        slot = self._slot(high, low)
        if self._slots[slot]:
            return self._slots[slot] - 1
        row = len(self._state)
        self._high.append(high)
        self._low.append(low)
        self._state.append(State.BEGUN)
        self._newest.append(0)
        self._counts[State.BEGUN] += 1
        self._slots[slot] = row + 1
        if 5 * len(self._state) > 3 * len(self._slots):
            self._grow()
        return row

    def _slot(self, high: int, low: int) -> int:
        slots, mask = self._slots, len(self._slots) - 1
        slot = low & mask
        while row := slots[slot]:
            if self._low[row - 1] == low and self._high[row - 1] == high:
                break
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        slots = array("I", bytes(8 * len(self._slots)))
        mask = len(slots) - 1
        for row, low in enumerate(self._low, start=1):
            slot = low & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = row
        self._slots = slots
