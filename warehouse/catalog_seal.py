"""The sha256 of the catalogs that were written last: `commits/.catalog.sha256`, one a line, the newest last.

Noted before a catalog takes its place: whenever its writer dies, the one in place is among them.
"""

import secrets
from pathlib import Path

from warehouse.durable import fsync_file, sha256_of

PLACE = "commits/.catalog.sha256"
KEPT = 8  # of rewrites that were killed in between


def note_catalog(warehouse: Path, new: Path) -> None:
    """Note a catalog that is about to take its place; for the holder of the catalog's lock.

    Raises: OSError.
    """
    path = warehouse / PLACE
    lines = [*noted_catalogs(warehouse), sha256_of(new)][-KEPT:]
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        aside.write_text("\n".join(lines) + "\n", encoding="ascii")
        fsync_file(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def noted_catalogs(warehouse: Path) -> list[str]:
    """What was noted; nothing where no catalog was written since there are notes."""
    try:
        return (warehouse / PLACE).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return []
