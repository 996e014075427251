"""A reader of the journal finds every durable answer and every attempt, and reports what is damaged."""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.call.journal import AttemptEnd, CorruptRecord, Journal, JournalIO, JournalState, read_journal
from tasks.call.journal_index import CallIndex, State
from tasks.call.journal_records import begin_line, end_line, head_line
from tests.tasks.call.journal_cases import RUN_ID, START, answered, failed
from tests.tasks.cases import key_of
from warehouse.errors import WarehouseError

Step = AttemptEnd | tuple[int, int]  # an end, or (call, n) that begins


def write(folder: Path, *steps: Step) -> None:
    """Journal the steps by an owner of its own."""

    async def use() -> None:
        async with Journal.open(folder, RUN_ID, JournalIO(reserve_bytes=0)) as journal:
            for step in steps:
                if isinstance(step, AttemptEnd):
                    journal.append(step)
                else:
                    journal.begin(key_of(step[0]), step[1], START)

    asyncio.run(use())


def told(state: JournalState, number: int) -> list[tuple[int, str]]:
    """Number and outcome of each attempt of a call."""
    return [(attempt.n, attempt.outcome) for attempt in state.attempts(key_of(number))]


def test_an_absent_folder_is_an_empty_journal(tmp_path: Path) -> None:
    state = read_journal(tmp_path / "none")
    assert len(state.answered) == len(state.failed) == 0
    assert state.outcome(key_of(1)) is None
    assert state.attempts(key_of(1)) == []
    assert state.next_attempt_number(key_of(1)) == 1


def test_an_answered_call_comes_back_whole_with_all_its_attempts(tmp_path: Path) -> None:
    end = answered(1, n=4, text="42\n\ud800")
    write(tmp_path, (1, 1), failed(1, 1), (1, 2), (1, 3), failed(1, 3), (1, 4), end)
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert (outcome.status, outcome.answer, outcome.error_kind) == ("answered", end.answer, None)
        assert (outcome.started_at, outcome.latency_s, outcome.queued_s) == (end.started_at, 1.0, 0.25)
        assert outcome.endpoint == "api.example.com"
        assert told(state, 1) == [(1, "failed"), (2, "unseen"), (3, "failed"), (4, "answered")]
        assert list(outcome.attempts) == state.attempts(key_of(1))
        assert outcome.attempts[3].usage == end.usage
        assert state.next_attempt_number(key_of(1)) == 5
        assert list(state.answered) == [key_of(1)]
        assert state.n_unseen == 1


def test_an_answer_by_an_error_keeps_its_kind(tmp_path: Path) -> None:
    end = answered(1)
    assert end.answer is not None
    refused = replace(end.answer, text=None, error_kind="context_overflow", error="too long")
    write(tmp_path, replace(end, answer=refused, http_status=400))
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
    assert outcome is not None
    assert (outcome.status, outcome.error_kind, outcome.error) == ("answered", "context_overflow", "too long")


def test_a_call_is_unfinished_until_a_final_attempt(tmp_path: Path) -> None:
    write(tmp_path, (1, 1), failed(1, 1), (2, 1))
    with read_journal(tmp_path) as state:
        assert state.outcome(key_of(1)) is None
        assert state.outcome(key_of(2)) is None
        assert told(state, 2) == [(1, "unseen")]
        assert state.next_attempt_number(key_of(2)) == 2
        assert len(state.answered) == len(state.failed) == 0


def test_of_two_answers_the_first_durable_one_is_the_row(tmp_path: Path) -> None:
    first, second = answered(1, 1, "first"), answered(1, 2, "second")
    write(tmp_path, (1, 1), (1, 2), second, first)  # the later attempt was durable before
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert outcome.answer == second.answer
        assert told(state, 1) == [(1, "answered"), (2, "answered")]
        assert len(state.answered) == 1


def test_of_two_processes_answers_the_first_durable_one_is_the_row(tmp_path: Path) -> None:
    times = iter(range(10**9, 10**10, 10**6))
    io = JournalIO(reserve_bytes=0, time_ns=lambda: next(times))

    async def use() -> None:
        async with Journal.open(tmp_path, RUN_ID, io) as one, Journal.open(tmp_path, RUN_ID, io) as two:
            one.begin(key_of(1), 1, START)
            two.begin(key_of(1), 1, START.replace(minute=1))
            two.append(answered(1, 1, "the second's"))
            one.append(answered(1, 1, "the first's"))

    asyncio.run(use())
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert outcome.answer is not None
        assert outcome.answer.text == "the second's"
        assert [attempt.n for attempt in outcome.attempts] == [1, 2]  # both used 1; (call, n) stays a key


def test_a_begin_of_another_process_is_not_ended_by_this_one_s_end(tmp_path: Path) -> None:
    async def use() -> None:
        async with Journal.open(tmp_path, RUN_ID) as one, Journal.open(tmp_path, RUN_ID) as two:
            one.begin(key_of(1), 1, START)
            two.begin(key_of(1), 2, START)
            two.append(answered(1, 2))

    asyncio.run(use())
    with read_journal(tmp_path) as state:
        assert told(state, 1) == [(1, "unseen"), (2, "answered")]


def test_a_failed_call_asked_again_takes_the_newest_outcome_and_keeps_all_attempts(tmp_path: Path) -> None:
    write(tmp_path, (1, 1), failed(1, 1, final=True, error="first"), (2, 1), failed(2, 1, final=True))
    with read_journal(tmp_path) as state:
        assert set(state.failed) == {key_of(1), key_of(2)}
        write(tmp_path, (1, 2), failed(1, 2), (1, 3), failed(1, 3, final=True, error="again"))
        write(tmp_path, (2, 2), answered(2, 2))
        state.refresh()
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert (outcome.status, outcome.error, len(outcome.attempts)) == ("failed", "again", 3)
        outcome = state.outcome(key_of(2))
        assert outcome is not None
        assert (outcome.status, len(outcome.attempts)) == ("answered", 2)
        assert (set(state.failed), set(state.answered)) == ({key_of(1)}, {key_of(2)})


def test_a_failed_call_whose_second_asking_was_killed_stays_failed(tmp_path: Path) -> None:
    write(tmp_path, (1, 1), failed(1, 1, final=True), (1, 2), failed(1, 2), (1, 3))
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert (outcome.status, list(state.failed)) == ("failed", [key_of(1)])
        assert told(state, 1) == [(1, "failed"), (2, "failed"), (3, "unseen")]


def test_an_answered_call_is_never_overwritten_by_a_failure(tmp_path: Path) -> None:
    write(tmp_path, (1, 1), answered(1), (1, 2), failed(1, 2, final=True))
    with read_journal(tmp_path) as state:
        outcome = state.outcome(key_of(1))
        assert outcome is not None
        assert outcome.status == "answered"
        assert (len(state.answered), len(state.failed)) == (1, 0)


def test_refresh_reads_only_what_was_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, *(answered(number) for number in range(100)))
    taken: list[int] = []
    take = JournalState._take

    def noted(state: JournalState, line: bytes, number: int, path: Path, offset: int) -> None:
        taken.append(offset)
        take(state, line, number, path, offset)

    monkeypatch.setattr(JournalState, "_take", noted)
    with read_journal(tmp_path) as state:
        assert len(taken) == 101
        taken.clear()
        write(tmp_path, answered(100))
        state.refresh()
        assert len(taken) == 2  # the new owner's head, and the answer
        assert len(state.answered) == 101


def test_a_living_writer_s_unfinished_line_is_not_torn_and_is_read_when_it_is_whole(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, RUN_ID)
    line = end_line(answered(1), 10**18)
    os.write(journal._descriptor, line[:100])
    with read_journal(tmp_path) as state:
        assert (state.torn, len(state.answered)) == ([], 0)
        os.write(journal._descriptor, line[100:])
        state.refresh()
        assert (state.torn, state.corrupt, len(state.answered)) == ([], [], 1)
    asyncio.run(journal.close())


def test_what_is_appended_after_the_reader_s_sync_does_not_count_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, answered(1))
    path = tmp_path / "1.jsonl"
    later = end_line(answered(2), 10**18)

    def sync_and_append(descriptor: int) -> None:
        os.fsync(descriptor)
        path.write_bytes(path.read_bytes() + later)

    with monkeypatch.context() as patch:
        patch.setattr("tasks.call.journal_reader.datasync", sync_and_append)
        state = read_journal(tmp_path)
    assert set(state.answered) == {key_of(1)}
    assert (state.torn, state.corrupt) == ([], [])
    state.refresh()
    assert set(state.answered) == {key_of(1), key_of(2)}
    state.close()


@pytest.mark.parametrize("kind", ["flipped", "lost newline", "cut short", "zeros"])
def test_damage_in_the_middle_is_reported_and_only_that_record_is_lost(tmp_path: Path, kind: str) -> None:
    write(tmp_path, *(answered(number) for number in range(5)))
    path = tmp_path / "1.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    offset = sum(map(len, lines[:3]))
    harm: dict[str, Callable[[bytes], bytes]] = {
        "flipped": lambda line: line.replace(b"api", b"apj"),
        "lost newline": lambda line: line[:-1],  # the line after it is lost with it
        "cut short": lambda line: line[:40] + b"\n",
        "zeros": lambda line: bytes(len(line) - 1) + b"\n",
    }
    bad = harm[kind](lines[3])
    path.write_bytes(b"".join([*lines[:3], bad, *lines[4:]]))
    lost = len(bad) if bad.endswith(b"\n") else len(bad) + len(lines[4])
    with read_journal(tmp_path) as state:
        assert state.corrupt == [CorruptRecord(path, offset, lost)]
        assert state.torn == []
        gone = {key_of(2), key_of(3)} if kind == "lost newline" else {key_of(2)}
        assert set(state.answered) == {key_of(number) for number in range(5)} - gone
        state.refresh()
        assert len(state.corrupt) == 1  # told once


def test_a_record_that_changes_after_it_was_indexed_is_an_error_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, answered(1))
    path = tmp_path / "1.jsonl"
    with read_journal(tmp_path) as state:
        path.write_bytes(path.read_bytes().replace(b"answer 1", b"answer 2"))
        offset = path.read_bytes().index(b"\n") + 1
        with pytest.raises(WarehouseError, match=rf"1\.jsonl, byte {offset}: .*changed since it was indexed"):
            state.outcome(key_of(1))


def test_a_file_that_shrinks_under_a_reader_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, answered(1))
    with read_journal(tmp_path) as state:
        (tmp_path / "1.jsonl").write_bytes(b"")
        with pytest.raises(WarehouseError, match="has 0 now"):
            state.refresh()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    line = head_line(RUN_ID, 1, 1).replace(b'"schema":1', b'"schema":2')
    body = line[line.index(b",") + 1 :]
    (tmp_path / "1.jsonl").write_bytes(b'{"crc":"%08x",%s' % (zlib.crc32(body), body))
    with pytest.raises(WarehouseError, match="journal schema 2; this nightbench reads up to 1"):
        read_journal(tmp_path)


def test_long_records_are_read_back_whole(tmp_path: Path) -> None:
    ends = [answered(number, text="long \n" * 10 ** (number + 2)) for number in range(4)]
    write(tmp_path, *ends)
    with read_journal(tmp_path) as state:
        for end in ends:
            outcome = state.outcome(end.call_key)
            assert outcome is not None
            assert outcome.answer == end.answer


def test_files_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    head = head_line(RUN_ID, 1, 1)
    for number in (10, 2, 1):
        (tmp_path / f"{number}.jsonl").write_bytes(head + begin_line(key_of(number), 1, START, None, 1))
    (tmp_path / "notes.jsonl").write_text("not a journal's")
    index = read_journal(tmp_path)._index
    assert [UUID(int=key) for key in index.keys(State.BEGUN)] == [key_of(1), key_of(2), key_of(10)]


def test_a_hundred_thousand_calls_take_less_than_64_bytes_each() -> None:
    index, rng = CallIndex(), random.Random(0)
    keys = [rng.getrandbits(128) for _ in range(100_000)]
    for offset, key in enumerate(keys):
        index.begin(key, 1, 3, offset)
        index.end(key, 1, State.ANSWERED, 3, offset + 10**12)
    assert index.n_bytes / len(keys) < 64
    assert index.count(State.ANSWERED) == len(keys)
    assert [(entry.file, entry.offset) for entry in index.entries(keys[77])] == [(3, 77 + 10**12)]


keys_that_collide = st.integers(0, 3).map(lambda high: high << 64 | 5)
steps = st.tuples(
    keys_that_collide | st.integers(0, 2**128 - 1).map(lambda key: key & ~0b1111111),
    st.integers(1, 4),
    st.sampled_from(State),
    st.integers(0, 2),
)


@given(st.lists(steps, max_size=60))
def test_the_index_says_what_a_plain_dictionary_would(
    done: Sequence[tuple[int, int, State, int]],
) -> None:
    index = CallIndex()
    model: dict[int, list[tuple[int, State, int, int]]] = {}
    greatest: dict[int, State] = {}
    for offset, (key, n, state, file) in enumerate(done):
        entries = model.setdefault(key, [])
        greatest[key] = max(greatest.get(key, State.BEGUN), state)
        if state is State.BEGUN:
            index.begin(key, n, file, offset)
        else:
            index.end(key, n, state, file, offset)
            begun = [i for i, entry in enumerate(entries) if entry[:3] == (n, State.BEGUN, file)]
            if begun:
                entries[begun[-1]] = (n, state, file, offset)
                continue
        entries.append((n, state, file, offset))
    for key, entries in model.items():
        assert [(e.n, e.state, e.file, e.offset) for e in index.entries(key)] == entries
        assert index.state(key) == greatest[key]
    for state in State:
        assert list(index.keys(state)) == [key for key in model if greatest[key] == state]
        assert index.count(state) == len(list(index.keys(state)))
    assert index.n_begun == sum(entry[1] == State.BEGUN for entries in model.values() for entry in entries)


def show(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.call.journal", *map(str, arguments)],
        capture_output=True,
        cwd=Path(__file__).parents[3],
        timeout=60,
    )


def test_the_command_prints_each_record_and_counts_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        (1, 1),
        answered(1, text="a\n\x1b[31m\x9b \u202e Grüße"),
        (2, 1),
        (3, 1),
        failed(3, final=True),
    )
    path = tmp_path / "1.jsonl"
    path.write_bytes(path.read_bytes() + b'{"crc":"torn')
    for place in (tmp_path, path):
        done = show(place)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        assert [record["kind"] for record in records] == ["head", "begin", "end", "begin", "begin", "end"]
        assert records[2]["answer"]["text"] == "a\n\x1b[31m\x9b \u202e Grüße"
        assert {"\x1b", "\x9b", "\u202e"}.isdisjoint(done.stdout.decode())  # a terminal obeys none of it
        assert "Grüße" in done.stdout.decode()
        assert records[0]["offset"] == 0
        assert b"1 answered, 1 failed, 1 attempts unseen, 1 torn, 0 corrupt" in done.stderr
        assert b"1.jsonl: torn tail, 12 bytes at" in done.stderr
        assert done.returncode == 0


def test_the_command_fails_on_damage_on_nothing_and_on_bad_usage(tmp_path: Path) -> None:
    write(tmp_path, answered(1), answered(2))
    path = tmp_path / "1.jsonl"
    path.write_bytes(path.read_bytes().replace(b"answer 1", b"answer X"))
    done = show(tmp_path)
    assert (done.returncode, b"are no record (skipped)" in done.stderr) == (1, True)
    done = show(tmp_path / "none")
    assert (done.returncode, b"no journal here" in done.stderr) == (1, True)
    assert show().returncode == 2


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 1500))
def test_a_file_of_rubbish_never_raises_and_never_hides_it(rubbish: bytes, place: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = [head_line(RUN_ID, 1, 1), *(end_line(answered(number), 1) for number in range(3))]
        whole = b"".join(lines)
        place = min(place, len(whole))
        (Path(folder) / "1.jsonl").write_bytes(whole[:place] + rubbish + whole[place:])
        with read_journal(Path(folder)) as state:
            assert len(state.answered) >= 2
            assert bool(state.corrupt or state.torn) == bool(rubbish)
