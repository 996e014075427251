"""Are the bytes of each file those that were committed? Where not: in which row group?"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.columns import COLUMNS, SHARED
from warehouse.commit import Manifest
from warehouse.compacted.standing import FILES_FOLDER, Compaction, records_of
from warehouse.durable import DataFile, sha256_of
from warehouse.files import content_hash, crc32_of, write_shared
from warehouse.integrity.findings import REPAIR, Finding
from warehouse.schema import TABLE_KEY, VERSION_KEY

AT_ONCE = 2**20  # bytes in memory a thread
THREADS = 4  # hashing and reading let other threads run


@dataclass(frozen=True)
class Named:
    """A file with all that the manifests say of it."""

    entries: tuple[DataFile, ...]  # of a file of a run one; of a shared one each that differs
    run_ids: tuple[str, ...]
    versions: tuple[int, ...]  # schema versions of the manifests
    may_be_gone: bool = False  # its rows are in a compacted file: it leaves after its grace

    @property
    def file(self) -> DataFile:
        """The newest entry."""
        return self.entries[-1]


def named_files(manifests: Sequence[Manifest], compactions: Sequence[Compaction] = ()) -> Mapping[str, Named]:
    """Each file that these manifests name, by its path, and those that they were merged into."""
    found: dict[str, Named] = {}
    inside = records_of(compactions)
    for manifest in manifests:
        record = inside.get((manifest.run_id, manifest.n))
        for file in manifest.files:
            old = found.get(file.path, Named((), (), ()))
            found[file.path] = Named(
                tuple(dict.fromkeys((*old.entries, file))),
                (*old.run_ids, manifest.run_id),
                tuple(dict.fromkeys((*old.versions, manifest.schema_version))),
                record is not None and file.table not in SHARED,
            )
        for file in record.files if record is not None else ():
            run_ids = found[file.path].run_ids if file.path in found else ()
            versions = (record.schema_version,) if record is not None else ()
            found[file.path] = Named((file,), (*run_ids, manifest.run_id), versions)
    return found


def check_files(warehouse: Path, named: Mapping[str, Named]) -> Iterator[tuple[str, int, Sequence[Finding]]]:
    """Read every file once; yields its path, its bytes and what is wrong, in the order of the paths."""
    with ThreadPoolExecutor(THREADS) as threads:
        paths = sorted(named)
        for path, (n_bytes, findings) in zip(
            paths, threads.map(lambda path: check_one(warehouse, named[path]), paths), strict=True
        ):
            yield path, n_bytes, findings


def check_one(warehouse: Path, named: Named) -> tuple[int, Sequence[Finding]]:
    """The bytes that were read of a file, and what is wrong with it."""
    file = named.file
    path = warehouse / file.path
    if file.table not in COLUMNS or not file.path.startswith((f"{file.table}/", f"{FILES_FOLDER}/")):
        why = f'the manifest lists it as of a table "{file.table}", and there is no such table there.'
        return 0, [Finding("manifest", file.path, why, REPAIR, named.run_ids)]
    try:
        n_bytes = path.stat().st_size
        digest = sha256_of(path)
    except OSError as error:
        if named.may_be_gone and isinstance(error, FileNotFoundError):
            return 0, []
        why = f"this file cannot be read ({error.strerror})."
        return 0, [Finding("missing", file.path, why, REPAIR, named.run_ids)]
    known = {entry.sha256 for entry in named.entries}
    if digest in known and len(known) == 1:
        return n_bytes, _check_entry(path, named)
    if file.table in SHARED and _is_repaired(path, digest):
        return n_bytes, []
    return n_bytes, [_damage(path, n_bytes, named, digest)]


def _check_entry(path: Path, named: Named) -> Sequence[Finding]:
    """Whether what the manifests say of a file that is as it was written is true of it."""
    file = named.file
    metadata = pq.read_metadata(path)
    about = metadata.metadata or {}
    version = int(about.get(VERSION_KEY, b"0"))
    wrong: list[str] = []
    for entry in named.entries:
        if metadata.num_rows != entry.rows:
            wrong.append(f"has {metadata.num_rows:,} rows, and the manifest says {entry.rows:,}")
        if path.stat().st_size != entry.n_bytes:
            wrong.append(f"has {path.stat().st_size:,} bytes, and the manifest says {entry.n_bytes:,}")
        if about.get(TABLE_KEY, b"").decode() != entry.table:
            wrong.append(f'is not of the table "{entry.table}", as the manifest says')
    of_run = file.table not in SHARED
    if (of_run and named.versions != (version,)) or version > min(named.versions):
        said = ", ".join(map(str, named.versions))
        wrong.append(f"is of schema {version}, and the manifest of schema {said}")
    return [Finding("manifest", file.path, f"the file {why}.", REPAIR, named.run_ids) for why in wrong]


def _is_repaired(path: Path, digest: str) -> bool:
    """Whether a shared file holds the rows of its name, in the very bytes that are written for them today.

    A repair by another version of Parquet's writer leaves other bytes than the first manifest names.
    """
    try:
        content = pq.read_table(path, partitioning=None)
        if content_hash(content) != path.stem:
            return False
        with tempfile.TemporaryDirectory(dir=path.parent.parent, prefix=".verify-") as folder:
            again = write_shared(Path(folder), path.parent.name, content.to_pylist())
        return again.sha256 == digest
    except (pa.ArrowException, OSError, ValueError):  # damaged in whatever way
        return False


def _damage(path: Path, n_bytes: int, named: Named, digest: str) -> Finding:
    file = named.file
    groups, where = damaged_groups(path, file)
    if digest[:16] in path.name and file.table not in SHARED:
        why = (
            "the manifest's sha256 of this file is another than the file's, and the file is as its name says."
        )
        return Finding("manifest", file.path, why, REPAIR, named.run_ids)
    if n_bytes < file.n_bytes:
        kind, why = "truncated", f"has {n_bytes:,} bytes of {file.n_bytes:,}; {where}"
    elif n_bytes > file.n_bytes:
        kind, why = "appended", f"has {n_bytes:,} bytes, {n_bytes - file.n_bytes:,} more than it had; {where}"
    else:
        kind, why = "damaged", f"its bytes are not those that were committed; {where}"
    return Finding(kind, file.path, why, REPAIR, named.run_ids, groups)


def damaged_groups(path: Path, file: DataFile) -> tuple[tuple[int, ...], str]:
    """Which row groups are not as they were, and a sentence on it."""
    if not file.row_groups:
        return (), "which row group was hit, manifests before schema 4 do not tell."
    with path.open("rb") as opened:
        bad = tuple(
            i
            for i, group in enumerate(file.row_groups)
            if crc32_of(opened, group.start, group.n_bytes) != group.crc32
        )
    if not bad:
        return (
            (),
            f"all {len(file.row_groups)} row groups are whole, what describes them (the footer) is not.",
        )
    starts = [sum(group.rows for group in file.row_groups[:i]) for i in bad]
    told = ", ".join(
        f"{i} (rows {start:,} to {start + file.row_groups[i].rows - 1:,})"
        for i, start in zip(bad, starts, strict=True)
    )
    return bad, f"damaged are of {len(file.row_groups)} row groups, counted from 0: {told}."
