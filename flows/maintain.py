"""The flow `maintain`: the warehouse is checked, what is too old is forgotten, small files are merged."""

import os
from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.escaping import escaped_table
from flows.parameters import Maintenance
from flows.publishing import publish_pages
from flows.storage import PLAIN
from tasks.compacting import compact_home, plan_home
from tasks.forgetting import plan_forgetting
from tasks.forgetting_done import forget
from tasks.home import Home, Settings
from warehouse.integrity.findings import Verified
from warehouse.integrity.verify import verify

Row = dict[str, object]
SHOWN = 50  # findings; `nightbench verify` has all


def _name() -> str:
    options = Maintenance.model_validate(flow_run.parameters["options"])
    steps = [name for name in ("verify", "compact") if getattr(options, name)]
    steps += [f"forget {options.forget}"] if options.forget != "nothing" else []
    return f"{', '.join(steps) or 'nothing'}{' (dry run)' if options.dry_run else ''}"


@flow(name="maintain", flow_run_name=_name, **PLAIN)
def maintain(options: Maintenance = Maintenance()) -> State[Any] | None:  # noqa: B008 - frozen
    """Keeps the warehouse whole and small: checks it, forgets what is too old, merges small files.

    Args:
        options: Which of these. As it stands: check and merge, and forget nothing.
    """
    home = Settings.read(os.environ).home
    home.make()
    rows: list[Row] = []
    problems = 0
    if options.verify:
        found = verify(home.warehouse)
        rows += checked(found)
        problems = len(found.problems)
    if not problems:
        rows += forgotten(home, options) + merged(home, options)
    rows = rows or [{"step": "nothing", "what": "was asked for", "figure": None}]
    publish_pages(
        "maintenance", rows, ["# Maintenance", *escaped_table(rows)], "What was done to the warehouse"
    )
    if not problems:
        return None
    return Failed(
        message=f"{problems:,} things do not hold; nothing was forgotten or merged. `nightbench verify` "
        "names them, and with --repair restores what can be."
    )


def checked(found: Verified) -> list[Row]:
    """What was checked, and a row a thing that does not hold."""
    named = [f"{one.kind}: {one.sentence()}" for one in found.problems[:SHOWN]]
    rows: list[Row] = [{"step": "verify", "what": sentence, "figure": None} for sentence in named]
    return [
        {"step": "verify", "what": "runs", "figure": found.n_runs},
        {"step": "verify", "what": "files", "figure": found.n_files},
        {"step": "verify", "what": "things that do not hold", "figure": len(found.problems)},
        *rows,
    ]


def forgotten(home: Home, options: Maintenance) -> list[Row]:
    """Forget what is older than kept, if that was asked for."""
    if options.forget == "nothing":
        return []
    kept = timedelta(days=options.keep_days)
    planned = plan_forgetting(home, older_than=kept, text_only=options.forget == "text")
    if planned.runs and not options.dry_run:
        forget(home, planned)
    what = "would be forgotten" if options.dry_run else "forgotten"
    of = "text of runs" if options.forget == "text" else "runs"
    rows: list[Row] = [{"step": "forget", "what": f"{of} {what}", "figure": len(planned.runs)}]
    told = [*planned.stays, *(f"not reached: {one}" for one in planned.unreached)]
    return rows + [{"step": "forget", "what": one, "figure": None} for one in told[:SHOWN]]


def merged(home: Home, options: Maintenance) -> list[Row]:
    """Merge the small files of months that are over, if that was asked for."""
    if not options.compact:
        return []
    if options.dry_run:
        plans, removed, waiting = plan_home(home, None), 0, 0
    else:
        done = compact_home(home, None, timedelta(hours=options.grace_hours))
        plans, removed, waiting = list(done.months), len(done.removed), done.waiting
    what = "files would be merged" if options.dry_run else "files merged"
    rows: list[Row] = [{"step": "compact", "what": f"{p.month}: {what}", "figure": p.n_files} for p in plans]
    return [
        *(rows or [{"step": "compact", "what": what, "figure": 0}]),
        {"step": "compact", "what": "old files removed", "figure": removed},
        {"step": "compact", "what": "old files that wait for the end of their grace", "figure": waiting},
    ]
