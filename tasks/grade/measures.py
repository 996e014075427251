"""Measures of a response that are no score, by their type, and how a suite's `[[metrics]]` becomes one."""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import TypeAdapter, ValidationError

from tasks.model import GraderConfig
from warehouse.errors import SuiteError


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """What takes figures of a response; pure, and never raises on what a model wrote."""

    type: ClassVar[str]

    @abstractmethod
    def measure(self, answer: str) -> Mapping[str, float]:
        """Figures by name; none where there is nothing to measure."""


def measures() -> Mapping[str, type[Measure]]:
    """Every measure by its type."""
    from tasks.grade.code_style import CodeStyle

    return {"code_style": CodeStyle}


def make_measures(configs: Sequence[GraderConfig], place: str) -> tuple[Measure, ...]:
    """The measures of a suite.

    Raises: SuiteError: an unknown type, an unknown or unfit option.
    """
    return tuple(_made(config, f"{place}, metrics[{n}]") for n, config in enumerate(configs))


def _made(config: GraderConfig, place: str) -> Measure:
    kind = measures().get(config.type)
    if kind is None:
        raise SuiteError(
            f'{place}: there is no measure of type "{config.type}". Nothing was sent. Known are '
            f"{', '.join(measures())}."
        )
    known = [field.name for field in dataclasses.fields(kind)]
    unknown = [option for option in config.options if option not in known]
    if unknown:
        raise SuiteError(
            f'{place}: the measure "{config.type}" has no option "{unknown[0]}". Nothing was sent. Its '
            f"options are {', '.join(known)}."
        )
    options: dict[str, Any] = dict(config.options)
    try:
        made: Measure = TypeAdapter(kind).validate_python(options)
    except ValidationError as error:
        first = error.errors()[0]
        raise SuiteError(
            f'{place}: the option "{first["loc"][0]}" is {first["input"]!r:.80}: {first["msg"]}. Nothing was '
            f"sent."
        ) from error
    return made
