"""The heat map's picture has a number in every cell that can be read, and says where nothing was asked."""

from pathlib import Path
from typing import Any

import pytest

from flows.pages.heatmap import HeatMap, draw_heatmap, figure_of, in_thousands
from flows.pages.plots import _new_file

LENGTHS, DEPTHS = (1_000, 16_000, 128_000), (0.0, 12.5, 100.0)
CELLS = {
    (depth, length): ((row + 3 * column) / 8, 2)
    for row, depth in enumerate(DEPTHS)
    for column, length in enumerate(LENGTHS)
}


def map_of(cells: Any = CELLS, **fields: Any) -> HeatMap:
    return HeatMap(**{"suite": "s", "variant": "a $5 model", "simulated": False, "cells": cells, **fields})


def texts(shown: HeatMap) -> list[str]:
    return [text.get_text() for text in figure_of(shown).axes[0].texts]


def test_every_cell_has_its_number() -> None:
    assert sorted(map(int, texts(map_of()))) == [0, 12, 25, 38, 50, 62, 75, 88, 100]


def test_a_cell_where_nothing_was_asked_is_hatched_and_has_none() -> None:
    cells = {place: cell for place, cell in CELLS.items() if place != (0.0, 1_000)}
    panel = figure_of(map_of(cells)).axes[0]
    assert len(panel.texts) == 8
    assert [patch.get_hatch() for patch in panel.patches] == ["///"]


def test_depth_runs_down_and_length_to_the_right() -> None:
    panel = figure_of(map_of()).axes[0]
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["1k", "16k", "128k"]
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["0", "12.5", "100"]
    assert panel.yaxis_inverted()


@pytest.mark.parametrize("accuracy", [0.0, 0.25, 0.49, 0.5, 0.51, 0.75, 1.0])
def test_a_number_stands_out_from_its_cell(accuracy: float) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    panel = figure_of(map_of({(0.0, 1_000): (accuracy, 1)})).axes[0]
    [text] = panel.texts
    cell = luminance(colormaps["cividis"](accuracy)[:3])
    number = luminance(to_rgb(str(text.get_color())))
    assert (max(cell, number) + 0.05) / (min(cell, number) + 0.05) >= 4.0


def luminance(rgb: Any) -> float:
    """Of WCAG 2."""
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb)
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def test_a_simulated_model_is_called_one() -> None:
    assert "says nothing of real" in figure_of(map_of(simulated=True)).axes[0].get_title()
    assert "says nothing of real" in map_of(simulated=True).title
    assert "says nothing of real" not in figure_of(map_of()).axes[0].get_title()


def test_a_name_with_a_dollar_is_no_formula(tmp_path: Path) -> None:
    draw_heatmap(map_of(variant="a $ and a $x_"), tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_the_table_has_a_dash_where_nothing_was_asked() -> None:
    cells = {(0.0, 1_000): (1.0, 2), (50.0, 2_000): (0.5, 4)}
    shown = map_of(cells)
    assert shown.table() == [
        {"depth %": "0", "1k": "100", "2k": "–"},
        {"depth %": "50", "1k": "–", "2k": "50"},
    ]
    assert shown.samples == "n a cell: 2 to 4"


@pytest.mark.parametrize(
    ("tokens", "said"), [(500, "500"), (1_000, "1k"), (1_500, "1.5k"), (128_000, "128k")]
)
def test_lengths_are_said_in_thousands(tokens: int, said: str) -> None:
    assert in_thousands(tokens) == said


def test_two_variants_whose_names_differ_in_signs_have_two_files(tmp_path: Path) -> None:
    first = _new_file(tmp_path / "new", "map-a b", [])
    second = _new_file(tmp_path / "new", "map-a/b", [first])
    assert [first.name, second.name] == ["map-a_b.png", "map-a_b-2.png"]
