"""Targets that are empty, left open, unfit for the grader, or that stand in the prompt already."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from tasks.load.checks.subject import TEXT_GRADERS, Finding, Subject, answers_of, folded, question_of
from tasks.model import Sample

# What a spreadsheet writes where a formula failed, and what people write where a value is to come.
LEFT_OPEN = re.compile(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)|n/?a|tbd|tba|todo|fixme|xxx+|\?+|nan",
    re.IGNORECASE,
)
FAILED_FORMULA = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)")
SAYS_ANSWER = (
    r"(?:answer|solution|target|expected|antwort|lösung|respuesta|réponse|risposta|resposta|ответ|答案)"
    r"(?:\s+(?:here\s+)?(?:is|was|are|ist|lautet|es|est|è))?\s*[:=\-–—>]*\s*[\"'“”‘’*_(\[`]{0,3}|####\s*"
)
NATURE_SHARE = 0.12  # where so many targets stand in their question, they are to be found there
NATURE_ROWS = 5
SHORTEST = 3  # characters; a shorter target stands in many a text by chance
JSON_GRADERS = ("json_only", "json_present", "json_schema")
TEMPLATE_PRINTS = re.compile(r"\{[{%][^}]*\b(?:target|targets)\b[^}]*[}%]\}")
MAJORITY_SHARE, MAJORITY_ROWS = 0.9, 10


def empty(subject: Subject) -> Iterator[Finding]:
    """Targets that are missing, blank, left open, or that a grader refuses."""
    blank, open_, refused = [], [], {}
    for sample in subject.samples:
        answers = answers_of(sample)
        if (answers or _has_target(sample)) and not all(answer.strip() for answer in answers or ("",)):
            blank.append(sample.sample_id)
        elif why := subject.refused(sample):
            refused[sample.sample_id] = why
        elif any(_is_open(answer, subject) for answer in answers):
            open_.append(sample.sample_id)
    if blank:
        yield Finding(
            "error", "empty_target", tuple(blank), "target", "the target is empty",
            "fill it in, or leave the row out in samples.sql (where ...)",
        )  # fmt: skip
    if refused:
        yield Finding(
            "error", "unfit_target", tuple(refused), "target", _first_reason(refused, subject),
            "mend the targets, or take another grader in suite.toml",
        )  # fmt: skip
    if open_:
        yield Finding(
            "warning", "open_target", tuple(open_), "target",
            "the target is a formula's error or a word for a value that is to come", "fill it in",
        )  # fmt: skip


def leaked(subject: Subject) -> Iterator[Finding]:
    """Targets that the prompt gives away.

    By the template, which prints them; by words such as "the answer is" before them; by a mark on the right
    choice; or, for graders of text, because they stand in the question. Where that is so in many rows
    the answer is meant to be found in the text (or is one of the labels that the question lists): then
    it is a note.
    """
    if subject.suite.prompt is not None and TEMPLATE_PRINTS.search(subject.suite.prompt):
        ids = tuple(sample.sample_id for sample in subject.samples)
        yield Finding(
            "error", "leaked_target", ids, "prompt.jinja", "the template prints the target",
            "take it out of the template",
        )  # fmt: skip
        return
    said, marked, within = [], [], []
    for sample in subject.samples:
        question = question_of(sample, subject.prompts)
        answers = [answer for answer in answers_of(sample) if answer.strip()]
        if any(_is_said(answer, question) for answer in answers):
            said.append(sample.sample_id)
        elif _marks_one(sample.choices):
            marked.append(sample.sample_id)
        elif subject.score in ("exact", "includes") and _all_stand(answers, question, subject):
            within.append(sample.sample_id)
    if said:
        yield Finding(
            "error", "leaked_target", tuple(said), "input",
            'the question says its answer, after a word such as "Answer:"', "take it out of the question",
        )  # fmt: skip
    if marked:
        yield Finding(
            "error", "leaked_target", tuple(marked), "choices",
            "one of the choices is marked as the right one", "take the mark out of the choice",
        )  # fmt: skip
    if within:
        meant = len(within) >= max(NATURE_ROWS, NATURE_SHARE * len(subject.samples))
        yield Finding(
            "note" if meant else "warning", "leaked_target", tuple(within), "input",
            f"the target stands in the question itself ({len(within)} of {len(subject.samples)} samples)",
            "where the answer is to be found in the text, none" if meant
            else "reword the question" if subject.score == "exact"
            else 'reword the question; or take "exact", which an answer that repeats it does not pass',
        )  # fmt: skip


def one_sided(subject: Subject) -> Iterator[Finding]:
    """One target for nearly every row, where there are no choices: who always says it scores as much."""
    scored = [sample for sample in subject.samples if sample.scored and not sample.choices]
    counts = Counter(folded(answer) for sample in scored for answer in answers_of(sample)[:1])
    if len(scored) < MAJORITY_ROWS or not counts or subject.score not in {*TEXT_GRADERS, "numeric"}:
        return
    top, n = counts.most_common(1)[0]
    if n >= MAJORITY_SHARE * len(scored):
        ids = tuple(s.sample_id for s in scored if answers_of(s)[:1] and folded(answers_of(s)[0]) == top)
        yield Finding(
            "warning", "one_sided_targets", ids, "target",
            f"{n} of {len(scored)} targets are the same, and a model that always says it is as often right",
            "add questions with other answers",
        )  # fmt: skip


def _has_target(sample: Sample) -> bool:
    """Whether the suite has a column of targets at all."""
    return "target" in sample.row or "targets" in sample.row


def _is_open(answer: str, subject: Subject) -> bool:
    """A code that a function returns may well be `nan` or `?`; a failed formula is nobody's answer."""
    if FAILED_FORMULA.fullmatch(answer.strip()):
        return True
    return subject.score != "regex" and bool(LEFT_OPEN.fullmatch(answer.strip()))


def _first_reason(refused: dict[str, str], subject: Subject) -> str:
    if subject.suite.sealed:
        return "a grader cannot judge it"
    sample_id, why = next(iter(refused.items()))
    return f"a grader cannot judge it; {sample_id}: {why}"


def _is_said(answer: str, question: str) -> bool:
    if len(answer) > 200:
        return False
    return any(
        not question[match.end() : match.end() + 1].isalnum()
        and not re.match(r"[.,]\d", question[match.end() : match.end() + 2])
        for match in _said_pattern(answer.strip()).finditer(question)
    )


@lru_cache(maxsize=4096)
def _said_pattern(answer: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{SAYS_ANSWER})(?<![\w.]){re.escape(answer)}", re.IGNORECASE)


def _marks_one(choices: tuple[str, ...]) -> bool:
    marks = [
        bool(re.search(r"[(\[](?:correct|right|true answer|richtig)[)\]]|[✓✔☑✅]", choice, re.IGNORECASE))
        for choice in choices
    ]
    return sum(marks) == 1


def _all_stand(answers: list[str], question: str, subject: Subject) -> bool:
    """Whether repeating the question would do: with `match = "all"` every target must stand there."""
    every = subject.suite.graders[0].options.get("match") == "all"
    stand = [_stands(answer, question) for answer in answers]
    return bool(stand) and (all(stand) if every else any(stand))


def _stands(answer: str, question: str) -> bool:
    target = folded(answer)
    if len(target) < SHORTEST or target.replace(".", "").replace(",", "").isdigit():
        return False
    text, at = folded(question), -1
    while (at := text.find(target, at + 1)) >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(target) : at + len(target) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
    return False
