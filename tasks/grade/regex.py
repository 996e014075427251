"""The answer matches a pattern."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import StrictBool

from tasks.grade.base import Grader, lacking, right_answers, verdict
from tasks.grade.linear import LinearPattern, linear_pattern
from tasks.grade.text import shown
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class Regex(Grader):
    """The `pattern` matches somewhere in the answer; without it, the sample's targets are patterns.

    RE2 syntax (tasks/grade/linear.py), which is linear in the text, so that no answer can hold up a run.
    Anchor it yourself: `^` and `$` are the ends of the answer, without the white space around it.
    `match` says whether one target or each must match. Not done: no normalisation of the text.

    Raises: ValueError: the pattern is none.
    """

    type: ClassVar[str] = "regex"
    stored: ClassVar[bool] = True

    pattern: str = ""
    match: Literal["any", "all"] = "any"
    ignore_case: StrictBool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pattern:
            try:
                self._compiled(self.pattern)
            except ValueError as error:
                raise ValueError(f'pattern = "{shown(self.pattern)}" is no pattern: {error}') from error

    def check(self, sample: Sample) -> None:
        """Refuse a sample whose targets are no patterns."""
        for source in () if self.pattern else right_answers(sample):
            try:
                self._compiled(source)
            except ValueError as error:
                raise lacking(
                    sample, f'has the target "{shown(source)}", which is no pattern: {error}'
                ) from error

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the pattern (or the targets, as `match` says) match."""
        sources = (self.pattern,) if self.pattern else right_answers(sample)
        hits = [self._compiled(source).found(answer) for source in sources]
        passed = all(hits) if self.match == "all" else any(hits)
        said = "matches" if passed else "does not match"
        return verdict(passed, answer, f"{said} {shown(sources[0])}")

    def _compiled(self, source: str) -> LinearPattern:
        return linear_pattern(source, self.ignore_case)
