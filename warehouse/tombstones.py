"""What was forgotten: one small file a run in `forgotten/`, written before anything of the run goes.

A run whose tombstone says `run` is not there for any reader from that instant on, and is never committed
again. One that says `text` stays, without its prompts and responses. `done` is false until everything that
can be reached has gone: then `nightbench forget` of the same run brings it to its end.
"""

import os
import re
import tempfile
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.durable import fsync_folder, make_folder, writing
from warehouse.errors import WarehouseError

FOLDER = "forgotten"
NAME = re.compile(r"(?P<run_id>[a-z0-9][a-z0-9-]{0,39})\.json\Z")
REMEDY = "Nothing was forgotten by this attempt. Make room or mend the permissions, then forget again."
What = Literal["run", "text"]


class Tombstone(BaseModel):
    """What was forgotten of a run, when and why; nothing of its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    what: What
    at: datetime
    why: str
    batches: tuple[str, ...] = ()  # at the providers, which keep their files until they delete them
    graders: tuple[str, ...] = ()  # runs that stay, without their grades of this one
    done: bool = False


def write_tombstone(warehouse: Path, stone: Tombstone) -> None:
    """Put a tombstone in place, durably, over the one that may be there.

    Raises: WarehouseError: the disk refuses.
    """
    folder = warehouse / FOLDER
    with writing(folder, REMEDY):
        make_folder(folder)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp", delete=False) as file:
            try:
                file.write(stone.model_dump_json(indent=1).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
                Path(file.name).replace(folder / f"{stone.run_id}.json")
            finally:
                Path(file.name).unlink(missing_ok=True)
        fsync_folder(folder)


def read_tombstones(warehouse: Path, among: Collection[str] | None = None) -> Mapping[str, Tombstone]:
    """Every tombstone, or those among some runs, by run.

    Raises: WarehouseError: one cannot be read.
    """
    found: dict[str, Tombstone] = {}
    for run_id in tombstone_names(warehouse):
        if among is not None and run_id not in among:
            continue
        path = warehouse / FOLDER / f"{run_id}.json"
        try:
            found[run_id] = Tombstone.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise WarehouseError(
                f'{path}: cannot be read as the tombstone of the run "{run_id}". Nothing was changed. Remove '
                "the file and forget the run again."
            ) from error
    return found


def tombstone_names(warehouse: Path) -> list[str]:
    """The runs that have a tombstone, sorted."""
    folder = warehouse / FOLDER
    if not folder.is_dir():
        return []
    return sorted(match["run_id"] for path in folder.iterdir() if (match := NAME.match(path.name)))


def forgotten_runs(warehouse: Path, among: Collection[str]) -> frozenset[str]:
    """Which of these runs no reader sees any more. Raises: WarehouseError: a tombstone cannot be read."""
    stones = read_tombstones(warehouse, among)
    return frozenset(run_id for run_id, stone in stones.items() if stone.what == "run")
