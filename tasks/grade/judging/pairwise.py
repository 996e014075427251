"""A judge compares two models' answers to the same sample, in both orders, ties allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from tasks.grade.base import right_answers
from tasks.grade.judging.base import (
    FENCED,
    AskingGrader,
    Conversation,
    VerdictError,
    question_of,
    read_object,
    table,
    text_in,
)
from tasks.grade.judging.fence import fence
from tasks.grade.judging.rubric import Rubric, find_rubric
from tasks.model import Answer, Message, Sample, short_hash

PROMPT_VERSION = "1"
Place = Literal["first", "second", "tie"]
PLACES: tuple[Place, ...] = ("first", "second", "tie")
INTRODUCTION = """\
You compare two answers that language models gave to the same question, and say which one serves who asked
better, or that neither does. The order in which they are shown means nothing, nor does their length."""
HOW = """\
First quote the passage of either answer that decides (evidence), then say in one or two sentences what
follows from it (explanation), then name the winner: first, second or tie."""


@dataclass(frozen=True)
class Comparison:
    """What a judge says of two answers in one order."""

    winner: Place
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Pairwise(AskingGrader):
    """Ask the run's judge which of two variants' answers is better, once in either order.

    What it says lands in the table `pairs`, not in `grades`: it compares and does not score. `criteria` says
    what counts, `rubric` takes the criteria of one. With `reference` the sample's right answer is shown.
    """

    type: ClassVar[str] = "pairwise"
    scores: ClassVar[bool] = False

    rubric: str = ""
    criteria: str = ""
    reference: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rubric:
            find_rubric(self.rubric)

    @property
    def version(self) -> str:  # type: ignore[override]  # the class's is of graders without a rubric
        """Another for other criteria or another prompt."""
        return f"{PROMPT_VERSION}+{short_hash([self._criteria(), self.reference])}"

    def request(self, sample: Sample, question: Sequence[Message], first: str, second: str) -> Conversation:
        """What the judge is sent about two answers."""
        parts = {"question": question_of(question)}
        if self.reference and (sample.targets or sample.target is not None):
            parts["reference"] = "\n\nor\n\n".join(right_answers(sample))
        fenced, name = fence({**parts, "first answer": first, "second answer": second})
        user = f"{fenced}\n\nThe markers of this request are named {name}. Which answer is better?"
        return Message(role="system", content=self.system()), Message(role="user", content=user)

    def schema(self) -> dict[str, Any]:
        """Evidence, what follows from it, and who wins."""
        return table(
            {
                "evidence": {
                    "type": "string",
                    "description": "Quoted word for word, or empty.",
                },
                "explanation": {"type": "string"},
                "winner": {"type": "string", "enum": list(PLACES)},
            }
        )

    def system(self) -> str:
        """What every request of this grader begins with."""
        return "\n\n".join(part for part in (INTRODUCTION, self._criteria(), FENCED, HOW) if part)

    def read(self, answer: Answer) -> Comparison:
        """The verdict.

        Raises: VerdictError: there is none, or its winner is not one of the three words.
        """
        found = read_object(answer)
        explanation = text_in(found, "explanation")
        for word in PLACES:
            if found.get("winner") == word:
                return Comparison(word, explanation)
        raise VerdictError(f"the winner {str(found.get('winner'))[:40]!r} is none of {', '.join(PLACES)}")

    def _criteria(self) -> str:
        parts = [f"What counts: {self.criteria}"] if self.criteria else []
        if self.rubric:
            parts.append(_listed(find_rubric(self.rubric)))
        return "\n\n".join(parts)


def _listed(rubric: Rubric) -> str:
    lines = [f"- {criterion.name}: {criterion.description}" for criterion in rubric.criteria]
    return "\n".join([*([rubric.guidance, ""] if rubric.guidance else []), "What counts:", *lines])
