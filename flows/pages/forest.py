"""The picture of a comparison: each suite's difference with its 95 % interval, zero in the middle."""

from collections.abc import Sequence
from pathlib import Path

from tasks.comparing.results import Result
from tasks.comparing.words import signed

SHOWN, UNDECIDED = "#1f6f8b", "#8a8a8a"


def draw_forest(results: Sequence[Result], path: Path) -> None:
    """Write the picture as PNG. What was shown to differ is in colour, what was not is grey."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [
        r for r in results if r.difference is not None and r.ci_low is not None and r.ci_high is not None
    ]
    pairs = {(r.contest.label_a, r.contest.label_b) for r in shown}
    figure = Figure(figsize=(8.0, 1.4 + 0.5 * max(1, len(shown))), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    names = []
    for at, r in enumerate(shown):
        low, middle, high = (100 * (share or 0.0) for share in (r.ci_low, r.difference, r.ci_high))
        colour = SHOWN if r.differs else UNDECIDED
        axes.plot([low, high], [at, at], color=colour, linewidth=2, solid_capstyle="butt")
        axes.plot([middle], [at], marker="o", color=colour)
        axes.annotate(
            f"{signed(middle / 100)}  (n = {r.n:,})", (high, at), xytext=(6, -3), textcoords="offset points",
            fontsize=8, color=colour,
        )  # fmt: skip
        side = "" if len(pairs) == 1 else f"\n{r.contest.label_b} - {r.contest.label_a}"
        names.append(_plain(r.contest.name + side))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.margins(x=0.25)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if len(pairs) == 1:
        label_a, label_b = next(iter(pairs))
        axes.set_title(_plain(f"{label_b} against {label_a}"), loc="left", fontsize=11)
        axes.set_xlabel(_plain(f"points of accuracy: right of 0, {label_b} is better (95 % interval)"))
    else:
        axes.set_xlabel("points of accuracy, the first name minus the second (95 % interval)")
    figure.savefig(path, dpi=150)


def _plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics."""
    return text.replace("$", r"\$")
