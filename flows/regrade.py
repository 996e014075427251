"""The flow `regrade`: the stored answers of a run are graded anew; the grades before stay."""

import os

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from flows.pages.publishing import publish_pages
from flows.pages.regraded import Regraded, regraded
from flows.pages.summary import RunSummary, markdown_table, newest_run
from flows.parameters import AS_IN_RUN, LAST, NOBODY, Regrading
from flows.running.begun import begun_by_prefect, is_committed
from flows.running.regrading import Asked, judge_again, with_folders_of
from flows.running.storage import PLAIN
from tasks.home import Settings
from tasks.hostile import in_markdown
from tasks.interrupts import Interrupts
from tasks.regrading import check_gradable
from tasks.runs import check_run_id

WAY_ON = "Retry of this flow run goes on with it."


def _name() -> str:
    options = Regrading.model_validate(flow_run.parameters["options"])
    return f"{options.run}: {', '.join(options.graders) or 'all graders'}"[:200]


@flow(name="regrade", flow_run_name=_name, **PLAIN)
def regrade(options: Regrading = Regrading()) -> None:  # noqa: B008 - frozen
    """Grades the stored answers of a run again. No model is called but judges, where a grader asks one.

    Args:
        options: Whose answers, and by whom. As it stands: the newest run, by all of its graders.
    """
    settings = Settings.read(os.environ)
    run = newest_run(settings.home) if options.run == LAST else check_run_id(options.run)
    settings = with_folders_of(settings, run)
    settings.home.make()
    begun, logger = begun_by_prefect(), get_run_logger()
    if not is_committed(settings.home, begun.run_id):
        check_gradable(settings.home, run)
        judges = {AS_IN_RUN: None, NOBODY: []}.get(options.judge, [options.judge])
        asked = Asked(options.graders, judges, str(options.budget_usd), logger.info, lambda *_: None, WAY_ON)
        with Interrupts() as interrupts:
            judge_again(settings, run, begun, asked, interrupts)
    done = regraded(settings.home, begun.run_id)
    publish_pages("regrade", done.rows(), page(done), f"Regrade `{begun.run_id}` of run {in_markdown(run)}")


def page(done: Regraded) -> list[str]:
    """What changed, and the graded run's results as they are now, in markdown."""
    board = RunSummary(done.run, done.leaderboard, ()).leaderboard_rows()
    return [
        f"# Run {in_markdown(done.graded_run)}, graded again",
        *markdown_table(done.rows()),
        "",
        "## Its results as they are now",
        *markdown_table(board),
        *(f"\n{in_markdown(line)}" for line in done.ways_on),
    ]
