"""Files that are there whole or not at all, and stay: temporary name, fsync, rename, fsync of the folder."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from warehouse.errors import WarehouseError

REMEDY = (
    "Nothing of this run was committed by this attempt; received answers are in the journal. "
    'Make room or mend the permissions, then "nightbench resume" the run.'
)


@dataclass(frozen=True)
class RowGroup:
    """Where a row group lies in its file, and the CRC-32 of its bytes: it tells which one was damaged."""

    rows: int
    start: int
    n_bytes: int
    crc32: int


@dataclass(frozen=True)
class DataFile:
    """A Parquet file as a manifest lists it; `path` is relative to the warehouse folder, with `/`."""

    table: str
    path: str
    rows: int
    sha256: str
    n_bytes: int
    row_groups: tuple[RowGroup, ...] = ()  # none in manifests before schema 4


@contextmanager
def writing(path: Path, remedy: str = REMEDY) -> Iterator[None]:
    """Turn what the disk says while `path` is written into one sentence, with what to do.

    Raises: WarehouseError: disk full, no permission, read-only, ...
    """
    try:
        yield
    except OSError as error:
        raise WarehouseError(f"{path}: cannot be written ({error.strerror or error}). {remedy}") from error


def fsync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create a folder and what it lies in, each of them durably."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for part in missing:
        fsync_folder(part.parent)


def fsync_file(path: Path) -> None:
    """Make a file's content survive a power cut."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sha256_of(path: Path) -> str:
    """The sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
