"""The flow `maintain`: the warehouse is checked, what is too old is forgotten, small files are merged."""

import os
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from flows.pages.publishing import publish_pages
from flows.pages.summary import markdown_table
from flows.running.storage import PLAIN
from tasks.home import Settings
from tasks.maintaining import Step
from tasks.maintaining import maintain as keep_in_order
from tasks.maintenance import Maintenance


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
    logger = get_run_logger()

    def tell(step: Step) -> None:
        (logger.warning if step.result == "failed" else logger.info)("%s: %s", step.name, step.words)

    done = keep_in_order(home, options, tell=tell)
    rows: list[dict[str, object]] = [
        {"step": step.name, "outcome": step.result, "what": step.words} for step in done.steps
    ] or [{"step": "none", "outcome": "nothing", "what": "nothing was asked for"}]
    page = ["# Maintenance", "", *markdown_table(rows)]
    publish_pages("maintenance", rows, page, "What was done to the warehouse")
    if not done.failed:
        return None
    return Failed(message=" ".join(f"{step.name}: {step.words.rstrip('.')}." for step in done.failed))
