"""Writes docs/sql.md, its answers from a small warehouse that is always the same.

python -m tests.warehouse.sql_page > docs/sql.md
"""

import sys
import tempfile
from pathlib import Path

from tests.warehouse.sample_run import STARTED, key, row
from tests.warehouse.whole import write_whole
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.files import TableWriter, write_shared
from warehouse.manual import markdown, page
from warehouse.query import run_all
from warehouse.vocabulary import questions

SUITE = {"suite": "gsm8k_json", "suite_version": "1+00000000"}
WRONG = {"recorded/claude-3-5-sonnet-20240620": (1, 2, 3), "recorded/gpt-4o-2024-05-13": (0, 1)}
PRICED_AS = {
    "recorded/claude-3-5-sonnet-20240620": "anthropic/claude-3-5-sonnet-20240620",
    "recorded/gpt-4o-2024-05-13": "openai/gpt-4o-2024-05-13",
}


def fill(warehouse: Path) -> None:
    """Commit runs of two variants, and recorded outputs of which something was published."""
    write_whole(warehouse)
    rows: dict[str, list[dict[str, object]]] = {"calls": [], "grades": []}
    rows["runs"] = [row("runs", run_id="imported", kind="import", finished_at=STARTED, planned_calls=80)]
    sent: dict[str, dict[str, object]] = {
        model: {"prompt_hash": key("imported"), "attempts": 0, "priced_as": priced_as}
        for model, priced_as in PRICED_AS.items()
    }
    for model, wrong in WRONG.items():
        names: dict[str, object] = {"run_id": "imported", "model": model, "variant": model, **SUITE}
        for i in range(40):
            names |= {"sample_id": f"s{i:02}", "call_key": key(model, i)}
            rows["calls"].append(row("calls", **names, **sent[model]))
            score = float(i not in wrong)
            rows["grades"].append(
                row("grades", **names, grading_id="imported", passed=score > 0, score=score)
            )
    samples = [row("samples", **SUITE, sample_id=f"s{i:02}") for i in range(40)]
    prompts = [row("prompts", prompt_hash=key("imported"), messages="[]")]
    files = [write_shared(warehouse, "samples", samples), write_shared(warehouse, "prompts", prompts)]
    for table, some in rows.items():
        with TableWriter(warehouse, table, STARTED.date(), "imported", "0") as writer:
            writer.write(some)
            if (file := writer.close()) is not None:
                files.append(file)
    commit_run(
        warehouse,
        run_id="imported",
        kind="import",
        status="complete",
        run_date=STARTED.date(),
        files=files,
    )
    rewrite_catalog(warehouse)


def made(warehouse: Path) -> str:
    """The page with the answers of this warehouse, which `fill` has filled."""
    found = run_all(warehouse, [question.sql for question in questions()])
    return page(
        {q.text: markdown(answer.columns, answer.rows) for q, answer in zip(questions(), found, strict=True)}
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        sys.stdout.write(made(Path(folder)))
