"""Each extractor takes the answer from a response as its line in tasks/grade/extract.py says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.grade.extract import EXTRACTORS, extract, make_extractor

JSON_ANSWER = [
    pytest.param('{"answer": "5"}', "5", id="bare"),
    pytest.param('Sure!\n```json\n{\n "answer": "5"\n}\n```\nDone.', "5", id="fenced"),
    pytest.param('I say {"answer": "5"}, and {"answer": "6"}.', "5", id="the first amid prose"),
    pytest.param('{"answer": 5}', "5", id="an integer"),
    pytest.param('{"answer": 5.10}', "5.10", id="a number as it is written"),
    pytest.param('{"answer": true}', "true", id="a literal in JSON's spelling"),
    pytest.param('{"answer": [1, {"a": 2.5}]}', '[1, {"a": 2.5}]', id="a list in JSON's spelling"),
    pytest.param('{"answer": ""}', "", id="an empty string is an answer"),
    pytest.param('{"answer": "a\\nb \\u00e9"}', "a\nb é", id="escapes"),
    pytest.param('{"why": "line\nbreak", "answer": "5"}', "5", id="a raw line break in a string"),
    pytest.param('{"why": "use } or {", "answer": 5}', "5", id="braces in a string"),
    pytest.param('{"a": {"answer": 1}, "answer": 2}', "2", id="the outer object's own key"),
    pytest.param('{"why": "say "so"", "answer": "5"}', "5", id="broken quotes elsewhere"),
    pytest.param('{"why": \\( x \\), "answer": "5", }', "5", id="broken JSON"),
    pytest.param(
        'The empty dict {} comes.\n{"answer": "{}"}', "{}", id="an object without the key before it"
    ),
    pytest.param('For {1, 2}: {"answer": 5}', "5", id="a set before it"),
    pytest.param('For {1, 2}: {"answer": "5"}', "5", id="a set before it, quoted value"),
    pytest.param('"answer": "5', None, id="cut within the value"),
    pytest.param('{"other": "5"}', None, id="another key"),
    pytest.param("no JSON", None, id="no JSON"),
    pytest.param('{"answer": 1, "answer": 2}', "2", id="of two equal names the last"),
    pytest.param('{"answer": NaN}', "NaN", id="NaN as it is written"),
    pytest.param('{"answer": ' + "9" * 5000 + "}", "9" * 5000, id="more digits than int() takes"),
]
OTHERS = [
    pytest.param("boxed", "So \\boxed{1}, no: $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}", id="the last box"),
    pytest.param("boxed", "\\boxed{\\boxed{5}}", "5", id="a box in a box"),
    pytest.param("boxed", "\\fbox{7}", "7", id="fbox"),
    pytest.param("boxed", "\\boxed 7", "7", id="a box without braces"),
    pytest.param("boxed", "\\boxed{1} then \\boxed{2", "1", id="the last complete box"),
    pytest.param("boxed", "\\boxed{a\\}b}", "a\\}b", id="an escaped brace"),
    pytest.param("boxed", "42", None, id="no box"),
    pytest.param("last_number", "3 + 4 = 7.", "7", id="the last number"),
    pytest.param("last_number", "none", None, id="no number"),
    pytest.param("letter", "The answer is B.", "B", id="a letter"),
    pytest.param("code", "Here:\n```python\n  x = 1\n```\nand\n```\ny\n```", "  x = 1", id="the first block"),
    pytest.param("code", "    return 1\n", "    return 1", id="no block: all, indented"),
    pytest.param("code", "```py\nx = 1", "x = 1", id="an unclosed block"),
    pytest.param("code", "````\n```\nx\n```\n````", "```\nx\n```", id="a fence within a longer one"),
    pytest.param("code", "```\n\n```", None, id="an empty block"),
    pytest.param(
        "sql", "```python\nx\n```\n```SQL\nselect 1;\n```", "select 1;", id="the block fenced as sql"
    ),
    pytest.param("sql", "```\nselect 1\n```", "select 1", id="a block"),
    pytest.param(
        "sql", "Try:\n  SELECT a\n  FROM t;\nIt works.", "SELECT a\n  FROM t", id="a bare statement"
    ),
    pytest.param("sql", "I cannot.", None, id="no statement"),
    pytest.param("text", " a b \n", "a b", id="the text"),
    pytest.param("text", " \n", None, id="no text"),
    pytest.param("#### (.+)", "x\n#### 18\ny", "18", id="a regex"),
    pytest.param("(?i)answer: (\\d+)", "ANSWER: ৪২", "৪২", id="a regex, digits of every script"),
    pytest.param("a(b)?", "a", "", id="a group that took no part"),
    pytest.param("a(b)", "c", None, id="a regex without a match"),
    pytest.param("json.a b", '{"a b": 1}', "1", id="a key with a space"),
]


@pytest.mark.parametrize(("text", "answer"), JSON_ANSWER)
def test_json_key(text: str, answer: str | None) -> None:
    assert extract("json.answer", text) == answer


@pytest.mark.parametrize(("spec", "text", "answer"), OTHERS)
def test_others(spec: str, text: str, answer: str | None) -> None:
    assert extract(spec, text) == answer


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("last_nubmer", "did you mean last_number"),
        ("json.", "neither|no extractor"),
        ("(a)(b)", "2 groups instead of one"),
        ("(", "neither an extractor nor a regex"),
    ],
)
def test_what_is_no_extractor_is_refused(spec: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make_extractor(spec)


@given(st.sampled_from([*EXTRACTORS, "json.answer", "is (.)"]), st.text())
def test_any_text_is_read_without_an_error(spec: str, text: str) -> None:
    found = extract(spec, text)
    assert found is None or isinstance(found, str)


@given(st.text(alphabet='{}[]":,\\ntrue1.e-answer \n`', max_size=60))
def test_text_of_nothing_but_json_parts_is_read_without_an_error(text: str) -> None:
    found = extract("json.answer", text)
    assert found is None or isinstance(found, str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.text(alphabet="abc. \n`", max_size=20), st.sampled_from([None, 2]))
def test_any_value_survives_its_way_through_prose(value: Any, prose: str, indent: int | None) -> None:
    text = prose + json.dumps({"answer": value}, indent=indent) + prose
    found = extract("json.answer", text)
    assert found == (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
