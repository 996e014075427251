"""The picture of `route`: accuracy against cost, of models alone, policies and their bounds."""

from pathlib import Path

from tasks.routing.routed import Routed


def draw_frontier(routed: Routed, path: Path) -> None:
    """Write the picture as PNG: bars are 95 % intervals of accuracy; the grey line is the random mixture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    n_alone = len(routed.samples.names)
    for i, m in enumerate(routed.policies[: n_alone + 1]):
        axes.errorbar(
            [1000 * m.usd], [100 * m.accuracy], marker="*" if m.policy == "oracle" else "s", color=f"C{i}",
            yerr=[[100 * (m.accuracy - m.accuracy_low)], [100 * (m.accuracy_high - m.accuracy)]],
            label=m.policy.replace("$", r"\$"), capsize=3,
        )  # fmt: skip
    alone = routed.policies[:n_alone]
    axes.plot([1000 * m.usd for m in alone], [100 * m.accuracy for m in alone], color="#aaaaaa", lw=1)
    for i, kind in enumerate(dict.fromkeys(m.policy for m in routed.frontier)):
        points = sorted((m for m in routed.frontier if m.policy == kind), key=lambda m: m.usd)
        axes.plot(
            [1000 * m.usd for m in points], [100 * m.accuracy for m in points], ".-",
            color=f"C{n_alone + 1 + i}", label=f"by {kind}",
        )  # fmt: skip
    axes.set_xlabel("USD a thousand calls")
    axes.set_ylabel("% right, out of sample")
    made_up = " (SIMULATED models: says nothing of real ones)" if routed.samples.simulated else ""
    axes.set_title(f"{len(routed.samples.keys):,} samples{made_up}", loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)
