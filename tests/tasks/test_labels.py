"""A file of labels is read whole or refused whole, with the file, the row and what is wrong there."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from tasks.labels import Label, read_labels
from warehouse.errors import SpecError

A = "00000000-0000-4000-8000-00000000000a"
B = "00000000-0000-4000-8000-00000000000b"
HEAD = "run_id,call_key,passed,author,reason\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("l.csv", f'{HEAD}r1,{A},true,Ann,"a, b"\nr1,{B},0,Bob,\n', id="CSV"),
        pytest.param("l.CSV", f'\ufeff{HEAD}r1,{A},YES,Ann,"a, b"\r\nr1,{B},False,Bob,', id="Excel's CSV"),
        pytest.param(
            "l.csv", f'more,reason,author,passed,call_key,run_id\nx,"a, b",Ann,1,{A},r1\n,,Bob,no,{B},r1\n',
            id="columns in another order, and further ones",
        ),
        pytest.param(
            "l.jsonl",
            f'{{"run_id":"r1","call_key":"{A}","passed":true,"author":"Ann","reason":"a, b"}}\n\n'
            f'{{"run_id":"r1","call_key":"{B}","passed":0,"author":"Bob","reason":null}}\n',
            id="JSON lines",
        ),
    ],
)  # fmt: skip
def test_verdicts_are_read(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8", newline="")
    assert read_labels(file, "r1") == [
        Label(1, UUID(A), True, "Ann", "a, b"),
        Label(2, UUID(B), False, "Bob", ""),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("run_id,call_key,passed,author\n", 'no column "reason"', id="a missing column"),
        pytest.param("", 'no column "run_id"', id="an empty file"),
        pytest.param(HEAD, "there is no label", id="no row"),
        pytest.param(
            f"{HEAD}r1,{A},true,Ann,\nr2,{B},true,Ann,\n", 'row 2: run_id is "r2"', id="another run"
        ),
        pytest.param(f"{HEAD}r1,abc,true,Ann,\n", 'row 1: call_key "abc" is none', id="no key"),
        pytest.param(f"{HEAD}r1,{A},maybe,Ann,\n", 'row 1: passed is "maybe"', id="neither true nor false"),
        pytest.param(f"{HEAD}r1,{A},,Ann,\n", 'row 1: passed is ""', id="no verdict"),
        pytest.param(f"{HEAD}r1,{A},true,,\n", "row 1: there is no author", id="nobody's verdict"),
        pytest.param(
            f"{HEAD}r1,{A},true,Ann,\nr1,{A},false,Bob,\n", "already, in row 1", id="twice the same"
        ),
        pytest.param(
            f"{HEAD}r1,{A},true,Ann,a, b\n", "row 1: has 6 fields, and the header has 5", id="a comma"
        ),
        pytest.param(f"{HEAD}r1,{A},true\n", "row 1: has 3 fields, and the header has 5", id="a short row"),
        pytest.param(f'{HEAD}r1,{A},true,Ann,"open\n', "is not CSV", id="an open quote"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "l.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match="Nothing was graded") as refused:
        read_labels(file, "r1")
    assert str(file) in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param("{", "row 1: is not JSON", id="no JSON"),
        pytest.param("[" * 100_000, "row 1: is not JSON", id="too deep"),
        pytest.param("[]", "row 1: is no JSON object", id="a list"),
        pytest.param({"reason": ...}, 'row 1: no column "reason"', id="a key is missing"),
        pytest.param({"author": 7}, "row 1: author is 7, which is no text", id="a number for an author"),
        pytest.param({"passed": None}, 'row 1: passed is "None"', id="null"),
    ],
)
def test_json_that_does_not_fit_is_refused(row: str | dict[str, object], said: str, tmp_path: Path) -> None:
    whole = {"run_id": "r1", "call_key": A, "passed": True, "author": "Ann", "reason": "x"}
    if isinstance(row, dict):
        row = json.dumps({name: value for name, value in (whole | row).items() if value is not ...})
    file = tmp_path / "l.jsonl"
    file.write_text(row, encoding="utf-8")
    with pytest.raises(SpecError, match="Nothing was graded") as refused:
        read_labels(file, "r1")
    assert said in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        read_labels(tmp_path / "none.csv", "r1")
    with pytest.raises(SpecError, match=r"are read from \.csv and \.jsonl"):
        read_labels(tmp_path / "labels.txt", "r1")
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + f"r1,{A},true,J\xfcrgen,\n".encode("latin-1"))
    with pytest.raises(SpecError, match="is not UTF-8"):
        read_labels(tmp_path / "latin.csv", "r1")
