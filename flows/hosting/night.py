"""When nightly is due: the next night, and one that was missed while nothing was served.

Prefect's scheduler (3.9) only plans ahead; what was due while the server was away is gone with the next
`serve`. The dates are computed by the class that its scheduler uses, so that daylight saving means the same.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from flows.deployments import NIGHTLY
from flows.server.trigger import CAUGHT_UP

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

# Prefect variables: what a night asks where no spec was given, and what replaces a spec's word.
SPEC, BUDGET, BASELINE = (f"nightbench_nightly_{name}" for name in ("spec", "budget_usd", "baseline"))
# Tried in turn, because Prefect's class gives up after a thousand dates.
LOOK_BACK = tuple(timedelta(hours=hours) for hours in (1, 26, 9 * 24, 33 * 24, 367 * 24))


@dataclass(frozen=True)
class Schedule:
    """A cron expression in its time zone."""

    cron: str
    timezone: str

    async def next_after(self, moment: datetime) -> datetime:
        """The first date after a moment."""
        return (await self._dates(moment, 1))[0]

    async def last_before(self, moment: datetime) -> datetime | None:
        """The last date up to a moment; None: there was none within a year."""
        for back in LOOK_BACK:
            dates = await self._dates(moment - back, None, moment)
            if dates:
                return dates[-1]
        return None

    async def _dates(self, start: datetime, n: int | None, end: datetime | None = None) -> list[datetime]:
        from prefect.server.schemas.schedules import CronSchedule

        schedule = CronSchedule(cron=self.cron, timezone=self.timezone)
        found = await schedule.get_dates(n, start + timedelta(microseconds=1), end)
        return [date.astimezone(UTC) for date in found]


async def read_variables(client: "PrefectClient") -> dict[str, str]:
    """Those of Prefect's variables that speak of the night and are set."""
    found = {name: await client.read_variable_by_name(name) for name in (SPEC, BUDGET, BASELINE)}
    values = {name: variable.value for name, variable in found.items() if variable is not None}
    return {name: str(value) for name, value in values.items() if value not in {None, ""}}


async def missed_night(
    client: "PrefectClient", name: str, schedule: Schedule, now: datetime
) -> datetime | None:
    """The last date of the schedule, if nightly was active then and no run was made for it or since.

    `name` is the deployment's, with its flow's.
    To be asked before the deployment is made anew, which drops the runs that were planned.
    """
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterExpectedStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.exceptions import ObjectNotFound

    due = await schedule.last_before(now)
    try:
        nightly = await client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None
    was_active = any(one.active for one in nightly.schedules)
    if due is None or not was_active or nightly.created is None or nightly.created > due:
        return None
    begun = [kind for kind in StateType if kind is not StateType.SCHEDULED]
    since = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            expected_start_time=FlowRunFilterExpectedStartTime(after_=due),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=begun)),
        ),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[nightly.id])),
        limit=1,
    )
    return None if since else due


async def catch_up(client: "PrefectClient", nightly: UUID, due: datetime) -> UUID:
    """Begin the night that was missed; asked twice for the same one it begins it once."""
    from prefect.states import Scheduled

    message = f"{CAUGHT_UP}: it was due at {due:%Y-%m-%d %H:%M} UTC, while nothing was served."
    run = await client.create_flow_run_from_deployment(
        nightly,
        state=Scheduled(message=message),
        idempotency_key=f"{NIGHTLY}-{due:%Y%m%dT%H%M%S}",
        tags=["caught-up"],
    )
    return run.id


def in_words(moment: datetime, timezone: str) -> str:
    """As `2026-11-28 02:00 Europe/Berlin (01:00 UTC)`."""
    there = f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M} {timezone}"
    return there if timezone == "UTC" else f"{there} ({moment.astimezone(UTC):%H:%M} UTC)"
