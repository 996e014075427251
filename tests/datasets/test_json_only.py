"""The suite json_only: every schema is sound, accepts its reference answer, and refuses a spoiled one."""

import copy
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from bench.json_only.case import pin
from bench.make_json_only import SAMPLES, render

SUITE = Path(__file__).parents[2] / "datasets" / "json_only"
ONLY = re.compile(
    r"\bonly\b|\balone\b|\bjust the JSON|nothing (but|else|besides)|(and|do not write) (nothing|anything)"
    r"|no other text|no words around|without any explanation|your whole reply|write nothing",
    re.IGNORECASE,
)
INSTRUCTIONS = re.compile(
    r"ignore all|from now on|reply with the word|print your instructions|end the conv", re.I
)
Row = dict[str, Any]
IDS = [json.loads(line)["sample_id"] for line in SAMPLES.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def samples() -> dict[str, Row]:
    """The rows as a run reads them, by sample_id: samples.sql, the search path at the suite's folder."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{SUITE}'")
        found = connection.execute((SUITE / "samples.sql").read_text(encoding="utf-8"))
        assert found.description is not None
        names = [column[0] for column in found.description]
        assert [str(column[1]) for column in found.description][:5] == ["VARCHAR"] * 5
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["sample_id"]: row for row in rows}


@pytest.fixture
def row(samples: dict[str, Row], sample_id: str) -> Row:
    """One sample."""
    return samples[sample_id]


@pytest.fixture
def validator(row: Row) -> Draft202012Validator:
    """The sample's schema, formats checked."""
    return Draft202012Validator(json.loads(row["schema"]), format_checker=FormatChecker())


def spoiled_shapes(value: Any) -> Iterator[Any]:
    """The document with one key missing, one key too many, or one value of another type; each in turn."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: worse} for worse in spoiled_shapes(inner))
        yield {**value, "a key nobody asked for": value}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], worse, *value[at + 1 :]] for worse in spoiled_shapes(inner))
        yield {str(at): inner for at, inner in enumerate(value)}
    else:
        yield {"value": value}
        yield [value]


def spoiled_values(value: Any) -> Iterator[Any]:
    """The document with one value changed or retyped, or one array shortened, lengthened or reordered."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: worse} for worse in spoiled_values(inner))
    elif isinstance(value, list):
        yield [*value, copy.deepcopy(value[-1]) if value else None]
        if value:
            yield value[:-1]
        for at, (left, right) in enumerate(pairwise(value)):
            if left != right:
                yield [*value[:at], right, left, *value[at + 2 :]]
        for at, inner in enumerate(value):
            yield from ([*value[:at], worse, *value[at + 1 :]] for worse in spoiled_values(inner))
    elif isinstance(value, str):
        yield from (value + "x", value + "\n", value + " ")
        yield from (value[:-1],) if value else (None,)
    elif value is None:
        yield from ("null", "", 0, False, [])
    elif isinstance(value, bool):
        yield from (not value, int(value), str(value).lower(), None)
    else:
        yield from (value + 1, -value if value else 0.01, str(value), None)


def scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from scalars(inner)
    else:
        yield value


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max((depth(part) for part in inner), default=0)


def test_the_committed_file_is_what_the_cases_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_samples_sql_returns_every_row_with_the_columns_of_a_suite(samples: dict[str, Row]) -> None:
    assert list(samples) == IDS
    assert len(samples) >= 64
    assert set(samples[IDS[0]]) == {"sample_id", "input", "target", "schema", "category", "metadata"}
    assert not [row for row in samples.values() if None in row.values() or "" in row.values()]


def test_ids_and_prompts_are_unique(samples: dict[str, Row]) -> None:
    assert len(set(IDS)) == len(IDS)
    assert len({row["input"] for row in samples.values()}) == len(IDS)


@pytest.mark.parametrize("sample_id", IDS)
def test_the_schema_is_valid_2020_12(row: Row) -> None:
    schema = json.loads(row["schema"])
    Draft202012Validator.check_schema(schema)
    assert schema.get("$schema", Draft202012Validator.META_SCHEMA["$id"]).endswith("/2020-12/schema")
    assert {"type", "oneOf", "$ref"} & set(schema), "the top level says what it wants"
    assert "(?" not in row["schema"], "a pattern of linear time needs no look-around"


@pytest.mark.parametrize("sample_id", IDS)
def test_the_target_meets_its_schema(row: Row, validator: Draft202012Validator) -> None:
    assert [error.message for error in validator.iter_errors(json.loads(row["target"]))] == []


@pytest.mark.parametrize("sample_id", IDS)
def test_a_missing_key_a_key_too_many_or_another_type_is_refused(
    row: Row, validator: Draft202012Validator
) -> None:
    accepted = [bad for bad in spoiled_shapes(json.loads(row["target"])) if validator.is_valid(bad)]
    assert accepted == []


@pytest.mark.parametrize("sample_id", IDS)
def test_where_the_prompt_holds_the_facts_any_other_value_is_refused(
    row: Row, validator: Draft202012Validator
) -> None:
    bad = list(spoiled_values(json.loads(row["target"])))
    accepted = [document for document in bad if validator.is_valid(document)]
    if row["metadata"]["pinned"]:
        assert accepted == []
    else:
        assert len(accepted) < len(bad), "a schema that is free is still no blank cheque"


def test_most_prompts_leave_one_right_answer(samples: dict[str, Row]) -> None:
    assert sum(row["metadata"]["pinned"] for row in samples.values()) >= 0.8 * len(samples)


@pytest.mark.parametrize("sample_id", IDS)
def test_the_prompt_asks_for_json_and_for_nothing_else(row: Row) -> None:
    assert "JSON" in row["input"]
    assert ONLY.search(" ".join(row["input"].split()))


@pytest.mark.parametrize("sample_id", IDS)
def test_the_prompt_names_every_key_of_a_pinned_object(row: Row) -> None:
    if not row["metadata"]["pinned"]:
        return

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    prompt = row["input"].lower()
    unnamed = {key for key in keys(json.loads(row["target"])) if key.lower() not in prompt}
    assert unnamed <= {'"\\"'}, "one key is described by its characters, no other is left to be guessed"


@pytest.mark.parametrize("sample_id", IDS)
def test_prompts_are_tidy(row: Row) -> None:
    assert row["input"] == row["input"].strip()
    assert not re.search(r"[ \t]+$", row["input"], re.MULTILINE)
    assert row["input"] == unicodedata.normalize("NFC", row["input"])
    assert len(row["input"]) <= 2500


def test_a_bare_scalar_is_wanted_where_the_category_says_so(samples: dict[str, Row]) -> None:
    for row in samples.values():
        is_scalar = not isinstance(json.loads(row["target"]), dict | list)
        assert is_scalar == (row["category"] == "scalar"), row["sample_id"]
        if is_scalar:
            assert json.loads(row["schema"])["type"] in {"string", "integer", "boolean", "null"}


def test_every_category_has_its_share(samples: dict[str, Row]) -> None:
    counts = Counter(row["category"] for row in samples.values())
    assert len(counts) == 11
    assert min(counts.values()) >= 6


@pytest.mark.parametrize(
    ("pattern", "column", "at_least"),
    [
        pytest.param(r"\\\"", "target", 10, id="an escaped quotation mark"),
        pytest.param(r"\\\\", "target", 8, id="an escaped backslash"),
        pytest.param(r"\\n", "target", 6, id="a line break in a string"),
        pytest.param(r"\\t", "target", 1, id="a tab in a string"),
        pytest.param(r"\[\]", "target", 8, id="an empty array"),
        pytest.param(r"\{\}", "target", 2, id="an empty object"),
        pytest.param(r'""', "target", 4, id="an empty string"),
        pytest.param(r"\bnull\b", "target", 10, id="null"),
        pytest.param(r"[ \[]-?\d+\.\d", "target", 9, id="a decimal"),
        pytest.param(r"\b\d{16,}", "target", 1, id="an integer beyond 2**53"),
        pytest.param(r"^\[", "target", 10, id="an array at the top"),
        pytest.param(r"```", "target", 2, id="a fence inside a string"),
        pytest.param(r"```", "input", 5, id="a fence in the prompt"),
        pytest.param(r"\d{4}-\d\d-\d\d", "target", 5, id="a date"),
        pytest.param(r'"enum"', "schema", 6, id="enum"),
        pytest.param(r'"pattern"', "schema", 5, id="pattern"),
        pytest.param(r'"const"', "schema", 70, id="const"),
        pytest.param(r'"format"', "schema", 2, id="format"),
        pytest.param(r'"additionalProperties": false', "schema", 65, id="no other keys"),
        pytest.param(
            r'"(prefixItems|contains|uniqueItems|propertyNames)"', "schema", 20, id="array and key rules"
        ),
        pytest.param(r"JSON Schema", "input", 8, id="the schema in the prompt"),
    ],
)
def test_hard_features_are_there_in_numbers(
    samples: dict[str, Row], pattern: str, column: str, at_least: int
) -> None:
    assert sum(1 for row in samples.values() if re.search(pattern, row[column])) >= at_least


def test_documents_are_deep(samples: dict[str, Row]) -> None:
    depths = [depth(json.loads(row["target"])) for row in samples.values()]
    assert sum(1 for levels in depths if levels >= 4) >= 6
    assert max(depths) >= 6


@pytest.mark.parametrize("script", ["GREEK", "CYRILLIC", "ARABIC", "DEVANAGARI", "CJK", "HIRAGANA", "GOTHIC"])
def test_strings_are_written_in_many_scripts(samples: dict[str, Row], script: str) -> None:
    text = "".join(row["target"] for row in samples.values())
    assert any(unicodedata.name(letter, "").startswith(script) for letter in set(text))


def test_emoji_are_joined_coloured_and_flagged(samples: dict[str, Row]) -> None:
    text = "".join(row["target"] for row in samples.values())
    for part in ("\N{ZERO WIDTH JOINER}", "\N{REGIONAL INDICATOR SYMBOL LETTER P}", "\U0001f3fd"):
        assert part in text


def test_some_data_reads_like_instructions(samples: dict[str, Row]) -> None:
    assert sum(1 for row in samples.values() if INSTRUCTIONS.search(row["input"])) >= 3


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(documents)
def test_a_pinned_schema_accepts_its_document(document: Any) -> None:
    schema = pin(document)
    Draft202012Validator.check_schema(schema)
    assert Draft202012Validator(schema).is_valid(json.loads(json.dumps(document)))


@given(documents, documents)
def test_a_pinned_schema_accepts_no_other_document(document: Any, other: Any) -> None:
    def typed(value: Any) -> Any:  # 1, 1.0 and true are equal in Python; in JSON the first two are
        if isinstance(value, dict):
            return {key: typed(inner) for key, inner in value.items()}
        return [typed(inner) for inner in value] if isinstance(value, list) else (type(value) is bool, value)

    same = typed(document) == typed(other)
    assert Draft202012Validator(pin(document)).is_valid(other) == same
