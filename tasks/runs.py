"""The record of a run on disk: what was asked, by whom, and the lock of whoever works on it."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.home import Home
from tasks.spec import RUN_ID, EvalSpec, make_spec
from warehouse.errors import SpecError
from warehouse.locks import is_locked, lock_alone
from warehouse.tombstones import forgotten_runs, read_tombstones


@dataclass(frozen=True)
class RunRecord:
    """What `runs/<run_id>.json` holds; written once, before the engine starts."""

    run_id: str
    kind: str
    trigger: str
    started_at: str  # ISO 8601, UTC
    fingerprint: str
    spec: dict[str, Any]
    flow_run_id: str | None = None
    suite_folders: tuple[str, ...] = ()
    asked: dict[str, str] = field(default_factory=dict)  # versions of what is asked, once it was planned
    rehearsal: dict[str, Any] | None = None  # how, if it is one: Rehearsal of tasks/rehearsal.py
    predicted: dict[str, Any] | None = None  # what it was expected to take when it began (tasks/predicted.py)
    regrade: dict[str, Any] | None = None  # of a regrade: the run whose answers it grades, and by what
    calibrate: dict[str, Any] | None = None  # of a calibration: the judge and the labels

    @property
    def started(self) -> datetime:
        """When the run first started."""
        return datetime.fromisoformat(self.started_at)

    def eval_spec(self) -> EvalSpec:
        """The spec as it was given."""
        return make_spec(self.spec, f"runs/{self.run_id}.json")


def new_run_id(now: datetime) -> str:
    """A fresh id that sorts by time: `20260102-030405-x7k2`."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return f"{now:%Y%m%d-%H%M%S}-" + "".join(secrets.choice(letters) for _ in range(4))


def check_run_id(run_id: str) -> str:
    """The id itself.

    Raises: SpecError: it cannot name a folder.
    """
    if not RUN_ID.match(run_id):
        raise SpecError(
            f'run id "{run_id}": it is 1 to 40 of a-z, 0-9 and "-", not beginning with "-". Nothing was sent.'
        )
    return run_id


def begin_run(
    home: Home,
    spec: EvalSpec,
    run_id: str,
    *,
    trigger: str,
    kind: str = "evaluate",
    flow_run_id: str | None = None,
    suite_folders: tuple[Path, ...] = (),
    rehearsal: Mapping[str, Any] | None = None,
    predicted: Mapping[str, Any] | None = None,
    regrade: Mapping[str, Any] | None = None,
    calibrate: Mapping[str, Any] | None = None,
) -> RunRecord:
    """Write the record of a new run, or return that of the one with this id, whose limits may be changed.

    Raises: SpecError: the id belongs to a run of another spec, or to a regrade or calibration of something
        else.
    """
    path = home.runs / f"{check_run_id(run_id)}.json"
    check_not_forgotten(home, run_id)
    old = read_run(home, run_id) if path.exists() else None
    about = (_plain(regrade), _plain(calibrate))
    if old is not None and (old.eval_spec().fingerprint() != spec.fingerprint() or old.kind != kind):
        raise SpecError(
            f'run id "{run_id}" belongs to a run of another spec, begun {old.started_at[:16]}. '
            f"Nothing was sent. Give another --run-id, or go on with `nightbench resume {run_id}`."
        )
    if old is not None and (old.regrade, old.calibrate) != about:
        raise SpecError(
            f'run id "{run_id}" was begun for something else: {_told(old)}. Nothing was sent. Give another '
            f"--run-id, or go on with that one as it was begun."
        )
    record = RunRecord(
        run_id=run_id,
        kind=kind,
        trigger=old.trigger if old else trigger,
        started_at=old.started_at if old else datetime.now(UTC).isoformat(),
        fingerprint=spec.fingerprint(),
        spec=spec.model_dump(mode="json"),
        flow_run_id=flow_run_id or (old.flow_run_id if old else None),
        suite_folders=tuple(map(str, suite_folders)) or (old.suite_folders if old else ()),
        asked=old.asked if old else {},
        rehearsal=old.rehearsal if old else _plain(rehearsal),
        predicted=old.predicted if old else _plain(predicted),
        regrade=about[0],
        calibrate=about[1],
    )
    if record != old:
        _write_record(home, record)
    return record


def pin_asked(
    home: Home, record: RunRecord, asked: Mapping[str, str], predicted: Mapping[str, Any] | None = None
) -> RunRecord:
    """Note with the run which versions it asks; a run that goes on must ask the same.

    What it is expected to take is noted with it, and not again when it goes on.

    Raises: SpecError: something was changed since the run began; names it.
    """
    old = record.asked
    changed = sorted(name for name in old.keys() | asked if old.get(name) != asked.get(name))
    if not old:
        record = replace(record, asked=dict(asked), predicted=record.predicted or _plain(predicted))
        _write_record(home, record)
    elif changed:
        raise SpecError(
            f'run "{record.run_id}" began with other questions: {", ".join(changed)} was changed since. '
            f"Nothing was sent. Put it back as it was to go on with this run, or start a new one."
        )
    return record


def note_rehearsal(home: Home, run_id: str, rehearsal: Mapping[str, Any]) -> None:
    """Keep what has become of a rehearsal with its record.

    Raises: SpecError: the record cannot be read or written.
    """
    _write_record(home, replace(read_run(home, run_id), rehearsal=_plain(rehearsal)))


def read_run(home: Home, run_id: str) -> RunRecord:
    """The record of a run.

    Raises: SpecError: there is no such run, or its record cannot be read.
    """
    path = home.runs / f"{check_run_id(run_id)}.json"
    check_not_forgotten(home, run_id)
    try:
        fields = json.loads(path.read_bytes())
        return RunRecord(**{**fields, "suite_folders": tuple(fields["suite_folders"])})
    except FileNotFoundError:
        raise SpecError(
            f'there is no run "{run_id}" in {home.root}. `nightbench runs` lists those there are.'
        ) from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SpecError(f"{path}: cannot be read as the record of a run ({error}).") from error


def check_not_forgotten(home: Home, run_id: str) -> None:
    """Whether the id may be used.

    Raises: SpecError: it is that of a run that was forgotten.
    """
    stone = read_tombstones(home.warehouse, [run_id]).get(run_id)
    if stone is not None and stone.what == "run":
        left = "" if stone.done else f" `nightbench forget {run_id}` removes what is still left of it."
        raise SpecError(
            f'run "{run_id}" was forgotten on {stone.at:%Y-%m-%d %H:%M} UTC ({stone.why}): it can be neither '
            f"resumed nor read, and its id is not used again. Nothing was sent.{left} Start a new run."
        )


def list_runs(home: Home) -> list[RunRecord]:
    """Every run of this home, the newest first."""
    if not home.runs.is_dir():
        return []
    ids = [path.stem for path in home.runs.glob("*.json") if RUN_ID.match(path.stem)]
    gone = forgotten_runs(home.warehouse, ids)
    records = [read_run(home, run_id) for run_id in ids if run_id not in gone]
    return sorted(records, key=lambda record: (record.started_at, record.run_id), reverse=True)


@contextmanager
def run_lock(home: Home, run_id: str) -> Iterator[None]:
    """Hold the run while the block lasts; a second process is refused. Dies with its holder.

    Raises: SpecError: another process works on this run, or its lock file cannot be written.
    """
    path = home.runs / f"{run_id}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise _cannot_write(path, error) from error
    try:
        if not lock_alone(descriptor, patience_s=0.3):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise SpecError(
                f'run "{run_id}" is being worked on by another process (pid {holder or "unknown"}). '
                f"Nothing was sent. Wait for it, or stop it first."
            )
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        except OSError as error:
            raise _cannot_write(path, error) from error
        yield
    finally:
        os.close(descriptor)


def _told(record: RunRecord) -> str:
    """What a regrade or a calibration is about."""
    fields = record.regrade or record.calibrate or {}
    return ", ".join(
        f"{name} {', '.join(value) if isinstance(value, list) else value}" for name, value in fields.items()
    )


def _plain(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As JSON gives it back."""
    return None if fields is None else json.loads(json.dumps(dict(fields)))


def _write_record(home: Home, record: RunRecord) -> None:
    path = home.runs / f"{record.run_id}.json"
    try:
        write_json(path, asdict(record))
    except OSError as error:
        raise _cannot_write(path, error) from error


def is_running(home: Home, run_id: str) -> bool:
    """Whether a living process works on the run."""
    return is_locked(home.runs / f"{run_id}.lock")


def holder_of(home: Home, run_id: str) -> int | None:
    """The process that works on the run; None where none does."""
    path = home.runs / f"{run_id}.lock"
    if not is_locked(path):
        return None
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # it has just begun, and has not said who it is
        return None


def write_json(path: Path, value: object) -> None:
    """Replace a small JSON file whole: new file, fsync, rename."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with aside.open("wb") as file:
            file.write(json.dumps(value, indent=1, ensure_ascii=True).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> SpecError:
    return SpecError(
        f"{path}: cannot be written ({error.strerror}). Nothing was sent. Make room on that disk or mend the "
        "permissions, or set NIGHTBENCH_HOME to another folder."
    )


def forget_unsent(home: Home, run_id: str) -> None:
    """Remove the record of a run that was refused before anything was sent.

    One with a journal stays, and so does one that was committed.
    """
    committed = any((home.warehouse / "commits").glob(f"{run_id}.*.json"))
    if not home.journal(run_id).exists() and not committed:
        (home.runs / f"{run_id}.json").unlink(missing_ok=True)


@dataclass(frozen=True)
class Seen:
    """The counts of a progress file."""

    planned: int
    answered: int
    failed: int


def read_progress(home: Home, run_id: str) -> Seen | None:
    """How far a run was when it last said so; None before it did."""
    try:
        fields = json.loads((home.progress / f"{run_id}.json").read_bytes())
        done, failed = int(fields["done_calls"]), int(fields["failed_calls"])
        return Seen(planned=int(fields["planned_calls"]), answered=done - failed, failed=failed)
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none yet, or a file that a crash emptied
        return None
