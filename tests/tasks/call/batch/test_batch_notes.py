"""The notes survive a kill at any byte, are never rewritten, and refuse to guess where a line is missing."""

import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.batch.notes import NAME, Intent, Notes
from warehouse.errors import WarehouseError

AT = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)


def intend(notes: Notes, n: int = 3) -> Intent:
    """A part of so many calls."""
    return notes.intend(
        lane="openai/gpt-6-luna|||{}",
        host="api.openai.com",
        what="/v1/chat/completions",
        at=AT,
        since=AT,
        n_bytes=100 * n,
        account="org-a",
        before=["batch_1"],
        shards=[(0, 1), (7, n - 1)],
        keys=[UUID(int=number) for number in range(n)],
    )


def test_what_was_noted_is_read_again(tmp_path: Path) -> None:
    with closing(Notes.open(tmp_path)) as notes:
        first, second, third = intend(notes), intend(notes), intend(notes)
        notes.sent(1, "batch_a")
        notes.sent(2, "batch_b", adopted=True)
        notes.void(3, "in no list of the provider")
        notes.done(1, "ended", answered=2, failed=1, again=0)
    read = Notes.read(tmp_path)
    assert read.intents == {1: first, 2: second, 3: third}
    assert (read.ids, read.closed, read.open_parts) == ({1: "batch_a", 2: "batch_b"}, {1, 3}, [2])
    assert list(first.calls()) == [(UUID(int=0), 0), (UUID(int=1), 7), (UUID(int=2), 7)]


def test_there_are_none_at_first(tmp_path: Path) -> None:
    assert Notes.read(tmp_path / "absent").open_parts == []


def test_a_cut_at_any_byte_loses_at_most_the_last_note_and_what_follows_is_read(tmp_path: Path) -> None:
    with closing(Notes.open(tmp_path)) as notes:
        intend(notes, 2)
        notes.sent(1, "batch_a")
    whole = (tmp_path / NAME).read_bytes()
    first = whole.index(b"\n") + 1
    for size in range(len(whole) + 1):
        (tmp_path / NAME).write_bytes(whole[:size])
        with closing(Notes.open(tmp_path)) as notes:
            intents = [1] if size >= first else []
            assert list(notes.intents) == intents, size
            assert notes.ids == ({1: "batch_a"} if size == len(whole) else {}), size
            added = intend(notes)
        assert (tmp_path / NAME).read_bytes().startswith(whole[:size])
        assert Notes.read(tmp_path).intents[len(intents) + 1] == added, size


@pytest.mark.parametrize("line", [0, 1], ids=["an intent before another", "the intent of an id"])
def test_a_damaged_line_amid_good_ones_is_refused(tmp_path: Path, line: int) -> None:
    with closing(Notes.open(tmp_path)) as notes:
        intend(notes)
        if line == 0:
            intend(notes)
        else:
            notes.sent(1, "batch_a")
    content = bytearray((tmp_path / NAME).read_bytes())
    content[60] ^= 1
    (tmp_path / NAME).write_bytes(bytes(content))
    with pytest.raises(WarehouseError, match=r"not known what was sent\. Nothing was sent now"):
        Notes.read(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(WarehouseError, match="Nothing was sent"):
        Notes.open(tmp_path)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_notes_are_none(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / NAME).write_bytes(content)
        assert Notes.read(Path(folder)).intents == {}
