"""Since when a catalog has read a compaction: from then on a grace period, what it replaced is kept.

`compactions/.<month>.<n>.shown` holds the time at which the first catalog that knows the record had taken its
place. Where it is missing, catalogs made before the record may still be opened: nothing leaves.
"""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from warehouse.compacted.standing import FOLDER
from warehouse.durable import fsync_file


def note_shown(warehouse: Path, names: Iterable[tuple[str, int]]) -> None:
    """Note that a catalog is in place that knows these records; for the holder of the catalog's lock.

    Raises: OSError.
    """
    for month, n in names:
        path = _path(warehouse, month, n)
        if shown_since(warehouse, month, n) is None:
            aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
            try:
                aside.write_text(datetime.now(UTC).isoformat() + "\n", encoding="ascii")
                fsync_file(aside)
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)


def shown_since(warehouse: Path, month: str, n: int) -> datetime | None:
    """Since when; None where no catalog is known to have read the record."""
    try:
        return datetime.fromisoformat(_path(warehouse, month, n).read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        return None


def forget_shown(warehouse: Path, month: str, n: int) -> None:
    """Remove the note of a record that goes."""
    _path(warehouse, month, n).unlink(missing_ok=True)


def _path(warehouse: Path, month: str, n: int) -> Path:
    return warehouse / FOLDER / f".{month}.{n:06d}.shown"
