"""Is the catalog what follows from the committed files? Its bytes, its origin, its sums."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb

from warehouse.catalog import NAME, fingerprint, open_sums
from warehouse.catalog_seal import noted_catalogs
from warehouse.commit import FOLDER, Manifest
from warehouse.durable import sha256_of
from warehouse.errors import WarehouseError
from warehouse.integrity.findings import Finding
from warehouse.literals import text
from warehouse.sums import in_catalog, kept_by_run

REMEDY = '"nightbench verify --repair" writes it anew from what is committed.'
PATIENCE_S = 3.0  # between a commit and the rewrite of the catalog


def check_catalog(warehouse: Path, manifests: Sequence[Manifest], *, sums: bool) -> Iterator[Finding]:
    """What is wrong with the catalog of these manifests; with `sums`, what it keeps is summed again."""
    path = warehouse / NAME
    if not path.exists():
        if manifests:
            why = "there is no catalog, though something is committed: whoever opens it finds nothing."
            yield Finding("catalog", NAME, why, REMEDY)
        return
    if (warehouse / f"{NAME}.wal").exists():
        why = "someone wrote into the catalog, or has it open for writing; the next query drops this."
        yield Finding("leftover", f"{NAME}.wal", why, "Close that program.")
    noted = noted_catalogs(warehouse)
    if noted and not _soon(lambda: sha256_of(path) in noted_catalogs(warehouse)):
        yield Finding("catalog", NAME, "its bytes are not those that were written.", REMEDY)
        return
    try:
        yield from _check_content(warehouse, manifests, sums=sums)
    except duckdb.Error as error:
        why = f"it cannot be read ({str(error).splitlines()[0][:200]})."
        yield Finding("catalog", NAME, why, REMEDY)


def _check_content(warehouse: Path, manifests: Sequence[Manifest], *, sums: bool) -> Iterator[Finding]:
    place, code, commits = _about(warehouse)
    try:
        now = fingerprint(warehouse)
        if commits != now[1]:
            _soon(lambda: _about(warehouse)[2] == fingerprint(warehouse)[1])
            place, code, commits = _about(warehouse)
            now = fingerprint(warehouse)
    except WarehouseError:  # something lies in commits/ that is no manifest: told elsewhere
        return
    if place != str(warehouse.resolve()) or code != now[0]:
        why = f"it is of {place}, or of another version of nightbench; the next query writes it anew."
        yield Finding("stale", NAME, why, "")
    elif commits != now[1]:
        why = f"it is not of the manifests in {FOLDER}/: one was added or is gone since it was written."
        yield Finding("catalog", NAME, why, REMEDY)
    elif sums:
        with tempfile.TemporaryDirectory(dir=warehouse, prefix=".verify-") as folder:
            yield from _check_sums(warehouse, manifests, Path(folder))


def _check_sums(warehouse: Path, manifests: Sequence[Manifest], folder: Path) -> Iterator[Finding]:
    """Sum every run again and compare. Means and variances agree to nine decimals, the rest exactly."""
    kept = folder / NAME
    kept.hardlink_to(warehouse / NAME)  # under a name of its own: this process may have it open
    with open_sums(warehouse, manifests, str(folder)) as connection:
        connection.execute(f"attach {text(str(kept))} as kept (read_only)")
        for table in ("prices", *kept_by_run()):
            described = connection.execute(f"describe {table}").fetchall()
            columns = ", ".join(
                f"round({name}, 9)" if kind == "DOUBLE" else f'"{name}"' for name, kind, *_ in described
            )
            ours, theirs = (f"select {columns} from {name}" for name in (table, f"kept.{in_catalog(table)}"))
            row = connection.execute(
                f"select (select count(*) from ({ours} except all {theirs})) "
                f"+ (select count(*) from ({theirs} except all {ours}))"
            ).fetchone()
            if row is not None and row[0]:
                why = f'its "{table}" is not what follows from the committed files ({row[0]:,} rows differ).'
                yield Finding("money" if table == "billed_totals" else "catalog", NAME, why, REMEDY)
        connection.execute("detach kept")


def _about(warehouse: Path) -> tuple[str, str, str]:
    with (
        tempfile.TemporaryDirectory(dir=warehouse, prefix=".verify-") as folder,
        duckdb.connect() as connection,
    ):
        copy = Path(folder) / NAME
        copy.hardlink_to(warehouse / NAME)
        connection.execute(f"attach {text(str(copy))} as kept (read_only)")
        row = connection.execute("select warehouse, code, commits from kept.catalog_info").fetchone()
        connection.execute("detach kept")
    if row is None:
        raise duckdb.IOException("catalog_info is empty")
    return str(row[0]), str(row[1]), str(row[2])


def _soon(holds: Callable[[], bool]) -> bool:
    """Whether it holds now or within the patience: a run may be at its commit."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True
