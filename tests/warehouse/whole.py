"""A small warehouse with all that there is: an evaluation, one that went on, a regrade, a calibration.

Every reference in it holds. Also a program, which writes what a version of the schema is kept by:

python -m tests.warehouse.whole FOLDER
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.warehouse.sample_run import GPT, STARTED, key, row
from warehouse.commit import Manifest, commit_run
from warehouse.files import DataFile, TableWriter, write_shared

JUDGE = "openai/gpt-4o-mini-2024-07-18"
VARIANTS = ("a", "b")
BATCH = 40  # rows that are written at once
Rows = Sequence[Mapping[str, object]]
TOKENS = {
    "cached_input_tokens": 0,
    "cache_write_tokens": 0,
    "cache_write_1h_tokens": 0,
    "reasoning_tokens": 0,
}


def write_whole(warehouse: Path, n: int = 6, evaluations: int = 1) -> list[Manifest]:
    """Commit everything: e1 (and e2, ...), p1 twice, g1 of e1, c1. `n` are samples."""
    made = [_evaluate(warehouse, f"e{i + 1}", n, STARTED + timedelta(days=i)) for i in range(evaluations)]
    made += [_evaluate(warehouse, "p1", n, STARTED, status="partial")]
    made += [_evaluate(warehouse, "p1", n, STARTED)]
    return [*made, _regrade(warehouse, "g1", "e1", n), _calibrate(warehouse, "c1", n)]


def _evaluate(
    warehouse: Path, run_id: str, n: int, started: datetime, *, status: str = "complete"
) -> Manifest:
    tables: dict[str, list[dict[str, object]]] = {
        table: [] for table in ("calls", "attempts", "grades", "metrics", "pairs")
    }
    asked = n - 3 if status == "partial" else n
    for i in range(asked):
        for variant in VARIANTS:
            call = _call(run_id, started, i, variant)
            if i == 0 and variant == "b":  # the one that failed for good, and costs nothing
                call |= {"status": "failed", "error_kind": "server_error", "error": "503", "response": None}
                call |= dict.fromkeys(("input_tokens", "output_tokens", *TOKENS))
            tries = 2 if i < 2 else 1
            tables["calls"].append(call | {"attempts": tries})
            tables["attempts"] += [_attempt(call, k + 1, last=k + 1 == tries) for k in range(tries)]
            if call["status"] == "answered":
                tables["grades"].append(_grade(call, run_id, "numeric", passed=i % 3 > 0))
                tables["metrics"].append(_metric(call))
        if i > 0:
            for swapped in (False, True):
                judge = _call(run_id, started, i, "judge", role="judge", about=swapped)
                tables["calls"].append(judge)
                tables["attempts"].append(_attempt(judge, 1, last=True))
                tables["pairs"].append(_pair(run_id, run_id, i, judge, swapped=swapped))
    if status == "partial":  # an attempt of a call that came to no end
        tables["attempts"].append(
            _attempt(_call(run_id, started, asked, "a"), 1, last=False, outcome="unseen")
        )
    return _commit(warehouse, run_id, started, tables, status=status, prompts=True, samples=n)


def _regrade(warehouse: Path, run_id: str, of: str, n: int) -> Manifest:
    started = STARTED + timedelta(hours=3)
    judges = [_call(run_id, started, i, "judge", role="judge", about="regrade") for i in range(1, n)]
    answers = [_call(of, STARTED, i, "a") for i in range(1, n)]
    grades = [
        _grade(answer, run_id, "judge", passed=True) | {"judge_call_key": judge["call_key"], "score": 0.75}
        for answer, judge in zip(answers, judges, strict=True)
    ]
    tables = {
        "calls": judges,
        "attempts": [_attempt(judge, 1, last=True) for judge in judges],
        "grades": grades,
    }
    return _commit(warehouse, run_id, started, tables, kind="regrade", prompts=True)


def _calibrate(warehouse: Path, run_id: str, n: int) -> Manifest:
    started = STARTED + timedelta(hours=5)
    judges = [_call(run_id, started, i, "judge", role="judge", about="labels") for i in range(n)]
    measures = [
        row("calibrations", run_id=run_id, judge=JUDGE, measure=measure, value=0.8, ci_low=0.6, ci_high=0.9)
        | {"n": n}
        for measure in ("accuracy", "consistency", "kappa")
    ]
    tables = {
        "calls": judges,
        "attempts": [_attempt(judge, 1, last=True) for judge in judges],
        "calibrations": measures,
    }
    return _commit(warehouse, run_id, started, tables, kind="calibrate", prompts=True, samples=n)


def _call(
    run_id: str, started: datetime, i: int, variant: str, *, role: str = "answer", about: object = ""
) -> dict[str, object]:
    model = JUDGE if role == "judge" else GPT
    words = "No, because " * 20 if role == "judge" else "It comes to four. " * (1 + i % 4)
    return row(
        "calls",
        run_id=run_id,
        call_key=key(run_id, i, variant, about),
        prompt_hash=key("prompt", i, role),
        sample_id=f"s{i}",
        role=role,
        variant=variant,
        model=model,
        priced_as=model,
        params='{"max_tokens": 64}',
        started_at=started + timedelta(seconds=i),
        response=f"{words}{i}",
        stop_reason="end",
        input_tokens=100 + i,
        output_tokens=10 + i,
        **TOKENS,
    )


def _attempt(
    call: Mapping[str, object], n: int, *, last: bool, outcome: str | None = None
) -> dict[str, object]:
    """One try of a call; all but the last were a server's error."""
    answered = last and call["status"] == "answered" and outcome is None
    tokens = ("input_tokens", "output_tokens", *TOKENS)
    return row(
        "attempts",
        run_id=call["run_id"],
        call_key=call["call_key"],
        n=n,
        outcome=outcome or ("answered" if answered else "failed"),
        http_status=200 if answered else 503,
        error_kind=None if answered else "server_error",
        for_suite=call["suite"],
        for_variant=call["variant"],
        for_model=call["model"],
        **({name: call[name] for name in tokens} if answered else {}),
    )


def _grade(call: Mapping[str, object], grading_id: str, grader: str, *, passed: bool) -> dict[str, object]:
    of_call = {name: call[name] for name in ("run_id", "call_key", "sample_id", "variant", "model")}
    graded_at = STARTED + timedelta(hours=1)
    return row("grades", **of_call, grading_id=grading_id, grader=grader, graded_at=graded_at) | {
        "score": float(passed),
        "passed": passed,
        "answer": str(call["sample_id"]),
        "reason": None if passed else "wrong",
    }


def _metric(call: Mapping[str, object]) -> dict[str, object]:
    names = ("run_id", "call_key", "suite", "suite_version", "sample_id", "epoch", "variant", "model")
    words = len(str(call["response"]).split())
    about = {name: call[name] for name in (*names, "variant_version", "simulated")}
    return {**about, "metric": "words", "value": float(words)}


def _pair(
    run_id: str, grading_id: str, i: int, judge: Mapping[str, object], *, swapped: bool
) -> dict[str, object]:
    return row(
        "pairs",
        run_id=run_id,
        grading_id=grading_id,
        sample_id=f"s{i}",
        call_key_a=key(run_id, i, "a", ""),
        call_key_b=key(run_id, i, "b", ""),
        swapped=swapped,
        judge_call_key=judge["call_key"],
        winner="tie",
    )


def _commit(
    warehouse: Path,
    run_id: str,
    started: datetime,
    tables: Mapping[str, Rows],
    *,
    kind: str = "evaluate",
    status: str = "complete",
    prompts: bool = False,
    samples: int = 0,
) -> Manifest:
    calls = tables["calls"]
    finished = started + timedelta(minutes=7 if status == "complete" else 5)
    own = row("runs", run_id=run_id, kind=kind, status=status, started_at=started) | {
        "finished_at": finished,
        "planned_calls": len(calls) + (status == "partial"),
        "answered_calls": sum(call["status"] == "answered" for call in calls),
        "failed_calls": sum(call["status"] == "failed" for call in calls),
        "code_version": "0.1.0",
        "predicted_usd": None,
    }
    files: list[DataFile] = []
    for table, rows in {"runs": [own], **tables}.items():
        with TableWriter(warehouse, table, started.date(), run_id, "0") as writer:
            for at in range(0, len(rows), BATCH):
                writer.write(rows[at : at + BATCH])
            if (file := writer.close()) is not None:
                files.append(file)
    if samples:
        cards = [row("samples", sample_id=f"s{i}", input=f"{i} + 4?", target=str(i)) for i in range(samples)]
        files.append(write_shared(warehouse, "samples", cards))
    if prompts:
        asked = {
            call["prompt_hash"]: f'[{{"role": "user", "content": "{call["sample_id"]}"}}]' for call in calls
        }
        rows = [row("prompts", prompt_hash=hash_, messages=text) for hash_, text in asked.items()]
        files.append(write_shared(warehouse, "prompts", rows))
    return commit_run(
        warehouse,
        run_id=run_id,
        kind=kind,
        status=status,
        run_date=started.date(),
        files=files,
        committed_at=finished,
    )


if __name__ == "__main__":
    write_whole(Path(sys.argv[1]))
