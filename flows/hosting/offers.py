"""Keeps what the forms of the deployments offer as it is: a run that was committed can soon be chosen."""

import asyncio
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.deployments import DEPLOYMENTS, Deployment
from flows.hosting.choices import Choices, naming, offering, read_choices, stamp
from tasks.home import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.utilities.callables import ParameterSchema

LOOK_S = 5.0


class Offers:
    """What there is to choose from, as it was last read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stamp = stamp(settings)
        self.choices = read_choices(settings)

    async def keep_new(self, client: "PrefectClient", made: Mapping[str, UUID]) -> None:
        """Look every LOOK_S whether there is something else to choose from, and tell the server so."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self._look(client, made)
            except Exception:  # noqa: BLE001 - the forms offer what they did; flows run without them
                traceback.print_exc()

    async def _look(self, client: "PrefectClient", made: Mapping[str, UUID]) -> None:
        now = await asyncio.to_thread(stamp, self._settings)
        if now == self._stamp:
            return
        choices = await asyncio.to_thread(read_choices, self._settings)
        if choices != self.choices:
            for one in DEPLOYMENTS:
                if not one.scheduled:  # an update drops the runs that are planned
                    await _tell(client, made[one.name], one, choices)
        self._stamp, self.choices = now, choices


def offered(schema: "ParameterSchema", one: Deployment, choices: Choices) -> "ParameterSchema":
    """A deployment's schema with the choices in it."""
    return type(schema).model_validate(_with(schema.model_dump(exclude_unset=True), one, choices))


def _with(schema: Mapping[str, Any], one: Deployment, choices: Choices) -> dict[str, Any]:
    if one.options is not None:
        return offering(schema, one.options, choices)
    return naming(schema, choices)


async def _tell(client: "PrefectClient", deployment_id: UUID, one: Deployment, choices: Choices) -> None:
    from prefect.client.schemas.actions import DeploymentUpdate

    known = (await client.read_deployment(deployment_id)).parameter_openapi_schema
    assert known is not None, "it was made with one"
    schema = _with(known, one, choices)
    await client.update_deployment(deployment_id, DeploymentUpdate(parameter_openapi_schema=schema))
