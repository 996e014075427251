"""What can be said of two answers by how they are written, and what may be handed to a parser at all.

Nothing here evaluates anything. Bounds come first: a text beyond them answers no question that has an answer.
"""

import re
from collections.abc import Sequence

MAX_CHARS = 600
MAX_DEPTH = 12  # of brackets and braces
MAX_DIGITS = 60  # of a number
MAX_EXPONENT = 3  # digits of one
MAX_PARTS = 24  # of a tuple, a set, a list

OPENING, CLOSING = "([{", ")]}"
_SPACES = re.compile(r"(?<!\\)\\(?:[,;:! ]|quad|qquad|thinspace|displaystyle|limits)|~|\s+")
_WRAPPED = re.compile(r"\\(?:text|mbox|mathrm|textbf|mathbf|textit|operatorname)\s*\{([^{}]*)\}")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\Z")  # the whole text: (100,200) is a pair
_UNIT = re.compile(r"\s*\\(?:text|mbox|mathrm)\s*\{[^{}]*\}(?:\^\{?\d\}?)?\s*\Z")
_DEGREES = re.compile(r"\^\{?\\circ\}?|°|\\degree")
_PLAIN_UNIT = re.compile(
    r"(?<=[\d}])\s*(?:degrees?|cents?|dollars?|inch(?:es)?|feet|foot|miles?|cm|mm|km|m|kg|seconds?|minutes?|"
    r"hours?|days?|years?|units?|square units?|people|ways?)\s*\Z",
    re.IGNORECASE,
)
_SCIENTIFIC = re.compile(r"(?<![A-Za-z\\])(\d+(?:\.\d+)?)[eE]([+-]?\d{1,3})(?![\dA-Za-z])")
_BASE = re.compile(r"\(?(\d[0-9A-Fa-f]*)\)?_\{?(\d{1,2})\}?\Z")
_DIGITS = re.compile(r"\d+")
_POWER = re.compile(r"(?:\^|\*\*)\s*\{?\s*[-+]?(\d+)")
_TOWER = re.compile(r"(?:\^|\*\*)\s*[\w.]+\s*(?:\^|\*\*)|(?:\^|\*\*)\s*\{[^{}]*(?:\^|\*\*)")
# What is plain writing, in LaTeX's words; the parser takes `*` and `/` as they are.
_PLAIN = (
    (re.compile(r"\*\*\s*\(([^()]*)\)|\*\*\s*([-+]?[\w.]+)"), r"^{\1\2}"),
    (re.compile(r"\^\s*\(([^()]*)\)|\^(-?\d{2,}|-\d)"), r"^{\1\2}"),
    (re.compile(r"(?<!\\)\bsqrt\s*\(([^()]*)\)|√\s*\(([^()]*)\)|√\s*(\d+|[a-z])"), r"\\sqrt{\1\2\3}"),
    (re.compile(r"(?<![\\A-Za-z])(sin|cos|tan|cot|sec|csc|log|ln)(?![A-Za-z])"), r"\\\1 "),
    (re.compile(r"(?<![\\A-Za-z])pi(?![A-Za-z])|π"), r"\\pi "),
    (re.compile(r"(?<![\\A-Za-z])(?:infinity|infty|oo)(?![A-Za-z])|∞"), r"\\infty "),
    (re.compile(r"×|·|⋅"), r"\\cdot "),
    (re.compile(r"±|\+/-"), r"\\pm "),
    (re.compile(r"≤|<="), r"\\le "),
    (re.compile(r"≥|>="), r"\\ge "),
    (re.compile(r"∪"), r"\\cup "),
)
_MIXED = re.compile(r"(?<![\d.])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d.])")
_REPEATING = re.compile(r"(\d*)\.(\d*)\\overline\s*\{(\d+)\}")
_SPACED_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?\Z")
_CHOICE = re.compile(r"\(?([A-Za-z])\)?\.?\Z")
_WORD = re.compile(r"[A-Za-z][A-Za-z']+(?:[ -][A-Za-z']+)*\Z")


def too_much(text: str) -> str | None:
    """Why a text is beyond what an answer can be; None where it is not."""
    if len(text) > MAX_CHARS:
        return f"more than {MAX_CHARS} characters"
    depth = deepest = 0
    for letter in text:
        depth += (letter in OPENING) - (letter in CLOSING)
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        return f"nested more than {MAX_DEPTH} deep"
    if any(len(digits) > MAX_DIGITS for digits in _DIGITS.findall(text)):
        return f"a number of more than {MAX_DIGITS} digits"
    if any(len(power) > MAX_EXPONENT for power in _POWER.findall(text)) or _TOWER.search(text):
        return "a power that nobody can work out"
    if "__" in text or "!" in text.replace("\\!", ""):
        return "what is no answer's: a double underscore, a factorial"
    return None


def normal(text: str) -> str:
    """One spelling for what is written in many: spaces, fractions, units, separators of thousands."""
    found = text.strip().strip("$").strip()
    found = found.removeprefix("\\(").removesuffix("\\)").removeprefix("\\[").removesuffix("\\]")
    found = (
        re.sub(r",\\!\s*", "", found)
        .replace("\\!", "")
        .replace("{,}", "")
        .replace("−", "-")
        .replace("–", "-")
    )
    for plain, latex in _PLAIN:
        found = plain.sub(latex, found)
    found = re.sub(r"\\left\s*|\\right\s*|\\bigl?|\\bigr?|\\Bigl?|\\Bigr?", "", found)
    found = re.sub(r"\\[dtc]frac", r"\\frac", found)
    found = (
        found.replace("\\$", "").replace("\\dots", "").replace("\\lbrace", "\\{").replace("\\rbrace", "\\}")
    )
    found = re.sub(r"\\frac\s*(\d)\s*(\d)(?!\d)", r"\\frac{\1}{\2}", found)
    found = re.sub(r"\\sqrt\s*(\d)(?![\d{])", r"\\sqrt{\1}", found)
    found = found.strip().rstrip(".").strip()
    if not _is_wrapped(found):
        found = _PLAIN_UNIT.sub("", _UNIT.sub("", found))
    found = _DEGREES.sub("", found)
    found = _SPACES.sub(" ", found).strip()
    found = _SCIENTIFIC.sub(r"\1 \\times 10^{\2}", found)
    found = _REPEATING.sub(_repeated, _MIXED.sub(r"\1\\frac{\2}{\3}", found))
    found = "\\emptyset" if found.replace(" ", "") in {"\\{\\}", "\\varnothing", "∅"} else found
    if _SPACED_THOUSANDS.match(found):
        found = found.replace(" ", "")
    if _THOUSANDS.match(found):
        found = found.replace(",", "")
    return re.sub(r"(?<![\d])\.(?=\d)", "0.", found)


def squeezed(text: str) -> str:
    """The text without spaces but those between digits: `1 2` is not 12."""
    return re.sub(r"(?<!\d)\s+|\s+(?!\d)", "", text)


def _repeated(number: re.Match[str]) -> str:
    """A repeating decimal as the fraction that it is."""
    whole, once, again = number[1] or "0", number[2], number[3]
    above = int(whole + once + again) - int(whole + once)
    return f"\\frac{{{above}}}{{{(10 ** len(again) - 1) * 10 ** len(once)}}}"


def words(text: str) -> str | None:
    """The words of an answer that is none of mathematics (`east`, `(C)`, `Evelyn`), folded; else None."""
    found = text.strip().strip("$").strip().rstrip(".").strip()
    inner = _WRAPPED.sub(r"\1", found).strip() if _is_wrapped(found) else found
    choice = _CHOICE.match(inner)
    if choice and (_is_wrapped(found) or inner.startswith("(")):
        return choice[1].casefold()
    if _WORD.match(inner) and (_is_wrapped(found) or len(inner) > 3):
        return re.sub(r"[^a-z0-9]+", " ", inner.casefold()).strip()
    return None


def _is_wrapped(text: str) -> bool:
    return bool(_WRAPPED.fullmatch(text))


def base_of(text: str) -> tuple[str, int] | None:
    """Digits and base of a numeral such as `52_8`; None for what is none."""
    found = _BASE.match(text.replace(" ", "").replace("\\text", ""))
    if found is None:
        return None
    base = int(found[2])
    fits = 2 <= base <= 16 and all(int(digit, 16) < base for digit in found[1])
    return (digits_of(found[1]), base) if fits else None


def digits_of(text: str) -> str:
    """The digits of a numeral without what may stand before them."""
    return text.replace(" ", "").lower().lstrip("0") or "0"


def unit_of(text: str) -> str:
    """The unit that an answer ends in, in one spelling; empty where it has none."""
    found = text.strip().strip("$").strip().rstrip(".").strip()
    if _is_wrapped(found):
        return ""
    match = _UNIT.search(found) or _PLAIN_UNIT.search(found)
    if match is None:
        return ""
    unit = re.sub(r"\\(?:text|mbox|mathrm)|[{}\s\\]", "", match[0]).casefold()
    return "inch" if unit.startswith("inch") else "foot" if unit.startswith("fe") else unit.removesuffix("s")


def parts(text: str) -> tuple[str, tuple[str, ...], str] | None:
    """Bracket, parts, bracket of a tuple, an interval, a set or a bare list; None for what is none."""
    found = text.strip()
    left, right = "", ""
    if found.startswith("\\{") and found.endswith("\\}"):
        left, right, found = "{", "}", found[2:-2]
    elif found[:1] in {"(", "["} and found[-1:] in {")", "]"} and _closes_last(found):
        left, right, found = found[0], found[-1], found[1:-1]
    pieces = split(found)
    if pieces is None or (len(pieces) < 2 and left != "{"):
        return None
    return left, tuple(pieces), right


def split(text: str) -> Sequence[str] | None:
    """The text at its commas (and `and`, `or`) outside brackets; None where it has too many."""
    found, depth, start = [], 0, 0
    text = re.sub(r"\\text\s*\{\s*(?:and|or)\s*\}|\band\b|\bor\b", ",", text)
    for at, letter in enumerate(text):
        depth += (letter in OPENING) - (letter in CLOSING)
        if letter in ",;" and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
    found.append(text[start:].strip())
    found = [piece for piece in found if piece]
    return found if len(found) <= MAX_PARTS else None


def both_signs(pieces: Sequence[str]) -> list[str]:
    """The parts of a set or a list, with two of each that has a double sign."""
    found = []
    for piece in pieces:
        if "\\pm" not in piece and "\\mp" not in piece:
            found.append(piece)
            continue
        for plus, minus in (("+", "-"), ("-", "+")):
            found.append(piece.replace("\\pm", plus).replace("\\mp", minus).strip().removeprefix("+"))
    return found


def _closes_last(text: str) -> bool:
    """Whether the bracket that opens the text is closed by its last letter."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0:
            return at == len(text) - 1
    return False
