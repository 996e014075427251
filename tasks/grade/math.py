r"""Mathematics compared by value: LaTeX and plain writing, fractions, surds, sets, matrices, formulas.

Most pairs are settled by how they are written (equivalence/text.py). What is left is parsed and compared in
a process that is killed when it takes too long (equivalence/child.py); nothing of an answer is ever evaluated
as a program.

    1/2, 0.5, \frac12            one number; 0.333 is not 1/3: what is not exact must agree to 12 decimals
    60%, 60\%, 0.6               one number; where the target is 60, so is 60%
    90^\circ, 5.4 \text{ cents}  90 and 5.4: a unit may be left out, and no other may stand there
    52_8                         52 in base 8: the base may be left out, and no other may stand there
    x = 5, 5                     one answer; y = 2x + 1 and 2x + 1 = y, too
    1,-2 and \{-2,1\}            lists and sets in any order; tuples and intervals in theirs, brackets and all
    \text{east}, (C)             words, compared as words

Source: the parser is math-verify's (github.com/huggingface/Math-Verify), over latex2sympy2-extended.
"""

import re
import time
from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.base import Grader, failed, lacking, right_answers, verdict
from tasks.grade.equivalence import workers
from tasks.grade.equivalence.text import (
    base_of,
    both_signs,
    digits_of,
    normal,
    parts,
    squeezed,
    too_much,
    unit_of,
    words,
)
from tasks.grade.equivalence.workers import TookTooLong
from tasks.model import Grade, Sample

DIGITS_APART = re.compile(r"(?<![_^\d])\d+\s+\d")  # and no index or exponent
SETS = ("\\pm", "\\mp", "\\cup", "\\cap", "\\in")  # what makes of one expression several values, or a set


@dataclass(frozen=True, kw_only=True)
class Math(Grader):
    """Compare the answer with each target as mathematics.

    An answer beyond all bounds (text.py) or that takes longer than `timeout_s` to compare is wrong.
    """

    type: ClassVar[str] = "math"
    version: ClassVar[str] = "2"
    apart: ClassVar[bool] = True
    stored: ClassVar[bool] = True

    extract: str = "boxed"
    timeout_s: float = 5.0

    def check(self, sample: Sample) -> None:
        """Refuse a sample without a target, or with one beyond the bounds. Raises: SuiteError."""
        for target in right_answers(sample):
            if (why := too_much(target)) is not None:
                raise lacking(sample, f"has a target that cannot be compared ({why})")

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Equal to one of the targets."""
        if (why := too_much(answer)) is not None:
            return failed("wrong", f"no answer that could be right: {why}", answer)
        targets = right_answers(sample)
        until = time.monotonic() + self.timeout_s
        try:
            passed = any(equal(target, answer, until) for target in targets)
        except TookTooLong as error:
            return failed("timeout", str(error), answer)
        return verdict(passed, answer, f"{answer!r} against {' or '.join(map(repr, targets))}")


def equal(target: str, answer: str, until: float) -> bool:
    """Whether two answers are the same; `until` is a time of the monotonic clock. Raises: TookTooLong."""
    if target.strip() == answer.strip():
        return True
    wanted, given = words(target), words(answer)
    if wanted is not None:
        plain = given if given is not None else " ".join(answer.casefold().strip("$ .()").split())
        return plain == wanted
    units = unit_of(target), unit_of(answer)
    if all(units) and units[0] != units[1]:
        return False
    return _same(normal(target), normal(answer), until)


def _same(target: str, answer: str, until: float) -> bool:
    if squeezed(target) == squeezed(answer):
        return True
    if bool(DIGITS_APART.search(target)) != bool(DIGITS_APART.search(answer)):
        return False
    numeral = base_of(target)
    if numeral is not None:
        return (base_of(answer) or (digits_of(answer), numeral[1])) == numeral
    wanted, given = parts(target), parts(answer)
    if wanted is None or given is None:
        one_only = (wanted is None) != (given is None)
        if one_only and not any(sign in target + answer for sign in SETS):
            return False  # a list is no single value: 1,1 is not 1
        return _parsed(target, answer, until)
    loose = {("", ""), ("{", "}")}
    brackets, theirs = (wanted[0], wanted[2]), (given[0], given[2])
    if brackets != theirs and not (brackets in loose and theirs in loose):
        return False
    if brackets not in loose:  # a tuple, an interval
        same_size = len(wanted[1]) == len(given[1])
        return same_size and all(map(_same, wanted[1], given[1], [until] * len(given[1])))
    ours, left = both_signs(wanted[1]), both_signs(given[1])
    if len(ours) != len(left):
        return False
    for part in ours:
        match = next((at for at, other in enumerate(left) if _same(part, other, until)), None)
        if match is None:
            return False
        left.pop(match)
    return True


def _parsed(target: str, answer: str, until: float) -> bool:
    left_s = until - time.monotonic()
    if left_s <= 0:
        raise TookTooLong("not compared in time")
    return bool(workers.equal(target, answer, left_s))
