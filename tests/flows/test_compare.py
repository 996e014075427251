"""`compare` says in a sentence, a table and a plot which is better, and never more than the samples show."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.conftest import Nightbench

CARD = 'name = "capitals"\nversion = "{version}"\n[[graders]]\ntype = "exact"\n'
ROWS = (
    "select i::varchar as sample_id, 'Say ' || i as input, i::varchar as target, {cluster} as cluster "
    "from range({n}) as t(i)"
)


def write_suite(folder: Path, n: int = 120, version: str = "1", cluster: str = "null::varchar") -> Path:
    suite = folder / "suites" / "capitals"
    suite.mkdir(parents=True, exist_ok=True)
    (suite / "suite.toml").write_text(CARD.format(version=version), encoding="utf-8")
    (suite / "samples.sql").write_text(ROWS.format(n=n, cluster=cluster), encoding="utf-8")
    return suite.parent


def answers(folder: Path, name: str, wrong: range, n: int = 120) -> Path:
    file = folder / f"{name}.jsonl"
    lines = [{"sample_id": str(i), "output": "no" if i in wrong else str(i)} for i in range(n)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


@pytest.fixture
def imported(tmp_path: Path, nightbench: Nightbench) -> Path:
    """Three clerks on 120 questions: good misses 6, fair 9 (the 6 among them), poor 40."""
    suites = write_suite(tmp_path)
    for name, wrong in (("good", range(6)), ("fair", range(9)), ("poor", range(40))):
        file = answers(tmp_path, name, wrong)
        words = ("--suite", "capitals", "--model", f"recorded/{name}", "--suites-dir", suites)
        done = nightbench("import", file, *words, "--run-id", name)
        assert done.code == 0, done.err
    return suites


def test_a_difference_is_told_with_its_interval(imported: Path, nightbench: Nightbench) -> None:
    done = nightbench("compare", "recorded/poor", "recorded/good")
    assert done.code == 0, done.err
    assert "on capitals recorded/good is better by 28.3 points (from 19.5 to 36.3), p = 1e-10" in done.out
    assert "compared: capitals (1+" in done.out
    assert "recorded/poor in poor of" in done.out
    assert "The 10 most telling disagreements" in done.out
    assert "recorded/good is right, recorded/poor is not; 100 % of other variants pass it" in done.out


def test_no_difference_is_told_as_none(imported: Path, nightbench: Nightbench) -> None:
    done = nightbench("compare", "recorded/good", "recorded/fair")
    assert done.code == 0, done.err
    assert "on capitals: no difference that 120 samples could show (recorded/fair -2.5 points" in done.out
    assert "more samples would show it" in done.out
    assert "├" in done.out
    document = nightbench("compare", "recorded/good", "recorded/fair", "--json").json
    (contest,) = document["contests"]
    assert (contest["n"], contest["only_a"], contest["only_b"]) == (120, 3, 0)
    assert contest["p"] == pytest.approx(0.25)
    assert contest["difference"] == pytest.approx(-3 / 120)
    assert contest["ci_low"] < -3 / 120 < 0 < contest["ci_high"]
    assert [d["sample_id"] for d in document["disagreements"]] == ["6", "7", "8"]


def test_a_report_ends_in_advice_with_its_evidence(imported: Path, nightbench: Nightbench) -> None:
    done = nightbench("report", "poor")
    assert done.code == 0, done.err
    advice = done.out[done.out.index("Advice") :]
    assert "capitals: recorded/fair and recorded/good cannot be told apart (" in advice
    assert "take the cheaper, once prices are known" in advice
    assert "capitals: not known yet: whether recorded/fair and recorded/good differ by less than" in advice
    document = nightbench("report", "poor", "--json").json
    assert [line["kind"] for line in document["advice"]] == ["equal", "unknown"]
    page = nightbench("report", "poor", "--markdown").out
    assert "## Advice\n- capitals:" in page


def test_advice_takes_the_better_and_where_it_is_level_the_cheaper(
    tmp_path: Path, nightbench: Nightbench
) -> None:
    suites = write_suite(tmp_path)
    tokens = "select *, 100 as input_tokens, {n} as output_tokens from source"
    for name, wrong, n in (
        ("gpt-4o-2024-05-13", range(6), 50),
        ("claude-3-5-sonnet-20240620", range(9), 200),
    ):
        words = ("--suite", "capitals", "--model", f"recorded/{name}", "--suites-dir", suites)
        file = answers(tmp_path, name, wrong)
        assert nightbench("import", file, *words, "--map", tokens.format(n=n)).code == 0
    (line, *_) = nightbench("report", "--json").json["advice"]
    assert (line["kind"], line["variant"]) == ("equal", "recorded/gpt-4o-2024-05-13")
    assert (
        "take the cheapest, recorded/gpt-4o-2024-05-13, at $0.001250 a call against up to $0.003300"
        in line["words"]
    )
    words = ("--suite", "capitals", "--model", "recorded/claude-3-opus-20240229", "--suites-dir", suites)
    assert nightbench("import", answers(tmp_path, "opus", range(120)), *words, "--run-id", "opus").code == 0
    kinds = [
        (line["kind"], line["variant"]) for line in nightbench("report", "opus", "--json").json["advice"]
    ]
    assert kinds[0] == ("equal", "recorded/gpt-4o-2024-05-13")


def test_several_are_grouped_by_letters(imported: Path, nightbench: Nightbench, tmp_path: Path) -> None:
    words = ("compare", "recorded/poor", "recorded/good", "recorded/fair")
    rows = {row["variant"]: row["letters"] for row in nightbench(*words, "--json").json["letters"]}
    assert rows == {"recorded/good": "a", "recorded/fair": "a", "recorded/poor": "b"}
    done = nightbench(*words, "--plots", tmp_path / "pictures")
    assert "share a letter" in done.out
    assert (tmp_path / "pictures" / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_a_part_is_compared_on_what_both_answered(
    imported: Path, nightbench: Nightbench, tmp_path: Path
) -> None:
    file = answers(tmp_path, "part", range(2), n=50)
    words = ("--suite", "capitals", "--model", "recorded/part", "--suites-dir", imported)
    assert nightbench("import", file, *words, "--run-id", "part").code == 0
    done = nightbench("compare", "recorded/part", "recorded/poor")
    assert "only the 50 samples that both answered (part asked 50 of 120" in done.out
    assert nightbench("compare", "part", "poor", "--json").json["contests"][0]["n"] == 50


def test_two_versions_of_a_suite(imported: Path, nightbench: Nightbench, tmp_path: Path) -> None:
    write_suite(tmp_path, n=100, version="2")
    file = answers(tmp_path, "again", range(30), n=100)
    words = ("--suite", "capitals", "--model", "recorded/good", "--suites-dir", imported)
    assert nightbench("import", file, *words, "--run-id", "again").code == 0
    document = nightbench("compare", "capitals@1", "capitals@2", "--json").json
    (contest,) = document["contests"]
    assert (contest["run_a"], contest["run_b"], contest["n"]) == ("good", "again", 100)
    assert any("two versions of the suite" in note for note in document["notes"])
    refused = nightbench("compare", "recorded/fair", "again")
    assert refused.code == 2
    assert (
        "there is no suite that both were put to. capitals: they were put to different versions"
        in refused.err
    )


def test_clusters_widen_the_interval(tmp_path: Path, nightbench: Nightbench) -> None:
    suites = write_suite(tmp_path, cluster="(i // 20)::varchar")
    for name, wrong in (("good", range(0)), ("poor", range(20))):
        words = ("--suite", "capitals", "--model", f"recorded/{name}", "--suites-dir", suites)
        assert nightbench("import", answers(tmp_path, name, wrong), *words).code == 0
    document = nightbench("compare", "recorded/poor", "recorded/good", "--json").json
    (contest,) = document["contests"]
    assert (contest["n_clusters"], contest["test"]) == (6, "paired t")
    assert contest["p"] > 0.05  # twenty samples differ, and they are one cluster of six
    assert any("120 samples are of 6 clusters" in note for note in document["notes"])
    (row,) = nightbench("sql", "select * from leaderboard where variant = 'recorded/poor'", "--json").json
    assert row["n_clusters"] == 6
    assert row["ci_low"] < 0.5


@pytest.mark.parametrize(
    ("things", "words"),
    [
        (("recorded/goood", "recorded/poor"), '"recorded/goood" is no run, variant or model'),
        (("recorded/good",), "name two things to compare"),
        (
            ("recorded/good", "recorded/poor", "--suite", "capitols"),
            'suite "capitols": no run has it. Near it: capitals',
        ),
    ],
)
def test_what_is_not_there_is_named(
    imported: Path, nightbench: Nightbench, things: tuple[str, ...], words: str
) -> None:
    done = nightbench("compare", *things)
    assert done.code == 2
    assert words in done.err


def test_the_recorded_outputs_say_what_is_known_of_them(shared_data: Path, nightbench: Nightbench) -> None:
    """ZeroEval's outputs: no difference on GSM8K, and one of 5.4 points on CRUXEval."""
    models = ("claude-3-5-sonnet-20240620", "gpt-4o-2024-05-13")
    for suite, short in (("gsm8k_json", "gsm"), ("cruxeval", "crux")):
        assert nightbench("datasets", "pull", suite, "--from", shared_data).code == 0
        for model in models:
            file = shared_data / "recorded" / f"{short}.{model}.json.gz"
            map_sql = "select id as sample_id, output[1] as output from source"
            words = ("--suite", suite, "--model", f"recorded/{model}", "--map", map_sql)
            assert nightbench("import", file, *words).code == 0
    done = nightbench("compare", *(f"recorded/{model}" for model in models))
    assert (
        "on gsm8k_json: no difference that 1,319 samples could show (recorded/gpt-4o-2024-05-13 -0.2 points, "
        "95 % from -1.3 to +0.9)"
    ) in done.out
    assert (
        "on cruxeval recorded/gpt-4o-2024-05-13 is better by 5.4 points (from 2.6 to 8.1), p = 0.0002"
        in done.out
    )


def test_what_a_right_answer_costs_has_an_interval(tmp_path: Path, nightbench: Nightbench) -> None:
    """Oracle: the delta method over clusters of three, written out with NumPy."""
    suites = write_suite(tmp_path, cluster="(i // 3)::varchar")
    for name, model, wrong in (("dear", "gpt-4o-2024-05-13", 6), ("cheap", "gpt-4o-mini-2024-07-18", 40)):
        file = answers(tmp_path, name, range(wrong))
        tokens = "select *, 100 + 10 * sample_id::integer as input_tokens, 50 as output_tokens from source"
        words = ("--suite", "capitals", "--model", f"recorded/{model}", "--suites-dir", suites)
        assert nightbench("import", file, *words, "--map", tokens, "--run-id", name).code == 0
    done = nightbench("compare", "dear", "cheap", "--json")
    (contest,) = done.json["contests"]
    for side, wrong, usd_in, usd_out in (("a", 6, 5.0, 15.0), ("b", 40, 0.15, 0.6)):
        i = np.arange(120)
        y = ((usd_in * (100 + 10 * i) + usd_out * 50) / 1e6).reshape(40, 3).sum(axis=1)
        x = (i >= wrong).reshape(40, 3).sum(axis=1)
        ratio = y.sum() / x.sum()
        half = stats.t.ppf(0.975, 39) * np.sqrt(40 / 39 * ((y - ratio * x) ** 2).sum()) / x.sum()
        told = [contest[f"usd_per_correct_{side}{end}"] for end in ("", "_low", "_high")]
        assert told == pytest.approx([ratio, ratio - half, ratio + half], rel=1e-5)
    assert "a right answer costs $0.00" in nightbench("compare", "dear", "cheap").out
