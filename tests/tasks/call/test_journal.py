"""The journal calls a response durable only when it is; one sync serves many; a failing disk is told."""

import asyncio
import errno
import os
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.journal import SYNC_EVERY_S, Journal, JournalIO, read_journal
from tests.tasks.call.journal_cases import RUN_ID, START, answered, failed
from tests.tasks.cases import key_of
from warehouse.errors import WarehouseError


class Syncs:
    """Counts syncs, and fails or waits when told to."""

    def __init__(self) -> None:
        self.at: list[float] = []
        self.error: OSError | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()

    def __call__(self, descriptor: int) -> None:
        self.at.append(time.monotonic())
        self.begun.set()
        assert self.gate.wait(10)
        if self.error:
            raise self.error
        os.fdatasync(descriptor)


class Disk:
    """Writes until its room is spent, then parts of a line, then nothing."""

    def __init__(self, error: int = errno.ENOSPC) -> None:
        self.room: int | None = None
        self.error = error

    def __call__(self, descriptor: int, line: bytes) -> int:
        if self.room is None:
            return os.write(descriptor, line)
        if self.room == 0:
            raise OSError(self.error, os.strerror(self.error))
        written = os.write(descriptor, line[: self.room])
        self.room -= written
        return written


def test_one_sync_serves_many_waiters(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(sync=syncs)) as journal:
            syncs.at.clear()
            await asyncio.gather(*(journal.end(answered(number)) for number in range(500)))
            assert len(syncs.at) == 1

    asyncio.run(use())
    assert len(read_journal(folder).answered) == 500


def test_syncs_are_at_least_50_ms_apart_while_answers_stream_in(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(sync=syncs)) as journal:
            syncs.at.clear()
            async with asyncio.TaskGroup() as group:
                for number in range(100):
                    group.create_task(journal.end(answered(number)))
                    await asyncio.sleep(0.004)

    asyncio.run(use())
    assert 3 <= len(syncs.at) <= 1 + (syncs.at[-1] - syncs.at[0]) / (SYNC_EVERY_S - 0.005)
    for earlier, later in zip(syncs.at, syncs.at[1:], strict=False):
        assert later - earlier > SYNC_EVERY_S - 0.005  # the thread that syncs may start late


def test_the_first_answer_after_a_pause_does_not_wait_for_company(folder: Path) -> None:
    async def use() -> float:
        async with Journal.open(folder, RUN_ID) as journal:
            waits = []
            for number in range(5):
                await asyncio.sleep(SYNC_EVERY_S * 1.2)
                start = time.monotonic()
                await journal.end(answered(number))
                waits.append(time.monotonic() - start)
            return min(waits)

    assert asyncio.run(use()) < SYNC_EVERY_S / 2


def test_an_end_returns_only_after_a_sync_that_began_after_its_write(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(sync=syncs)) as journal:
            syncs.gate.clear()
            syncs.begun.clear()
            first = journal.append(answered(1))
            await asyncio.to_thread(syncs.begun.wait)  # the first answer's, which is held up
            second = journal.append(answered(2))
            assert not first.done()
            syncs.gate.set()
            await first
            assert not second.done()
            await second
            assert len(syncs.at) == 3

    asyncio.run(use())


def test_a_begin_is_in_the_file_at_once_and_costs_no_sync(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(sync=syncs)) as journal:
            syncs.at.clear()
            journal.begin(key_of(1), 1, START)
            assert key_of(1).hex in journal.path.read_text().replace("-", "")
            await asyncio.sleep(2 * SYNC_EVERY_S)
            assert syncs.at == []

    asyncio.run(use())


def test_an_attempt_that_nobody_saw_end_stays_reserved_and_an_answer_settles_it(folder: Path) -> None:
    async def use() -> None:
        async with Journal.open(folder, RUN_ID) as journal:
            journal.begin(key_of(1), 1, START, Decimal("0.012345678901"))
            journal.begin(key_of(2), 1, START, Decimal("0.5"))
            await journal.end(answered(2))

    asyncio.run(use())
    with read_journal(folder) as state:
        assert [attempt.reserved_usd for attempt in state.attempts(key_of(1))] == [Decimal("0.012345678901")]
        assert [attempt.reserved_usd for attempt in state.attempts(key_of(2))] == [None]


def test_a_cancelled_waiter_holds_up_nobody_and_its_answer_is_kept(folder: Path) -> None:
    async def use() -> None:
        async with Journal.open(folder, RUN_ID) as journal:
            leaver = asyncio.create_task(journal.end(answered(1)))
            stayer = asyncio.create_task(journal.end(answered(2)))
            await asyncio.sleep(0)
            leaver.cancel()
            await stayer
            with pytest.raises(asyncio.CancelledError):
                await leaver

    asyncio.run(use())
    assert set(read_journal(folder).answered) == {key_of(1), key_of(2)}


def test_close_waits_for_what_nobody_waits_for(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(sync=syncs)) as journal:
            syncs.at.clear()
            journal.append(failed(1))
        assert len(syncs.at) >= 1

    asyncio.run(use())


def test_a_failed_sync_reaches_every_waiter_and_nothing_is_accepted_after_it(folder: Path) -> None:
    syncs = Syncs()

    async def use() -> None:
        journal = Journal.open(folder, RUN_ID, JournalIO(sync=syncs))
        await journal.end(answered(0))
        syncs.error = OSError(errno.EIO, os.strerror(errno.EIO))
        journal.append(answered(50))  # nobody waits for it, and no warning about it comes later
        results = await asyncio.gather(
            *(journal.end(answered(number)) for number in range(1, 20)), return_exceptions=True
        )
        assert all(isinstance(result, WarehouseError) for result in results)
        assert str(folder / "1.jsonl") in str(results[0])
        assert "Input/output error" in str(results[0])
        assert "resume the run" in str(results[0])
        syncs.error = None
        with pytest.raises(WarehouseError, match="cannot be written"):
            journal.begin(key_of(30), 1, START)
        with pytest.raises(WarehouseError, match="cannot be written"):
            journal.append(answered(31))
        with pytest.raises(WarehouseError, match="may not be kept"):
            await journal.close()

    asyncio.run(use())
    assert key_of(0) in read_journal(folder).answered


def test_a_full_disk_refuses_new_attempts_and_keeps_the_answers_in_flight(folder: Path) -> None:
    disk = Disk()

    async def use() -> None:
        journal = Journal.open(folder, RUN_ID, JournalIO(write=disk, reserve_bytes=8192))
        reserve = folder / "1.reserve"
        assert reserve.stat().st_blocks * 512 >= 8192
        for number in range(3):
            journal.begin(key_of(number), 1, START)
        disk.room = 50  # less than a line
        with pytest.raises(WarehouseError, match=r"1\.jsonl: .*No space left.*Free space on that disk"):
            journal.begin(key_of(3), 1, START)
        real_unlink = Path.unlink

        def unlink(path: Path, missing_ok: bool = False) -> None:
            real_unlink(path, missing_ok)
            disk.room = 8192

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "unlink", unlink)
            await asyncio.gather(*(journal.end(answered(number)) for number in range(3)))
        with pytest.raises(WarehouseError, match=r"this attempt was not sent"):
            journal.begin(key_of(4), 1, START)
        await journal.close()

    asyncio.run(use())
    with read_journal(folder) as state:
        assert set(state.answered) == {key_of(0), key_of(1), key_of(2)}
        assert (state.torn, state.corrupt) == ([], [])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG])
@pytest.mark.parametrize("room", [0, 1, 17, 300])
def test_a_failed_write_leaves_no_part_of_a_line_and_no_lie(folder: Path, code: int, room: int) -> None:
    disk = Disk(code)

    async def use() -> None:
        journal = Journal.open(folder, RUN_ID, JournalIO(write=disk, reserve_bytes=0))
        durable = journal.append(answered(0))
        size = journal.path.stat().st_size
        disk.room = room
        with pytest.raises(WarehouseError, match="cannot be written"):
            await journal.end(answered(1))
        assert journal.path.stat().st_size == size
        await durable  # what was whole before is durable all the same
        if code in {errno.EIO, errno.EFBIG}:
            with pytest.raises(WarehouseError):
                await journal.close()
        else:
            await journal.close()

    asyncio.run(use())
    with read_journal(folder) as state:
        assert set(state.answered) == {key_of(0)}
        assert (state.torn, state.corrupt) == ([], [])


def test_a_file_size_limit_of_the_system_is_met_with_a_clear_error(folder: Path) -> None:
    code = f"""
import asyncio, resource
from pathlib import Path
from tasks.call.journal import Journal
from tests.tasks.call.journal_cases import answered
resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))
async def main():
    journal = Journal.open(Path({str(folder)!r}), {RUN_ID!r})
    for number in range(100):
        await journal.end(answered(number, text="x" * 1_000_000))
        print(number, flush=True)
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        timeout=60,
    )
    assert "WarehouseError" in done.stderr
    assert "File too large" in done.stderr
    with read_journal(folder) as state:
        assert set(state.answered) == {key_of(int(line)) for line in done.stdout.split()}
        assert (len(state.answered), state.torn, state.corrupt) == (5, [], [])


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(
        WarehouseError, match=r"cannot be written \(.*\)\. Nothing was sent\. .*NIGHTBENCH_HOME"
    ):
        Journal.open(tmp_path / "journal" / RUN_ID, RUN_ID)


def test_a_journal_serves_a_second_loop_when_the_first_was_cut_short(folder: Path) -> None:
    journal = Journal.open(folder, RUN_ID)

    async def leave() -> None:
        journal.append(answered(1))

    async def stay() -> None:
        await journal.end(answered(2))
        await journal.close()

    asyncio.run(leave())
    asyncio.run(stay())
    assert len(read_journal(folder).answered) == 2
