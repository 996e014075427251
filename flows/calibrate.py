"""The flow `calibrate`: a judge is held against what persons said."""

import os

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from flows.hosting.choices import LABELS
from flows.pages.calibrated import Calibrated, calibrated
from flows.pages.publishing import publish_pages
from flows.pages.summary import markdown_table
from flows.parameters import BY_DEFAULT, Calibration
from flows.running.begun import begun_by_prefect, is_committed
from flows.running.calibrating import Wanted, calibrate_judge
from flows.running.storage import PLAIN
from tasks.home import Settings
from tasks.hostile import in_markdown
from tasks.source import DEFAULT_MAP
from warehouse.errors import SpecError

WAY_ON = "Retry of this flow run goes on with it."


def _name() -> str:
    options = Calibration.model_validate(flow_run.parameters["options"])
    return f"{options.judge} on {options.labels}"[:200]


@flow(name="calibrate", flow_run_name=_name, **PLAIN)
def calibrate(options: Calibration = Calibration()) -> None:  # noqa: B008 - frozen
    """Measures a judge against labels of persons: accuracy, agreement and its biases, with intervals.

    Args:
        options: Which judge, and whose labels: a file in the folder `labels` of nightbench's home.
    """
    settings = Settings.read(os.environ)
    labels = settings.home.root / LABELS / options.labels
    if not labels.is_file():
        raise SpecError(
            f"{labels}: there is no such file. Nothing was calibrated. Put what persons said there."
        )
    begun = begun_by_prefect()
    if not is_committed(settings.home, begun.run_id):
        wanted = Wanted(
            judge=options.judge,
            labels=labels,
            map_sql=DEFAULT_MAP,
            repeats=options.repeats,
            rubric=None if options.rubric == BY_DEFAULT else options.rubric,
            budget_usd=str(options.budget_usd),
            say=get_run_logger().info,
            agree=lambda *_: None,
            way_on=WAY_ON,
        )
        calibrate_judge(settings, begun, wanted)
    done = calibrated(settings.home, begun.run_id)
    about = f"Calibration `{begun.run_id}` of {in_markdown(done.judge)}"
    publish_pages("calibration", done.rows(), page(done), about)


def page(done: Calibrated) -> list[str]:
    """The measures and what they mean, in markdown."""
    made_up = "\nThis judge is **simulated**: its figures say nothing of a real one."
    return [
        f"# {in_markdown(done.judge)} against {in_markdown(done.labels)}",
        in_markdown(done.meaning),
        "",
        *markdown_table(done.rows()),
        *([made_up] if done.run["simulated"] else []),
    ]
