"""The instant at which a run appears: one manifest, renamed into `commits/`, lists all its files.

`commits/<run_id>.<n>.json`, n from 000001; the highest n of a run counts, a manifest is never changed. Its
last line is the sha256 of all that stands before it: whoever reads it knows that it is as it was written.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from warehouse.columns import SCHEMA_VERSION
from warehouse.durable import DataFile, fsync_folder, make_folder, writing
from warehouse.errors import WarehouseError
from warehouse.told import read_told
from warehouse.tombstones import forgotten_runs

FOLDER = "commits"
SEALED_SINCE = 4  # schema versions before have no seal
SEAL = b',\n "sha256": "'
SCHEMA = re.compile(rb'\s*\{\s*"schema":\s*([0-9]+)')
NAME = re.compile(r"(?P<run_id>[a-z0-9][a-z0-9-]{0,39})\.(?P<n>[0-9]{6})\.json\Z")


class Manifest(BaseModel):
    """What a commit says: which files are the run, whole."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: int = Field(alias="schema")
    run_id: str
    n: int
    committed_at: datetime
    kind: str
    status: str
    run_date: date
    priced_as: tuple[str, ...]  # the models whose prices the run needs
    files: tuple[DataFile, ...]
    # since schema 4
    parents: tuple[str, ...] = ()  # manifests of other runs whose calls this one's grades and pairs are of
    graded_at: datetime | None = None  # of all its grades and pairs, where it is one instant
    code_version: str | None = None  # as in `runs`, and so the next: what a lost file is written again from
    flow_run_id: str | None = None

    @property
    def name(self) -> str:
        """The manifest's file name."""
        return f"{self.run_id}.{self.n:06d}.json"

    @property
    def graded_runs(self) -> list[str]:
        """The runs of its parents, sorted."""
        return sorted(parent.rpartition(".")[0] for parent in self.parents)


def sealed(manifest: BaseModel) -> bytes:
    """A manifest, or a record of a compaction, as its file holds it, its sha256 as its last line."""
    body = manifest.model_dump_json(by_alias=True, indent=1).encode().removesuffix(b"\n}")
    return body + SEAL + hashlib.sha256(body).hexdigest().encode() + b'"\n}\n'


def is_sealed(raw: bytes) -> bool:
    """Whether these are the bytes of a manifest as it was written."""
    body, seal, digest = raw.rpartition(SEAL)
    return bool(seal) and digest == hashlib.sha256(body).hexdigest().encode() + b'"\n}\n'


def read_manifest(path: Path) -> Manifest:
    """The manifest of a file.

    Raises: WarehouseError: it cannot be read, has changed since it was written, or is another's.
    """
    try:
        manifest = _parse(path.read_bytes())
    except (OSError, ValidationError, _Changed) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, ValidationError):
            reason = f"{error.error_count()} fields are wrong"
        raise WarehouseError(
            f"{path}: this manifest cannot be read ({reason}). The run's files are untouched. "
            '"nightbench verify --repair" restores it where it can. Else bring the manifest back from a '
            'backup, or move it elsewhere: then the run\'s commit before it counts, and "nightbench resume" '
            "commits the run again."
        ) from error
    except _Newer as newer:
        raise WarehouseError(
            f"{path}: written by a newer nightbench (schema {newer}; this one knows {SCHEMA_VERSION}). "
            "Nothing was changed. Update nightbench."
        ) from newer
    if manifest.name != path.name:
        raise WarehouseError(
            f"{path}: this is the manifest {manifest.name} under another name. Nothing was changed. "
            "Give it its name back, or move it elsewhere."
        )
    return manifest


class _Changed(Exception):
    """A manifest is not as it was written."""


class _Newer(Exception):
    """A manifest is of a schema version that this code does not know."""


def _parse(raw: bytes) -> Manifest:
    """Raises: _Newer, _Changed, ValidationError."""
    match = SCHEMA.match(raw)
    version = int(match[1]) if match else 0
    if version > SCHEMA_VERSION:  # before its fields, of which some may be new
        raise _Newer(version)
    body, seal, _ = raw.rpartition(SEAL)
    if seal or version >= SEALED_SINCE:
        if not is_sealed(raw):
            raise _Changed("it is not as it was written: its sha256 is another")
        raw = body + b"\n}"
    return Manifest.model_validate_json(raw)


def commit_run(
    warehouse: Path,
    *,
    run_id: str,
    kind: str,
    status: str,
    run_date: date,
    files: Sequence[DataFile],
    committed_at: datetime | None = None,
) -> Manifest:
    """Make a run appear, whole, as the next manifest of its run. `committed_at` is now by default.

    Raises: WarehouseError: a listed file is not there as described, or the disk refuses; then nothing
        has appeared.
    """
    if not NAME.match(f"{run_id}.000001.json"):
        raise ValueError(f'"{run_id}" is no run id')
    if forgotten_runs(warehouse, [run_id]):
        raise WarehouseError(
            f'run "{run_id}" was forgotten, so it is not committed again. Nothing has appeared. '
            f'"nightbench forget {run_id}" removes what is left of it; start a new run under another id.'
        )
    for file in files:
        check_file(warehouse, file, run_id)
    told = read_told(warehouse, run_id, files)
    folder = warehouse / FOLDER
    with writing(folder):
        make_folder(folder)
        manifest = Manifest(
            schema_version=SCHEMA_VERSION,
            run_id=run_id,
            n=max((n for other, n in manifest_names(warehouse) if other == run_id), default=0) + 1,
            committed_at=committed_at or datetime.now(UTC),
            kind=kind,
            status=status,
            run_date=run_date,
            priced_as=told.priced_as,
            files=tuple(files),
            parents=_newest(warehouse, told.graded_runs),
            graded_at=told.graded_at,
            code_version=told.code_version,
            flow_run_id=told.flow_run_id,
        )
        while not _place(folder, manifest):
            manifest = manifest.model_copy(update={"n": manifest.n + 1})
    return manifest


def committed(warehouse: Path) -> list[Manifest]:
    """The newest manifest of each run, in the order of run_date and run_id.

    Raises: WarehouseError: a manifest is damaged, or a file lies there that is none.
    """
    newest: dict[str, int] = {}
    for run_id, n in manifest_names(warehouse):
        newest[run_id] = max(n, newest.get(run_id, 0))
    found = [read_manifest(warehouse / FOLDER / f"{run_id}.{n:06d}.json") for run_id, n in newest.items()]
    return sorted(found, key=lambda manifest: (manifest.run_date, manifest.run_id))


def manifest_names(warehouse: Path, *, forgotten: bool = False) -> list[tuple[str, int]]:
    """Run id and number of every manifest there is, sorted; hidden files are being written or locks.

    Those of runs that are being forgotten are not there, unless asked for.

    Raises: WarehouseError: a file lies there that is none.
    """
    folder = warehouse / FOLDER
    names: list[tuple[str, int]] = []
    for name in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        if name.startswith("."):
            continue
        match = NAME.match(name)
        if match is None:
            raise WarehouseError(
                f"{folder / name}: this is no manifest; their names are <run_id>.<6 digits>.json. "
                "No run has changed. Move the file elsewhere."
            )
        names.append((match["run_id"], int(match["n"])))
    gone = frozenset() if forgotten else forgotten_runs(warehouse, {run_id for run_id, _ in names})
    return sorted(name for name in names if name[0] not in gone)


def check_file(warehouse: Path, file: DataFile, run_id: str) -> None:
    """Check that a committed file is there; one of a run also has its size.

    A shared file's bytes may differ from an older manifest's where it was repaired: its name says what
    rows it holds.

    Raises: WarehouseError: it is missing or has another size.
    """
    path = warehouse / file.path
    try:
        n_bytes = path.stat().st_size
    except OSError as error:
        raise WarehouseError(
            f"{path}: the run {run_id} lists this file, and it cannot be read ({error.strerror}). Bring it "
            f'back from a backup, or land the run again from its journal: "nightbench resume {run_id}".'
        ) from error
    if "/run_id=" in file.path and n_bytes != file.n_bytes:
        raise WarehouseError(
            f"{path}: has {n_bytes} bytes, and the run {run_id} lists it with {file.n_bytes}. Bring it back "
            f'from a backup, or land the run again from its journal: "nightbench resume {run_id}".'
        )


def _place(folder: Path, manifest: Manifest) -> bool:
    """Write the manifest aside and link it to its name, which must be free; false where it is not."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp") as file:
        file.write(sealed(manifest))
        file.flush()
        os.fsync(file.fileno())
        os.fchmod(file.fileno(), 0o644)
        try:
            (folder / manifest.name).hardlink_to(file.name)
        except FileExistsError:
            return False
        fsync_folder(folder)
    return True


def _newest(warehouse: Path, run_ids: Sequence[str]) -> tuple[str, ...]:
    """The manifests that count of these runs; a run that is not committed has none."""
    n_of = {
        run_id: n for run_id, n in manifest_names(warehouse) if run_id in run_ids
    }  # the last is the newest
    return tuple(f"{run_id}.{n:06d}" for run_id, n in sorted(n_of.items()))
