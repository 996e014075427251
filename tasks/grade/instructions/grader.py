"""The answer follows the sample's instructions, each verified by a program."""

import json
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import StrictBool

from tasks.grade.base import Grader, lacking
from tasks.grade.instructions.base import Instruction
from tasks.grade.instructions.kinds import followed, read_instructions, relaxed
from tasks.grade.instructions.text import Text
from tasks.grade.text import shown, storable
from tasks.model import Grade, Sample

WHY_CHARS = 300


@dataclass(frozen=True, kw_only=True)
class Instructions(Grader):
    """Judge an answer by the instructions in the sample's `column`, JSON as kinds.py reads it.

    It passes where it follows all of them. The score is that verdict (`level = "prompt"`), or the share
    that is followed (`level = "instruction"`). `loose` lets an instruction pass where one of the eight forms
    of kinds.relaxed follows it: the paper's allowance for an introduction, a closing line and Markdown.
    The explanation is JSON: `followed` and `missed` name kinds, `why` has a reason for each missed one.

    Source: IFEval's four accuracies (arXiv:2311.07911). A mean of shares weighs prompts alike; the paper's
    accuracy by instruction weighs instructions alike: sum `followed` over all, as docs/grading.md does.
    """

    type: ClassVar[str] = "instructions"
    version: ClassVar[str] = "2"

    column: str = "instructions"
    level: Literal["prompt", "instruction"] = "prompt"
    loose: StrictBool = False

    def check(self, sample: Sample) -> None:
        """Refuse a sample whose instructions cannot be read."""
        self._asked(sample)

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Verify each instruction."""
        asked = self._asked(sample)
        forms = tuple(map(Text, relaxed(answer) if self.loose else (answer,)))
        reasons = {one.kind: _reason(one, forms) for one in asked}
        missed = {kind: why for kind, why in reasons.items() if why is not None}
        share = 1 - len(missed) / len(asked)
        told = {
            "followed": [kind for kind in reasons if kind not in missed],
            "missed": list(missed),
            "why": [storable(why, WHY_CHARS) for why in missed.values()],
        }
        return Grade(
            score=share if self.level == "instruction" else float(not missed),
            passed=not missed,
            answer=storable(answer),
            reason="wrong" if missed else None,
            explanation=json.dumps(told, ensure_ascii=False),
        )

    def _asked(self, sample: Sample) -> tuple[Instruction, ...]:
        value = sample.row.get(self.column)
        if not isinstance(value, str):
            raise lacking(sample, f'has no "{shown(self.column)}" (JSON text), which "instructions" needs')
        try:
            return read_instructions(value)
        except ValueError as error:
            raise lacking(sample, f'has unfit instructions in "{shown(self.column)}": {error}') from error


def _reason(one: Instruction, forms: tuple[Text, ...]) -> str | None:
    """None where a form follows; else what is wrong with the answer as it is."""
    first = followed(one, forms[0])
    if first is None or any(followed(one, form) is None for form in forms[1:]):
        return None
    return first
