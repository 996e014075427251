"""A run whose score a judge gave, landed and committed."""

from pathlib import Path

from tests.warehouse.sample_run import STARTED, key, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.files import TableWriter


def land_judged(warehouse: Path, *, n: int, right: int, judge: str) -> None:
    """The run r1 of n answers, of which the judge passed the first `right`."""
    answers = [row("calls", run_id="r1", call_key=key(i), sample_id=f"s{i}") for i in range(n)]
    asked = [
        row("calls", run_id="r1", call_key=key("judge", i), sample_id=f"s{i}", role="judge", model=judge)
        for i in range(n)
    ]
    grades = [
        row("grades", run_id="r1", grading_id="r1", call_key=key(i), sample_id=f"s{i}", grader="judge")
        | {"passed": i < right, "score": float(i < right), "judge_call_key": key("judge", i)}
        for i in range(n)
    ]
    files = []
    tables = {"runs": [row("runs", run_id="r1")], "calls": answers + asked, "grades": grades}
    for table, rows in tables.items():
        with TableWriter(warehouse, table, STARTED.date(), "r1", "0") as writer:
            writer.write(rows)
            file = writer.close()
            assert file is not None
            files.append(file)
    commit_run(
        warehouse, run_id="r1", kind="evaluate", status="complete", run_date=STARTED.date(), files=files
    )
    rewrite_catalog(warehouse)
