"""The number in the answer equals the target's."""

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from pydantic import StrictBool

from tasks.grade.base import Grader, failed, lacking, right_answers, verdict
from tasks.grade.numbers import CONTEXT, dots_as_groups, first_number, number_text
from tasks.grade.text import shown
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class Numeric(Grader):
    """Compare the first number of the answer with the first number of a target, as numbers.

    `1,234.50`, `$1234.5`, `1234.5 dollars` and `١٢٣٤٫٥` are one number (tasks/grade/numbers.py); `60%` is
    not `0.6`, because a question that wants a share says so. An answer without a number is wrong, not
    unscored. `tolerance` is absolute, `relative` a share of the target; the larger one counts.
    `dot_groups`, for suites in languages that write 1234 as `1.234`: such an answer also passes for 1234.

    Source: GSM8K's convention (arXiv:2110.14168).
    Raises: ValueError: a tolerance that is no distance.
    """

    type: ClassVar[str] = "numeric"
    stored: ClassVar[bool] = True

    extract: str = "last_number"
    tolerance: Decimal = Decimal(0)
    relative: Decimal = Decimal(0)
    dot_groups: StrictBool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, distance in (("tolerance", self.tolerance), ("relative", self.relative)):
            if not distance.is_finite() or distance < 0:
                raise ValueError(f"{name} = {distance} is no distance; give a number from 0 up")

    def check(self, sample: Sample) -> None:
        """Refuse a sample with a target that holds no number."""
        for target in right_answers(sample):
            self._wanted(sample, target)

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the numbers are equal, or near enough."""
        got = first_number(answer)
        wanted = [self._wanted(sample, target) for target in right_answers(sample)]
        against = f"against {number_text(wanted[0])}"
        if got is None:
            return failed("unparsable", f'no number in "{shown(answer)}" {against}', answer)
        readings = [got]
        if self.dot_groups and (grouped := dots_as_groups(answer)) is not None:
            readings.append(grouped)
        for reading in readings:
            if any(self._near(reading, want) for want in wanted):
                return verdict(True, number_text(reading), f"{number_text(reading)} {against}")
        return verdict(False, number_text(got), f"{number_text(got)} {against}")

    def _near(self, got: Decimal, want: Decimal) -> bool:
        allowed = max(self.tolerance, CONTEXT.multiply(self.relative, want.copy_abs()))
        return CONTEXT.subtract(got, want).copy_abs() <= allowed

    def _wanted(self, sample: Sample, target: str) -> Decimal:
        want = first_number(target)
        if want is None:
            raise lacking(sample, f'has the target "{shown(target)}" without a number, which "numeric" needs')
        return want
