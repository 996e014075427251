"""Restores what `verify` found damaged, from the journal, byte for byte, and says what it cannot.

A file is put back only where what the journal gives has the very sha256 that the manifest names, so the rows
are those that were committed. Nothing is asked of any model, and nothing that is whole is touched.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tasks.call.journal_reader import read_journal
from tasks.call.prefix import with_prefixes
from tasks.closing import Lander, grade_shard, judge_turn, run_row
from tasks.forecast import NOTHING
from tasks.home import Settings
from tasks.judges.plan import expected, plan_judging
from tasks.land.landing import Landing, write_run_row
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.repair_merged import merge_again
from tasks.runs import read_run, run_lock
from tasks.work import Work, load_suites, plan_run, run_graders, versions_asked
from warehouse.catalog import NAME
from warehouse.commit import Manifest
from warehouse.compacted.standing import FILES_FOLDER, Compaction
from warehouse.durable import DataFile, fsync_file, fsync_folder, make_folder, sha256_of
from warehouse.errors import NightbenchError, SpecError, WarehouseError
from warehouse.integrity.findings import Finding, Verified
from warehouse.integrity.listing import list_manifests
from warehouse.integrity.mend import mend_catalog, mend_manifest
from warehouse.integrity.verify import verify

DAMAGED = frozenset({"missing", "truncated", "appended", "damaged"})
JOURNALLED = frozenset({"evaluate", "rehearsal"})


@dataclass
class Repaired:
    """Places that were restored, and what was tried in vain, a sentence each."""

    restored: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def repair(settings: Settings, found: Verified) -> Repaired:
    """Restore what can be; verify again afterwards for what is left.

    Raises: OSError: the disk refuses.
    """
    done, warehouse = Repaired(), settings.home.warehouse
    for finding in found.problems:
        if finding.kind == "manifest" and finding.place.endswith(".json"):
            if mend_manifest(warehouse / finding.place):
                done.restored.append(finding.place)
            else:
                done.left.append(_left(finding, "its own checksum does not prove what it was"))
    if done.restored:  # only now it can be told which of their files are whole
        found = verify(warehouse)
    listing = list_manifests(warehouse)
    newest = listing.newest
    damaged = [finding for finding in found.problems if finding.kind in DAMAGED]
    for record in listing.compactions:
        for file in record.files:
            if any(finding.place == file.path for finding in damaged):
                _merge_again(settings, record, file, done)
    own = [finding for finding in damaged if not finding.place.startswith(f"{FILES_FOLDER}/")]
    for run_id in dict.fromkeys(run_id for finding in own for run_id in finding.run_ids):
        wanted = [f for f in own if run_id in f.run_ids and f.place not in done.restored]
        if wanted and run_id in newest:
            _restore(settings, newest[run_id], wanted, done)
    done.left += [
        _left(finding, "no journal gives it again")
        for finding in damaged
        if finding.place not in done.restored and not any(finding.place in said for said in done.left)
    ]
    try:
        mend_catalog(warehouse)
        if any(finding.place == NAME for finding in found.problems):
            done.restored.append(NAME)
    except WarehouseError as error:
        done.left.append(f"the catalog stays as it was: {error}")
    return done


def _left(finding: Finding, why: str) -> str:
    return f"{finding.place}: {why}. Nothing was changed. Bring it back from a backup."


def _merge_again(settings: Settings, record: Compaction, file: DataFile, done: Repaired) -> None:
    """Make a compacted file again and put it back where it is the very same."""
    warehouse = settings.home.warehouse

    def land(manifest: Manifest, folder: Path) -> Mapping[str, str]:
        if manifest.kind not in JOURNALLED:
            raise WarehouseError(
                f'run "{manifest.run_id}" in it is of kind {manifest.kind}, which no journal gives again, '
                "and its own files have left. Nothing was changed. Bring the file back from a backup."
            )
        with run_lock(settings.home, manifest.run_id):
            return _land_again(settings, manifest, folder)

    try:
        with tempfile.TemporaryDirectory(dir=warehouse, prefix=".repair-") as folder:
            _take(merge_again(warehouse, record, file, Path(folder), land), warehouse / file.path)
    except NightbenchError as error:
        done.left.append(f"{file.path}: cannot be merged again: {error}")
    else:
        done.restored.append(file.path)


def _restore(settings: Settings, manifest: Manifest, wanted: Sequence[Finding], done: Repaired) -> None:
    """Land the run again beside the warehouse and take over the files that are the very same."""
    warehouse, run_id = settings.home.warehouse, manifest.run_id
    if manifest.kind not in JOURNALLED:
        return
    try:
        with (
            run_lock(settings.home, run_id),
            tempfile.TemporaryDirectory(dir=warehouse, prefix=".repair-") as folder,
        ):
            landed = _land_again(settings, manifest, Path(folder))
            for finding in wanted:
                if landed.get(finding.place) in _known(manifest, finding):
                    _take(Path(folder) / finding.place, warehouse / finding.place)
                    done.restored.append(finding.place)
                else:
                    done.left.append(
                        f"{finding.place}: the journal and the suite, as they are now, give other bytes or "
                        "none. Nothing was changed. Bring it back from a backup, or commit what there is: "
                        f'"nightbench resume {run_id}".'
                    )
    except NightbenchError as error:
        done.left += [f"{finding.place}: cannot be landed again: {error}" for finding in wanted]


def _known(manifest: Manifest, finding: Finding) -> set[str]:
    """The sha256 that a file must have; of a shared one its name, which says what rows it holds, suffices."""
    return {file.sha256 for file in manifest.files if file.path == finding.place} | (
        {finding.place} if "/run_id=" not in finding.place else set()
    )


def _land_again(settings: Settings, manifest: Manifest, folder: Path) -> Mapping[str, str]:
    """Write all files of a run into a folder; each path with its sha256, of a shared one with its path.

    Raises: NightbenchError: what the run asked is not there as it was.
    """
    work = _work(settings, manifest.run_id)
    known = read_journal(settings.home.journal(manifest.run_id))
    work.judge_from(known)
    with Landing(folder, manifest.run_id, manifest.run_date, manifest.graded_at) as files:
        lander = Lander(work, known, files)
        for shard in work.plan.shards:
            lander.land(grade_shard(work, known, shard))
        for index in work.judging.turns if work.judging is not None else ():
            lander.land(judge_turn(work, known, index))
        landed = files.finish()
    row = {
        **run_row(work, lander.planned),
        "status": manifest.status,
        "finished_at": manifest.committed_at,
        "code_version": manifest.code_version,
        "flow_run_id": manifest.flow_run_id,
    }
    every = [*landed.files, write_run_row(folder, row, landed)]
    return {file.path: file.sha256 if "/run_id=" in file.path else file.path for file in every}


def _work(settings: Settings, run_id: str) -> Work:
    """The run as it was planned; no keys are needed, because nothing is sent.

    Raises: SpecError: something that it asks was changed since.
    """
    record = read_run(settings.home, run_id)
    folders = tuple(Path(folder) for folder in record.suite_folders)
    settings = replace(settings, suite_folders=tuple(dict.fromkeys((*settings.suite_folders, *folders))))
    spec = record.eval_spec()
    suites = load_suites(settings, spec)
    plan = plan_run(run_id, spec, suites)
    graders = run_graders(spec, suites)
    judging = plan_judging(plan, graders, expected(plan, NOTHING))
    if versions_asked(plan, judging) != record.asked:
        raise SpecError(
            f'run "{run_id}" asked other versions of its suites or prompts than there are now. Nothing was '
            "changed. Put them back as they were, and repair again."
        )
    plan = with_prefixes(plan)
    return Work(settings.home, record, plan, graders, Progress(run_id, cost_of), judging=judging)


def _take(new: Path, place: Path) -> None:
    make_folder(place.parent)
    digest = sha256_of(new)
    new.chmod(0o644)
    new.replace(place)
    fsync_file(place)
    fsync_folder(place.parent)
    if sha256_of(place) != digest:
        raise WarehouseError(f"{place}: the disk gives other bytes than were written. It may be failing.")
