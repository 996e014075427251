"""Takes out of the warehouse's files what is to be forgotten: a run, its text, or its grades by another run.

Files are written anew and committed as the next manifest of their run; then the old files go. Manifests
before it stay, as ever: they hold no text.
Whatever dies in between, the run is either as it was or as it shall be, and the same function again ends it.
A query that began before may miss a file: asked again, it reads the new catalog.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from warehouse.columns import COLUMNS, SHARED
from warehouse.commit import (
    FOLDER,
    Manifest,
    commit_run,
    committed,
    manifest_names,
    read_manifest,
)
from warehouse.compacted.standing import records_of, rows_of, standing_compactions
from warehouse.durable import DataFile, fsync_folder, writing
from warehouse.files import TableWriter, remove_leftovers, write_shared

Row = Mapping[str, Any]
Change = Callable[[str, Row], Row | None]  # of a table, what becomes of a row; None: it goes

AT_ONCE = 4_096  # rows in memory
GRADING = ("grades", "pairs")
HASHED = re.compile(r"sha256:[0-9a-f]{64}\Z")
# What a model or a server said: nothing stands in its place. `spec`, samples and prompts get hashes.
SAID: Mapping[str, tuple[str, ...]] = {
    "calls": ("response", "reasoning", "error"),
    "grades": ("answer", "explanation"),
    "pairs": ("reason",),
    "samples": ("metadata",),
}
REMEDY = "What has gone is gone; the rest is as it was. Mend that, then forget the run again."


def manifests_of(warehouse: Path, run_id: str) -> list[Manifest]:
    """Every manifest of a run that lies there, also where the run is being forgotten; the newest last.

    Raises: WarehouseError: one is damaged.
    """
    names = [n for other, n in manifest_names(warehouse, forgotten=True) if other == run_id]
    return [read_manifest(warehouse / FOLDER / f"{run_id}.{n:06d}.json") for n in names]


def only_of(warehouse: Path, run_id: str) -> list[DataFile]:
    """The shared files that the manifests of a run name, and those of no other run."""
    others = {file.path for m in _all(warehouse, but=run_id) for file in m.files if file.table in SHARED}
    own = {
        file.path: file
        for manifest in manifests_of(warehouse, run_id)
        for file in manifest.files
        if file.table in SHARED and file.path not in others
    }
    return [own[path] for path in sorted(own)]


def run_folders(warehouse: Path, run_id: str) -> list[Path]:
    """Where the files of a run lie, a folder a table."""
    return sorted(warehouse.glob(f"*/run_date=*/run_id={run_id}"))


def erase_run(warehouse: Path, run_id: str) -> None:
    """Remove the files of a run that has a tombstone, its manifests last.

    Raises: WarehouseError: a manifest is damaged, or the disk refuses.
    """
    shared = only_of(warehouse, run_id)
    with writing(warehouse, REMEDY):
        for file in shared:
            (warehouse / file.path).unlink(missing_ok=True)
        for folder in run_folders(warehouse, run_id):
            shutil.rmtree(folder)
            fsync_folder(folder.parent)
        for n in [n for other, n in manifest_names(warehouse, forgotten=True) if other == run_id]:
            (warehouse / FOLDER / f"{run_id}.{n:06d}.json").unlink()
        if (warehouse / FOLDER).is_dir():
            fsync_folder(warehouse / FOLDER)


def without_text(table: str, row: Row) -> Row:
    """A row as it stays where text is dropped: ids, hashes, tokens, times, grades; no word of a prompt."""
    gone: dict[str, Any] = dict.fromkeys(SAID.get(table, ()))
    if table == "runs":
        gone["spec"] = without_system(row["spec"])
    elif table == "samples":
        salt = repr(sorted(row.items(), key=lambda item: item[0]))  # a letter alone would be guessed at once
        gone["input"] = _hashed(row["input"])
        gone["target"] = _hashed(row["target"], salt)
        gone["targets"] = row["targets"] and [_hashed(target, salt) for target in row["targets"]]
    elif table == "prompts":
        turns = json.loads(row["messages"] or "[]")
        hashed = [{**turn, "content": _hashed(str(turn.get("content")))} for turn in turns]
        gone["messages"] = json.dumps(hashed, ensure_ascii=False)
        gone["system"] = _hashed(row["system"])
    return {**row, **gone}


def without_system(spec: str) -> str:
    """A spec as JSON with hashes in place of its models' system messages; it says that no text is kept."""
    fields = {**json.loads(spec), "store_text": False}
    for entry in fields.get("models", ()):
        if isinstance(entry, dict) and entry.get("system"):
            entry["system"] = _hashed(entry["system"])
    return json.dumps(fields, ensure_ascii=False)


def drop_text(warehouse: Path, run_id: str) -> None:
    """Commit a run again without its text, and remove the files that held it.

    Raises: WarehouseError: the disk refuses, or a file is damaged.
    """
    _again(warehouse, run_id, without_text)


def drop_grades(warehouse: Path, run_id: str, of_runs: Collection[str]) -> None:
    """Commit a run again without its grades and pairs of other runs' calls.

    Its judges' calls keep tokens and costs; their prompts quote answers, so all of its text goes.
    """

    def change(table: str, row: Row) -> Row | None:
        if table in GRADING and row["run_id"] in of_runs:
            return None
        return without_text(table, row) if table in {"calls", "prompts"} else row

    _again(warehouse, run_id, change)


def _again(warehouse: Path, run_id: str, change: Change) -> None:
    manifests = manifests_of(warehouse, run_id)
    if not manifests:
        return
    newest, shared = manifests[-1], only_of(warehouse, run_id)
    files = _rewritten(warehouse, newest, change)
    fresh = {file.path for file in files}
    # The same files as before: it was committed already, and only the old ones are still there.
    if fresh != {file.path for file in newest.files}:
        commit_run(
            warehouse,
            run_id=run_id,
            kind=newest.kind,
            status=newest.status,
            run_date=newest.run_date,
            files=files,
            committed_at=newest.committed_at,
        )
    with writing(warehouse, REMEDY):
        for path in [
            *(warehouse / file.path for file in shared),
            *(path for folder in run_folders(warehouse, run_id) for path in folder.glob("*.parquet")),
        ]:
            if path.relative_to(warehouse).as_posix() not in fresh:
                path.unlink(missing_ok=True)


def _rewritten(warehouse: Path, manifest: Manifest, change: Change) -> list[DataFile]:
    """The files of a manifest as the change leaves them; a table of which no row is left has none."""
    found: list[DataFile] = []
    remove_leftovers(warehouse, manifest.run_date, manifest.run_id)
    record = records_of(standing_compactions(warehouse)).get((manifest.run_id, manifest.n))

    def changed(table: str, one: Manifest = manifest) -> Iterator[Sequence[Row]]:
        for batch in rows_of(warehouse, one, record, table, at_once=AT_ONCE):
            every = ({**dict.fromkeys(COLUMNS[table]), **row} for row in batch.to_pylist())
            yield [new for row in every if (new := change(table, row)) is not None]

    with ExitStack() as stack:
        for table in dict.fromkeys(file.table for file in manifest.files):
            if table in SHARED:
                for file in (file for file in manifest.files if file.table == table):
                    alone = manifest.model_copy(update={"files": (file,)})
                    if rows := [row for part in changed(table, alone) for row in part]:
                        found.append(write_shared(warehouse, table, rows))
                continue
            writer = stack.enter_context(
                TableWriter(warehouse, table, manifest.run_date, manifest.run_id, part="0")
            )
            for part in changed(table):
                writer.write(part)
            if (written := writer.close()) is not None:
                found.append(written)
    return list(dict.fromkeys(found))


def _all(warehouse: Path, but: str) -> list[Manifest]:
    """The manifests that count of the other runs, those that are being forgotten left out."""
    return [manifest for manifest in committed(warehouse) if manifest.run_id != but]


def _hashed(text: str | None, salt: str = "") -> str | None:
    """`sha256:` and the hash; of what is a hash already, itself."""
    if text is None or HASHED.match(text):
        return text
    digest = hashlib.sha256(f"{salt}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"sha256:{digest}"
