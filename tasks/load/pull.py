"""Pulling a suite's pinned files into the cache: downloaded, or found in a folder, and checked either way.

A file is there when it is there under its name: it is written aside, its sha256 checked, and renamed. The
folder's name depends on the pins (Definition.pulled), so what is there is what this definition pins.
"""

import codecs
import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol

from tasks.load.definition import CARD, Definition, Source
from tasks.load.fetch import download
from tasks.load.seek import CHUNK_BYTES, Digests, Found, Gunzip, find, matches, read_digests
from warehouse.errors import SuiteError
from warehouse.locks import lock_alone

log = logging.getLogger(__name__)


class NothingFound(SuiteError):
    """A folder holds none of a suite's files: the data of other suites may be all that it has."""


class Hash(Protocol):
    """What of hashlib's objects is used."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""


Progress = Callable[[str, int, int | None], None]  # file name, bytes here, bytes in all


@dataclass(frozen=True)
class PulledFile:
    """One pinned file in the cache, and how it came there."""

    filename: str
    path: Path
    size_bytes: int
    how: Literal["present", "downloaded", "copied"]
    origin: str  # the url, or the path it was copied from


def missing_files(definition: Definition, cache: Path) -> list[Source]:
    """The pinned files that are not in the cache; `cache` is the home's cache folder."""
    folder = definition.pulled(cache)
    return [source for source in definition.sources if not (folder / source.filename).is_file()]


def pull(
    definition: Definition,
    cache: Path,
    *,
    from_dir: Path | None = None,
    progress: Progress = lambda _name, _here, _total: None,
    warn: Callable[[str], None] = log.warning,
    sleep: Callable[[float], None] = time.sleep,
) -> list[PulledFile]:
    """Bring every pinned file of a suite into the cache; a file that is there is not asked for again.

    With `from_dir` nothing is downloaded. Of two pulls of one suite at once, the second waits for the first
    and finds its files. What came for a source without a pin is told with its sha256, to be pinned.

    Raises: SuiteError: a file cannot be had, or is not the pinned one; the others are kept. NothingFound:
        `from_dir` has none of them.
    """
    if not missing_files(definition, cache):
        return [_present(source, definition.pulled(cache)) for source in definition.sources]
    if from_dir is not None and not from_dir.is_dir():
        raise SuiteError(f"{from_dir}: there is no such folder. Nothing was pulled. Check --from.")
    folder = definition.pulled(cache)
    try:
        with _alone(folder, definition.name, warn):
            missing = missing_files(definition, cache)
            found = find(missing, from_dir, warn) if from_dir is not None else {}
            files = []
            for source in definition.sources:
                if source not in missing:
                    files.append(_present(source, folder))
                elif from_dir is None:
                    files.append(_download(source, folder, progress, sleep))
                elif source.filename in found:
                    files.append(_copy(source, folder, found[source.filename]))
    except OSError as error:
        raise SuiteError(
            f"{error.filename or folder}: {error.strerror}, while pulling {definition.name}. What is whole "
            f"is kept. Mend that (space, permissions) and give the same command again."
        ) from error
    unpinned = {source.filename for source in definition.sources if source.sha256 is None}
    for file in files:
        if file.filename in unpinned and file.how != "present":
            warn(_to_pin(definition, file))
    absent = missing_files(definition, cache)
    if absent:
        pins = "".join(
            f"\n  {source.filename}: " + (f"sha256 {source.sha256}" if source.sha256 else "by this name")
            for source in absent
        )
        kind = NothingFound if len(absent) == len(definition.sources) else SuiteError
        raise kind(
            f"{from_dir}: {len(absent)} of the {len(definition.sources)} files of {definition.name} are not "
            f"in it, under any name; what was found is kept. Look elsewhere, or pull without --from.{pins}"
        )
    return files


def _to_pin(definition: Definition, file: PulledFile) -> str:
    """What to write into suite.toml, so that the next pull gets this very file or none."""
    return (
        f"{definition.name}: {file.filename} is not pinned. Where it is what you expect, pin it in "
        f'{definition.folder / CARD}, sha256 = "{read_digests(file.path).file}", and pull again.'
    )


def _present(source: Source, folder: Path) -> PulledFile:
    return _pulled(source, folder, "present", source.url)


def _pulled(
    source: Source, folder: Path, how: Literal["present", "downloaded", "copied"], origin: str
) -> PulledFile:
    path = folder / source.filename
    return PulledFile(source.filename, path, path.stat().st_size, how, origin)


def _download(source: Source, folder: Path, progress: Progress, sleep: Callable[[float], None]) -> PulledFile:
    part = _workshop(folder) / source.filename

    def watch(here: int, total: int | None) -> None:
        progress(source.filename, here, total)

    pieced = download(source.url, part, watch, sleep)
    digests = read_digests(part)
    if matches(digests, source) is None and pieced:  # pieces of two versions: begin anew, once
        part.unlink()
        download(source.url, part, watch, sleep)
        digests = read_digests(part)
    compressed = matches(digests, source)
    if compressed is None:
        part.unlink()
        got = digests.content if source.gunzip and source.sha256_of == "content" else digests.file
        raise SuiteError(
            f"{source.url}: what arrived is not the pinned file: its sha256 is {got or digests.file}, pinned "
            f"is {source.sha256}. It was removed; nothing is kept of it. Either the source has changed, and "
            f"the suite needs a new pin, or something on the way answers in its place (a proxy, a login "
            f"page). Where you have the file, `nightbench datasets pull --from DIR` finds it by its content."
        )
    _keep(source, folder, Found(part, compressed))
    part.unlink()
    return _pulled(source, folder, "downloaded", source.url)


def _copy(source: Source, folder: Path, found: Found) -> PulledFile:
    _keep(source, folder, found)
    return _pulled(source, folder, "copied", str(found.path))


def _keep(source: Source, folder: Path, found: Found) -> None:
    """Write the content as plain UTF-8 aside, prove once more that it is the pinned one, and rename it."""
    aside = _workshop(folder) / f"{source.filename}.new"
    try:
        with found.path.open("rb") as file, aside.open("wb") as out:
            as_it_lies, content = hashlib.sha256(), hashlib.sha256()
            decode = codecs.getincrementaldecoder(source.encoding)("strict").decode
            transcode = codecs.lookup(source.encoding).name != "utf-8"
            for piece in _pieces(file, as_it_lies, compressed=found.compressed):
                content.update(piece)
                out.write(decode(piece).encode() if transcode else piece)
            out.write(decode(b"", True).encode() if transcode else b"")
            out.flush()
            os.fsync(out.fileno())
        digests = Digests(as_it_lies.hexdigest(), content.hexdigest())
        if matches(digests, source) is None:
            raise SuiteError(f"{found.path}: changed while it was read. Nothing is kept of it. Try again.")
        aside.replace(folder / source.filename)
    except UnicodeError as error:
        raise SuiteError(
            f"{source.url}: is not text in {source.encoding}, as the definition says ({error}). Nothing is "
            f"kept of it. Set the source's encoding to what it is in."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def _pieces(file: IO[bytes], as_it_lies: Hash, *, compressed: bool) -> Iterator[bytes]:
    gunzip = Gunzip()
    while chunk := file.read(CHUNK_BYTES):
        as_it_lies.update(chunk)
        if compressed:
            yield from gunzip.feed(chunk)
        else:
            yield chunk


def _workshop(folder: Path) -> Path:
    """Where unfinished files lie: beside the folder, so that no query's glob meets them."""
    return folder.with_name(f"{folder.name}.unfinished")


@contextmanager
def _alone(folder: Path, name: str, warn: Callable[[str], None]) -> Iterator[None]:
    """One pull a suite at a time; the lock dies with its holder."""
    folder.mkdir(parents=True, exist_ok=True)
    _workshop(folder).mkdir(exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("wb") as lock:
        if not lock_alone(lock.fileno()):
            warn(f"{name}: another pull is at work; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
