"""Recompute all that the commits recorded, and say what does not hold.

Files are read once, by several threads, a piece at a time; rows are checked by DuckDB within a bound of
memory. Nothing is changed. Only what counts is checked: what a later commit of its run replaced is read by
nobody.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from warehouse.commit import Manifest
from warehouse.errors import SpecError
from warehouse.integrity.catalog_check import check_catalog
from warehouse.integrity.data_files import check_files, named_files
from warehouse.integrity.findings import Finding, Verified
from warehouse.integrity.listing import Listing, list_manifests, unnamed
from warehouse.integrity.merged_rows import check_merged_rows
from warehouse.integrity.rows import check_rows


class Watcher(Protocol):
    """Who is told how far it is."""

    def begin(self, what: str, total: int) -> None:
        """A step begins; `total` in bytes or rows."""

    def advance(self, n: int) -> None:
        """So much of it is done."""


class Nobody:
    """Watches nothing."""

    def begin(self, what: str, total: int) -> None:
        """Nothing."""

    def advance(self, n: int) -> None:
        """Nothing."""


def verify(warehouse: Path, run_ids: Sequence[str] = (), watcher: Watcher | None = None) -> Verified:
    """Check what is committed, all of it or these runs with those they refer to.

    Raises: SpecError: such a run is not there.
    """
    began, watcher, done = time.monotonic(), watcher or Nobody(), Verified()
    listing = list_manifests(warehouse)
    chosen = _choose(listing, run_ids)
    done.findings += [f for f in listing.findings if not run_ids or set(f.run_ids) & set(run_ids)]
    named = named_files(chosen, listing.compactions)
    watcher.begin("reading files", sum(entry.file.n_bytes for entry in named.values()))
    reading, bad = time.monotonic(), set(listing.unread)
    for path, n_bytes, findings in check_files(warehouse, named):
        watcher.advance(named[path].file.n_bytes)
        done.n_bytes += n_bytes
        done.n_files += 1
        done.findings += findings
        if not named[path].may_be_gone:  # else nothing but a reader of an old catalog needs it
            bad.update(run_id for finding in findings for run_id in finding.run_ids)
    done.bytes_s = time.monotonic() - reading
    whole = {m.run_id: m for m in chosen if m.run_id not in bad}
    asked = [m.run_id for m in chosen if m.run_id in whole and _can_be_checked(m, whole, listing, run_ids)]
    if unchecked := sorted({m.run_id for m in chosen if not run_ids or m.run_id in run_ids} - set(asked)):
        done.findings.append(_unchecked(unchecked))
    watcher.begin("checking rows", sum(f.rows for run_id in asked for f in whole[run_id].files))
    done.findings += check_rows(warehouse, whole, asked, listing.compactions, watcher.advance)
    done.n_runs, done.n_rows = len(chosen), sum(f.rows for run_id in asked for f in whole[run_id].files)
    counted = {(m.run_id, m.n): m for m in chosen}
    for record in listing.compactions:
        inside = {(merged.run_id, merged.n) for merged in record.runs}
        if (inside & counted.keys()) and not any(run_id in bad for run_id, _ in inside):
            done.findings += check_merged_rows(warehouse, record, counted)
    if not run_ids:
        watcher.begin("checking the catalog", 1)
        sums = not bad and not listing.broken
        done.findings += check_catalog(warehouse, list(listing.newest.values()), sums=sums)
        watcher.advance(1)
    done.findings += _still_unnamed(warehouse, listing, tuple(run_ids))
    done.seconds = time.monotonic() - began
    return done


def _choose(listing: Listing, run_ids: Sequence[str]) -> list[Manifest]:
    """All manifests that count, or those of these runs and of what they refer to."""
    if not run_ids:
        return sorted(listing.newest.values(), key=lambda m: (m.run_date, m.run_id))
    if unknown := [run for run in run_ids if run not in listing.newest and run not in listing.broken]:
        raise SpecError(
            f'run "{unknown[0]}" is not committed, so there is nothing to verify. Nothing was changed. '
            "`nightbench runs` lists what is."
        )
    found = {run_id: listing.newest[run_id] for run_id in run_ids if run_id in listing.newest}
    for manifest in list(found.values()):
        for run_id in manifest.graded_runs:
            if run_id in listing.newest:
                found[run_id] = listing.newest[run_id]
    return list(found.values())


def _can_be_checked(
    manifest: Manifest, whole: dict[str, Manifest], listing: Listing, run_ids: Sequence[str]
) -> bool:
    """Whether its parents are whole, or gone for good; a parent that is only read along is not asked."""
    if run_ids and manifest.run_id not in run_ids:
        return False
    return all(
        run in whole or not (run in listing.newest or run in listing.broken) for run in manifest.graded_runs
    )


def _unchecked(run_ids: Sequence[str]) -> Finding:
    named = ", ".join(run_ids[:5]) + ", ..." * (len(run_ids) > 5)
    why = f"the rows of {len(run_ids):,} runs ({named}) were not checked: files that they need are damaged."
    return Finding("unchecked", "commits", why, "Verify again after the repair.", tuple(run_ids))


def _still_unnamed(warehouse: Path, listing: Listing, run_ids: tuple[str, ...]) -> list[Finding]:
    """Files that no manifest names, without those that a commit named meanwhile."""
    found = list(unnamed(warehouse, listing, run_ids))
    if not any(finding.is_problem for finding in found):
        return found
    time.sleep(0.5)  # a run may be at its commit: its row is written just before the manifest
    return list(unnamed(warehouse, list_manifests(warehouse), run_ids))
