"""The flow `evaluate`: suites are put to models when somebody wants it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.running.evaluation import evaluation, named_by
from flows.running.storage import PLAIN
from tasks.spec import EvalSpec


def _name() -> str:
    return named_by(EvalSpec.model_validate(flow_run.parameters["spec"]))


@flow(name="evaluate", flow_run_name=_name, **PLAIN)
async def evaluate(spec: EvalSpec) -> State[Any] | None:
    """Puts suites to models, grades the answers, and lands everything in the warehouse.

    Args:
        spec: Which suites are put to which models, how often and within which bounds.
    """
    return await evaluation(spec)
