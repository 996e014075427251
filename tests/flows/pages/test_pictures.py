"""Pictures of a run hold what its leaderboard has, whatever its names are."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from flows.pages.pictures import PICTURES, as_markdown, drawn


def row(suite: str, variant: str, **change: object) -> dict[str, object]:
    return {
        "suite": suite,
        "variant": variant,
        "model": "openai/x",
        "n": 20,
        "accuracy": 0.5,
        "ci_low": 0.3,
        "ci_high": 0.7,
        "usd": 0.02,
        "latency_p50": 0.5,
        "latency_p95": 1.0,
    } | change


ODD = [
    row("$a$ _b_", "x/$\\frac{1}"),
    row("s", "y" * 300, ci_low=None, ci_high=None, latency_p95=None),
    row("s", "z", accuracy=None, usd=None, latency_p50=None),
    row("s", "\x1b[31m\u202e", accuracy=1.0, ci_high=1.0, usd=0),
]


@pytest.mark.parametrize("name", PICTURES)
def test_any_row_is_drawn(name: str, tmp_path: Path) -> None:
    PICTURES[name](ODD, tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.width > 500
        assert len(picture.convert("L").getcolors(256) or []) > 2, "it is empty"


def test_many_rows_are_cut_at_a_picture_that_can_be_looked_at(tmp_path: Path) -> None:
    PICTURES["accuracy"]([row(f"s{i}", "a") for i in range(500)], tmp_path / "x.png")
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.height < 3000


def test_what_has_no_figures_is_not_drawn() -> None:
    unpriced = [row("s", "a", usd=None)]
    assert list(drawn(unpriced)) == ["accuracy", "latency"]
    assert list(drawn([row("s", "a", accuracy=None, usd=None, latency_p50=None)])) == []


def test_markdown_holds_the_pictures_themselves() -> None:
    lines = [line for line in as_markdown([row("s", "a")]) if line]
    assert [line.partition("]")[0] for line in lines] == ["![accuracy", "![cost", "![latency"]
    for line in lines:
        data = line.partition("base64,")[2].removesuffix(")")
        with Image.open(BytesIO(base64.b64decode(data))) as picture:
            assert picture.format == "PNG"
