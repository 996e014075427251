"""What every check is given, and what it returns."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.model import Sample, Suite

Severity = Literal["error", "warning", "note"]
ORDER: Mapping[str, int] = {"error": 0, "warning": 1, "note": 2}
TEXT_GRADERS = ("exact", "includes", "regex")


@dataclass(frozen=True)
class Finding:
    """One thing that was found: where, and what to do. It quotes no text of the suite.

    An error spoils the score, a warning probably does; a note is for knowing.
    """

    severity: Severity
    check: str
    sample_ids: tuple[str, ...]
    column: str | None
    what: str
    remedy: str


@dataclass(frozen=True)
class Subject:
    """A suite with what is needed to judge it.

    `prompts` are the rendered ones by sample_id; `refused` says of a sample why the graders cannot judge it;
    `contexts` are the contexts of models in tokens, and `tokens` estimates those of a prompt.
    """

    suite: Suite
    sql: str
    prompts: Mapping[str, str]
    refused: Callable[[Sample], str | None]
    contexts: Mapping[str, int]
    tokens: Callable[[str], int]

    @property
    def samples(self) -> Sequence[Sample]:
        """All samples."""
        return self.suite.samples

    @property
    def score(self) -> str:
        """The type of the first grader."""
        return self.suite.graders[0].type

    @property
    def template_names(self) -> str:
        """What prints the question: the template's file, or the column."""
        return "prompt.jinja" if self.suite.prompt is not None else "input"


def question_of(sample: Sample, prompts: Mapping[str, str]) -> str:
    """What the row itself asks: its input, the turns of its messages, else the whole prompt."""
    if sample.messages:
        return "\n".join(turn["content"] for turn in sample.messages)
    return sample.input if sample.input is not None else prompts.get(sample.sample_id, "")


def answers_of(sample: Sample) -> tuple[str, ...]:
    """Every right answer."""
    return sample.targets or (() if sample.target is None else (sample.target,))


def folded(text: str) -> str:
    """Case, compatible forms and white space apart."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
