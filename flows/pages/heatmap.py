"""The map of a long-context run: accuracy by length and depth, a table and a picture for each model.

The colours are of cividis, which people with any kind of colour vision see as one scale from dark to light;
every cell has its number, so that nothing hangs on the colour alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.home import Home
from warehouse.query import run_sql

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAP = """
select suite, suite_version, variant, simulated, length_tokens, depth_percent, n, accuracy
from needle_heatmap
where run_id = '{run_id}'
order by suite, suite_version, variant, length_tokens, depth_percent
"""
COLOURS = "cividis"
DARK = 0.5  # below this accuracy a cell is dark, and its number light


@dataclass(frozen=True)
class HeatMap:
    """One variant on one suite: cells by depth and length, each with accuracy and number of samples."""

    suite: str
    variant: str
    simulated: bool
    cells: Mapping[tuple[float, int], tuple[float, int]]

    @property
    def depths(self) -> list[float]:
        """From the beginning of a context to its end."""
        return sorted({depth for depth, _ in self.cells})

    @property
    def lengths(self) -> list[int]:
        """From the shortest."""
        return sorted({length for _, length in self.cells})

    @property
    def title(self) -> str:
        """What it shows, and of whom."""
        made_up = " (simulated: says nothing of real models)" if self.simulated else ""
        return f"{self.suite}: accuracy % by depth and length, {self.variant}{made_up}"

    @property
    def samples(self) -> str:
        """How many samples a cell rests on."""
        counts = {n for _, n in self.cells.values()}
        return f"n a cell: {min(counts)}" + (f" to {max(counts)}" if len(counts) > 1 else "")

    def table(self) -> list[dict[str, object]]:
        """A row a depth, a column a length; a dash where nothing was asked."""
        return [
            {
                "depth %": f"{depth:g}",
                **{in_thousands(length): self._shown(depth, length) for length in self.lengths},
            }
            for depth in self.depths
        ]

    def _shown(self, depth: float, length: int) -> str:
        cell = self.cells.get((depth, length))
        return "–" if cell is None else f"{100 * cell[0]:.0f}"


def read_heatmaps(home: Home, run_id: str) -> list[HeatMap]:
    """The maps of a run; none where no sample of it has a length and a depth."""
    found: dict[tuple[str, str, str, bool], dict[tuple[float, int], tuple[float, int]]] = {}
    for suite, version, variant, simulated, length, depth, n, accuracy in run_sql(
        home.warehouse, MAP.format(run_id=run_id)
    ).rows:
        place = (str(suite), str(version), str(variant), bool(simulated))
        cell = (float(str(depth)), int(str(length)))
        found.setdefault(place, {})[cell] = (float(str(accuracy)), int(str(n)))
    return [
        HeatMap(suite, variant, simulated, cells) for (suite, _, variant, simulated), cells in found.items()
    ]


def in_thousands(tokens: int) -> str:
    """A length as people say it: 128k."""
    return f"{tokens / 1000:g}k" if tokens >= 1000 else str(tokens)


def draw_heatmap(shown: HeatMap, path: Path) -> None:
    """Write the map as a picture."""
    figure_of(shown).savefig(path, dpi=130)


def figure_of(shown: HeatMap) -> "Figure":
    """Depth from top to bottom, length from left to right; where nothing was asked, a hatched cell."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    depths, lengths = shown.depths, shown.lengths
    figure = Figure(figsize=(3.4 + 0.8 * len(lengths), 2.2 + 0.42 * len(depths)), layout="constrained")
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    nothing = float("nan")
    shares = [[shown.cells.get((depth, length), (nothing, 0))[0] for length in lengths] for depth in depths]
    image = panel.imshow(shares, cmap=colormaps[COLOURS], vmin=0.0, vmax=1.0, aspect="auto")
    for row, depth in enumerate(depths):
        for column, length in enumerate(lengths):
            cell = shown.cells.get((depth, length))
            if cell is None:
                empty = Rectangle((column - 0.5, row - 0.5), 1, 1, fc="white", ec="0.6", hatch="///", lw=0)
                panel.add_patch(empty)
                continue
            colour = "white" if cell[0] < DARK else "black"
            panel.text(
                column, row, f"{100 * cell[0]:.0f}", color=colour, ha="center", va="center", fontsize=10
            )
    panel.set_xticks(range(len(lengths)), [in_thousands(length) for length in lengths])
    panel.set_yticks(range(len(depths)), [f"{depth:g}" for depth in depths])
    panel.set_xlabel("length of the context, tokens (estimated)")
    panel.set_ylabel("depth of the fact, %")
    panel.set_xticks([place + 0.5 for place in range(len(lengths) - 1)], minor=True)
    panel.set_yticks([place + 0.5 for place in range(len(depths) - 1)], minor=True)
    panel.grid(which="minor", color="white", lw=1)
    panel.tick_params(which="both", length=0)
    panel.spines[:].set_visible(False)
    figure.colorbar(image, ax=panel, format=lambda share, _: f"{100 * share:.0f}", label="accuracy, %")
    made_up = "\nsimulated model: says nothing of real ones" if shown.simulated else ""
    variant = shown.variant.replace("$", "\\$")
    panel.set_title(f"{shown.suite}: {variant}\n{shown.samples}{made_up}", fontsize=11)
    return figure
