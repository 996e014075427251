r"""math: pairs by hand, every MATH answer in three rewritings, and answers that are attacks.

The pairs lie in equivalence/pairs.txt, target first.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
import sympy
from math_verify import LatexExtractionConfig, parse
from sympy import latex

from tasks.grade.equivalence import workers
from tasks.grade.equivalence.text import too_much, words
from tasks.grade.equivalence.workers import TookTooLong
from tasks.grade.math import Math
from tasks.grade.registry import make_grader
from tasks.model import GraderConfig, Sample

GRADER = Math()
PAIRS = Path(__file__).parent / "equivalence" / "pairs.txt"


def sample(target: str) -> Sample:
    return Sample(sample_id="s", row={}, target=target, targets=(target,))


def pairs() -> list[tuple[str, str, bool]]:
    """Target, answer, and whether they are the same."""
    lines = [line for line in PAIRS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    found = []
    for line in lines:
        target, sign, answer = re.split(r" (==|!=) ", line, maxsplit=1)
        found.append((target, answer, sign == "=="))
    return found


def test_there_are_two_hundred_pairs_of_both_kinds() -> None:
    kinds = [same for _, _, same in pairs()]
    assert len(kinds) >= 200
    assert 0.4 < sum(kinds) / len(kinds) < 0.6
    assert len({(target, answer) for target, answer, _ in pairs()}) == len(kinds)


@pytest.mark.parametrize(("target", "answer", "same"), pairs())
def test_a_pair(target: str, answer: str, same: bool) -> None:
    grade = GRADER.compare(sample(target), answer)
    assert grade.passed == same, grade.explanation
    assert grade.reason == (None if same else "wrong")


def spaced(text: str) -> str:
    """Other spaces and another fraction."""
    text = text.replace("\\frac", "\\dfrac").replace("+", " + ")
    text = text if re.search(r"\d,(\\!)?\s*\d{3}", text) else text.replace(",", ", ")
    return f"$ {text} $" if "\\text" not in text else text


def bracketed(text: str) -> str:
    """Brackets that grow, and a full stop."""
    if "\\left" in text or "begin" in text:
        text = text.replace("\\left", "").replace("\\right", "")
    elif text[:1] in "([" and text[-1:] in ")]" and "," in text:
        text = f"\\left{text[:-1]}\\right{text[-1]}"
    return f"{text}."


def valued(text: str) -> str:
    """Another form of the same value: a quotient, a number with a point, a list turned round."""
    if re.fullmatch(r"-?\d+", text):
        return f"{text}.0"
    if found := re.fullmatch(r"(-?)\\d?frac\{(\d+)\}\{(\d+)\}", text):
        return f"{found[1]}{int(found[2]) * 3}/{int(found[3]) * 3}"
    if re.fullmatch(r"[-\d]+(,\s*[-\d]+)+", text) and not re.search(r",\d{3}", text):
        return ", ".join(reversed([part.strip() for part in text.split(",")]))
    return text.replace("\\sqrt2", "\\sqrt{2}").replace(" ", "")


def spoiled(text: str) -> str:
    """Another value: the last digit changed, else a word more."""
    digits = list(re.finditer(r"\d", re.split(r"\\text|\\mbox", text)[0]))
    if not digits:
        return f"{text}+1" if "\\text" not in text else "\\text{neither}"
    at = digits[-1].start()
    return f"{text[:at]}{(int(text[at]) + 1) % 9 + 1}{text[at + 1 :]}"


@pytest.mark.parametrize("rewritten", [spaced, bracketed, valued])
def test_every_answer_of_math_is_the_same_rewritten(
    shared_data: Path, rewritten: Callable[[str], str]
) -> None:
    lines = (shared_data / "math500" / "math500.jsonl").read_text(encoding="utf-8").splitlines()
    answers = [json.loads(line)["answer"] for line in lines]
    assert len(answers) == 500
    changed = 0
    for answer in answers:
        other = rewritten(answer)
        changed += other != answer
        assert GRADER.compare(sample(answer), other).passed, (answer, other)
    assert changed > 150


def test_and_no_answer_of_math_is_the_same_spoiled(shared_data: Path) -> None:
    lines = (shared_data / "math500" / "math500.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        answer = json.loads(line)["answer"]
        grade = GRADER.compare(sample(answer), spoiled(answer))
        assert not grade.passed, (answer, spoiled(answer))


def reprinted(answer: str) -> dict[str, str]:
    """What SymPy prints of the value of an answer: as LaTeX, as plain text, in other forms of it."""
    config = [LatexExtractionConfig(boxed_match_priority=0)]
    value = parse(f"\\boxed{{{answer}}}", extraction_config=config, parsing_timeout=None)[0]
    forms = {
        "latex": latex(value),
        "slashes": latex(value, fold_short_frac=True),
        "times": latex(value, mul_symbol="times"),
        "powers for roots": latex(value, root_notation=False),
    }
    if isinstance(value, sympy.Expr):
        forms["plain"] = str(value)
        for form in (sympy.expand, sympy.factor, sympy.together, sympy.radsimp, sympy.simplify):
            forms[form.__name__] = latex(form(value))
    if isinstance(value, sympy.Expr) and value.is_Rational and "_" not in answer:
        number = sympy.Rational(value)
        forms["unreduced"] = f"\\dfrac{{{3 * number.p}}}{{{3 * number.q}}}"
        if set(sympy.factorint(number.q)) <= {2, 5}:
            forms["decimal"] = format(Decimal(int(number.p)) / Decimal(int(number.q)), "f")
    return {name: form for name, form in forms.items() if form != answer}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_answer_of_math_is_the_same_as_sympy_prints_its_value(shared_data: Path) -> None:
    lines = (shared_data / "math500" / "math500.jsonl").read_text(encoding="utf-8").splitlines()
    tried = Counter[str]()
    for answer in [json.loads(line)["answer"] for line in lines]:
        if words(answer) is not None:  # a word's letters are no factors
            continue
        for name, form in reprinted(answer).items():
            tried[name] += 1
            assert GRADER.compare(sample(answer), form).passed, (name, answer, form)
            assert GRADER.compare(sample(form), answer).passed, (name, form, answer)
    assert sum(tried.values()) > 1_500, tried
    assert min(tried.values()) > 10, tried


HOSTILE = {
    "a call": "\\boxed{__import__('os').system('touch {canary}')}",
    "a call in text": "\\text{__import__('os').system('touch {canary}')}",
    "open": "open('{canary}', 'w').write('x')",
    "lambda": "(lambda: exec('import os'))()",
    "attributes": "().__class__.__bases__[0].__subclasses__()",
    "a tower": "9**9**9**9",
    "a tower in LaTeX": "9^{9^{9^{9}}}",
    "a large power": "2^{99999999}",
    "a factorial": "99999999!",
    "nested factorials": "((9!)!)!",
    "ten thousand braces": "{" * 10_000 + "1" + "}" * 10_000,
    "ten thousand brackets": "(" * 10_000,
    "a long number": "9" * 100_000,
    "a long sum": "+".join(["x"] * 20_000),
    "many roots": "\\sqrt{" * 300 + "2" + "}" * 300,
    "a binomial": "\\binom{99999999}{49999999}",
    "an endless sum": "\\sum_{n=1}^{999999999} \\frac{1}{n^2}",
    "a hard integral": "\\int_0^{\\infty} \\frac{\\sin(x^x)}{x^{x^x}} dx",
    "a large matrix": "\\begin{pmatrix}" + "\\\\".join(["&".join(["x^{99}"] * 12)] * 12) + "\\end{pmatrix}",
    "a large expansion": "(a+b+c+d+e+f+g)^{300}",
    "control characters": "\x00\x1b[31m1\x07",
    "another script": "٣",
    "backslashes": "\\" * 500,
    "unbalanced": "}}}}{{{{",
    "a macro": "\\def\\a{\\a\\a}\\a",
    "an input": "\\input{/etc/passwd}",
    "percent": "%" * 500,
    "a lone surrogate": "\ud800",
    "commas": "," * 500,
    "nothing": "",
}


@pytest.mark.parametrize("answer", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
@pytest.mark.parametrize("target", ["1", "x^2+1", "(1,2)"])
def test_an_attack_is_wrong_in_bounded_time_and_nothing_is_run(
    tmp_path: Path, answer: str, target: str
) -> None:
    canary = tmp_path / "canary"
    grader = Math(timeout_s=2.0)
    began = time.monotonic()
    grade = grader.compare(sample(target), answer.replace("{canary}", str(canary)))
    assert not grade.passed
    assert grade.reason in {"wrong", "timeout"}
    assert time.monotonic() - began < 60, "bounded, also where this machine has much to do"
    assert not canary.exists()


def test_the_parser_s_process_evaluates_no_text_and_ends_when_it_takes_too_long() -> None:
    assert workers.equal("2", "1+1", 20.0) is True
    assert workers.equal("2", "__import__('os').getpid()", 20.0) is not True
    with pytest.raises(TookTooLong):
        workers.equal("1", "\\int_0^{\\infty} \\frac{\\sin(x^x)}{x^{x^x}} dx" + " + x" * 40, 0.0)
    assert workers.equal("2", "1+1+0", 20.0) is True, "another process has its place"


def test_bounds_are_said() -> None:
    assert too_much("x" * 601) == "more than 600 characters"
    assert too_much("(" * 13) == "nested more than 12 deep"
    assert too_much("9" * 61) == "a number of more than 60 digits"
    assert too_much("9^{9^9}") == "a power that nobody can work out"
    assert too_much("x^{100}") is None


def test_it_takes_the_box() -> None:
    grader = make_grader(GraderConfig("math", {}), "here")
    assert grader.grade(sample("\\frac{1}{2}"), "So it is $\\boxed{0.5}$.").passed
    assert grader.grade(sample("\\frac{1}{2}"), "So it is 0.5.").reason == "unparsable"
