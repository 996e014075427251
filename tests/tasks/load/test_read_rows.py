"""A user's file is read as people have it; what cannot be read is told with its line and a remedy."""

import gzip
from pathlib import Path

import duckdb
import pytest

from tasks.load.read_rows import read_rows
from tasks.load.table import Table
from warehouse.errors import SuiteError

WANTED = [
    {"Frage": "Was kostet das Öl?", "Antwort": "3,50 €"},
    {"Frage": 'Ein "Zitat"; ja', "Antwort": "007"},
]
CSV = 'Frage;Antwort\nWas kostet das Öl?;3,50 €\n"Ein ""Zitat""; ja";007\n'


def read(tmp_path: Path, content: bytes | str, name: str = "rows.csv", encoding: str | None = None) -> Table:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_rows(file, encoding)


def refusal(tmp_path: Path, content: bytes | str, name: str = "rows.csv", encoding: str | None = None) -> str:
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, content, name, encoding)
    assert "Nothing was written" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(CSV.encode(), "separated by semicolons", id="UTF-8"),
        pytest.param(CSV.encode("utf-8-sig"), "byte order mark", id="UTF-8 with a BOM"),
        pytest.param(CSV.encode("utf-16"), "UTF-16-LE", id="UTF-16 with a BOM"),
        pytest.param(CSV.encode("utf-16-le"), "UTF-16-LE", id="UTF-16 without a BOM"),
        pytest.param(CSV.encode("cp1252"), "Windows-1252", id="Windows-1252"),
        pytest.param(CSV.encode("mac_roman"), "Mac Roman", id="Mac Roman"),
        pytest.param(CSV.replace("\n", "\r\n").encode("cp1252"), "Windows-1252", id="Windows line ends"),
        pytest.param(CSV.replace("\n", "\r").encode("mac_roman"), "Mac Roman", id="old Mac line ends"),
        pytest.param(("sep=;\n" + CSV).encode(), "semicolons", id="a line that names the separator"),
        pytest.param(
            CSV.replace("Antwort\n", "Antwort;;\n").replace("007\n", "007;;\n;;;\n\n").encode(),
            "1 blank rows",
            id="columns and rows that are empty, as spreadsheets leave them",
        ),
    ],
)
def test_a_csv_is_read_whatever_wrote_it(tmp_path: Path, content: bytes, told: str) -> None:
    table = read(tmp_path, content)
    assert list(table.rows) == WANTED
    assert told in " ".join(table.notes)
    assert table.content is not None
    assert table.content.decode("utf-8") == CSV


def test_another_encoding_is_taken_as_said_and_never_guessed(tmp_path: Path) -> None:
    content = "вопрос,ответ\nСтолица Франции?,Париж\n".encode("cp1251")
    assert "--encoding" in refusal(tmp_path, content)
    table = read(tmp_path, content, encoding="cp1251")
    assert list(table.rows) == [{"вопрос": "Столица Франции?", "ответ": "Париж"}]
    assert "line 2" in refusal(tmp_path, b"q,a\nx\xff,y\n", encoding="utf-8")
    assert '"klingon" is not a text encoding' in refusal(tmp_path, "q,a\nx,y\n", encoding="klingon")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("q;a\nx;y\nx;y;z\n", "line 3: the row has 3 fields, and the header 2", id="too many"),
        pytest.param('q;a\n"two\nlines";y\nx\n', "line 4: the row has 1 fields", id="too few"),
        pytest.param('q;a\nx;y\n"not closed;y\nx;y\n', "lines 3 to 4: not a row", id="an open quote"),
        pytest.param("What is 1+1?;2\nWhat is 2+2?;4\n", "line 1: this looks like a row", id="no header"),
        pytest.param("q;Answer;answer\nx;y;z\n", 'line 1: two columns have one name: "Answer"', id="twins"),
        pytest.param("q;a\n", "no rows after the header", id="a header alone"),
        pytest.param(" \n", "the file is empty", id="nothing"),
    ],
)
def test_a_broken_csv_is_told_with_its_line(tmp_path: Path, content: str, said: str) -> None:
    assert said in refusal(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        pytest.param('{"q": 1}\n{"q": \n', "r.jsonl", "line 2, column 7: not JSON", id="a broken line"),
        pytest.param('{"q": 1}\n\n[1]\n', "r.jsonl", "line 3: not a JSON object, but a list", id="a list"),
        pytest.param('{"data": [{"q": 1}]}', "r.json", "a list under data", id="an object around the rows"),
        pytest.param('{"q": 1, "Q": 2}\n', "r.jsonl", 'the names "Q" and "q" are one to SQL', id="twins"),
        pytest.param("PK", "r.xlsx", "Save its sheet as CSV", id="a spreadsheet"),
        pytest.param("x", "r.docx", ".jsonl", id="another kind"),
        pytest.param("x", "r.parquet", "cannot be read as Parquet", id="no Parquet"),
        pytest.param("x", "r.csv.gz", "cannot be read", id="no gzip"),
    ],
)
def test_other_files_are_refused_with_a_remedy(tmp_path: Path, content: str, name: str, said: str) -> None:
    assert said in refusal(tmp_path, content, name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"no such file.*--from"):
        read_rows(tmp_path / "nothing.csv")


def test_jsonl_keeps_its_lines_and_nested_fields_are_found(tmp_path: Path) -> None:
    line = '{"q": {"text": "Why?", "tags": ["a"]}, "n": 1.50, "when": "2024-01-02"}'
    table = read(tmp_path, gzip.compress(f"{line}\n".encode("utf-16")), "rows.jsonl.gz")
    assert table.content == f"{line}\n".encode()
    assert [(field.name, field.kind) for field in table.fields] == [
        ("q", "struct"), ("q.text", "text"), ("q.tags", "list"), ("n", "number"), ("when", "text"),
    ]  # fmt: skip


def test_a_json_array_becomes_lines(tmp_path: Path) -> None:
    table = read(tmp_path, '[{"q": "é"},\n {"q": "b"}]', "rows.json")
    assert (table.reader, table.content) == ("jsonl", '{"q": "é"}\n{"q": "b"}\n'.encode())


def test_parquet_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    rows = duckdb.sql("select 'a' as q, {'x': 1} as s, map {'k': 1} as m, date '2024-01-02' as d")
    assert rows is not None
    rows.write_parquet(str(file))
    table = read_rows(file)
    assert table.content is None
    assert [(field.name, field.kind) for field in table.fields] == [
        ("q", "text"), ("s", "struct"), ("s.x", "number"), ("m", "other"), ("d", "time"),
    ]  # fmt: skip


def test_lists_as_python_prints_them_become_json(tmp_path: Path) -> None:
    table = read(tmp_path, "q,choices\nx,\"['it''s', 'b']\"\ny,\"[\"\"c's\"\", 'd']\"\n".replace("''", ""))
    assert [row["choices"] for row in table.rows] == ['["its", "b"]', '["c\'s", "d"]']
    assert "copied as JSON" in " ".join(table.notes)
    assert [row["a"] for row in read(tmp_path, 'q,a\nx,"[1, 2]"\ny,[true]\n').rows] == ["[1, 2]", "[true]"]
