"""What a run's judges scored, how many gave no verdict, and who judged his own family."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tasks.judges.plan import own_family
from warehouse.query import run_all

SCORES = """
select suite, grader, criterion, judge, variant, n, mean_score, ci_low, ci_high, passed
from judge_scores
where run_id = '{run_id}'
"""
VERDICTS = """
select suite, judge, n, n_failed, n_no_verdict, usd
from judge_verdicts
where run_id = '{run_id}'
"""
BY_WHOM = """
select distinct judges.model, answers.variant, answers.model
from (
    select run_id, call_key, grading_id, judge_call_key from latest_grades
    union all
    select run_id, unnest([call_key_a, call_key_b]), grading_id, judge_call_key from pairs
) as judged
inner join calls as judges
    on judges.run_id = judged.grading_id and judges.call_key = judged.judge_call_key
inner join calls as answers
    on answers.run_id = judged.run_id and answers.call_key = judged.call_key
where judged.run_id = '{run_id}'
order by all
"""


@dataclass(frozen=True)
class Score:
    """A competitor's mean score on a criterion (None: on all together), by one judge (None: the panel)."""

    suite: str
    grader: str
    criterion: str | None
    judge: str | None
    variant: str
    n: int
    mean: float
    low: float | None
    high: float | None
    passed: float


@dataclass(frozen=True)
class Asked:
    """What came of asking a judge about a suite."""

    suite: str
    judge: str
    n: int
    n_failed: int
    n_no_verdict: int
    usd: Decimal | None


@dataclass(frozen=True)
class Scores:
    """All that judges scored of a run's answers, and the calls that the run itself made for it."""

    scores: tuple[Score, ...] = ()
    asked: tuple[Asked, ...] = ()
    own_families: tuple[str, ...] = ()  # a warning each

    def __bool__(self) -> bool:
        return bool(self.scores or self.asked)

    def notes(self) -> list[str]:
        """What a reader of the figures must know."""
        lost = [
            f"{one.judge}, {one.suite}: {one.n_failed + one.n_no_verdict:,} of {one.n:,} calls gave no "
            f"verdict; nothing is guessed of them (the view judge_verdicts)."
            for one in self.asked
            if one.n_failed or one.n_no_verdict
        ]
        return [*lost, *self.own_families]


def read_scores(warehouse: Path, run_id: str) -> Scores:
    """What the judges of a committed run scored."""
    queries = [query.format(run_id=run_id) for query in (SCORES, VERDICTS, BY_WHOM)]
    scores, asked, by_whom = (found.rows for found in run_all(warehouse, queries))
    warnings = (own_family(str(judge), str(variant), str(model)) for judge, variant, model in by_whom)
    return Scores(
        tuple(Score(*row) for row in scores),
        tuple(Asked(*row) for row in asked),
        tuple(sentence for sentence in warnings if sentence is not None),
    )
