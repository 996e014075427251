"""Outputs that exist already are graded as they stand; text stays text, and strangers are named."""

from pathlib import Path

import pytest

from tasks.importing import read_outputs
from tests.conftest import Nightbench
from warehouse.errors import SpecError

MAP = "select id as sample_id, output[1] as output from source"
SUITE = """name = "capitals"
[[graders]]
type = "exact"
"""
SAMPLES = """select * from (values
    ('1', 'France?', 'Paris'), ('2', 'Spain?', 'Madrid'), ('3', 'Italy?', 'Rome'))
as t(sample_id, input, target)
"""


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    folder = tmp_path / "suites" / "capitals"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    (folder / "samples.sql").write_text(SAMPLES, encoding="utf-8")
    return folder.parent


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "short", "passed"),
    [
        # published: 95.60 and 95.38 % of 1,319; 80.75 and 86.12 % of 800
        (
            "gsm8k_json",
            "gsm",
            {"claude-3-5-sonnet-20240620": (1261, 1319), "gpt-4o-2024-05-13": (1258, 1319)},
        ),
        ("cruxeval", "crux", {"claude-3-5-sonnet-20240620": (646, 800), "gpt-4o-2024-05-13": (689, 800)}),
    ],
)
def test_recorded_outputs_get_the_published_scores(
    suite: str,
    short: str,
    passed: dict[str, tuple[int, int]],
    shared_data: Path,
    nightbench: Nightbench,
) -> None:
    assert nightbench("datasets", "pull", suite, "--from", shared_data).code == 0
    for model, (right, n) in passed.items():
        file = shared_data / "recorded" / f"{short}.{model}.json.gz"
        words = ("import", file, "--suite", suite, "--model", f"recorded/{model}", "--map", MAP, "--json")
        done = nightbench(*words)
        assert done.code == 0, done.err
        row = done.json["leaderboard"][0]
        assert (row["n"], round(row["accuracy"] * row["n"], 6)) == (n, right)
    asked = f"select n, claimed, measured, agrees from against_claims where suite = '{suite}' and n > 0"
    held = nightbench("sql", asked, "--json").json
    assert [(r["n"], r["agrees"]) for r in held] == [(n, True)] * len(passed)
    assert all(abs(r["measured"] - r["claimed"]) < 1e-4 for r in held)


def test_part_of_a_suite_is_fine_and_what_is_empty_is_graded_zero(
    tmp_path: Path, suites: Path, nightbench: Nightbench
) -> None:
    file = tmp_path / "out.csv"
    file.write_text(
        "sample_id,output,input_tokens,output_tokens\n1,Paris,1000000,0\n2,,0,0\n", encoding="utf-8"
    )
    words = ("import", file, "--suite", "capitals", "--suites-dir", suites, "--json")
    done = nightbench(*words, "--model", "recorded/gpt-4o-2024-05-13")
    assert done.code == 0, done.err
    assert done.json["leaderboard"][0]["accuracy"] == 0.5
    assert done.json["costs"][0]["usd"] == "5.000000000000"
    rows = nightbench("sql", "select sample_id, passed, reason from grades order by 1", "--json").json
    assert rows == [
        {"sample_id": "1", "passed": True, "reason": None},
        {"sample_id": "2", "passed": False, "reason": "empty"},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("sample_id,output\n9,x\n", "9", id="an id that the suite does not know"),
        pytest.param("sample_id,output\n1,x\n1,y\n", "twice", id="one sample twice"),
        pytest.param("id,output\n1,x\n", '"sample_id"', id="no sample_id"),
        pytest.param("sample_id,output\n", "no rows", id="no rows"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(
    text: str, said: str, tmp_path: Path, suites: Path, nightbench: Nightbench
) -> None:
    file = tmp_path / "out.csv"
    file.write_text(text, encoding="utf-8")
    words = ("import", file, "--suite", "capitals", "--suites-dir", suites)
    done = nightbench(*words, "--model", "recorded/x")
    assert done.code == 2
    assert said in done.err
    assert "Nothing was imported" in done.err
    assert "Traceback" not in done.err
    assert nightbench("runs", "--json").json == []


def test_strings_that_look_like_something_else_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    odd = ["2024-01-02", "6F1A9F0E-0000-4000-8000-000000000000", "12:00:00", "0012", "2024-01-01 10:00:00"]
    lines = [f'{{"sample_id": "{text}", "output": "{text}"}}' for text in odd]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert [(one.sample_id, one.output) for one in read_outputs(file)] == [(text, text) for text in odd]


def test_the_map_reads_nothing_but_the_file(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text('{"sample_id": "1", "output": "x"}', encoding="utf-8")
    with pytest.raises(SpecError, match="source"):
        read_outputs(file, "select content as output, '1' as sample_id from read_text('/etc/hostname')")
