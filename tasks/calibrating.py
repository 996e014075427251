"""A judge held against labels of persons, as a run of kind `calibrate` with the table `calibrations`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from tasks.home import Home, code_version
from tasks.judge_labels import Labels
from tasks.judge_measures import measures_of
from tasks.judge_verdicts import verdicts_of
from tasks.land.landing import Landed, commit_landed
from tasks.land.rows import calibration_row, is_simulated
from tasks.predicted import predicted_columns
from tasks.runs import RunRecord
from warehouse.commit import Manifest
from warehouse.files import TableWriter, remove_leftovers


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
    repeats: int,
    *,
    say: Callable[[str], None],
) -> Manifest:
    """Take the judge's verdicts, measure them, land and commit; `say` takes what a person should know.

    Raises: SpecError: the judge has no verdicts on these labels; nothing has appeared.
    """
    verdicts = verdicts_of(judge, labels, repeats)
    failed = sum(said is None for said in verdicts.all)
    if failed:
        say(f"{failed:,} of {len(verdicts.all):,} verdicts failed, and are left out of every measure.")
    day = record.started.date()
    remove_leftovers(home.warehouse, day, record.run_id)
    with TableWriter(home.warehouse, "calibrations", day, record.run_id, part="0") as writer:
        writer.write(
            [calibration_row(record.run_id, judge, labels.hash, one) for one in measures_of(verdicts)]
        )
        file = writer.close()
    return commit_landed(
        home.warehouse,
        {
            "run_id": record.run_id,
            "kind": record.kind,
            "status": "complete",
            "started_at": record.started,
            "finished_at": datetime.now(UTC),
            "spec": json.dumps({**record.spec, "calibrate": record.calibrate}, ensure_ascii=False),
            "planned_calls": 0,
            "code_version": code_version(),
            "flow_run_id": None,
            "trigger": record.trigger,
            **predicted_columns(None),
            "simulated": is_simulated(judge),
        },
        Landed(() if file is None else (file,), answered=0, failed=0),
    )
