"""Nothing of a run lies in Prefect's storage: prompts, answers and errors are in journal and warehouse.

That results are not persisted is a setting. But Prefect (3.9) pickles the exception of a failed flow run
all the same, with whatever text it holds; so the one serializer there is writes nothing down.
"""

from typing import Any, TypedDict

from prefect.serializers import Serializer
from pydantic import Field


class WritesNothing(Serializer):  # a Serializer[Any] would be another class to Prefect
    """A serializer of results that keeps none of them."""

    type: str = Field(default="nightbench.nothing", frozen=True)

    def dumps(self, obj: Any) -> bytes:
        """Nothing, whatever the result is."""
        return b""

    def loads(self, blob: bytes) -> Any:
        """Raises: ValueError: always; nothing was kept."""
        raise ValueError("Results are not in Prefect's storage. They are in nightbench's warehouse.")


class Plain(TypedDict):
    """What every flow and task is declared with."""

    persist_result: bool
    cache_result_in_memory: bool
    result_serializer: Serializer


PLAIN: Plain = {
    "persist_result": False,
    "cache_result_in_memory": False,
    "result_serializer": WritesNothing(),
}
