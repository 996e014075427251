"""The answer equals a target, as text."""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import StrictBool

from tasks.grade.base import Grader, right_answers, verdict
from tasks.grade.text import comparable, shown, unquoted
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class Exact(Grader):
    r"""The answer is one of the targets, character for character.

    White space around both is apart, inside it counts; `é` in one or two code points is one letter.
    `ignore_case` also makes full-width and other compatibility forms equal. With `strip_quotes` both are
    read as literals: quotes around them fall away, white space inside them stays, a line break equals a
    written `\n`. Not done: numbers are not numbers here (`1.0` is not `1`), `[1,2]` is not `[1, 2]`.

    Source of strip_quotes: ZeroEval's rule for CRUXEval.
    """

    type: ClassVar[str] = "exact"
    stored: ClassVar[bool] = True

    ignore_case: StrictBool = False
    strip_quotes: StrictBool = False

    def check(self, sample: Sample) -> None:
        """Refuse a sample without target."""
        right_answers(sample)

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the answer equals one of the targets."""
        targets = right_answers(sample)
        got = self._form(answer)
        passed = any(got == self._form(target) for target in targets)
        return verdict(passed, answer, f'"{shown(answer)}" against "{shown(targets[0])}"')

    def _form(self, value: str) -> str:
        bare = unquoted(value) if self.strip_quotes else value.strip()
        return comparable(bare, self.ignore_case)
