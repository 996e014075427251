"""What a process that `serve` starts for one flow run imports: its flow, tied to the life of `serve`.

A flow run goes on paying for calls; so when its parent is gone, however that died, it is asked to stop and
soon made to. Each flow of the table is an attribute of this module, imported when it is asked for: the
deployment `nightly` has the entrypoint `flows.hosting.served.evaluate`.
"""

import importlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

from flows.deployments import DEPLOYMENTS, FLOW_VARIABLE

if TYPE_CHECKING:
    from prefect import Flow

LOOK_S = 0.5
GRACE_S = 2.0
ORPHAN = "NIGHTBENCH_ORPHAN"  # set in this process when its parent is gone: no person stopped it


def load_flow(place: str) -> "Flow[..., Any]":
    """The flow at `module:name`."""
    module, _, name = place.partition(":")
    found: Flow[..., Any] = getattr(importlib.import_module(module), name)
    return found


def end_with_parent(parent: int, look_s: float = LOOK_S, grace_s: float = GRACE_S) -> None:
    """Watch in a thread of its own that `parent` stays this process's parent; end when it does not."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(look_s)
        os.environ[ORPHAN] = "1"
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(grace_s)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


if os.environ.get("PREFECT__FLOW_RUN_ID"):  # only in a process that runs one flow run
    end_with_parent(os.getppid())


def __getattr__(name: str) -> "Flow[..., Any]":
    """The flow of this name in the table."""
    for one in DEPLOYMENTS:
        if one.flow_name == name:
            return load_flow(os.environ.get(FLOW_VARIABLE, one.flow) if one.resumable else one.flow)
    raise AttributeError(f"no deployment has a flow of the name {name}")
