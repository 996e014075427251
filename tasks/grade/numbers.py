r"""The first or last number in a text, as a Decimal, in whatever script and grouping it is written.

One number each: `1,234,567.89` `12,34,567` `1'234` `1_234` `1 234` (any one space) `1.234.567,89` `1.234,5`
`3,14` `0,125` `١٬٢٣٤٫٥` `１２` `-$5` `−5` `$1{,}234$` `\boxed{42}` `\frac{1}{2}` (0.5) `1/2` (0.5)
`1.5e3` `3 \times 10^{8}`. A unit, currency or `%` beside it is apart: `60%` is 60. In `-221_3` and
`50 m^2` the number is -221 and 50: an index or exponent is none of its own.

Not done: `1.234` is 1.234 and `1,234` is 1234 in every language; number words and units that multiply
(`3万`, `2 million`), mixed numbers (`5 1/2` is 5), dates and times (`10:30` is 10), superscripts and `½`.

Bounded: linear in the text; a number of over 1,000 characters, or with an exponent beyond 9,999, is none;
the last number is looked for in the last 100,000 characters of each line.
"""

import re
import sys
from collections.abc import Iterator
from decimal import Context, Decimal
from functools import cache, lru_cache

MAX_NUMBER_CHARS = 1000
MAX_EXPONENT = 9999
MAX_LINE_CHARS = 100_000
BEFORE_DIGIT = 16  # characters of a match before its first digit; at most `-\\$ \\dfrac{-`, which has 12
CONTEXT = Context(prec=60)

_POWER = r"(?:[eE](?P<e>[+-]?[0-9]++)|\ ?(?:\\times|\\cdot|[×·*x])\ ?10\^\{?(?P<ten>[+-]?[0-9]++)\}?)?+"
_NUMBER = re.compile(
    r"""
    (?:(?<=[^\W_])|(?<=[)}\]]))[_^]\{?[+-]?[0-9]++(?:\.[0-9]++)?+        # an index or exponent: skipped
  | (?P<minus>(?<![\w)\]}])-)?(?:\\?[$€£¥₹₩₽฿]\ ?)?+(?:
      (?P<frac>\\[dt]?frac)(?:(?P<top>[0-9])(?P<bottom>[0-9])
        | \{(?P<over>-?[0-9]{1,50}+)\}\{(?P<under>[0-9]{1,50}+)\})
    | (?:
        (?P<grouped>[1-9][0-9]{0,2}(?P<sep>[,'_\ \u2009])[0-9]{3}(?![0-9])
          (?:(?P=sep)[0-9]{3}(?![0-9]))*+(?:\.[0-9]++)?+)
      | (?P<indian>[1-9][0-9]?(?:,[0-9]{2}(?![0-9])){1,9},[0-9]{3}(?![0-9])(?:\.[0-9]++)?+)
      | (?P<european>[1-9][0-9]{0,2}(?:(?:\.[0-9]{3}(?![0-9])){2,}+(?:,[0-9]++)?+|\.[0-9]{3},[0-9]++))
      | (?P<comma>(?<![,(\[{])(?:0,[0-9]++|[0-9]++,[0-9]{1,2})(?![0-9,]))
      | (?<![/0-9])(?P<part>[0-9]{1,50}+)/(?P<whole>[0-9]{1,50}+)(?![0-9/]|\.[0-9])
      | (?P<plain>[0-9]++(?:\.[0-9]++)?+|(?<![\w.])\.[0-9]++)
      )"""
    + _POWER
    + ")",
    re.VERBOSE,
)
_DIGIT = re.compile(r"[0-9]")
_SPELLINGS = {
    "-": "\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d",
    "\u2009": "\u00a0\u2007\u2008\u202f",
    "'": "\u2019\u02bc\uff07",
    ".": "\u066b\uff0e",
    ",": "\u066c\uff0c",
    "/": "\u2044\u2215",
    "$": "\uff04\ufe69",
    "": "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c\ufeff",
}


@lru_cache(maxsize=4096)  # a target is read when it is checked, and again for each answer
def first_number(text: str) -> Decimal | None:
    """The first number in the text."""
    if len(text) <= MAX_NUMBER_CHARS and text.isascii() and text.isdigit():
        return Decimal(text)  # most targets are that, and nothing has to be looked for
    values = map(_value, _matches(_in_ascii(text)))
    return next((value for value in values if value is not None), None)


def last_number(text: str) -> Decimal | None:
    """The last number in the text."""
    found = _last(text)
    return None if found is None else found[1]


def last_number_text(text: str) -> str | None:
    """The last number as it is written, digits in ASCII; `first_number` of it is the same number."""
    found = _last(text)
    return None if found is None else found[0]


def dots_as_groups(text: str) -> Decimal | None:
    """The text's first number if it is of the form `1.234` or `12.345`, read as 1234 or 12345."""
    match = next((found for found in _matches(_in_ascii(text)) if found.lastgroup), None)
    if match is None or not re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", match["plain"] or ""):
        return None
    whole = Decimal(match["plain"].replace(".", ""))
    return -whole if match["minus"] else whole


def number_text(value: Decimal) -> str:
    """A number as people write it: no exponent while it is short, no zeros that say nothing."""
    plain = str(value)
    if len(plain) <= 40 and plain.isdecimal():
        return plain
    if value == value.to_integral_value(context=CONTEXT) and value.adjusted() < 40:
        return f"{value.quantize(Decimal(1), context=CONTEXT):f}"
    return f"{value.normalize(CONTEXT):f}" if abs(value.adjusted()) < 20 else str(value.normalize(CONTEXT))


def _last(text: str) -> tuple[str, Decimal] | None:
    for line in reversed(text.split("\n")):  # no number goes over a line's end
        for match in reversed([*_matches(_in_ascii(line[-MAX_LINE_CHARS:]))] if line else []):
            value = _value(match)
            if value is not None:
                return match[0], value
    return None


def _matches(text: str) -> Iterator[re.Match[str]]:
    """What `_NUMBER.finditer` finds, in a third of the time: words without a digit are jumped over."""
    at = 0
    while digit := _DIGIT.search(text, at):
        match = _NUMBER.search(text, max(at, digit.start() - BEFORE_DIGIT))
        if match is None:
            return
        yield match
        at = match.end()


def _value(match: re.Match[str]) -> Decimal | None:
    if match.lastgroup is None or len(match[0]) > MAX_NUMBER_CHARS:
        return None
    groups = match.groupdict()
    top = groups["top"] or groups["over"] or groups["part"]
    if top:
        bottom = Decimal(groups["bottom"] or groups["under"] or groups["whole"])
        if not bottom:
            return None
        value = CONTEXT.divide(Decimal(top), bottom)
    elif groups["grouped"]:
        value = Decimal(groups["grouped"].replace(groups["sep"], ""))
    elif groups["european"]:
        value = Decimal(groups["european"].replace(".", "").replace(",", "."))
    elif groups["comma"]:
        value = Decimal(groups["comma"].replace(",", "."))
    else:
        value = Decimal((groups["indian"] or groups["plain"]).replace(",", ""))
    exponent = groups["e"] or groups["ten"]
    if exponent:
        if len(exponent) > 5 or abs(int(exponent)) > MAX_EXPONENT:
            return None
        value = value.scaleb(int(exponent), CONTEXT)
    return value.copy_negate() if groups["minus"] else value


def _in_ascii(text: str) -> str:
    if not text.isascii():
        text = text.translate(_to_ascii())
    if "\\" in text or "{,}" in text:
        text = text.replace("{,}", ",").replace("\\!", "").replace("\\,", "\u2009").replace("\\ ", " ")
    return text


@cache
def _to_ascii() -> dict[int, str]:
    table = {code: str(int(chr(code))) for code in range(128, sys.maxunicode + 1) if chr(code).isdecimal()}
    for ascii_form, others in _SPELLINGS.items():
        table |= {ord(other): ascii_form for other in others}
    return table
