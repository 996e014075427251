"""The file that a bundle is: a zip of JSON lines and texts, listed with their checksums in `bundle.json`.

It is written in a fixed order with fixed dates: the same rows and versions are the same bytes. When it is
read it is somebody else's: nothing is unpacked to the disk under a name of its choice, the sizes are bounded
before a byte is inflated, and a member that the list does not name is told of.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tasks.load.definition import leaves_its_folder
from warehouse.bundled import BundledError

FORMAT = 1
LIST = "bundle.json"
ENDING = ".nightbench"
MAX_BYTES = 2 << 30  # of all members, inflated
MAX_MEMBERS = 2_000
MAX_LIST_BYTES = 32 << 20
MAX_LINE_BYTES = 64 << 20
MEMBER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,199}\Z")
DATE = (1980, 1, 1, 0, 0, 0)
TAKEN = "Nothing was taken from it."


class BundleWriter:
    """Writes members one after another and, at the end, the list of them."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._members: list[dict[str, object]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes]) -> int:
        """Write a member; the number of its pieces."""
        digest, n_bytes, n = hashlib.sha256(), 0, 0
        with self._zip.open(_info(name), "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                n_bytes += len(piece)
                n += 1
        self._members.append({"name": name, "bytes": n_bytes, "sha256": digest.hexdigest()})
        return n

    def finish(self, about: Mapping[str, Any]) -> None:
        """Write the list: what the bundle says of itself, and its members with their checksums."""
        text = json.dumps({"format": FORMAT, **about, "members": self._members}, indent=1)
        self._zip.writestr(_info(LIST), text.encode() + b"\n")


class BundleReader:
    """Reads the members of a file that anyone may have written.

    Raises: BundledError: it is no zip, is damaged, larger than `max_bytes` inflated, or not what a bundle is.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise BundledError(f"{path}: is no bundle: {error}. {TAKEN}") from error
        try:
            self._sizes = self._checked(max_bytes)
            self.about = self._list()
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> list[str]:
        """The members but the list."""
        return [name for name in self._sizes if name != LIST]

    def wrong_sums(self) -> list[str]:
        """What does not agree with the list: a member that was changed, is missing, or is not listed."""
        listed = {str(one.get("name")): one for one in self.about["members"]}
        wrong = [f"{name}: is listed and not there" for name in sorted(listed.keys() - set(self.names))]
        for name in self.names:
            if name not in listed:
                wrong.append(f"{name}: is there and not listed")
            else:
                digest = hashlib.sha256()
                for piece in self._pieces(name):
                    digest.update(piece)
                if digest.hexdigest() != listed[name].get("sha256"):
                    wrong.append(f"{name}: its bytes are not those that were bundled")
        return wrong

    def lines(self, name: str) -> Iterator[tuple[bytes, str]]:
        """The lines of a member, each with its place; none where it is not there."""
        if name not in self._sizes:
            return
        try:
            with self._zip.open(name) as member:
                number = 0
                while line := member.readline(MAX_LINE_BYTES + 1):
                    number += 1
                    if len(line) > MAX_LINE_BYTES:
                        raise BundledError(f"{self._path}: {name}: line {number:,} is too long. {TAKEN}")
                    yield line, f"{self._path.name}: {name}, line {number:,}"
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(name, error) from error

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as member:
                while piece := member.read(1 << 20):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(name, error) from error

    def _checked(self, max_bytes: int) -> dict[str, int]:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise BundledError(f"{self._path}: has {len(infos):,} members; {MAX_MEMBERS:,} may be. {TAKEN}")
        sizes: dict[str, int] = {}
        for info in infos:
            name = info.filename
            if not MEMBER.match(name) or leaves_its_folder(name) or name in sizes:
                raise BundledError(f"{self._path}: {name!r:.80} is no name of a member, or twice. {TAKEN}")
            if info.flag_bits & 1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise BundledError(f"{self._path}: {name} is packed as no bundle is. {TAKEN}")
            sizes[name] = info.file_size
        total = sum(sizes.values())
        if total > max_bytes:
            raise BundledError(
                f"{self._path}: holds {total:,} bytes when inflated, and {max_bytes:,} are read at most. "
                f"{TAKEN} --max-mb raises that, for a bundle that you trust."
            )
        if LIST not in sizes or sizes[LIST] > MAX_LIST_BYTES:
            raise BundledError(f"{self._path}: is no bundle: it has no {LIST}, or too large a one. {TAKEN}")
        return sizes

    def _list(self) -> Mapping[str, Any]:
        try:
            about = json.loads(b"".join(self._pieces(LIST)))
        except (ValueError, RecursionError) as error:
            raise BundledError(f"{self._path}: {LIST} is not JSON: {error}. {TAKEN}") from error
        shape = {"run_id": str, "members": list, "suites": list, "claims": list, "made_by": dict}
        if (
            not isinstance(about, dict)
            or not all(isinstance(about.get(name), kind) for name, kind in shape.items())
            or not all(
                isinstance(one, dict) for name in ("members", "suites", "claims") for one in about[name]
            )
        ):
            raise BundledError(f"{self._path}: {LIST} does not say what a bundle says. {TAKEN}")
        if about.get("format") != FORMAT:
            raise BundledError(
                f"{self._path}: is of format {about.get('format')!r:.20}; this nightbench reads {FORMAT}. "
                f"{TAKEN} Update nightbench."
            )
        return about

    def _damaged(self, name: str, error: Exception) -> BundledError:
        return BundledError(f"{self._path}: {name} is damaged ({error}). {TAKEN} Bring another copy.")


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    info.create_system = 3
    return info
