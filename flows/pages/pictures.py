"""Pictures of a run's results: accuracy with its intervals, accuracy against cost, latency.

They are drawn by matplotlib, for `report --plots` and for a run's page in Prefect.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from tasks.hostile import on_a_line

Row = Mapping[str, object]
Target = Path | BytesIO
Draw = Callable[[Sequence[Row], Target], None]

MARKS = "osD^vP*X"
MOST = 40  # lines of a picture
WIDEST = 32  # letters of a name
MADE_UP = "\nSIMULATED models: says nothing of real ones"


def draw_accuracy(rows: Sequence[Row], target: Target) -> None:
    """A line a suite and variant: the share that passed with its 95 % interval."""
    shown = [row for row in rows if row["accuracy"] is not None][:MOST]
    axes, save = _lines(shown, "Passed, %, with 95 % intervals", "%")
    for at, row in enumerate(shown):
        colour, accuracy = _colour(shown, row), 100 * _float(row["accuracy"])
        if row["ci_low"] is not None and row["ci_high"] is not None:
            ends = [100 * _float(row["ci_low"]), 100 * _float(row["ci_high"])]
            axes.plot(ends, [at, at], color=colour, lw=2, solid_capstyle="butt")
        axes.plot([accuracy], [at], "o", color=colour)
        said = f"{accuracy:.1f}  (n = {row['n']:,})"
        axes.annotate(said, (accuracy, at), (0, 6), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xlim(-2, 102)
    save(target)


def draw_cost(rows: Sequence[Row], target: Target) -> None:
    """A mark a suite and variant: accuracy, with its interval, against USD a thousand samples."""
    shown = [row for row in rows if _usd_a_thousand(row) is not None and row["accuracy"] is not None][:MOST]
    figure, axes = _figure(8.0, 5.0)
    suites = list(dict.fromkeys(str(row["suite"]) for row in shown))
    variants = _variants(shown)
    names = dict(zip(variants, short_names(variants), strict=True))
    for row in shown:
        accuracy = 100 * _float(row["accuracy"])
        low, high = (
            accuracy if end is None else 100 * _float(end) for end in (row["ci_low"], row["ci_high"])
        )
        name = names[str(row["variant"])] + (f", {row['suite']}" if len(suites) > 1 else "")
        axes.errorbar(
            [_usd_a_thousand(row) or 0.0], [accuracy],
            yerr=[[max(0.0, accuracy - low)], [max(0.0, high - accuracy)]],
            fmt=MARKS[suites.index(str(row["suite"])) % len(MARKS)], color=_colour(shown, row), capsize=3,
            label=_unmath(name),
        )  # fmt: skip
    axes.set_xlim(left=0)
    axes.set_xlabel("USD a thousand samples")
    axes.set_ylabel("passed, %")
    axes.grid(alpha=0.3)
    if 1 < len(shown) <= 16:
        axes.legend(fontsize=8)
    _title(axes, shown, "Accuracy against cost")
    figure.savefig(target, dpi=110, format="png")


def draw_latency(rows: Sequence[Row], target: Target) -> None:
    """A line a suite and variant: from the median to the 95th percentile of an answer's seconds."""
    shown = [row for row in rows if row["latency_p50"] is not None][:MOST]
    axes, save = _lines(shown, "Seconds an answer took: median to 95th percentile", "s")
    for at, row in enumerate(shown):
        colour, median = _colour(shown, row), _float(row["latency_p50"])
        last = median if row["latency_p95"] is None else _float(row["latency_p95"])
        axes.plot([median, last], [at, at], color=colour, lw=2, solid_capstyle="butt")
        axes.plot([median], [at], "o", color=colour)
        axes.plot([last], [at], "|", color=colour, ms=10)
        said = f"{median:.2f} to {last:.2f}"
        axes.annotate(said, (median, at), (0, 6), textcoords="offset points", ha="left", fontsize=8)
    axes.margins(x=0.2)
    axes.set_xlim(left=0)
    save(target)


PICTURES: Mapping[str, Draw] = {"accuracy": draw_accuracy, "cost": draw_cost, "latency": draw_latency}
NEEDS = {"accuracy": "accuracy", "cost": "usd", "latency": "latency_p50"}


def drawn(rows: Sequence[Row]) -> Mapping[str, Draw]:
    """Those pictures that rows of a leaderboard have the figures for."""
    return {
        name: draw for name, draw in PICTURES.items() if any(row[NEEDS[name]] is not None for row in rows)
    }


def as_markdown(rows: Sequence[Row]) -> list[str]:
    """The pictures inside of lines of markdown: Prefect's page shows what an address of data holds."""
    lines = []
    for name, draw in drawn(rows).items():
        png = BytesIO()
        draw(rows, png)
        lines += ["", f"![{name}](data:image/png;base64,{base64.b64encode(png.getvalue()).decode('ascii')})"]
    return lines


def short_names(variants: Sequence[str]) -> list[str]:
    """Names without what is before their last slash, unless two would be one."""
    short = [variant.rpartition("/")[2] for variant in variants]
    names = [one if short.count(one) == 1 else variant for one, variant in zip(short, variants, strict=True)]
    return [
        name if len(name) <= WIDEST else f"{name[: WIDEST // 2]}…{name[-WIDEST // 2 :]}" for name in names
    ]


def _lines(shown: Sequence[Row], title: str, unit: str):  # type: ignore[no-untyped-def]  # matplotlib's
    """Axes with a line a row, the first on top, and what saves them."""
    figure, axes = _figure(8.0, 1.4 + 0.42 * max(1, len(shown)))
    variants = _variants(shown)
    names = dict(zip(variants, short_names(variants), strict=True))
    labels = [on_a_line(f"{row['suite']}, {names[str(row['variant'])]}") for row in shown]
    axes.set_yticks(range(len(labels)), labels, fontsize=9, parse_math=False)
    axes.set_ylim(len(shown) - 0.4, -0.7)
    axes.set_xlabel(unit)
    axes.grid(axis="x", alpha=0.3)
    _title(axes, shown, title)
    return axes, lambda target: figure.savefig(target, dpi=110, format="png")


def _figure(width: float, height: float):  # type: ignore[no-untyped-def]  # matplotlib's
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _title(axes, shown: Sequence[Row], words: str) -> None:  # type: ignore[no-untyped-def]  # matplotlib's
    made_up = MADE_UP if any(str(row["model"]).startswith("simulated/") for row in shown) else ""
    axes.set_title(words + made_up, loc="left", fontsize=10)


def _variants(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(row["variant"]) for row in rows))


def _colour(rows: Sequence[Row], row: Row) -> str:
    return f"C{_variants(rows).index(str(row['variant'])) % 10}"


def _usd_a_thousand(row: Row) -> float | None:
    n = row["n"]
    return None if row["usd"] is None or not isinstance(n, int) or not n else 1000 * _float(row["usd"]) / n


def _float(value: object) -> float:
    return float(str(value))


def _unmath(text: str) -> str:
    return on_a_line(text).replace("$", r"\$")
