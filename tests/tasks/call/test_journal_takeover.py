"""A dead process's file is taken over, its torn tail cut; a living one's or another run's is left alone."""

import asyncio
import os
from pathlib import Path

import pytest

from tasks.call.journal import Journal, JournalIO, TornTail, read_journal
from tasks.call.journal_records import parse
from tests.tasks.call.journal_cases import RUN_ID, START, answered
from tests.tasks.cases import key_of
from warehouse.errors import WarehouseError
from warehouse.locks import is_locked


def test_a_torn_tail_of_any_length_is_cut_by_the_next_owner_and_reported(folder: Path) -> None:
    async def write(first: int) -> list[TornTail]:
        async with Journal.open(folder, RUN_ID) as journal:
            await journal.end(answered(first))
            return journal.cut

    assert asyncio.run(write(1)) == []
    path = folder / "1.jsonl"
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for end in range(start + 1, len(whole)):
        path.write_bytes(whole[:end])
        with read_journal(folder) as before:
            assert before.torn == [TornTail(path, start, end - start)]
            assert len(before.answered) == 0
        journal = Journal.open(folder, RUN_ID)
        assert journal.path == path
        assert journal.cut == [TornTail(path, start, end - start)]
        asyncio.run(journal.close())
        with read_journal(folder) as after:
            assert (after.torn, after.corrupt) == ([], [])


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(bytes(5000), id="zeros, as a power cut leaves them"),
        pytest.param(bytes(3 << 20), id="more zeros than the window that is read first"),
        pytest.param(b"\n\n\n", id="empty lines"),
        pytest.param(b'{"crc":"00000000","kind":"begin"}\n', id="a line whose checksum does not fit"),
        pytest.param(b'{"crc":"zzzzzzzz","kind":"begin"}\n', id="a checksum that is no number"),
    ],
)
def test_a_tail_of_rubbish_is_cut(folder: Path, tail: bytes) -> None:
    async def write(number: int) -> list[TornTail]:
        async with Journal.open(folder, RUN_ID) as journal:
            await journal.end(answered(number))
            return journal.cut

    asyncio.run(write(1))
    path = folder / "1.jsonl"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + tail)
    assert asyncio.run(write(2)) == [TornTail(path, size, len(tail))]
    with read_journal(folder) as state:
        assert set(state.answered) == {key_of(1), key_of(2)}
        assert (state.torn, state.corrupt) == ([], [])


def test_a_last_record_larger_than_what_is_read_first_is_kept(folder: Path) -> None:
    async def write(number: int, text: str) -> list[TornTail]:
        async with Journal.open(folder, RUN_ID) as journal:
            await journal.end(answered(number, text=text))
            return journal.cut

    asyncio.run(write(1, "x" * (5 << 20)))
    path = folder / "1.jsonl"
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() + b"{")
    assert asyncio.run(write(2, "y")) == [TornTail(path, size, 1)]
    assert len(read_journal(folder).answered) == 2


def test_a_file_without_one_whole_line_is_begun_anew(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "1.jsonl").write_bytes(b'{"crc":"12')
    journal = Journal.open(folder, RUN_ID)
    assert journal.cut == [TornTail(folder / "1.jsonl", 0, 10)]
    asyncio.run(journal.close())
    assert parse((folder / "1.jsonl").read_bytes())["run_id"] == RUN_ID


def test_the_living_keep_their_files_and_a_dead_one_s_is_taken_over(folder: Path) -> None:
    first, second = Journal.open(folder, RUN_ID), Journal.open(folder, RUN_ID)
    assert (first.path.name, second.path.name) == ("1.jsonl", "2.jsonl")
    asyncio.run(first.close())
    third = Journal.open(folder, RUN_ID)
    assert third.path.name == "1.jsonl"
    for journal in (second, third):
        asyncio.run(journal.close())


# From 3.12 on any other thread of the test process makes fork warn; the child here touches no lock of theirs.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_neither_keeps_the_lock_nor_writes(folder: Path) -> None:
    journal = Journal.open(folder, RUN_ID)
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:  # outlives its parent's journal
        try:
            journal.begin(key_of(1), 1, START)
            verdict = b"wrote"
        except WarehouseError as error:
            verdict = b"refused" if "parent" in str(error) else b"other error"
        os.write(ready[1], verdict)
        os.read(done[0], 1)
        os._exit(0)
    try:
        assert os.read(ready[0], 100) == b"refused"
        assert is_locked(journal.path)  # the child's closing took nothing from the parent
        asyncio.run(journal.close())
        assert not is_locked(journal.path)
    finally:
        os.write(done[1], b"x")
        os.waitpid(child, 0)
        for descriptor in (*ready, *done):
            os.close(descriptor)


def test_another_run_s_file_is_refused(folder: Path) -> None:
    asyncio.run(Journal.open(folder, "other").close())
    with pytest.raises(WarehouseError, match='the journal of run "other", not of "nightly-1"'):
        Journal.open(folder, RUN_ID)
    assert not is_locked(folder / "1.jsonl")


def test_times_of_lines_never_fall_even_when_the_clock_does_and_the_owner_changes(folder: Path) -> None:
    times = iter([2_000_000_000, 1_900_000_000, 1_000_000_000, 1_000_000_000])
    for number in range(2):
        journal = Journal.open(folder, RUN_ID, JournalIO(time_ns=lambda: next(times)))
        journal.begin(key_of(number), 1, START)
        asyncio.run(journal.close())
    assert [parse(line)["at"] for line in (folder / "1.jsonl").read_bytes().splitlines()] == [2_000_000] * 4
