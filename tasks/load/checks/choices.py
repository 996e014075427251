"""The letters of multiple choice: balanced or not, and choices that cannot be told apart."""

from collections import Counter
from collections.abc import Iterator
from math import sqrt

from tasks.load.checks.subject import Finding, Subject, answers_of, folded
from tasks.model import Sample

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FEWEST = 8  # rows; fewer say nothing of balance
SIGMAS = 4.0  # from balance: chance alone goes so far once in 16,000 suites
FAR = 1.5  # times the share that is due


def balance(subject: Subject) -> Iterator[Finding]:
    """The right letter is always the same, or one letter comes far more often than chance has it."""
    found = [
        (letter, len(sample.choices), sample.sample_id)
        for sample in subject.samples
        if sample.scored and (letter := right_letter(sample, subject.score)) is not None
    ]
    counts = Counter(letter for letter, _, _ in found)
    if len(found) < 3 or not counts:
        return
    top, n = counts.most_common(1)[0]
    ids = tuple(sample_id for letter, _, sample_id in found if letter == top)
    if n == len(found):
        yield Finding(
            "error" if len(found) >= FEWEST else "warning", "unbalanced_choices", ids, "target",
            f"the right letter is always {top}", "put the choices in another order, row by row",
        )  # fmt: skip
        return
    sizes = [size or max(2, LETTERS.index(max(counts)) + 1) for _, size, _ in found]
    due = sum(
        1 / size for size, (letter, _, _) in zip(sizes, found, strict=True) if LETTERS.index(top) < size
    )
    spread = sqrt(sum((1 / size) * (1 - 1 / size) for size in sizes))
    if len(found) >= FEWEST and n > due + SIGMAS * spread and n > FAR * due:
        yield Finding(
            "warning", "unbalanced_choices", ids, "target",
            f"{top} is right in {n} of {len(found)} samples, where {due:.0f} are its due",
            "put the choices in another order, row by row",
        )  # fmt: skip


def twins(subject: Subject) -> Iterator[Finding]:
    """Two choices of one row that are the same text, case and white space apart."""
    ids = tuple(
        sample.sample_id
        for sample in subject.samples
        if sample.scored and len({_exact(choice) for choice in sample.choices}) < len(sample.choices)
    )
    if ids:
        yield Finding(
            "error", "twin_choices", ids, "choices", "two choices are the same text",
            "reword one of them: a model that picks the other is graded wrong",
        )  # fmt: skip


def right_letter(sample: Sample, score: str) -> str | None:
    """The letter of the right choice; None where there are no choices, or it names none of them."""
    answers = answers_of(sample)
    if len(answers) != 1 or (not sample.choices and score != "choice"):
        return None
    bare = answers[0].strip().strip("().").upper()
    if len(bare) == 1 and bare in LETTERS[: len(sample.choices) or 26]:
        return bare
    texts = [folded(choice) for choice in sample.choices]
    return LETTERS[texts.index(folded(answers[0]))] if folded(answers[0]) in texts[:26] else None


def _exact(choice: str) -> str:
    """Choices may differ by case alone, as names of variables do."""
    return " ".join(choice.split())
