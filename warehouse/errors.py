"""Every error nightbench raises on purpose, as one tree; the type decides what happens next.

NightbenchError
  SpecError         the run cannot start; nothing has been sent            (exit 2)
  SuiteError        a suite or its data is not what it says                (exit 2)
  ProviderError     a call failed
    Transient       worth a retry: rate limit, time-out, 5xx, broken connection
    Rejected        not worth one, this sample only: prompt too long, refused by policy
    Unusable        not worth one, the whole provider: bad key, unknown model, no credit
  EngineError       Prefect's server cannot be started or reached          (exit 1)
  WarehouseError    what lies on disk is not what was committed            (exit 1)
  StoppedShort      the run ended before its end and can be resumed        (exit 3)
    BudgetStopped   its money was at its end
    ProviderDown    a provider stayed down; what the others were asked is done

A message says what is wrong (value and place), what state things are in, and what to do.
"""

from dataclasses import dataclass


class NightbenchError(Exception):
    """Anything nightbench refuses with a sentence; the command line prints it without a traceback."""

    exit_code = 1


class SpecError(NightbenchError):
    """The run cannot start; nothing has been sent."""

    exit_code = 2


class SuiteError(NightbenchError):
    """A suite or its data is not what it says; nothing has been sent."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """What a failed attempt looked like from outside.

    `kind` is a word of `calls.error_kind`: `rate_limited`, `timeout`, `connection`, `server_error`,
    `bad_body`, `context_overflow`, `content_filter`, `bad_request`, `auth`, `no_model`, `no_credit`.
    """

    kind: str
    message: str
    http_status: int | None = None
    retry_after_s: float | None = None
    request_id: str | None = None
    unsent: bool = False  # no connection came about: nothing can have been billed


class ProviderError(NightbenchError):
    """A call failed; `fault` says how. Subclasses say whether another attempt is worth it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Transient(ProviderError):
    """Worth a retry: rate limit, time-out, 5xx, broken connection."""


class Rejected(ProviderError):
    """Not worth a retry, this sample only: prompt too long, refused by policy."""


class Unusable(ProviderError):
    """Not worth a retry, the whole provider: bad key, unknown model, no credit."""


class EngineError(NightbenchError):
    """Prefect's server cannot be started or reached."""


class WarehouseError(NightbenchError):
    """What lies on disk is not what was committed."""


class StoppedShort(NightbenchError):
    """The run ended before its end (cancelled, budget); what was received is kept; it can be resumed.

    `status` is its word in `runs.status`.
    """

    exit_code = 3
    status = "cancelled"

    def way_on(self, run_id: str) -> str:
        """How the run goes on."""
        return f"`nightbench resume {run_id}` goes on with it."


class BudgetStopped(StoppedShort):
    """The run's money was at its end: what was asked is kept, and a larger budget goes on with it."""

    status = "budget_stopped"

    def way_on(self, run_id: str) -> str:
        """With more money."""
        return (
            f"Every received answer is kept; `nightbench resume {run_id} --budget-usd MORE` goes on with it."
        )


class ProviderDown(StoppedShort):
    """A provider stayed down; the calls to others are done, those to it wait for `nightbench resume`."""

    status = "partial"
