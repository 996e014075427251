"""A judge held against labels of persons, as a run of kind `calibrate` with the table `calibrations`."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from tasks.home import Home, code_version
from tasks.judges.labelled import Turns
from tasks.judges.labels import STATE, Labels
from tasks.judges.measures import measures_of
from tasks.judges.recorded import Verdicts
from tasks.land.landing import Landing, commit_landed
from tasks.land.rows import calibration_row, is_simulated
from tasks.predicted import predicted_columns
from tasks.runs import RunRecord
from warehouse.commit import Manifest
from warehouse.errors import SpecError
from warehouse.files import TableWriter


def asked_of(judge: str, labels: Labels, repeats: int) -> dict[str, object]:
    """What the record of a calibration says of it."""
    return {
        "judge": judge,
        "labels": labels.file.name,
        "labels_hash": labels.hash,
        "n_labels": len(labels),
        "repeats": repeats,
    }


def calibrate(
    home: Home,
    record: RunRecord,
    judge: str,
    labels: Labels,
    verdicts: Verdicts,
    turns: Turns = (),
    *,
    say: Callable[[str], None],
) -> Manifest:
    """Measure a judge's verdicts, land and commit; `say` takes what a person should know.

    `turns` hold the judge's calls, where it was asked.
    Raises: SpecError: no verdict came; nothing has appeared.
    """
    failed = sum(said is None for said in verdicts.all)
    if failed:
        say(f"{failed:,} of {len(verdicts.all):,} verdicts failed, and are left out of every measure.")
    if failed == len(verdicts.all):
        raise SpecError(
            f"{judge} gave no verdict at all. {STATE} Its answers are in the journal of run {record.run_id}."
        )
    day = record.started.date()
    with (
        Landing(home.warehouse, record.run_id, day) as files,
        TableWriter(home.warehouse, "calibrations", day, record.run_id, part="0") as writer,
    ):
        for suite, turn in turns:
            files.land(suite, [(call, outcome, ()) for call, outcome in turn.calls], turn.tried)
        writer.write(
            [calibration_row(record.run_id, judge, labels.hash, one) for one in measures_of(verdicts)]
        )
        measured, landed = writer.close(), files.finish()
    own = () if measured is None else (measured,)
    due = sum(turn.due for _, turn in turns)
    return commit_landed(
        home.warehouse,
        {
            "run_id": record.run_id,
            "kind": record.kind,
            "status": "complete" if landed.answered + landed.failed == due else "partial",
            "started_at": record.started,
            "finished_at": datetime.now(UTC),
            "spec": json.dumps({**record.spec, "calibrate": record.calibrate}, ensure_ascii=False),
            "planned_calls": due,
            "code_version": code_version(),
            "flow_run_id": None,
            "trigger": record.trigger,
            **predicted_columns(record.predicted),
            "decisions": None,
            "simulated": is_simulated(judge),
        },
        replace(landed, files=(*landed.files, *own)),
    )
