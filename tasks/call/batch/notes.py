"""What a run has done with batches, on disk before it happens: `batches.jsonl` beside the run's journal.

intent  a part of the run is about to be sent as one batch: which calls, when, how large
sent    the provider's id of it
void    it is certain that the provider has no batch of this intent, and never will
done    every result of it that the provider has is in the journal

A line has a checksum, is appended and synced, and never changed; what a dead process left half written is
skipped, and the next line begins anew. The file is for the holder of the run's lock. It holds no text: calls
are named by their keys.
"""

import json
import os
import secrets
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tasks.call.batch.ids import KEY_LENGTH, key_text, split_keys
from tasks.call.journal_files import cannot
from tasks.call.journal_records import is_whole
from warehouse.durable import fsync_folder, make_folder
from warehouse.errors import WarehouseError

NAME = "batches.jsonl"
Close = Literal["ended", "failed", "vanished"]


class Note(BaseModel):
    """What every line has."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: int


class Intent(Note):
    """A part of the run that is about to be sent."""

    kind: Literal["intent"] = "intent"
    lane: str  # a model at an endpoint
    host: str
    what: str  # BatchProvider.kind
    at: datetime  # ours; the calls' started_at
    since: datetime  # by the provider's clock
    nonce: str  # tells this intent from all others, where the provider keeps tags
    n_bytes: int
    account: str | None = None  # the organisation whose key it was
    before: tuple[str, ...] = ()  # batches that were in the provider's list by then: none of them is it
    shards: tuple[tuple[int, int], ...]  # shard, and how many calls of it in a row
    keys: str  # each in 22 characters

    @property
    def n(self) -> int:
        """Number of calls."""
        return len(self.keys) // KEY_LENGTH

    def calls(self) -> Iterator[tuple[UUID, int]]:
        """The key of each call, and its shard."""
        shards = (shard for shard, n in self.shards for _ in range(n))
        return zip(split_keys(self.keys), shards, strict=True)


class Sent(Note):
    """The provider's id of a part."""

    kind: Literal["sent"] = "sent"
    id: str
    adopted: bool = False  # found in the provider's list, because the sender died before it noted the id


class Void(Note):
    """A part that was never made a batch."""

    kind: Literal["void"] = "void"
    why: str


class Done(Note):
    """A part of which nothing more will come."""

    kind: Literal["done"] = "done"
    state: Close
    answered: int
    failed: int
    again: int  # calls without an answer: to be asked again


_LINE: TypeAdapter[Intent | Sent | Void | Done] = TypeAdapter(Intent | Sent | Void | Done)


class Notes:
    """The notes of one run, and the file that they are appended to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.intents: dict[int, Intent] = {}
        self.ids: dict[int, str] = {}
        self.closed: set[int] = set()  # void or done
        self._descriptor = -1
        self._torn = False  # the last line may be half written

    @classmethod
    def read(cls, folder: Path) -> "Notes":
        """The notes of a run as they lie in its journal's folder, not to be added to.

        Raises: WarehouseError: they cannot be read, or are damaged.
        """
        notes = cls(folder / NAME)
        notes._read()
        return notes

    @classmethod
    def open(cls, folder: Path) -> "Notes":
        """The same, to be added to. Raises: WarehouseError: also where the file cannot be written."""
        notes = cls.read(folder)
        try:
            make_folder(folder)
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            notes._descriptor = os.open(notes.path, flags, 0o644)
            size = os.fstat(notes._descriptor).st_size
            notes._torn = size > 0 and os.pread(notes._descriptor, 1, size - 1) != b"\n"
            fsync_folder(folder)
        except OSError as error:
            notes.close()
            raise cannot(notes.path, error, "Nothing was sent.") from error
        return notes

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def open_parts(self) -> list[int]:
        """Parts that the provider has, or may have, and whose results are not all here."""
        return [part for part in self.intents if part not in self.closed]

    def intend(
        self,
        *,
        lane: str,
        host: str,
        what: str,
        at: datetime,
        since: datetime,
        n_bytes: int,
        account: str | None,
        before: Sequence[str],
        shards: Sequence[tuple[int, int]],
        keys: Sequence[UUID],
    ) -> Intent:
        """Note that a part is about to be sent; returns when that is durable.

        Raises: WarehouseError: it cannot be; it must not be sent.
        """
        intent = Intent(
            part=max(self.intents, default=0) + 1,
            lane=lane,
            host=host,
            what=what,
            at=at,
            since=since,
            nonce=secrets.token_hex(8),
            n_bytes=n_bytes,
            account=account,
            before=tuple(before),
            shards=tuple(shards),
            keys="".join(map(key_text, keys)),
        )
        self._note(intent, "It was not sent.")
        self.intents[intent.part] = intent
        return intent

    def sent(self, part: int, batch_id: str, *, adopted: bool = False) -> None:
        """Note a part's id. Raises: WarehouseError: it cannot be; a resume will look for the batch."""
        self.ids[part] = batch_id
        self._note(Sent(part=part, id=batch_id, adopted=adopted), f"Batch {batch_id} was sent and goes on.")

    def void(self, part: int, why: str) -> None:
        """Note that a part was never made a batch. Raises: WarehouseError."""
        self._note(Void(part=part, why=why), "Nothing was sent.")
        self.closed.add(part)

    def done(self, part: int, state: Close, *, answered: int, failed: int, again: int) -> None:
        """Note that nothing more will come of a part. Raises: WarehouseError."""
        note = Done(part=part, state=state, answered=answered, failed=failed, again=again)
        self._note(note, "Its results are in the journal.")
        self.closed.add(part)

    def _note(self, note: Note, state: str) -> None:
        body = json.dumps(note.model_dump(mode="json"), ensure_ascii=True, separators=(",", ":"))
        rest = f"{body[1:]}\n".encode("ascii")
        try:
            self._append(b'{"crc":"%08x",%s' % (zlib.crc32(rest), rest))
        except OSError as error:
            raise cannot(self.path, error, state) from error

    def _append(self, line: bytes) -> None:
        if self._torn:
            line = b" \n" + line  # ends what a dead process, or a full disk, left half written: not a note
        self._torn = True
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)
        self._torn = False

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                for line in file:
                    if is_whole(line):
                        self._take(line)
        except FileNotFoundError:
            return
        except OSError as error:
            raise cannot(self.path, error, "Nothing was sent.") from error

    def _take(self, line: bytes) -> None:
        try:
            note = _LINE.validate_json(line)
        except ValidationError:
            raise self._damaged("a line is not a note of this version of nightbench") from None
        if isinstance(note, Intent):
            if note.part != max(self.intents, default=0) + 1:
                raise self._damaged(f"the intent before part {note.part} is missing")
            self.intents[note.part] = note
        elif note.part not in self.intents:
            raise self._damaged(f"the intent of part {note.part} is missing")
        elif isinstance(note, Sent):
            self.ids[note.part] = note.id
        else:
            self.closed.add(note.part)

    def _damaged(self, what: str) -> WarehouseError:
        return WarehouseError(
            f"{self.path}: {what}, so it is not known what was sent. Nothing was sent now. Look at the "
            "batches in the provider's console, and start a new run for what is not there."
        )
