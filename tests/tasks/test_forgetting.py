"""What is forgotten is nowhere in the home, whatever dies on the way; what stays is as it was."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tasks.compacting import compact_home, parse_grace
from tasks.forgetting import plan_forgetting
from tasks.forgetting_done import forget
from tasks.home import Home
from tasks.runs import begin_run, list_runs, read_run, run_lock
from tasks.spec import make_spec
from tests.warehouse.sample_run import STARTED, key, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.errors import SpecError, WarehouseError
from warehouse.files import TableWriter, write_shared
from warehouse.query import run_sql
from warehouse.tombstones import read_tombstones

SPEC = make_spec({"suites": ["sums"], "models": [{"model": "openai/gpt-4o-2024-05-13"}]})
GRADES = "select call_key, grader, score, passed from grades where run_id = '{}' order by all"
BILL = "select usd from call_costs where run_id = '{}' order by all"


DRILLS = int(os.environ.get("NIGHTBENCH_DRILLS", "1"))


MERGED = pytest.mark.parametrize(
    "merged", [None, "24h", "0s"], ids=["as landed", "compacted", "compacted, old files gone"]
)


class Killed(BaseException):
    """Stands for a kill -9."""


@pytest.fixture
def at_home(home: Path) -> Home:
    """A home with its folders."""
    found = Home(home)
    found.make()
    return found


def canary(run_id: str) -> str:
    """A word that only one run's text has."""
    return f"canary-{run_id}-7f3a"


def land(
    home: Home, run_id: str, *, of: str = "", also: str = "", prompts: str | None = None, days: int = 0
) -> None:
    """A run of three calls with text of its own; `of`: a judge's regrade of that run (and `also`)."""
    warehouse, started = home.warehouse, STARTED + timedelta(days=days)
    said, asks = canary(of or run_id), prompts or f"about {canary(of or run_id)}"
    kind = "regrade" if of else "evaluate"
    regrade = {"run_id": of, "graders": ["judge"]} if of and not also else None
    begin_run(home, SPEC, run_id, trigger="cli", kind=kind, regrade=regrade)
    path = home.runs / f"{run_id}.json"
    fields = {**json.loads(path.read_bytes()), "started_at": started.isoformat()}
    path.write_text(json.dumps(fields), encoding="utf-8")
    home.journal(run_id).mkdir()
    (home.journal(run_id) / "1.jsonl").write_text(said, encoding="utf-8")
    keys = [key(run_id, i) for i in range(3)]
    graded = [key(of or run_id, i) for i in range(3)]
    calls = [
        row("calls", run_id=run_id, call_key=one, sample_id=f"s{i}", response=f"{said} {i}", error=said)
        | {"role": "judge" if of else "answer", "prompt_hash": key(asks, i), "started_at": started}
        for i, one in enumerate(keys)
    ]
    grades = [
        row("grades", run_id=of or run_id, grading_id=run_id, call_key=one, sample_id=f"s{i}", answer=said)
        | {"score": 1.0, "passed": True, "explanation": said, "grader": "judge" if of else "numeric"}
        | {"judge_call_key": keys[i] if of else None, "is_score": not of}
        for i, one in enumerate(graded)
    ]
    grades += [
        {**one, "run_id": also, "call_key": key(also, i), "answer": "4", "explanation": None}
        for i, one in enumerate(grades)
        if also
    ]
    spec = json.dumps(SPEC.model_dump(mode="json"))
    runs = [row("runs", run_id=run_id, kind=kind, started_at=started, spec=spec, finished_at=started)]
    files = []
    for table, rows in (("runs", runs), ("calls", calls), ("grades", grades)):
        with TableWriter(warehouse, table, started.date(), run_id, "0") as writer:
            writer.write(rows)
            file = writer.close()
        assert file is not None
        files.append(file)
    messages = [json.dumps([{"role": "user", "content": f"{asks} {i}"}]) for i in range(3)]
    files.append(
        write_shared(
            warehouse,
            "prompts",
            [row("prompts", prompt_hash=key(asks, i), messages=messages[i]) for i in range(3)],
        )
    )
    if not of:
        samples = [row("samples", sample_id=f"s{i}", input=f"{asks} {i}", target="4") for i in range(3)]
        version = {"suite_version": f"1+{key(asks).hex[:8]}"}
        files.append(write_shared(warehouse, "samples", [sample | version for sample in samples]))
    commit_run(warehouse, run_id=run_id, kind=kind, status="complete", run_date=started.date(), files=files)
    rewrite_catalog(warehouse)


def merge(home: Home, grace: str | None) -> None:
    """Compact what landed, if asked."""
    if grace is not None:
        compact_home(home, None, parse_grace(grace))


def places(home: Home, word: str) -> set[str]:
    """Where a word is: files by their path in the home."""
    return {
        str(path.relative_to(home.root))
        for path in home.root.rglob("*")
        if path.is_file() and word.encode() in content(path)
    }


def content(path: Path) -> bytes:
    """A file's bytes; of Parquet, which is compressed, every value."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    with duckdb.connect() as connection:
        return str(connection.execute("select * from read_parquet(?)", [str(path)]).fetchall()).encode()


def rows(home: Home, sql: str) -> list[object]:
    return [tuple(one) for one in run_sql(home.warehouse, sql).rows]


def do(home: Home, *run_ids: str, text_only: bool = False) -> None:
    forget(home, plan_forgetting(home, run_ids, text_only=text_only))


@MERGED
def test_a_forgotten_run_is_nowhere_and_others_are_as_they_were(at_home: Home, merged: str | None) -> None:
    for run_id in ("r1", "r2"):
        land(at_home, run_id)
    land(at_home, "g1", of="r1")
    merge(at_home, merged)
    before = rows(at_home, GRADES.format("r2")), rows(at_home, BILL.format("r2"))
    assert len(places(at_home, canary("r1"))) > 5
    planned = plan_forgetting(at_home, ["r1"])
    assert [(run.run_id, run.because) for run in planned.runs] == [
        ("g1", "it graded r1"),
        ("r1", "asked for"),
    ]
    forget(at_home, planned)
    assert places(at_home, canary("r1")) == set()
    assert rows(at_home, "select run_id from runs") == [("r2",)]
    assert (rows(at_home, GRADES.format("r2")), rows(at_home, BILL.format("r2"))) == before
    assert {run.run_id for run in list_runs(at_home)} == {"r2"}
    named = {path for path in at_home.root.rglob("*") if "r1" in path.name}
    assert named == {at_home.warehouse / "forgotten" / "r1.json"}


def test_a_forgotten_id_is_neither_resumed_nor_used_again(at_home: Home) -> None:
    land(at_home, "r1")
    do(at_home, "r1")
    for use in (
        lambda: read_run(at_home, "r1"),
        lambda: begin_run(at_home, SPEC, "r1", trigger="cli"),
        lambda: plan_forgetting(at_home, ["r1"]),
    ):
        with pytest.raises(SpecError, match=r'run "r1" was forgotten on .* \(asked for\)'):
            use()
    with pytest.raises(WarehouseError, match="was forgotten, so it is not committed again"):
        commit_run(
            at_home.warehouse,
            run_id="r1",
            kind="evaluate",
            status="complete",
            run_date=STARTED.date(),
            files=[],
        )


@MERGED
def test_text_goes_and_grades_and_costs_stay(at_home: Home, merged: str | None) -> None:
    land(at_home, "r1")
    land(at_home, "g1", of="r1")
    merge(at_home, merged)
    before = rows(at_home, GRADES.format("r1")), rows(at_home, BILL.format("r1"))
    assert len(before[0]) == 6
    do(at_home, "r1", text_only=True)
    assert places(at_home, canary("r1")) == set()
    assert (rows(at_home, GRADES.format("r1")), rows(at_home, BILL.format("r1"))) == before
    assert rows(at_home, "select count(*), count(response) from calls where run_id = 'r1'") == [(3, 0)]
    assert rows(at_home, "select bool_and(messages like '%sha256:%') from prompts") == [(True,)]
    assert [path.name for path in (at_home.journal("r1")).iterdir()] == ["removed.txt"]


def test_questions_that_another_run_asks_too_stay_readable(at_home: Home) -> None:
    land(at_home, "r1", prompts="what is 2 + 2?")
    land(at_home, "r2", prompts="what is 2 + 2?")
    planned = plan_forgetting(at_home, ["r1"], text_only=True)
    assert "1 file(s) of prompts, which other runs use too" in planned.stays
    forget(at_home, planned)
    assert rows(at_home, "select count(*) from prompts where messages like '%2 + 2%'") == [(3,)]
    assert rows(at_home, "select count(*) from samples where input like '%2 + 2%'") == [(3,)]
    do(at_home, "r2")
    assert places(at_home, "2 + 2") == set()


@MERGED
@pytest.mark.slow
@pytest.mark.parametrize("text_only", [False, True], ids=["whole", "text"])
def test_a_kill_at_any_step_leaves_the_run_whole_or_forgettable(
    at_home: Home, merged: str | None, text_only: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(at_home, "r2")
    land(at_home, "r1")
    land(at_home, "g1", of="r1")
    merge(at_home, merged)
    whole, bill = rows(at_home, GRADES.format("r1")), rows(at_home, BILL.format("r2"))
    real, steps = os.fsync, 0
    for at in range(1, 60) if DRILLS > 1 else (3, 7, 12):
        steps = 0

        def fsync(handle: int, last: int = at) -> None:
            nonlocal steps
            steps += 1
            if steps == last:
                raise Killed
            real(handle)

        monkeypatch.setattr(os, "fsync", fsync)
        try:
            do(at_home, "r1", text_only=text_only)
        except Killed:
            pass
        else:
            break
        finally:
            monkeypatch.setattr(os, "fsync", real)
        seen = rows(at_home, GRADES.format("r1"))
        assert seen in ([], whole) or (not text_only and len(seen) == len(whole) // 2)
        assert rows(at_home, BILL.format("r2")) == bill
    if not (text_only or (stone := read_tombstones(at_home.warehouse).get("r1")) is None or stone.done):
        do(at_home, "r1")
    elif text_only:
        do(at_home, "r1", text_only=True)
    assert places(at_home, canary("r1")) == set()
    assert rows(at_home, GRADES.format("r1")) == (whole if text_only else [])
    assert rows(at_home, BILL.format("r2")) == bill


def test_what_was_left_by_a_kill_goes_with_the_next_retention(
    at_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(at_home, "r1")

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("tasks.forgetting_done.erase_run", killed)
        with pytest.raises(Killed):
            do(at_home, "r1")
    assert rows(at_home, "select * from runs") == []
    with pytest.raises(SpecError, match="removes what is still left of it"):
        read_run(at_home, "r1")
    forget(at_home, plan_forgetting(at_home, older_than=timedelta(days=36_000)))
    assert places(at_home, canary("r1")) == set()


def test_a_run_at_work_is_refused_and_retention_passes_it_by(at_home: Home) -> None:
    land(at_home, "r1")
    with run_lock(at_home, "r1"):
        with pytest.raises(SpecError, match=r'"r1" is being worked on.*Nothing was forgotten'):
            plan_forgetting(at_home, ["r1"])
        assert plan_forgetting(at_home, keep_bytes=0).runs == ()


@MERGED
def test_retention_takes_the_oldest(at_home: Home, merged: str | None) -> None:
    for days in range(3):
        land(at_home, f"r{days}", days=days)
    merge(at_home, merged)

    def chosen(**options: object) -> list[str]:
        planned = plan_forgetting(at_home, **options)  # type: ignore[arg-type]  # the test names them
        return [run.run_id for run in planned.runs]

    now = datetime(2026, 3, 1, 23, tzinfo=UTC) + timedelta(days=181)
    assert chosen(older_than=timedelta(days=180), now=now) == ["r0", "r1"]
    sizes = {run.run_id: run.n_bytes for run in plan_forgetting(at_home, ["r0", "r1", "r2"]).runs}
    assert chosen(keep_bytes=sum(sizes.values())) == []
    assert chosen(keep_bytes=sizes["r1"] + sizes["r2"]) == ["r0"]
    assert chosen(keep_bytes=0) == ["r0", "r1", "r2"]


def test_an_unknown_run_is_named(at_home: Home) -> None:
    with pytest.raises(SpecError, match='there is no run "r9"'):
        plan_forgetting(at_home, ["r9"])


@MERGED
def test_a_run_that_graded_others_too_stays_without_its_grades_of_the_forgotten(
    at_home: Home, merged: str | None
) -> None:
    land(at_home, "r1")
    land(at_home, "r2")
    land(at_home, "g1", of="r1", also="r2")
    merge(at_home, merged)
    planned = plan_forgetting(at_home, ["r1"])
    assert ([run.run_id for run in planned.runs], planned.graders) == (["r1"], ("g1",))
    forget(at_home, planned)
    assert places(at_home, canary("r1")) == set()
    found = rows(at_home, "select distinct run_id from grades where grading_id = 'g1'")
    assert found == [("r2",)]
    assert rows(at_home, "select count(*) from calls where run_id = 'g1' and input_tokens > 0") == [(3,)]


def test_old_files_of_a_grader_go_also_where_a_kill_kept_them(
    at_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(at_home, "r1")
    land(at_home, "r2")
    land(at_home, "g1", of="r1", also="r2")

    def commits_and_dies(*told: object, **more: object) -> None:
        commit_run(*told, **more)  # type: ignore[arg-type]  # as it was called
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("warehouse.forgetting.commit_run", commits_and_dies)
        with pytest.raises(Killed):
            do(at_home, "r1")
    assert places(at_home, canary("r1")) != set()
    do(at_home, "r1")
    assert places(at_home, canary("r1")) == set()
