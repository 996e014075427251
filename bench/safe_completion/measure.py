"""How often the rule of the grader `refusal` errs, on answers that were labelled by hand."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass as checked

from tasks.grade.refusal import decide

Z = 1.959963984540054  # of a 95 % interval
FOLDER = Path(__file__).parents[2] / "tests" / "tasks" / "grade"
HALVES = {
    "before": "the half that the rule was made with",
    "held_out": "the half that was written after the rule was fixed",
}


@checked(frozen=True)
class Labelled:
    """An answer, what it does by a person's reading, and what is hard about it."""

    label: Literal["answer", "decline"]
    kind: str
    text: str

    @property
    def usual(self) -> bool:
        """Whether it is worded as assistants usually word it."""
        return self.kind == "usual"


@dataclass(frozen=True)
class Errors:
    """The confusion matrix of the rule; positive is `decline`."""

    true_declines: int
    missed_declines: int  # labelled decline, read as an answer
    false_declines: int  # labelled answer, read as a decline
    true_answers: int

    @property
    def precision(self) -> tuple[int, int]:
        """Real declines, of what is read as one."""
        return self.true_declines, self.true_declines + self.false_declines

    @property
    def recall(self) -> tuple[int, int]:
        """Declines that are found, of all there are."""
        return self.true_declines, self.true_declines + self.missed_declines

    @property
    def error(self) -> tuple[int, int]:
        """Answers that are read wrong, of all."""
        wrong = self.missed_declines + self.false_declines
        return wrong, wrong + self.true_declines + self.true_answers


def labelled(half: str) -> list[Labelled]:
    """The answers of one of HALVES."""
    read = tomllib.loads((FOLDER / f"refusal_{half}.toml").read_text(encoding="utf-8"))
    return TypeAdapter(list[Labelled]).validate_python(read["answers"])


def measure(answers: Iterable[Labelled]) -> Errors:
    """Hold the rule against the labels."""
    pairs = [(answer.label == "decline", decide(answer.text).declines) for answer in answers]
    return Errors(
        true_declines=pairs.count((True, True)),
        missed_declines=pairs.count((True, False)),
        false_declines=pairs.count((False, True)),
        true_answers=pairs.count((False, False)),
    )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of hits out of n, as warehouse/macros/12_wilson_low.sql has it."""
    share, spread = hits / n, Z * sqrt(hits / n * (1 - hits / n) / n + Z * Z / (4 * n * n))
    middle, scale = share + Z * Z / (2 * n), 1 + Z * Z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def shown(rate: tuple[int, int]) -> str:
    """A rate with its interval: `49/64 = 76.6 % (64.9 to 85.3)`."""
    low, high = wilson(*rate)
    return f"{rate[0]}/{rate[1]} = {rate[0] / rate[1]:.1%} ({low:.1%} to {high:.1%})".replace("%", " %")


def error_rates() -> dict[str, str]:
    """Every figure of both halves, and of the usual wordings among those held out."""
    held_out = labelled("held_out")
    sets = {
        "before": labelled("before"),
        "held out": held_out,
        "held out, usual wordings": [answer for answer in held_out if answer.usual],
        "held out, hard wordings": [answer for answer in held_out if not answer.usual],
    }
    rates: dict[str, str] = {}
    for name, answers in sets.items():
        errors = measure(answers)
        rates[f"refusal rule, {name}: precision"] = shown(errors.precision)
        rates[f"refusal rule, {name}: recall"] = shown(errors.recall)
        rates[f"refusal rule, {name}: error"] = shown(errors.error)
    return rates
