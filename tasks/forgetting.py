"""Forgetting runs, or their text: what it takes with it, what stays, what it cannot reach.

Here it is planned and nothing is touched; `tasks/forgetting_done.py` does it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.call.batch.notes import Notes
from tasks.home import Home
from tasks.runs import check_not_forgotten, check_run_id, is_running
from warehouse.commit import Manifest, committed
from warehouse.compacted.standing import compacted_bytes, graded_by, records_of, standing_compactions
from warehouse.errors import SpecError
from warehouse.forgetting import manifests_of, only_of, run_folders
from warehouse.query import run_sql
from warehouse.tombstones import Tombstone, What, read_tombstones

OWN_GRADES = frozenset(
    {"evaluate", "rehearsal", "ask"}
)  # kinds of run that grade nothing but their own calls
NOTHING = "Nothing was forgotten."


@dataclass(frozen=True)
class Forgotten:
    """One run that goes, or whose text goes."""

    run_id: str
    started_at: datetime
    kind: str
    status: str
    because: str
    n_files: int
    n_bytes: int
    batches: tuple[str, ...]  # ids at the provider


@dataclass(frozen=True)
class Forgetting:
    """What will be done. `graders` are runs that stay, without their grades of what goes."""

    what: What
    runs: tuple[Forgotten, ...]
    graders: tuple[str, ...]
    stays: tuple[str, ...]
    unreached: tuple[str, ...]


@dataclass(frozen=True)
class _Known:
    run_id: str
    started_at: datetime
    kind: str
    status: str
    grades: str | None  # the run that a regrade is of


def plan_forgetting(
    home: Home,
    run_ids: Sequence[str] = (),
    *,
    older_than: timedelta | None = None,
    keep_bytes: int | None = None,
    text_only: bool = False,
    now: datetime | None = None,
) -> Forgetting:
    """What is forgotten: the runs named, those begun longer ago, and the oldest beyond so many bytes.

    With them go what was begun and not brought to its end, and regrades that graded nothing else.

    Raises: SpecError: no such run, one that was forgotten already, or one that a process works on.
    """
    what: What = "text" if text_only else "run"
    known = {run.run_id: run for run in _known(home)}
    stones = read_tombstones(home.warehouse)
    chosen: dict[str, str] = {}
    for run_id in run_ids:
        if run_id not in known:
            check_not_forgotten(home, check_run_id(run_id))
            raise SpecError(
                f'there is no run "{run_id}" in {home.root}. {NOTHING} `nightbench runs` lists those '
                "there are."
            )
        chosen[run_id] = "asked for"
    oldest = sorted(known.values(), key=lambda run: (run.started_at, run.run_id))
    free = [run for run in oldest if not is_running(home, run.run_id)]
    if older_than is not None:
        before = (now or datetime.now(UTC)) - older_than
        rest = [run for run in free if run.started_at < before]
        chosen |= {r.run_id: f"older than {older_than.days} days" for r in rest if r.run_id not in chosen}
    merged = compacted_bytes(standing_compactions(home.warehouse))
    if keep_bytes is not None:
        sizes = {run.run_id: _size(home, run.run_id, merged)[1] for run in oldest}
        left = sum(size for run_id, size in sizes.items() if run_id not in chosen)
        for run in free:
            if left > keep_bytes and run.run_id not in chosen:
                chosen[run.run_id] = f"the oldest beyond {keep_bytes / 10**9:g} GB"
                left -= sizes[run.run_id]
    if not text_only:
        chosen |= {id_: s.why for id_, s in stones.items() if s.what == "run" and not s.done}
    elif not run_ids:
        done = {id_ for id_, stone in stones.items() if stone.what == "text" and stone.done}
        chosen = {run_id: why for run_id, why in chosen.items() if run_id not in done}
    chosen, graders = _closure(home, known, chosen, text_only=text_only)
    begun = {id_ for run_id in chosen if (stone := stones.get(run_id)) for id_ in stone.graders}
    graders = sorted(known.keys() & (begun | set(graders)) - chosen.keys())
    for run_id in (*chosen, *graders):
        if is_running(home, run_id):
            raise SpecError(
                f'run "{run_id}" is being worked on by another process. {NOTHING} Wait for its end, or stop '
                f"it: nightbench cancel {run_id}"
            )
    runs = tuple(
        _forgotten(home, known.get(run_id), stones.get(run_id), (run_id, why), merged)
        for run_id, why in sorted(chosen.items())
    )
    stays = _stays(home, runs, graders, what)
    return Forgetting(what, runs, tuple(graders), tuple(stays), tuple(_unreached(home, runs)))


def _known(home: Home) -> Iterable[_Known]:
    """Every run there is something of: a record, a manifest, or a tombstone that waits for its end."""
    manifests = {manifest.run_id: manifest for manifest in committed(home.warehouse)}
    stones = read_tombstones(home.warehouse)
    waiting = {id_ for id_, stone in stones.items() if stone.what == "run" and not stone.done}
    records = {path.stem for path in home.runs.glob("*.json") if "." not in path.stem}
    gone = {id_ for id_, stone in stones.items() if stone.what == "run" and stone.done}
    for run_id in sorted((manifests.keys() | records | waiting) - gone):
        manifest = manifests.get(run_id)
        fields = read_fields(home, run_id)
        started = str(fields.get("started_at") or "")
        day = manifest.run_date if manifest else None
        if started:
            at = datetime.fromisoformat(started)
        elif day:
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            at = stones[run_id].at if run_id in stones else datetime.now(UTC)
        regrade = fields.get("regrade")
        yield _Known(
            run_id,
            at,
            manifest.kind if manifest else str(fields.get("kind") or ""),
            manifest.status if manifest else "interrupted",
            str(regrade["run_id"]) if isinstance(regrade, dict) else None,
        )


def read_fields(home: Home, run_id: str) -> dict[str, object]:
    """The record's fields as they lie there; none where it cannot be read: then what is left of it goes."""
    with suppress(OSError, ValueError):
        fields = json.loads((home.runs / f"{run_id}.json").read_bytes())
        if isinstance(fields, dict):
            return fields
    return {}


def _closure(
    home: Home, known: dict[str, _Known], chosen: dict[str, str], *, text_only: bool
) -> tuple[dict[str, str], list[str]]:
    """The runs with those that graded nothing else, and those that stay: they graded others, or calibrate."""
    manifests = {m.run_id: m for m in committed(home.warehouse)}
    records = records_of(standing_compactions(home.warehouse))
    graded = {
        run_id: set(graded_by(home.warehouse, manifest, records.get((run_id, manifest.n))))
        for run_id, manifest in manifests.items()
        if manifest.kind not in OWN_GRADES
    }
    chosen, partly = dict(chosen), set[str]()
    while True:
        before = len(chosen)
        for run in known.values():
            of = graded.get(run.run_id, set()) | ({run.grades} if run.grades else set())
            hit = sorted(of & chosen.keys() - {run.run_id})
            if run.run_id in chosen or not hit:
                continue
            if text_only or (of <= chosen.keys() and run.kind != "calibrate"):
                chosen[run.run_id] = f"it graded {', '.join(hit)}"
            else:
                partly.add(run.run_id)
        if len(chosen) == before:
            return chosen, sorted(partly - chosen.keys())


def _forgotten(
    home: Home,
    run: _Known | None,
    stone: Tombstone | None,
    chosen: tuple[str, str],
    merged: Mapping[str, int],
) -> Forgotten:
    run_id, why = chosen
    n_files, n_bytes = _size(home, run_id, merged)
    notes = Notes.read(home.journal(run_id))
    batches = [f"{notes.intents[part].host} {id_}" for part, id_ in sorted(notes.ids.items())]
    batches += list(stone.batches) if stone is not None else []
    return Forgotten(
        run_id=run_id,
        started_at=run.started_at if run else datetime.now(UTC),
        kind=run.kind if run else "",
        status=run.status if run else "",
        because=why,
        n_files=n_files,
        n_bytes=n_bytes,
        batches=tuple(dict.fromkeys(batches)),
    )


def _size(home: Home, run_id: str, merged: Mapping[str, int]) -> tuple[int, int]:
    """Files that are the run's alone, and their bytes with those that it has of compacted files."""
    shared = [home.warehouse / file.path for file in only_of(home.warehouse, run_id)]
    folders = [*run_folders(home.warehouse, run_id), home.journal(run_id)]
    paths = [*shared, *(path for folder in folders for path in folder.rglob("*")), *records(home, run_id)]
    paths += [home.warehouse / "commits" / m.name for m in manifests_of(home.warehouse, run_id)]
    found = [path.stat().st_size for path in paths if path.is_file()]
    return len(found), sum(found) + merged.get(run_id, 0)


def records(home: Home, run_id: str) -> list[Path]:
    """The small files of a run outside the warehouse."""
    names = [f"{run_id}.{kind}" for kind in ("json", "ask.json", "owner.json", "resumed", "approved")]
    return [*(home.runs / name for name in names), home.progress / f"{run_id}.json"]


def _stays(home: Home, runs: Sequence[Forgotten], graders: Sequence[str], what: What) -> Iterable[str]:
    ids = {run.run_id for run in runs}
    others = [m for m in committed(home.warehouse) if m.run_id not in ids]
    named = {file.path for m in others for file in m.files}
    for table in ("samples", "prompts"):
        own = {f.path for id_ in ids for m in manifests_of(home.warehouse, id_) for f in m.files}
        n = len({path for path in own & named if path.startswith(f"{table}/")})
        if n:
            yield f"{n} file(s) of {table}, which other runs use too"
    if what == "text":
        yield "ids, hashes, tokens, times, grades, reasons and costs of these runs"
    for run_id in graders:
        yield f"run {run_id}, which graded other runs too: its grades of these go, and its judges' text"
    borrowed = _borrowers(home, ids, others)
    if borrowed:
        runs_of = ", ".join(borrowed)
        yield f"answers that other runs reused from these: they are copies of their own ({runs_of})"


def _borrowers(home: Home, ids: Collection[str], others: Sequence[Manifest]) -> list[str]:
    """The runs that took over answers of these."""
    if not others or not ids:
        return []
    names = ", ".join(f"'{run_id}'" for run_id in sorted(ids))
    sql = f"select distinct run_id from calls where reused_from in ({names}) order by run_id"
    return [str(row[0]) for row in run_sql(home.warehouse, sql).rows if row[0] not in ids]


def _unreached(home: Home, runs: Sequence[Forgotten]) -> Iterable[str]:
    for run in runs:
        if run.batches:
            yield (
                f"files of batches at the provider, until it deletes them: {', '.join(run.batches)} "
                f"(run {run.run_id})"
            )
    imported = [run.run_id for run in runs if run.kind == "import"]
    if imported:
        yield f"the files that {', '.join(imported)} were imported from"
    if runs:
        yield "what the providers keep of requests, and what you exported, bundled or backed up"
    if runs and (home.root / "prefect").is_dir():
        yield (
            "parameters, log lines and report tables of flow runs in Prefect's database: while nothing "
            f"runs, remove {home.root / 'prefect'} (nothing of nightbench's own lies there)"
        )
