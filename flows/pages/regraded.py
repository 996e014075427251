"""What a regrade has to say: how many grades it changed, and the graded run's results as they are now."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flows.pages.summary import Row, run_summary
from tasks.home import Home
from warehouse.query import run_all

CHANGES = """
with changed as (
    select suite, variant, grader,
        count(*) as n_changed,
        count(*) filter (new_passed and not old_passed) as n_gained,
        count(*) filter (old_passed and not new_passed) as n_lost
    from grading_changes
    where run_id = '{run_id}' and grading_id = '{grading_id}'
    group by all
),
graded as (
    select suite, variant, grader, first(grader_version) as grader_version,
        bool_or(is_score) as is_score, count(*) as n_graded
    from grades
    where grading_id = '{grading_id}'
    group by all
)
select graded.*,
    coalesce(n_changed, 0) as n_changed, coalesce(n_gained, 0) as n_gained, coalesce(n_lost, 0) as n_lost
from graded
left join changed using (suite, variant, grader)
order by suite, variant, is_score desc, grader
"""
PAIRS = "select count(*) from pairs where grading_id = '{grading_id}'"


@dataclass(frozen=True)
class Regraded:
    """The regrade's own row, the run whose answers it graded, and what came of it."""

    run: Row
    graded_run: str
    changes: Sequence[Row]
    leaderboard: Sequence[Row]
    n_pairs: int = 0  # verdicts on two answers

    def rows(self) -> list[dict[str, object]]:
        """The changes as a table for a person."""
        return [
            {
                "suite": row["suite"],
                "variant": row["variant"],
                "grader": row["grader"],
                "graded": row["n_graded"],
                "changed": row["n_changed"],
                "right now": row["n_gained"],
                "wrong now": row["n_lost"],
            }
            for row in self.changes
        ]

    @property
    def ways_on(self) -> list[str]:
        """What to look at next."""
        run_id = self.run["run_id"]
        n = sum(int(str(row["n_changed"])) for row in self.changes)
        lines = []
        if self.n_pairs:
            lines = [
                f'run {run_id}: {self.n_pairs:,} verdicts on pairs of answers of run "{self.graded_run}": '
                f"nightbench report {self.graded_run}"
            ]
        if not n and (self.changes or not lines):
            lines.append(f'run {run_id}: no grade that run "{self.graded_run}" had is another than before.')
        if not n:
            return lines
        return [
            *lines,
            f'run {run_id}: {n:,} grades of run "{self.graded_run}" are others than before:',
            f"nightbench sql \"select * from grading_changes where grading_id = '{run_id}'\"",
        ]


def regraded(home: Home, grading_id: str) -> Regraded:
    """Read what a committed regrade did.

    Raises: SpecError: no such run is committed.
    """
    own = run_summary(home, grading_id).run
    graded_run = str(json.loads(str(own["spec"]))["regrade"]["run_id"])
    queries = [CHANGES.format(run_id=graded_run, grading_id=grading_id), PAIRS.format(grading_id=grading_id)]
    found, pairs = run_all(home.warehouse, queries)
    changes = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    board = run_summary(home, graded_run).leaderboard
    return Regraded(own, graded_run, changes, board, int(pairs.rows[0][0]))
