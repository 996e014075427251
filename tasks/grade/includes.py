"""The answer contains a target."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import StrictBool

from tasks.grade.base import Grader, lacking, right_answers, verdict
from tasks.grade.text import comparable, shown
from tasks.model import Grade, Sample


@dataclass(frozen=True, kw_only=True)
class Includes(Grader):
    """One of the targets (`match = "any"`) or each of them (`"all"`) stands somewhere in the answer.

    Case is ignored unless `ignore_case = false`, and a line break is as good as a space. `whole` wants no
    letter, digit or underscore directly beside the target, so that `5` does not pass for `25`; scripts
    without spaces between words cannot use it.
    `targets` replaces the sample's. Not done: a denial is not understood (`not Paris` includes `Paris`).
    """

    type: ClassVar[str] = "includes"
    stored: ClassVar[bool] = True
    version: ClassVar[str] = "2"

    targets: tuple[str, ...] = ()
    match: Literal["any", "all"] = "any"
    ignore_case: StrictBool = True
    whole: StrictBool = False

    def check(self, sample: Sample) -> None:
        """Refuse a sample without target, or with one that every text includes."""
        if not all(comparable(target).strip() for target in self._wanted(sample)):
            raise lacking(sample, "has an empty target, which every answer includes")

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the targets are found."""
        text = self._comparable(answer)
        wanted = self._wanted(sample)
        missing = [target for target in wanted if not self._within(text, self._comparable(target))]
        passed = not missing if self.match == "all" else len(missing) < len(wanted)
        said = "includes " if passed else "does not include "
        named = [target for target in wanted if target not in missing] if passed else missing
        return verdict(passed, answer, said + ", ".join(f'"{shown(target)}"' for target in named[:5]))

    def _wanted(self, sample: Sample) -> tuple[str, ...]:
        return self.targets or right_answers(sample)

    def _comparable(self, text: str) -> str:
        return " ".join(comparable(text, self.ignore_case).split())

    def _within(self, text: str, target: str) -> bool:
        if not self.whole:
            return target in text
        at = text.find(target)
        while at >= 0:
            end = at + len(target)
            before, after = text[at - 1 : at], text[end : end + 1]
            if not any(beside.isalnum() or beside == "_" for beside in (before, after)):
                return True
            at = text.find(target, at + 1)
        return False
