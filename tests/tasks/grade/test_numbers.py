"""A number is read in whatever script, grouping and wrapper it is written; units and indices are apart."""

import sys
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.grade.numbers import (
    _NUMBER,
    _matches,
    dots_as_groups,
    first_number,
    last_number,
    last_number_text,
    number_text,
)

ONE_NUMBER = {
    "western groups": ("1,234,567.89", "1234567.89"),
    "indian groups": ("12,34,567", "1234567"),
    "apostrophes": ("1'234'567", "1234567"),
    "typographic apostrophes": ("1’234", "1234"),
    "underscores": ("1_000_000", "1000000"),
    "spaces": ("1 234 567", "1234567"),
    "thin and no-break spaces": ("1\u202f234\u00a0567", "1234567"),
    "LaTeX's thin space": ("1\\,234", "1234"),
    "european groups": ("1.234.567,89", "1234567.89"),
    "one european group with decimals": ("€ 1.234,56", "1234.56"),
    "decimal comma": ("3,14", "3.14"),
    "decimal comma after zero": ("0,125", "0.125"),
    "one dot is a decimal point": ("1.234", "1.234"),
    "full-width": ("１２３", "123"),
    "arabic-indic": ("١٬٢٣٤٫٥", "1234.5"),
    "persian": ("۱۲", "12"),
    "devanagari": ("१,२३,४५६", "123456"),
    "bengali": ("১৮", "18"),
    "thai": ("๑๘", "18"),
    "telugu": ("౧౮", "18"),
    "minus sign": ("−5", "-5"),
    "minus before currency": ("-$5", "-5"),
    "minus after currency": ("$-5", "-5"),
    "minus between bidirectional marks": ("\u200f-٥\u200f", "-5"),
    "LaTeX comma": ("$1{,}234$", "1234"),
    "LaTeX dollar": ("\\$1{,}234.50", "1234.50"),
    "boxed": ("\\boxed{42}", "42"),
    "text": ("\\text{42 cm}", "42"),
    "fraction": ("\\frac{1}{4}", "0.25"),
    "negative fraction": ("-\\dfrac{3}{4}", "-0.75"),
    "short fraction": ("\\frac12", "0.5"),
    "slash": ("1/2", "0.5"),
    "exponent": ("1.5e3", "1500"),
    "power of ten": ("3 \\times 10^{8}", "300000000"),
    "percent is not a share": ("60%", "60"),
    "unit": ("50 m^2", "50"),
    "unit without space": ("18ドル", "18"),
    "base as an index": ("-221_3", "-221"),
    "index of a variable": ("x_1 = 5", "5"),
    "italics are no index": ("_42_", "42"),
    "end of a sentence": ("The answer is 18.", "18"),
    "leading point": ("$.50", "0.5"),
    "leading zeros": ("007", "7"),
    "plus": ("+7", "7"),
    "GSM8K's mark": ("#### 1,080", "1080"),
}
FIRST_AND_LAST = {
    "difference": ("5-3", "5", "3"),
    "range": ("5–10", "5", "10"),
    "list": ("1,2,3", "1", "3"),
    "pair": ("(1,5)", "1", "5"),
    "date": ("3/4/2024", "3", "2024"),
    "version": ("v1.2.3", "1.2", "3"),
    "clock": ("10:30", "10", "30"),
    "four digits before a space": ("2020 500", "2020", "500"),
    "equation": ("16-3-4=<<16-3-4=9>>9", "16", "9"),
    "lines": ("a 1\nb 2\nc", "1", "2"),
}
NO_NUMBER = {
    "words": "no number here",
    "nothing": "",
    "absurd exponent": "1e999999999",
    "absurd length": "9" * 2000,
    "division by zero": "5/0",
}


def _cases(table: Mapping[str, tuple[str, ...]]) -> list[object]:
    return [pytest.param(*values, id=name) for name, values in table.items()]


@pytest.mark.parametrize(("text", "value"), _cases(ONE_NUMBER))
def test_one_number(text: str, value: str) -> None:
    assert first_number(text) == last_number(text) == Decimal(value)


@pytest.mark.parametrize(("text", "first", "last"), _cases(FIRST_AND_LAST))
def test_the_first_and_the_last_of_several(text: str, first: str, last: str) -> None:
    assert (first_number(text), last_number(text)) == (Decimal(first), Decimal(last))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in NO_NUMBER.items()])
def test_none(text: str) -> None:
    assert first_number(text) is None
    assert last_number(text) is None


def test_every_decimal_digit_of_unicode_is_read() -> None:
    digits = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isdecimal()]
    assert len(digits) > 600
    misread = [d for d in digits if first_number(f"= {d} .") != unicodedata.decimal(d)]
    assert misread == []


def test_dots_as_groups_is_only_for_the_form_that_is_ambiguous() -> None:
    assert dots_as_groups("Es sind 114.200 Euro") == 114_200
    assert dots_as_groups("-2.125") == -2125
    assert [dots_as_groups(text) for text in ("0.125", "2.12", "1.234.567", "1234.567", "none")] == [None] * 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.50", "1234.5"),
        ("1E+3", "1000"),
        ("-0.10", "-0.1"),
        ("1E+99", "1E+99"),
        ("0", "0"),
        ("100", "100"),
    ],
)
def test_a_number_is_written_as_people_do(value: str, text: str) -> None:
    assert number_text(Decimal(value)) == text


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    written, value = last_number_text(text), last_number(text)
    assert (written is None) == (value is None)
    if written is not None and value is not None:
        assert first_number(written) == value
        assert Decimal(number_text(value)).is_finite()
    assert (first_number(text) is None) == (value is None)


@given(st.text(alphabet="0123456789.,'_-/ $%\\{}()^e×x\u2009frac٣−½"))
def test_text_of_nothing_but_number_parts_is_read_without_an_error(text: str) -> None:
    written, value = last_number_text(text), last_number(text)
    if written is not None:
        assert first_number(written) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15))
def test_a_number_is_the_same_in_each_spelling(value: Decimal) -> None:
    grouped = f"{value:,.2f}"
    european = grouped.translate(str.maketrans(",.", ".,"))
    arabic = grouped.translate({ord(str(n)): chr(0x660 + n) for n in range(10)})
    for text in (
        grouped,
        european,
        arabic,
        grouped.replace(",", " "),
        grouped.replace("-", "−"),
        f"${grouped}.",
    ):
        assert first_number(f"It is {text}") == value


@given(st.text(alphabet="0159.,'_-/ $€%\\{}()^+e×x\u2009fractdabc "))
def test_jumping_over_words_finds_what_a_whole_search_finds(text: str) -> None:
    whole = [(found.span(), found.lastgroup) for found in _NUMBER.finditer(text)]
    assert [(found.span(), found.lastgroup) for found in _matches(text)] == whole


def test_the_longest_start_of_a_number_is_not_jumped_over() -> None:
    assert first_number("so -\\$ \\dfrac{-12}{4}") == Decimal(3)
    assert last_number_text("so it is: x -\\$ \\dfrac{-12}{4}") == "-\\$ \\dfrac{-12}{4}"
