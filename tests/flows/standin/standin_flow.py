"""A flow with the parameter of `evaluate` and none of its work: it sleeps for `limit` seconds."""

import asyncio
import os

from prefect import flow, task
from prefect.logging import get_run_logger

from flows.server.trigger import trigger_of_this_run
from tasks.spec import EvalSpec


@task
async def step(number: int) -> int:
    """One of the tasks whose lines nobody wants to read."""
    return number


@flow(name="evaluate")
async def evaluate(spec: EvalSpec) -> None:
    """Says what began it, and waits."""
    trigger = await trigger_of_this_run()
    get_run_logger().info("began by %s in %d", trigger, os.getpid())
    await asyncio.gather(*(step(number) for number in range(3)))
    await asyncio.sleep(spec.limit or 0)
