"""A judge scores an answer by a rubric: each criterion on its own scale, evidence before the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from tasks.grade.base import right_answers
from tasks.grade.judging.base import (
    FENCED,
    AskingGrader,
    Conversation,
    VerdictError,
    is_quoted,
    question_of,
    read_object,
    table,
    text_in,
)
from tasks.grade.judging.fence import fence
from tasks.grade.judging.rubric import Criterion, Rubric, find_rubric, make_rubric
from tasks.model import Answer, Grade, Message, Sample

PROMPT_VERSION = "1"
INTRODUCTION = """\
You judge an answer that a language model gave to a question, by the criteria below and by nothing else: not
by its length, its tone or who may have written it."""
HOW = """\
For each criterion: first quote the evidence word for word from the answer (the shortest passage that decides;
an empty text where what decides is that something is missing), then say in one or two sentences what follows
from it, then give the score, a number of that criterion's scale."""


@dataclass(frozen=True)
class Mark:
    """What a judge says of one criterion."""

    number: int
    evidence: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Judge(AskingGrader):
    """Ask the run's judge for a score on each criterion of a rubric.

    `rubric` names one of the house's (datasets/rubrics/) or a .toml file; or `criteria` are given in place.
    With `reference` the sample's right answer is shown to the judge, where it has one. An answer passes where
    every criterion passes. Of a panel, `panel` says what counts: the mean of its scores, or its majority.
    """

    type: ClassVar[str] = "judge"

    rubric: str = ""
    criteria: Sequence[Mapping[str, Any]] = ()
    reference: bool = True
    panel: Literal["mean", "majority"] = "mean"

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.rubric) == bool(self.criteria):
            raise ValueError('a judge needs either a rubric (rubric = "code_quality") or criteria')
        assert self.whole_rubric.criteria  # what is wrong with it is said when it is made

    @property
    def version(self) -> str:  # type: ignore[override]  # the class's is of graders without a rubric
        """Another for another rubric or prompt."""
        return f"{PROMPT_VERSION}+{self.whole_rubric.version}"

    @cached_property
    def whole_rubric(self) -> Rubric:
        """Its criteria, as the rubric or the suite has them."""
        if self.rubric:
            return find_rubric(self.rubric)
        return make_rubric({"criteria": [dict(one) for one in self.criteria]}, "criteria")

    def request(self, sample: Sample, question: Sequence[Message], answer: str) -> Conversation:
        """What the judge is sent about an answer."""
        parts = {"question": question_of(question)}
        if self.reference and (sample.targets or sample.target is not None):
            parts["reference"] = "\n\nor\n\n".join(right_answers(sample))
        fenced, name = fence({**parts, "answer": answer})
        compared = (
            "The reference is a right answer; others may be right too, and need not be worded like it. "
            if "reference" in parts
            else ""
        )
        user = (
            f"{fenced}\n\nThe markers of this request are named {name}. {compared}Judge the answer by every "
            f"criterion."
        )
        return Message(role="system", content=self.system()), Message(role="user", content=user)

    def schema(self) -> dict[str, Any]:
        """An object a criterion."""
        return table({criterion.name: _asked(criterion) for criterion in self.whole_rubric.criteria})

    def system(self) -> str:
        """What every request of this grader begins with."""
        rubric = self.whole_rubric
        parts = (INTRODUCTION, rubric.guidance, FENCED, HOW, _described(rubric))
        return "\n\n".join(part for part in parts if part)

    def read(self, answer: Answer) -> dict[str, Mark]:
        """The marks by criterion.

        Raises: VerdictError: one is missing or off its scale, or there is no verdict at all.
        """
        found = read_object(answer)
        marks: dict[str, Mark] = {}
        for criterion in self.whole_rubric.criteria:
            said = found.get(criterion.name)
            if not isinstance(said, dict):
                raise VerdictError(f'the verdict has no criterion "{criterion.name}"')
            number = said.get("score")
            if isinstance(number, bool) or not isinstance(number, int) or number not in criterion.numbers:
                raise VerdictError(
                    f"{criterion.name}: {str(number)[:40]} is not on the scale "
                    f"{', '.join(map(str, criterion.numbers))}"
                )
            marks[criterion.name] = Mark(number, text_in(said, "evidence"), text_in(said, "explanation"))
        return marks

    def grades(self, marks: Mapping[str, Mark], answer: str) -> dict[str, Grade]:
        """A grade a criterion, and the whole one under the empty name."""
        rubric = self.whole_rubric
        found = {
            criterion.name: _grade(criterion, marks[criterion.name], answer) for criterion in rubric.criteria
        }
        return {"": self.whole(found), **found}

    def whole(self, grades: Mapping[str, Grade]) -> Grade:
        """The grade of an answer from those of its criteria: their weighted mean; passed where all have."""
        criteria = self.whole_rubric.criteria
        total = sum(criterion.weight for criterion in criteria)
        score = sum(criterion.weight * grades[criterion.name].score for criterion in criteria) / total
        passed = all(grades[criterion.name].passed for criterion in criteria)
        missed = [criterion.name for criterion in criteria if not grades[criterion.name].passed]
        said = "every criterion passes" if passed else f"does not pass: {', '.join(missed)}"
        return Grade(score, passed, reason=None if passed else "wrong", explanation=said)

    def pool(self, grades: Sequence[Grade], n_judges: int) -> Grade:
        """The panel's grade of one criterion from its judges' grades."""
        n_passed = sum(grade.passed for grade in grades)
        mean = sum(grade.score for grade in grades) / len(grades)
        if self.panel == "majority":
            passed, score = 2 * n_passed > len(grades), n_passed / len(grades)
        else:
            passed, score = 2 * n_passed > len(grades) or (2 * n_passed == len(grades) and mean >= 0.5), mean
        said = f"{n_passed} of {n_judges} judges let it pass; mean score {mean:.2f}"
        if len(grades) < n_judges:
            said += f"; {n_judges - len(grades)} gave no verdict"
        return Grade(score, passed, reason=None if passed else "wrong", explanation=said)


def _described(rubric: Rubric) -> str:
    lines = ["The criteria:"]
    for criterion in rubric.criteria:
        lines.append(f"\n{criterion.name}: {criterion.description}")
        scale = {int(number): words for number, words in criterion.scale.items()}
        lines += [f"  {number} = {scale[number]}" for number in criterion.numbers]
    return "\n".join(lines)


def _asked(criterion: Criterion) -> dict[str, Any]:
    return table(
        {
            "evidence": {"type": "string", "description": "Quoted word for word from the answer, or empty."},
            "explanation": {"type": "string"},
            "score": {"type": "integer", "enum": criterion.numbers},
        }
    )


def _grade(criterion: Criterion, mark: Mark, answer: str) -> Grade:
    passed = mark.number >= criterion.pass_mark
    quoted = "" if not mark.evidence.strip() or is_quoted(mark.evidence, answer) else " (not in the answer)"
    evidence = f' Evidence: "{mark.evidence}"{quoted}' if mark.evidence.strip() else ""
    return Grade(
        criterion.score(mark.number),
        passed,
        answer=str(mark.number),
        reason=None if passed else "wrong",
        explanation=f"{mark.explanation}{evidence}",
    )
