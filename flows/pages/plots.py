"""Pictures of a run, for `report --plots`: what one would rather see than read, drawn by matplotlib."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from flows.pages.heatmap import draw_heatmap, read_heatmaps
from flows.pages.pictures import MARKS, drawn, short_names
from flows.pages.summary import run_summary
from tasks.home import Home
from warehouse.query import run_sql

# How code was written: the measures shown, and what they are called.
SHOWN = {
    "code_lines": "lines of code",
    "comment_share": "share of comments",
    "complexity_mean": "complexity (mean)",
    "nesting": "nesting",
    "try_blocks": "try blocks",
    "typed_share": "share with types",
    "docstring_share": "share with docstrings",
    "longest_line": "longest line",
}
STYLE = """
select suite, variant, metric, n, mean, ci_low, ci_high, simulated
from code_style
where run_id = '{run_id}' order by suite, variant, metric
"""
COLUMNS = 4
SAFE = re.compile(r"[^A-Za-z0-9_.-]+")

Row = Mapping[str, object]


def write_plots(home: Home, run_id: str, folder: Path) -> list[Path]:
    """Every picture that a run has the figures for, as PNG files in a folder; returns their paths."""
    found = run_sql(home.warehouse, STYLE.format(run_id=run_id))
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    written: list[Path] = []
    leaderboard = run_summary(home, run_id).leaderboard
    for name, draw in drawn(leaderboard).items():
        path = _new_file(folder, name, written)
        draw(leaderboard, path)
        written.append(path)
    for suite in dict.fromkeys(str(row["suite"]) for row in rows):
        path = _new_file(folder, f"code_style-{suite}", written)
        draw_style(suite, [row for row in rows if row["suite"] == suite], path)
        written.append(path)
    for heatmap in read_heatmaps(home, run_id):
        path = _new_file(folder, f"needle_heatmap-{heatmap.suite}-{heatmap.variant}", written)
        draw_heatmap(heatmap, path)
        written.append(path)
    return written


def draw_style(suite: str, rows: Sequence[Row], path: Path) -> None:
    """Each measure as a small panel: a mark a variant, with its 95 % interval."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    variants = list(dict.fromkeys(str(row["variant"]) for row in rows))
    names = short_names(variants)
    shown = [name for name in SHOWN if any(row["metric"] == name for row in rows)]
    n_rows = -(-len(shown) // COLUMNS)
    figure = Figure(
        figsize=(3.1 * COLUMNS, 1.0 + n_rows * (1.0 + 0.35 * len(variants))), layout="constrained"
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(n_rows, COLUMNS, squeeze=False, sharey=True)
    for place, panel in enumerate(panels.flat):
        if place >= len(shown):
            panel.set_visible(False)
            continue
        of_metric = {str(row["variant"]): row for row in rows if row["metric"] == shown[place]}
        for at, variant in enumerate(variants):
            row = of_metric.get(variant)
            if row is None:
                continue
            mean = float(str(row["mean"]))
            if row["ci_low"] is not None:
                panel.plot(
                    [float(str(row["ci_low"])), float(str(row["ci_high"]))],
                    [at, at],
                    color=f"C{at % 10}",
                    lw=2,
                )
            panel.plot([mean], [at], MARKS[at % len(MARKS)], color=f"C{at % 10}", ms=7)
            panel.annotate(
                f"{mean:.3g}", (mean, at), (0, 6), textcoords="offset points", ha="center", fontsize=8
            )
        panel.set_title(SHOWN[shown[place]], fontsize=10)
        panel.set_yticks(range(len(variants)), names, fontsize=8, parse_math=False)
        panel.set_ylim(len(variants) - 0.3, -0.8)  # the first on top
        panel.margins(x=0.2)
        if "share" in shown[place]:
            panel.set_xlim(-0.05, 1.05)
        panel.xaxis.set_major_locator(MaxNLocator(5))
        panel.tick_params(axis="x", labelsize=8)
        panel.grid(axis="x", alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    n = max(int(str(row["n"])) for row in rows)
    made_up = (
        " · simulated models: says nothing of real ones" if any(row["simulated"] for row in rows) else ""
    )
    figure.suptitle(f"How code was written: {suite}, {n} samples, 95 % intervals{made_up}", fontsize=11)
    figure.savefig(path, dpi=130)


def _new_file(folder: Path, name: str, taken: Sequence[Path]) -> Path:
    """A file of that name; where another is called so but for its signs, with a number."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = SAFE.sub("_", name)
    path, nth = folder / f"{stem}.png", 1
    while path in taken:
        nth += 1
        path = folder / f"{stem}-{nth}.png"
    return path
