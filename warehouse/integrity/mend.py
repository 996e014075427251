"""What can be restored without the journal: a manifest with one damaged byte, and the catalog."""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import is_sealed
from warehouse.durable import fsync_file, fsync_folder
from warehouse.errors import WarehouseError


def mend_manifest(path: Path) -> bool:
    """Put a sealed manifest back as it was written, where its own checksum proves it; whether it could.

    Every single bit is tried, then every single byte: at most some seconds.
    The damaged file stays beside it under a hidden name.

    Raises: OSError.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return False
    whole = next((tried for tried in _candidates(raw) if is_sealed(tried)), None)
    if whole is None:
        return False
    aside = path.with_name(f".damaged-{path.name}.{secrets.token_hex(4)}")
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    new.write_bytes(whole)
    fsync_file(new)
    aside.hardlink_to(path)
    new.replace(path)
    fsync_folder(path.parent)
    return True


def mend_catalog(warehouse: Path) -> None:
    """Write the catalog anew, with nothing carried over; where that fails, the one before is put back.

    Raises: WarehouseError: what is committed cannot be read.
    """
    path, aside = warehouse / NAME, warehouse / f".{NAME}.{secrets.token_hex(4)}"
    with suppress(FileNotFoundError):
        path.replace(aside)
    try:
        rewrite_catalog(warehouse)
    except WarehouseError:
        with suppress(FileNotFoundError):
            aside.replace(path)
        raise
    aside.unlink(missing_ok=True)


def _candidates(raw: bytes) -> Iterator[bytes]:
    """What it may have been: without what was appended, or with one bit, or one byte, as it is not now."""
    yield raw[: raw.rfind(b'"\n}\n') + 4]
    for masks in ([1 << bit for bit in range(8)], range(1, 256)):
        for i in range(len(raw)):
            for mask in masks:
                tried = bytearray(raw)
                tried[i] ^= mask
                yield bytes(tried)
