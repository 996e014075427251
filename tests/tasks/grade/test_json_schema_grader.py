"""`json_schema`: the first complete JSON value fits the schema; nothing is fetched, nothing hangs."""

import json
import socket
import time
from typing import Any

import pytest

from tasks.grade.formats import format_checker
from warehouse.errors import SuiteError

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "minLength": 1}, "age": {"type": "integer"}},
    "required": ["name"],
    "additionalProperties": False,
}
CASES = [
    pytest.param(PERSON, '{"name": "Ada", "age": 36}', True, None, id="fits"),
    pytest.param(PERSON, '```json\n{"name": "Ada"}\n```', True, None, id="fenced"),
    pytest.param(PERSON, 'As in [1]: {"name": "Ada"}', True, None, id="an array before the object"),
    pytest.param(PERSON, '{"age": 36}', False, "'name' is a required property", id="a missing member"),
    pytest.param(PERSON, '{"name": "", "age": 1}', False, "$.name", id="the place is named"),
    pytest.param(PERSON, '{"name": "Ada", "x": 1}', False, 'no "x"', id="one too many"),
    pytest.param(PERSON, '{"name": "Ada"} {"x": 1}', True, None, id="the first value counts"),
    pytest.param(PERSON, '{"name": "Ada", "age": 1e999}', False, "beyond a double", id="a huge number"),
    pytest.param({"type": "integer"}, "7", True, None, id="a scalar"),
    pytest.param({"type": "integer"}, "The number:\n7", True, None, id="a scalar alone on a line"),
    pytest.param({"type": "integer"}, "7.0", True, None, id="a whole float is an integer"),
    pytest.param({"uniqueItems": True}, "[1, 1.0]", False, "different", id="1 and 1.0 are equal"),
    pytest.param({"uniqueItems": True}, '[1, true, "1", [1], {"a": 1}]', True, None, id="1 and true are not"),
    pytest.param(
        {"uniqueItems": True}, '[{"a": 1, "b": 2}, {"b": 2, "a": 1}]', False, "different", id="any order"
    ),
    pytest.param({"pattern": "^\\d+$", "type": "string"}, '"12"', True, None, id="a pattern"),
    pytest.param(
        {"pattern": "^\\d+$", "type": "string"}, '"1২"', False, "match", id="ECMA's digits are ASCII"
    ),
    pytest.param(
        {"patternProperties": {"^n_": {"type": "integer"}}}, '{"n_a": "x"}', False, "$.n_a", id="names"
    ),
    pytest.param(
        {"patternProperties": {"^n_": {}}, "additionalProperties": {"type": "null"}},
        '{"n_a": 1, "b": null}',
        True,
        None,
        id="other names",
    ),
    pytest.param({"type": "string", "format": "date"}, '"2024-02-30"', False, "date", id="a format"),
    pytest.param(
        {"$defs": {"n": {"type": "null"}}, "items": {"$ref": "#/$defs/n"}}, "[1]", False, "$[0]", id="$ref"
    ),
    pytest.param(
        {
            "$id": "https://example.org/a",
            "$defs": {"n": {"$id": "b", "type": "null"}},
            "items": {"$ref": "b"},
        },
        "[1]",
        False,
        "$[0]",
        id="an embedded $id",
    ),
]


@pytest.mark.parametrize(("schema", "answer", "passed", "said"), CASES)
def test_fit(
    schema: dict[str, Any], answer: str, passed: bool, said: str | None, a_sample: Any, a_grader: Any
) -> None:
    by_text = a_grader("json_schema").grade(a_sample(schema=json.dumps(schema)), answer)
    by_struct = a_grader("json_schema").grade(a_sample(schema=schema), answer)
    inline = a_grader("json_schema", schema=schema).grade(a_sample(), answer)
    assert by_text == by_struct == inline
    assert (by_text.passed, by_text.reason) == (passed, None if passed else "wrong")
    assert said is None or said in (by_text.explanation or "")


def test_a_response_without_json_is_unparsable(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("json_schema").grade(a_sample(schema=PERSON), "Sorry").reason == "unparsable"


def test_the_answer_is_the_value_alone(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("json_schema").grade(a_sample(schema=PERSON), 'Here: {"name": "Ada"}. Done.')
    assert grade.answer == '{"name": "Ada"}'


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, 'has no "schema"'),
        ("{", "is not JSON"),
        ([1], "not a JSON Schema object"),
        ({"type": "strin"}, "no JSON Schema"),
        ({"$ref": "https://example.org/schema"}, "leads out of the schema"),
        ({"items": {"$ref": "other.json"}}, "leads out of the schema"),
        ({"$ref": "#/$defs/none"}, "leads out of the schema"),
        ({"$ref": "#"}, "round in a circle"),
        ({"pattern": "(?=x)"}, "RE2"),
        ({"unevaluatedProperties": False, "patternProperties": {"a": {}}}, "not supported"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_before_a_run(
    schema: Any, said: str, a_sample: Any, a_grader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(SuiteError, match=said.replace("$", r"\$")):
        a_grader("json_schema").check(a_sample(schema=schema))


def test_members_called_like_keywords_are_members(a_sample: Any, a_grader: Any) -> None:
    schema = {"properties": {"$ref": {"type": "null"}, "$id": {}, "pattern": {}}, "enum": [{"$ref": None}]}
    grader = a_grader("json_schema")
    grader.check(a_sample(schema=schema))
    assert grader.grade(a_sample(schema=schema), '{"$ref": null}').passed


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"uniqueItems": True}, [{"a": n, "b": [n]} for n in range(20_000)], id="unique items"),
        pytest.param({"items": PERSON}, [{"name": "x"}] * 10_000, id="many items"),
        pytest.param({"pattern": "^(a+)+$"}, "a" * 50_000 + "!", id="a pattern"),
        pytest.param({"patternProperties": {"^(a+)+$": False}}, {"a" * 50_000 + "!": 1}, id="names"),
        pytest.param({"multipleOf": 0.01}, 1e300, id="a multiple"),
    ],
)
def test_a_big_value_takes_bounded_time(schema: Any, value: Any, a_sample: Any, a_grader: Any) -> None:
    began = time.perf_counter()
    a_grader("json_schema", schema=schema).grade(a_sample(), json.dumps(value))
    assert time.perf_counter() - began < 20


def test_a_recursive_schema_is_followed_as_deep_as_json_is_read(a_sample: Any, a_grader: Any) -> None:
    schema = {"type": "object", "properties": {"c": {"$ref": "#"}}, "additionalProperties": False}
    grader = a_grader("json_schema", schema=schema)
    assert grader.grade(a_sample(), '{"c":' * 99 + "{}" + "}" * 99).passed
    assert not grader.grade(a_sample(), '{"c":' * 99 + '{"d":1}' + "}" * 99).passed


RIGHT = {
    "date": ["2024-02-29"],
    "time": ["10:00:00Z", "23:59:60.5+01:00"],
    "date-time": ["2024-02-28T10:00:00Z", "2024-02-28t10:00:00.123-05:30"],
    "duration": ["P1D", "PT1H30M", "P2W"],
    "email": ["a.b+c@example.org"],
    "hostname": ["example.org", "a-b"],
    "ipv4": ["127.0.0.1"],
    "ipv6": ["::1"],
    "uuid": ["123e4567-e89b-12d3-a456-426614174000"],
    "uri": ["https://example.org/a?b=c#d", "urn:isbn:1"],
    "colour": ["anything"],
}
WRONG = {
    "date": ["2024-02-30", "2024-2-3", "20240203", "２０２４-02-03"],
    "time": ["10:00:00", "25:00:00Z"],
    "date-time": ["2024-02-28 10:00:00Z", "2024-02-30T10:00:00Z", "2024-02-28"],
    "duration": ["P", "PT", "1D"],
    "email": ["a", "a@", "@b", "a b@c", "a..b@c"],
    "hostname": ["-a", "a..b", ""],
    "ipv4": ["256.0.0.1", "1.2.3", "١.1.1.1"],
    "ipv6": ["::g", "1.2.3.4"],
    "uuid": ["123e4567"],
    "uri": ["example.org", "http://a b", "//a"],
}


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [(kind, value, True) for kind, values in RIGHT.items() for value in values]
    + [(kind, value, False) for kind, values in WRONG.items() for value in values],
)
def test_formats(kind: str, value: str, right: bool) -> None:
    assert format_checker().conforms(value, kind) is right
