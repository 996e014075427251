"""How code was written: landed as metrics and no grades, drawn, and nothing of it for a suite without."""

from pathlib import Path

import pytest

from flows.pages.pictures import short_names
from flows.pages.plots import draw_style
from tests.conftest import Nightbench
from tests.flows.conftest import query

PLAIN = ("openai/gpt-4o", "anthropic/claude-3-5-sonnet-20240620")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_measures_land_beside_grades_and_are_drawn(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    words = ("--model", "simulated/gpt-4o-2024-05-13", "--limit", "6", "--run-id", "r1", "--json")
    done = nightbench("run", "--suite", "code_generation", *words)
    assert done.code == 0, done.err
    rows = query(home, "select metric, count(*) as n from metrics where run_id = 'r1' group by all")
    by_metric = {row["metric"]: row["n"] for row in rows}
    assert by_metric["lines"] == 6
    assert {"complexity_mean", "typed_share", "try_blocks"} <= set(by_metric)
    assert query(home, "select count(*) as n from grades where run_id = 'r1'") == [{"n": 6}]
    means = query(home, "select n, mean, ci_low, ci_high from code_style where metric = 'code_lines'")
    assert means[0]["n"] == 6
    assert means[0]["ci_low"] < means[0]["mean"] < means[0]["ci_high"]
    shown = nightbench("report", "r1", "--plots", tmp_path / "pictures")
    assert shown.code == 0, shown.err
    [picture] = (tmp_path / "pictures").glob("code_style-*")
    assert picture.name == "code_style-code_generation.png"
    assert picture.read_bytes().startswith(PNG)
    assert str(picture) in shown.err


def test_names_are_short_and_tell_variants_apart() -> None:
    assert short_names(PLAIN) == ["gpt-4o", "claude-3-5-sonnet-20240620"]
    assert short_names(["openai/gpt-4o", "azure/gpt-4o"]) == ["openai/gpt-4o", "azure/gpt-4o"]
    long = [f"{'a' * 40} {n}" for n in range(2)]
    assert len(set(short_names(long))) == 2
    assert max(map(len, short_names(long))) <= 33


def test_any_name_and_a_mean_without_interval_are_drawn(tmp_path: Path) -> None:
    rows = [
        {"variant": variant, "metric": metric, "n": 2, "mean": 0.5, "ci_low": None, "ci_high": None}
        | {"simulated": False}
        for variant in ("$a$ {b} \\frac", "b", "$")
        for metric in ("nesting", "typed_share", "a measure that is not drawn")
    ]
    draw_style("any $uite", rows, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
