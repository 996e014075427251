"""Restores a compacted file: its runs' own files, those that still lie there or land again, merged anew.

The same runs give the same bytes: what is put back has the very sha256 that the record names, or nothing is.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from warehouse.commit import FOLDER, Manifest, read_manifest
from warehouse.compacted.standing import Compaction
from warehouse.compaction.merging import Part, merge
from warehouse.durable import DataFile, make_folder, sha256_of
from warehouse.errors import WarehouseError

Lands = Callable[[Manifest, Path], Mapping[str, str]]  # a run's files into a folder


def merge_again(warehouse: Path, record: Compaction, wanted: DataFile, folder: Path, land: Lands) -> Path:
    """Make a compacted file in a folder, from what its runs were; the caller puts it in its place.

    Raises: NightbenchError: a run in it cannot be had again, or gives other rows.
    """
    parts = []
    for merged in record.runs:
        manifest = read_manifest(warehouse / FOLDER / f"{merged.run_id}.{merged.n:06d}.json")
        parts.append(Part(manifest))
        own = [file for file in manifest.files if file.table == wanted.table]
        if own and not all(_take_over(warehouse, file, folder) for file in own):
            land(manifest, folder)
    made, _ = merge(folder, record.month, wanted.table, parts)
    if made is None or made.sha256 != wanted.sha256:
        raise WarehouseError(
            f"{warehouse / wanted.path}: what its runs give, merged again, has other bytes. Nothing was "
            "changed. Bring it back from a backup."
        )
    return folder / made.path


def _take_over(warehouse: Path, file: DataFile, folder: Path) -> bool:
    """Whether a run's own file still lies there as it was; then it is in the folder too."""
    path = warehouse / file.path
    if not path.exists() or sha256_of(path) != file.sha256:
        return False
    make_folder((folder / file.path).parent)
    os.link(path, folder / file.path)
    return True
