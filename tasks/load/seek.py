"""Finding pinned files in a folder, whatever their names, by the sha256 of their content."""

import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tasks.load.definition import Source

CHUNK_BYTES = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Digests:
    """The sha256 of a file as it lies, and of its content after gunzip where it is whole gzip."""

    file: str
    content: str | None


@dataclass(frozen=True)
class Found:
    """Where a pinned file is; `compressed` says that its content must be gunzipped to be kept."""

    path: Path
    compressed: bool


def find(sources: Iterable[Source], folder: Path, warn: Callable[[str], None]) -> dict[str, Found]:
    """Where each source's file lies beneath `folder`, by the source's file name; those not found are absent.

    Every file is read once, as a stream, and only until all are found. What cannot be read, and a folder
    that links back to itself, is passed over with a warning. A source without a pin is found by its name.
    """
    wanted = {source.filename: source for source in sources}
    found: dict[str, Found] = {}
    for path in _files(folder, warn):
        try:
            digests = read_digests(path)
        except OSError as error:
            warn(f"{path}: passed over, cannot be read ({error.strerror}).")
            continue
        for name, source in list(wanted.items()):
            compressed = matches(digests, source) if source.sha256 or path.name == name else None
            if compressed is not None:
                found[name] = Found(path, compressed)
                del wanted[name]
        if not wanted:
            break
    return found


def matches(digests: Digests, source: Source) -> bool | None:
    """Whether a file is the pinned one: None if it is not, else whether it must be gunzipped to be kept.

    Any file is that of a source without a pin.
    """
    if source.sha256 is None:
        return False
    if source.sha256_of == "file":
        return source.gunzip if digests.file == source.sha256 else None
    if digests.file == source.sha256:
        return False
    return True if digests.content == source.sha256 else None


def read_digests(path: Path) -> Digests:
    """Both digests of a file, in one pass."""
    as_it_lies, content = hashlib.sha256(), hashlib.sha256()
    gunzip: Gunzip | None = None
    first = True
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            as_it_lies.update(chunk)
            if first and chunk.startswith(GZIP_MAGIC):
                gunzip = Gunzip()
            first = False
            if gunzip is not None:
                try:
                    for piece in gunzip.feed(chunk):
                        content.update(piece)
                except zlib.error:
                    gunzip = None
    whole = gunzip is not None and gunzip.at_end
    return Digests(file=as_it_lies.hexdigest(), content=content.hexdigest() if whole else None)


class Gunzip:
    """A gzip stream, of one member or several, in pieces of bounded size."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)
        self.at_end = False  # at the end of a member: the stream may end here

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The content that these bytes complete. Raises: zlib.error: this is not gzip."""
        rest = chunk
        while rest:
            if self._member.eof:
                rest = rest.lstrip(b"\0")  # padding after the last member, as gzip allows it
                if not rest:
                    return
                self._member = zlib.decompressobj(wbits=31)
            yield self._member.decompress(rest, CHUNK_BYTES)
            rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self.at_end = self._member.eof


def _files(folder: Path, warn: Callable[[str], None]) -> Iterator[Path]:
    """Regular files beneath a folder, links followed, each file and folder once, in the order of names."""
    seen: set[tuple[int, int]] = set()

    def unreadable(error: OSError) -> None:
        warn(f"{error.filename}: passed over, cannot be read ({error.strerror}).")

    for parent, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        here = Path(parent).stat()
        if (here.st_dev, here.st_ino) in seen:
            warn(f"{parent}: passed over, it links back to a folder that was read already.")
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            try:
                about = path.stat()
            except OSError as error:
                warn(f"{path}: passed over, cannot be read ({error.strerror}).")
                continue
            if stat.S_ISREG(about.st_mode) and (about.st_dev, about.st_ino) not in seen:
                seen.add((about.st_dev, about.st_ino))
                yield path
