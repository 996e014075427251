"""Which grader fits the targets, and why in words; with it the template and the bound that it wants.

choice        there are choices, or letters as targets and options in the questions
regex         the column is called so, or every target is written as a pattern
json_schema   the targets are JSON objects or arrays: each is its own schema ({"const": target})
json_only     there is a column of schemas, or the questions want JSON and there is no target
numeric       every target is a number
exact         few different targets, or targets that already stand in the question
includes      short texts, which an answer in a sentence contains
judge         long texts, which a model compares by their sense
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# A number and at most one word of unit; a date, a version or a code with a leading zero is none.
NUMBER = re.compile(
    r"\s*[-+−]?\s?[$€£¥₹]?\s?(?:[1-9]\d{0,2}(?:[,'_ \u00a0\u202f]\d{3})+|0|[1-9]\d*|(?=[.,]))(?:[.,]\d+)?"
    r"(?:[eE][+-]?\d+)?(?:\s?[%$€£¥₹°]|\s(?!(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[^\W\d_]{1,12}"
    r"|(?:k|c|m)?m|k?g|ms|s|h|[kmgt]b)?\s*\.?",
    re.IGNORECASE,
)
PATTERN = re.compile(r"^\^|\$$|\\[bdswBDSW]|\.\*|\.\+|\(\?[a-z:]|\[[^\]]+\][+*?]|^/.+/[a-z]*$")
OPTION_LINE = re.compile(r"(?:^|[\s(])[A-E][).:]\s*\S")
WITHOUT_SPACES = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)
ASKS_FOR_FORM = re.compile(
    r"\b(?:answer|reply|respond|return|output|give|write|end|state)\b[^.?!\n]{0,60}"
    r"\b(?:only|alone|just|exactly|nothing else|json|number|integer|form|format|boxed|word|letter|line)\b",
    re.IGNORECASE,
)
YES_NO = frozenset(
    {"yes", "no", "true", "false", "ja", "nein", "oui", "non", "si", "sì", "sí", "maybe", "unknown"}
)
# The answer alone on its line; quotes, emphasis, a full stop and "Answer:" before it are forgiven.
BARE_ANSWER = r"""(?is)^[\s"'*`]*(?:answer:[\s*"'`]*)?(.*?)[\s."'*`]*$"""
SHORT_CHARS, SHORT_WORDS = 60, 8
STATES_LETTER = "Answer: <letter>"


@dataclass(frozen=True)
class Rows:
    """What the guess is made from: of each row the question's text, the right answers, the choices."""

    inputs: Sequence[str]
    targets: Sequence[tuple[str, ...]]  # several where the column holds lists
    choices: Sequence[tuple[str, ...]]
    places: Sequence[str]  # where each row is, for a person
    target_name: str = ""
    has_schema: bool = False


@dataclass(frozen=True)
class GraderGuess:
    """Graders as suite.toml has them, why the first, and what goes with it."""

    graders: tuple[Mapping[str, Any], ...]
    why: str
    after: str = ""  # what the prompt says after the question, as Jinja
    target: str = "as it is"  # | "json" | "index from 0" | "index from 1" | "after ####"
    max_tokens: int = 1024
    notes: tuple[str, ...] = field(default=())

    @property
    def type(self) -> str:
        """The score's type."""
        return str(self.graders[0]["type"])


def guess_grader(rows: Rows) -> GraderGuess | None:
    """The grader that fits; None where there is no target and nothing says what a right answer is.

    Raises: ValueError: a target that names none of its choices; says in which row.
    """
    if not any(rows.targets):
        return _without_target(rows)
    if any(rows.choices):
        return _choice(rows)
    every = [target for targets in rows.targets for target in targets]
    if all("####" in target for target in every):
        return _after_marks(rows)
    for found in (_letters(rows, every), _regex(rows, every), _json(rows, every), _numeric(rows, every)):
        if found:
            return found
    return _text(rows, every)


def is_number(text: str) -> bool:
    """Whether a target is a number, perhaps with a currency or a unit."""
    return bool(NUMBER.fullmatch(text)) and any(char.isdigit() for char in text)


def stands_in(target: str, text: str) -> bool:
    """Whether the target stands in the text as a word or words of its own, case apart."""
    found = re.search(rf"(?<!\w){re.escape(target.strip().casefold())}(?!\w)", text.casefold())
    return bool(target.strip()) and found is not None


def _without_target(rows: Rows) -> GraderGuess | None:
    asks = _share(rows.inputs, lambda text: "json" in text.casefold())
    if rows.has_schema:
        return GraderGuess(
            ({"type": "json_only"}, {"type": "json_schema"}),
            'there is no target and a column "schema": the answer must be JSON alone, and fit it',
        )
    if asks >= 0.9:
        return GraderGuess(
            ({"type": "json_only"}, {"type": "json_present"}),
            "there is no target, and the questions want JSON: the answer must be JSON alone",
        )
    return None


def _choice(rows: Rows) -> GraderGuess:
    firsts = [targets[0].strip() if targets else "" for targets in rows.targets]
    pairs = list(zip(firsts, rows.choices, strict=True))
    for place, choices in zip(rows.places, rows.choices, strict=True):
        if not all(choice.strip() for choice in choices):
            raise ValueError(f"{place}: a choice is empty, and one after it is not")

    def bare(text: str) -> str:
        return text.strip("(). ").upper()

    as_text = [
        first.casefold() in {choice.strip().casefold() for choice in choices} for first, choices in pairs
    ]
    as_letter = [len(bare(first)) == 1 and bare(first) in LETTERS[: len(choices)] for first, choices in pairs]
    numbers = [int(first) if first.isascii() and first.isdigit() else -1 for first in firsts]
    from_0 = [0 <= number < len(choices) for number, (_, choices) in zip(numbers, pairs, strict=True)]
    from_1 = [1 <= number <= len(choices) for number, (_, choices) in zip(numbers, pairs, strict=True)]
    how, target, notes = "the text of a choice", "as it is", []
    if all(a or b for a, b in zip(as_text, as_letter, strict=True)):
        how = "the text of a choice" if all(as_text) else "the letter of a choice"
    elif all(from_0) and 0 in numbers:
        how, target = "the index of a choice, from 0", "index from 0"
    elif all(from_1):
        how, target = "the index of a choice, from 1", "index from 1"
        if not any(n == len(c) for n, (_, c) in zip(numbers, pairs, strict=True)):
            notes.append(
                "No target is 0 and none is the number of the last choice: from 1 on is a guess; look at it."
            )
    else:
        bad = next(at for at, (a, b) in enumerate(zip(as_text, as_letter, strict=True)) if not a and not b)
        raise ValueError(f"{rows.places[bad]}: the target is neither a letter nor the text of a choice")
    after = (
        "\n\n{% for choice in choices -%}\n"
        '{{ "' + LETTERS + '"[loop.index0] }}) {{ choice }}\n'
        "{% endfor %}\n"
        f"Think briefly. Then end with one line of the form\n\n{STATES_LETTER}"
    )
    why = f"there are choices, and every target is {how}"
    return GraderGuess(({"type": "choice"},), why, after, target, notes=tuple(notes))


def _letters(rows: Rows, every: Sequence[str]) -> GraderGuess | None:
    letters = {target.strip("(). ").upper() for target in every}
    options = _share(rows.inputs, lambda text: len(OPTION_LINE.findall(text)) >= 2)
    if len(letters) < 2 or not all(len(one) == 1 and one in LETTERS for one in letters) or options < 0.8:
        return None
    why = "every target is a letter, and the questions hold the options A), B), ..."
    after = "" if _asks_already(rows) else f"\n\nEnd with one line of the form\n\n{STATES_LETTER}"
    return GraderGuess(({"type": "choice"},), why, after)


def _regex(rows: Rows, every: Sequence[str]) -> GraderGuess | None:
    named = rows.target_name.casefold() in {"regex", "pattern"}
    if not named and not all(PATTERN.search(target) for target in every):
        return None
    why = f'the column is called "{rows.target_name}"' if named else "every target is written as a pattern"
    return GraderGuess(({"type": "regex"},), why, max_tokens=512)


def _json(rows: Rows, every: Sequence[str]) -> GraderGuess | None:
    if not all(target.lstrip()[:1] in {"{", "["} and _is_json(target) for target in every):
        return None
    asks = _share(rows.inputs, lambda text: "json" in text.casefold())
    return GraderGuess(
        ({"type": "json_schema", "name": "json_equal"}, {"type": "json_only"}),
        "every target is a JSON object or array: each is made the schema of its own answer, so that order "
        "and spacing are free and values are not; json_only says whether the answer was JSON alone",
        "" if asks >= 0.8 else "\n\nAnswer with JSON and nothing else.",
        "json",
    )


def _after_marks(rows: Rows) -> GraderGuess | None:
    """GSM8K's way: a worked solution, and the answer after `####`."""
    last = [tuple(target.rpartition("####")[2].strip() for target in targets) for targets in rows.targets]
    found = guess_grader(replace(rows, targets=last))
    if found is None or found.target != "as it is" or any(len(targets) != 1 for targets in last):
        return found
    return replace(found, target="after ####", why=f"{found.why} (what stands after ####)")


def _numeric(rows: Rows, every: Sequence[str]) -> GraderGuess | None:
    if not all(is_number(target) for target in every):
        return None
    after = (
        ""
        if _asks_already(rows)
        else "\n\nWork it out step by step, briefly. Then end with one line of the form\n\nAnswer: <number>"
    )
    entry = {"type": "numeric", "extract": "boxed" if _wants_box(rows) else "last_number"}
    return GraderGuess((entry,), f'every target is a number, such as "{every[0].strip()}"', after)


def _text(rows: Rows, every: Sequence[str]) -> GraderGuess:
    notes = _nearly_numbers(rows, every)
    counts = Counter(target.strip().casefold() for target in every)
    words = sorted(dict.fromkeys(target.strip() for target in every), key=str.casefold)
    if _wants_box(rows):
        why = r"the questions want the answer in \boxed{...}; it is compared as text, so 1/2 is not 0.5"
        return GraderGuess(({"type": "exact", "extract": "boxed"},), why, notes=notes)
    single = all(len(targets) <= 1 for targets in rows.targets)
    short = _share(
        every,
        lambda t: len(t.strip()) <= SHORT_CHARS and len(t.split()) <= SHORT_WORDS and "\n" not in t.strip(),
    )
    few = 2 <= len(counts) <= 20 and len(every) >= 2 * len(counts) and short == 1.0
    if single and (few or counts.keys() <= YES_NO):
        listed = ", ".join(words) if len(words) == len(counts) and len(words) <= 12 else ""
        after = f"\n\nReply with one of these alone: {_as_jinja(listed)}" if listed else _alone(rows)
        why = f"there are only {len(counts)} different targets, and the answer is to be one of them"
        return GraderGuess((_exact(every),), why, after, max_tokens=256, notes=notes)
    if short < 0.9:
        return GraderGuess(
            ({"type": "judge", "rubric": "reference"},),
            "the targets are long texts, which only a judge compares by their sense: name one with --judge "
            "provider/model. Where a few words must be in the answer, make them the target and take "
            '"includes"',
            notes=notes,
        )
    quoted = sum(
        any(stands_in(target, text) for target in targets)
        for targets, text in zip(rows.targets, rows.inputs, strict=True)
    )
    if quoted > 0.2 * len(rows.inputs) or any(len(target.strip()) == 1 for target in every):
        why = (
            f"{quoted} of {len(rows.inputs)} targets stand in their question already, so that an answer that "
            "repeats it must not pass"
            if quoted > 0.2 * len(rows.inputs)
            else "some targets are one character, which nearly every answer includes"
        )
        return GraderGuess((_exact(every),), why, _alone(rows), max_tokens=256, notes=notes)
    whole = not any(WITHOUT_SPACES.search(target) for target in every)
    why = "the targets are short texts, and an answer in a sentence includes them"
    why += "" if single else "; of several right answers any will do"
    entry = {"type": "includes", "whole": True} if whole else {"type": "includes"}
    return GraderGuess((entry,), why, max_tokens=256, notes=notes)


def _exact(every: Sequence[str]) -> dict[str, Any]:
    """`exact` with quotes and a full stop forgiven, where no target has these at its ends itself."""
    entry: dict[str, Any] = {"type": "exact", "ignore_case": True}
    if all(target.strip() == target.strip().strip(" .\"'*`\t\n") for target in every):
        entry["extract"] = BARE_ANSWER
    return entry


def _wants_box(rows: Rows) -> bool:
    return _share(rows.inputs, lambda text: "\\boxed" in text) >= 0.8


def _alone(rows: Rows) -> str:
    return "" if _asks_already(rows) else "\n\nReply with the answer alone, without a sentence around it."


def _nearly_numbers(rows: Rows, every: Sequence[str]) -> tuple[str, ...]:
    odd = [
        (place, target)
        for place, targets in zip(rows.places, rows.targets, strict=True)
        for target in targets
        if not is_number(target)
    ]
    if not odd or len(odd) > 0.2 * len(every):
        return ()
    place, target = odd[0]
    return (
        f'All targets but {len(odd)} are numbers; the first that is none is in {place} ("{target[:40]}"). '
        f'Without such the grader can be "numeric".',
    )


def _asks_already(rows: Rows) -> bool:
    return _share(rows.inputs, lambda text: bool(ASKS_FOR_FORM.search(text))) >= 0.8


def _share(texts: Sequence[str], claim: Any) -> float:
    return sum(bool(claim(text)) for text in texts) / len(texts) if texts else 0.0


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _as_jinja(text: str) -> str:
    return "{% raw %}" + text + "{% endraw %}" if "{" in text else text
