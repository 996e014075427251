"""Questions that are there twice, with one answer or with two."""

from collections.abc import Iterator, Sequence

from tasks.load.checks.subject import Finding, Severity, Subject, answers_of, folded
from tasks.model import Sample

Ids = tuple[str, ...]

APART = 10  # questions that are told one by one


def twice(subject: Subject) -> Iterator[Finding]:
    """Prompts that are one but for case and white space: one target is a duplicate, two contradict.

    The whole prompt counts, so that one question on two passages, or with other choices, is two questions.
    Where the grader heeds case, two spellings may be two questions (programs, strings): they are, where the
    targets are two spellings too, and perhaps, where these are different altogether.
    """
    exact = _is_exact(subject)
    groups: dict[str, list[Sample]] = {}
    for sample in subject.samples:
        prompt = subject.prompts.get(sample.sample_id)
        if prompt is not None:
            groups.setdefault(folded(prompt), []).append(sample)
    same: list[Ids] = []
    contradict: list[Ids] = []
    doubtful: list[Ids] = []
    for samples in groups.values():
        if len(samples) < 2:
            continue
        ids = tuple(sample.sample_id for sample in samples)
        right = {frozenset(map(folded, answers_of(sample))) for sample in samples}
        spelled = {frozenset(map(str.strip, answers_of(sample))) for sample in samples}
        prompts = {subject.prompts[sample_id].strip() for sample_id in ids}
        if len(spelled) == 1 or (len(right) == 1 and not exact):
            same.append(ids)
        elif not exact or len(prompts) == 1:
            contradict.append(ids)
        elif len(right) > 1:
            doubtful.append(ids)
    keep = "keep one row; several right answers of one question are its targets (a list)"
    what = "one question has different targets"
    yield from _findings(contradict, "error", "contradictory_targets", "target", what, keep)
    what = "questions that differ by case or white space alone have different targets"
    yield from _findings(doubtful, "warning", "contradictory_targets", "target", what, keep)
    yield from _findings(
        same,
        "warning",
        "duplicate_questions",
        subject.template_names,
        "one question is there more than once, and counts as often",
        "keep one row, or give them one cluster",
    )


def _findings(
    groups: Sequence[Ids], severity: Severity, check: str, column: str, what: str, remedy: str
) -> Iterator[Finding]:
    """A finding a question; the questions beyond the first ten in one."""
    for ids in groups[:APART]:
        yield Finding(severity, check, ids, column, what, remedy)
    if len(groups) > APART:
        rest = tuple(sample_id for ids in groups[APART:] for sample_id in ids)
        more = f"{what} (so are {len(groups) - APART} more questions)"
        yield Finding(severity, check, rest, column, more, remedy)


def _is_exact(subject: Subject) -> bool:
    """Whether case and white space may tell two questions apart: programs, strings."""
    grader = subject.suite.graders[0]
    if grader.options.get("extract") in {"code", "sql"}:
        return True
    return grader.type in {"exact", "regex"} and not grader.options.get("ignore_case", False)
