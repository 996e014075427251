"""Graders that nightbench knows and does not have yet: a suite may name one, and runs without its grades.

A response to such a suite is asked for, kept and priced; of a planned grader it has no grade at all, which
is neither right nor wrong. Once the grader is there, the same suite gets its grades.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.grade.base import Grader
from tasks.model import Grade, Sample

PLANNED = ("judge",)


@dataclass(frozen=True, kw_only=True)
class Planned(Grader):
    """Keeps the place of a grader that does not exist yet; its options are for that grader to judge.

    Where it comes first, the suite has no score: the next grader does not take its place.
    """

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Not to be asked: grade_answer leaves it out."""
        raise NotImplementedError(f'the grader "{self.name}" does not exist yet; it gives no grade')


def note_of(suite: str, graders: Sequence[Grader]) -> str | None:
    """What is said of a suite that names a planned grader, before its answers are asked for."""
    planned = ", ".join(f'"{grader.name}"' for grader in graders if isinstance(grader, Planned))
    if not planned:
        return None
    if isinstance(graders[0], Planned):
        return (
            f'suite "{suite}": nightbench does not have the grader {planned} yet. The answers are kept and '
            f"priced, and have no score: their accuracy is not known, which is not 0."
        )
    return (
        f'suite "{suite}": nightbench does not have the grader {planned} yet. Its grades are missing; the '
        f'score is that of "{graders[0].name}".'
    )
