"""Which manifests there are, whole or not, and which files none of them names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.columns import COLUMNS
from warehouse.commit import FOLDER, NAME, Manifest, read_manifest
from warehouse.compacted.standing import FILES_FOLDER, Compaction, read_compaction
from warehouse.compacted.standing import FOLDER as COMPACTIONS
from warehouse.compacted.standing import NAME as RECORD
from warehouse.errors import WarehouseError
from warehouse.files import SUFFIX
from warehouse.integrity.findings import AGAIN, REPAIR, Finding


@dataclass
class Listing:
    """The manifests that count, those that a later one replaced, and what is wrong with others."""

    newest: dict[str, Manifest] = field(default_factory=dict)  # by run id
    replaced: list[Manifest] = field(default_factory=list)
    broken: dict[str, str] = field(
        default_factory=dict
    )  # run id -> the name of its newest, unreadable manifest
    compactions: list[Compaction] = field(default_factory=list)  # one a month, those that count
    unread: set[str] = field(default_factory=set)  # runs of which it is not known where their rows are
    compacted: set[str] = field(default_factory=set)  # files that compactions name, replaced ones too
    findings: list[Finding] = field(default_factory=list)


def list_manifests(warehouse: Path) -> Listing:
    """Read every manifest; one that cannot be read becomes a finding and not an error."""
    listing = Listing()
    by_run: dict[str, list[int]] = {}
    folder = warehouse / FOLDER
    for name in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        match = NAME.match(name)
        if match is not None:
            by_run.setdefault(match["run_id"], []).append(int(match["n"]))
        elif not name.startswith("."):
            why = "this is no manifest, and until it is gone nothing can be committed or read anew."
            listing.findings.append(Finding("stranger", f"{FOLDER}/{name}", why, "Move the file elsewhere."))
    for run_id, numbers in by_run.items():
        for n in sorted(numbers):
            _read(warehouse, run_id, n, listing, newest=n == max(numbers))
        for n in sorted(set(range(1, max(numbers))).difference(numbers)):
            listing.findings.append(
                Finding(
                    "gap",
                    f"{FOLDER}/{run_id}.{n:06d}.json",
                    f"an earlier manifest of run {run_id} is gone; number {max(numbers)} counts.",
                    "",
                    (run_id,),
                )
            )
    _read_compactions(warehouse, listing)
    return listing


def _read_compactions(warehouse: Path, listing: Listing) -> None:
    """The records of compactions; where one that counts cannot be read, its month's runs are unchecked."""
    folder = warehouse / COMPACTIONS
    by_month: dict[str, list[str]] = {}
    for name in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
        match = RECORD.match(name)
        if match is not None:
            by_month.setdefault(match["month"], []).append(name)
        elif not name.startswith("."):
            why = "this is no record of a compaction, and until it is gone no catalog can be written."
            listing.findings.append(
                Finding("stranger", f"{COMPACTIONS}/{name}", why, "Move the file elsewhere.")
            )
    for month, names in by_month.items():
        for name in names:
            try:
                record = read_compaction(folder / name)
            except WarehouseError as error:
                runs = tuple(run_id for run_id, m in listing.newest.items() if f"{m.run_date:%Y-%m}" == month)
                why = str(error).removeprefix(f"{folder / name}: ").partition(". ")[0] + "."
                place = f"{COMPACTIONS}/{name}"
                listing.findings.append(Finding("manifest", place, why, REPAIR, runs))
                listing.unread.update(runs if name == names[-1] else ())
                continue
            listing.compacted.update(file.path for file in record.files)
            if name == names[-1]:
                listing.compactions.append(record)


def _read(warehouse: Path, run_id: str, n: int, listing: Listing, *, newest: bool) -> None:
    place = f"{FOLDER}/{run_id}.{n:06d}.json"
    try:
        manifest = read_manifest(warehouse / place)
    except WarehouseError as error:
        why = str(error).removeprefix(f"{warehouse / place}: ")
        why = why.partition(". ")[0] + "."
        listing.findings.append(Finding("manifest", place, why, REPAIR, (run_id,)))
        if newest:
            listing.broken[run_id] = Path(place).name
        return
    if newest:
        listing.newest[run_id] = manifest
    else:
        listing.replaced.append(manifest)


def unnamed(warehouse: Path, listing: Listing, run_ids: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Files in the tables' folders that no manifest names: leftovers, or what is left of a lost commit.

    The files of a run whose own manifest cannot be read are left out: that is told already.
    """
    manifests = (*listing.newest.values(), *listing.replaced)
    named = {file.path for manifest in manifests for file in manifest.files} | listing.compacted
    for table in (*COLUMNS, FILES_FOLDER):
        for path in sorted((warehouse / table).rglob("*")):
            place = path.relative_to(warehouse).as_posix()
            run_id = _run_of(place)
            if path.is_dir() or place in named or (run_id in listing.broken):
                continue
            if run_ids and run_id not in run_ids:
                continue
            is_row = run_id and table == "runs" and not path.name.startswith(".")
            lost = _lost(warehouse, place, run_id, listing) if is_row else None
            yield lost or _leftover(place, run_id)


def _run_of(place: str) -> str:
    folder = next((part for part in place.split("/") if part.startswith("run_id=")), "")
    return folder.removeprefix("run_id=")


def _leftover(place: str, run_id: str) -> Finding:
    why = "no manifest names this file, so it does not exist for any query: it is being written, or what"
    why += (
        " a process left that died." if place.endswith(SUFFIX) else " a commit left that did not come about."
    )
    remedy = "It can be deleted while no run is under way."
    return Finding("leftover", place, why, remedy, (run_id,) if run_id else ())


def _lost(warehouse: Path, place: str, run_id: str, listing: Listing) -> Finding | None:
    """The row of a run is written last before its manifest: one newer than all of them has lost its own."""
    newest = listing.newest.get(run_id)
    ended = _ended(warehouse / place)
    if newest is not None and (ended is None or ended < newest.committed_at):
        return None
    state = (
        f"what counts of run {run_id} is its commit before, number {newest.n}."
        if newest is not None
        else f"no query sees run {run_id}."
    )
    return Finding(
        "lost_commit",
        place,
        "no manifest names this file, which is the last that a run writes before it is committed: its "
        f"manifest is gone, or the process died at that very instant. By now {state}",
        f"{REPAIR} {AGAIN.format(run_id=run_id)}",
        (run_id,),
    )


def _ended(path: Path) -> datetime | None:
    """When a run ended by its row; None where the file cannot be read."""
    try:
        found = pq.read_table(path, columns=["finished_at"], partitioning=None).column(0).to_pylist()
    except (pa.ArrowException, OSError, ValueError):
        return None
    return max((at for at in found if at is not None), default=None)
