"""Does what `tasks/forgetting.py` planned: tombstones first, records last, so a kill leaves nothing half.

Whatever dies in between, no reader sees the run any more, and forgetting it again ends it.
"""

import json
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime

from tasks.call.journal_end import DROPPED, remove_journal
from tasks.forgetting import Forgetting, read_fields, records
from tasks.home import Home
from tasks.runs import run_lock, write_json
from tasks.shares import TABLE, release
from tasks.store import Store
from warehouse.catalog import rewrite_catalog
from warehouse.compaction.compacting import rewrite_without
from warehouse.durable import writing
from warehouse.forgetting import REMEDY, drop_grades, drop_text, erase_run, without_system
from warehouse.tombstones import Tombstone, write_tombstone


def forget(home: Home, planned: Forgetting, now: datetime | None = None) -> None:
    """Do it; a second time ends what the first began.

    Raises: SpecError: another process has begun to work on one of the runs; nothing was forgotten.
    Raises: WarehouseError: the disk refuses; forgetting the same again goes on from there.
    """
    at, warehouse = now or datetime.now(UTC), home.warehouse
    ids = [run.run_id for run in planned.runs]
    if not ids:
        return
    with ExitStack() as stack:
        for run_id in sorted({*ids, *planned.graders}):
            home.runs.mkdir(parents=True, exist_ok=True)
            stack.enter_context(run_lock(home, run_id))
        stones = [
            Tombstone(
                run_id=run.run_id,
                what=planned.what,
                at=at,
                why=run.because,
                batches=run.batches,
                graders=planned.graders,
            )
            for run in planned.runs
        ]
        for stone in stones:
            write_tombstone(warehouse, stone)
        if planned.what == "run":
            for run_id in planned.graders:
                drop_grades(warehouse, run_id, ids)
                _close_journal(home, run_id)
            rewrite_catalog(warehouse)
            for run_id in ids:
                erase_run(warehouse, run_id)
            rewrite_without(warehouse, {*ids, *planned.graders}, at)
            for run_id in ids:
                _erase_home(home, run_id)
        else:
            for run_id in ids:
                drop_text(warehouse, run_id)
            rewrite_without(warehouse, ids, at)
            rewrite_catalog(warehouse)
            for run_id in ids:
                _close_journal(home, run_id)
                _erase_question(home, run_id)
        for stone in stones:
            write_tombstone(warehouse, stone.model_copy(update={"done": True}))
        if planned.what == "run":
            for run_id in ids:
                (home.runs / f"{run_id}.lock").unlink(missing_ok=True)


def _erase_home(home: Home, run_id: str) -> None:
    """What lies outside the warehouse; the record last."""
    _release(home, run_id)
    with writing(home.root, REMEDY):
        for path in (home.journal(run_id), home.runs / run_id):
            if path.is_dir():
                shutil.rmtree(path)
        for path in reversed(records(home, run_id)):
            path.unlink(missing_ok=True)


def _release(home: Home, run_id: str) -> None:
    """What a dead process held of the month's money counts as spent: nothing can tell any more."""
    if not home.limits.exists():
        return
    store = Store(home.limits)
    store.ensure(TABLE)
    try:
        with store.transaction() as connection:
            release(connection, run_id)
    finally:
        store.close()


def _close_journal(home: Home, run_id: str) -> None:
    """Remove the text that a run received, and leave the note that tells a resume so."""
    if home.journal(run_id).is_dir():
        remove_journal(home.journal(run_id), DROPPED)


def _erase_question(home: Home, run_id: str) -> None:
    """The question of an `ask`, and what its record says of system messages."""
    with writing(home.runs, REMEDY):
        (home.runs / f"{run_id}.ask.json").unlink(missing_ok=True)
        record = read_fields(home, run_id)
        if isinstance(record.get("spec"), dict):
            spec = json.loads(without_system(json.dumps(record["spec"])))
            write_json(home.runs / f"{run_id}.json", {**record, "spec": spec})
