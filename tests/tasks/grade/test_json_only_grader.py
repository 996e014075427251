"""`json_only`: one RFC 8259 value and nothing else; `json_present`: there is one at all."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.grade.jsontext import whole_value, with_numbers
from warehouse.errors import SuiteError

OBJECT = '{"a": [1, -0.5e+3, "\\ud83d\\ude00", null, true, {}]}'
ALONE = {
    "an object": OBJECT,
    "an array": "[]",
    "JSON's own white space around it": f" \t\r\n{OBJECT}\n",
    "a name that comes twice": '{"a": 1, "a": 2}',
    "a lone surrogate as an escape": '["\\ud800"]',
    "a number of any size": f"[{'9' * 5000}, 1e999]",
}
PRESENT = {
    "a fence": f"```json\n{OBJECT}\n```",
    "a word before": f"Here: {OBJECT}",
    "a word after": f"{OBJECT} Done.",
    "two values": f"{OBJECT}\n{OBJECT}",
    "a byte order mark": f"\ufeff{OBJECT}",
    "a no-break space": f"\u00a0{OBJECT}",
    "a form feed": f"\f{OBJECT}",
}
ABSENT = {
    "NaN": '{"a": NaN}',
    "Infinity": "[-Infinity]",
    "single quotes": "{'a': 1}",
    "a trailing comma": "[1,]",
    "a comment": '{"a": 1 // one\n}',
    "an unquoted name": "{a: 1}",
    "a raw line break in a string": '{"a": "x\ny"}',
    "a leading zero": '{"a": 01}',
    "a leading plus": '{"a": +1}',
    "a hexadecimal number": '{"a": 0x1}',
    "a bad escape": '["\\x41"]',
    "cut off": '{"a": 1',
    "prose": "I cannot.",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in ALONE.items()])
def test_json_alone(text: str, a_sample: Any, a_grader: Any) -> None:
    assert a_grader("json_only").grade(a_sample(), text).passed
    assert a_grader("json_present").grade(a_sample(), text).passed


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in PRESENT.items()])
def test_json_amid_other_text(text: str, a_sample: Any, a_grader: Any) -> None:
    assert a_grader("json_only").grade(a_sample(), text).reason == "wrong"
    assert a_grader("json_present").grade(a_sample(), text).passed


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in ABSENT.items()])
def test_no_json(text: str, a_sample: Any, a_grader: Any) -> None:
    assert not a_grader("json_only").grade(a_sample(), text).passed
    assert a_grader("json_present").grade(a_sample(), text).reason == "wrong"


@pytest.mark.parametrize("text", ["1", '"a"', "true", "null", " -1.5 "])
@pytest.mark.parametrize(
    ("schema", "passed"),
    [
        (None, False),
        ({"type": "object"}, False),
        ({}, False),
        ({"type": "string"}, True),
        ({"type": ["number", "array"]}, True),
        ({"enum": [1, 2]}, True),
    ],
)
def test_a_scalar_passes_only_where_the_schema_wants_one(
    text: str, schema: Any, passed: bool, a_sample: Any, a_grader: Any
) -> None:
    for sample in (a_sample(schema=schema), a_sample(schema=schema and json.dumps(schema))):
        for kind in ("json_only", "json_present"):
            assert a_grader(kind).grade(sample, text).passed is passed


def test_nesting_ends_at_a_hundred_levels_at_any_depth_of_the_caller(a_sample: Any, a_grader: Any) -> None:
    grader = a_grader("json_only")
    assert grader.grade(a_sample(), "[" * 100 + "]" * 100).passed
    for depth in (101, 5_000, 200_000):
        assert not grader.grade(a_sample(), "[" * depth + "]" * depth).passed


def test_brackets_in_strings_are_no_nesting(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("json_only").grade(a_sample(), json.dumps(["[" * 500, '\\"{' * 500])).passed


def test_a_column_that_is_no_json_is_refused(a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match='the column "schema" is not JSON'):
        a_grader("json_only").check(a_sample(schema="{"))


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | FLOATS | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_what_python_writes_as_json_is_read_back(value: Any) -> None:
    assert with_numbers(whole_value(json.dumps(value))) == value
