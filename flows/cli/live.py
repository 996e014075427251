"""The live display of a run: calls done, calls/s, cost so far, time left, a line a variant, limits in use."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from flows.cli.show import clean, note
from tasks.progress import Progress

LINE_EVERY_S = 10.0
QUIET_S = 600.0  # for so long a line that says nothing new is left out, where only batches are waited for


def picture(progress: Progress) -> Group:
    """The display at this moment."""
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "left", "right", "right", "right", "right", "left"):
        table.add_column(justify=justify)
    for line in progress.variants.values():
        failed = f"{line.failed:,} failed" if line.failed else ""
        limited = f"{line.rate_limited:,} × 429" if line.rate_limited else ""
        unpriced = f" + {line.unpriced:,} unpriced" if line.unpriced else ""
        table.add_row(
            Text(clean(line.variant)),
            ProgressBar(total=max(line.planned, 1), completed=line.done, width=24),
            Text(f"{line.done:,}/{line.planned:,}"),
            Text(f"${line.usd:,.4f}{unpriced}"),
            Text(failed, style="red"),
            Text(limited, style="yellow"),
            Text("" if line.parked_s is None else f"parked {clock(line.parked_s)}", style="bold red"),
        )
    left = "" if progress.left_s is None else f" · {clock(progress.left_s)} left"
    kept = sum(line.kept for line in progress.variants.values())
    total = Text(
        f"{progress.stage}: {progress.done:,} of {progress.planned:,} calls"
        f" · {progress.calls_per_s:,.1f} calls/s · ${progress.usd:,.4f} so far{left}"
        + (f" · {kept - progress.reused:,} kept from before" if kept > progress.reused else "")
        + (f" · {progress.reused:,} reused" if progress.reused else ""),
        style="bold",
    )
    beside = [*limits_in_use(progress), *map(clean, progress.remarks.values())]
    return Group(table, *(Text(line, style="dim") for line in beside), total)


def limits_in_use(progress: Progress) -> list[str]:
    """A line a model: the share in use of the limit that it uses most."""
    if progress.stage != "calling":
        return []
    return [f"{clean(model)}: {share}" for model, share in progress.limit_shares().items()]


def clock(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@contextmanager
def watching(progress: Progress) -> Iterator[None]:
    """Show the run on stderr while the block lasts: a picture on a terminal, else now and then a line."""
    console = Console(stderr=True, highlight=False)
    if console.is_terminal:
        with Live(get_renderable=lambda: picture(progress), console=console, refresh_per_second=5):
            yield
        return
    over = threading.Event()
    speaker = threading.Thread(target=_lines, args=(progress, over), daemon=True)
    speaker.start()
    try:
        yield
    finally:
        over.set()
        speaker.join()


def _lines(progress: Progress, over: threading.Event) -> None:
    began = time.monotonic()
    said: tuple[object, ...] = ()
    said_at = began
    while not over.wait(LINE_EVERY_S):
        news = (progress.stage, progress.done, *progress.remarks.values())
        if progress.remarks and news == said and time.monotonic() - said_at < QUIET_S:
            continue  # a batch takes hours
        said, said_at = news, time.monotonic()
        left = "" if progress.left_s is None else f", {clock(progress.left_s)} left"
        parked = "".join(f", {clean(name)} does not answer and is parked" for name in progress.parked)
        note(
            f"[{clock(time.monotonic() - began)}] {progress.stage}: {progress.done:,} of "
            f"{progress.planned:,} calls, {progress.calls_per_s:,.1f}/s, ${progress.usd:,.4f}{left}{parked}"
            + "".join(f"; {line}" for line in limits_in_use(progress))
            + "".join(f"; {clean(line)}" for line in progress.remarks.values())
        )
