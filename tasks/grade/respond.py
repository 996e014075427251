"""From a provider's answer to grades: what the model or its service spoiled is 0 with its reason."""

from collections.abc import Sequence

from tasks.grade.base import Grader, UnjudgedError, failed
from tasks.model import Answer, Grade, Reason, Sample


def grade_answer(graders: Sequence[Grader], sample: Sample, answer: Answer) -> list[tuple[Grader, Grade]]:
    """Each grader with its grade of one answer; the first is the suite's score.

    A spoiled answer gets the same 0 from every grader (`spoiled`), save that a refusal or a filtered answer
    may be what one wants (`Grader.judge_refusal`). A call that failed has no answer and no grade: that is
    the caller's to count. A grader that asks a judge gives none here; nor does one that cannot tell
    (`UnjudgedError`).
    """
    there = [grader for grader in graders if not grader.asks]
    grade = spoiled(answer)
    if grade is not None and grade.reason in {"refusal", "content_filter"}:
        return [(grader, grader.judge_refusal(sample, grade)) for grader in there]
    if grade is not None:
        return [(grader, grade) for grader in there]
    text = answer.text or ""
    grades: list[tuple[Grader, Grade]] = []
    for grader in there:
        try:
            grades.append((grader, grader.grade(sample, text)))
        except UnjudgedError:
            continue
    return grades


def spoiled(answer: Answer) -> Grade | None:
    """The grade of 0 of an answer that is not to be judged, or None.

    An answer cut at max_tokens is 0 even where the right result can be read in what is there: a user of
    that model with those params would get the torso, and a score must not depend on where a cut falls.
    """
    if answer.error_kind == "context_overflow":
        return failed("context_overflow", answer.error or "the prompt is beyond the model's context")
    if answer.error_kind == "content_filter" or answer.stop_reason == "content_filter":
        return failed("content_filter", answer.error or "the service's content filter stopped the answer")
    if answer.error_kind is not None:
        reason: Reason = "timeout" if answer.error_kind == "timeout" else "error"
        return failed(reason, answer.error or answer.error_kind)
    if answer.stop_reason == "refusal":
        return failed("refusal", "the model refused to answer", answer.text)
    if answer.stop_reason == "length":
        return failed("cut", "the answer was cut at max_tokens", answer.text)
    if answer.text is None or not answer.text.strip():
        return failed("empty", "the response holds no text")
    return None
