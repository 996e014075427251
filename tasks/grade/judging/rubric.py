"""Rubrics: criteria, each with a described scale of its own, as a TOML file without code.

    title = "Code quality"
    guidance = "The answer is Python for Azure SQL."       # optional: what a judge should know

    [[criteria]]
    name = "correctness"
    description = "Does the code do what was asked?"
    passes_from = 4                                        # default: the upper half of the scale
    weight = 2                                             # default: 1
    scale = { 1 = "does not run", 3 = "runs, misses cases", 5 = "does all that was asked" }

Those of the house lie in datasets/rubrics/ and are named without `.toml`.
"""

import difflib
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from tasks.model import short_hash

BUILT_IN = Path(__file__).resolve().parents[3] / "datasets" / "rubrics"
PLAIN = {
    "1": "it fails it",
    "2": "it mostly fails it",
    "3": "it meets it in part",
    "4": "it mostly meets it",
    "5": "it meets it in full",
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")


class Part(BaseModel):
    """Frozen, strict, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Criterion(Part):
    """One question to the judge. A verdict is a number of `scale`, whose words say what it means."""

    name: str
    description: str = Field(min_length=1)
    scale: dict[str, str] = Field(min_length=2, max_length=11)
    passes_from: int | None = None
    weight: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False, strict=False)] = 1.0

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not NAME.match(value):
            raise ValueError(f'"{value}": a name is of a-z, 0-9 and _, and begins with a letter')
        return value

    @field_validator("scale")
    @classmethod
    def _of_numbers(cls, value: dict[str, str]) -> dict[str, str]:
        for number, words in value.items():
            if not re.fullmatch(r"-?\d{1,3}", number):
                raise ValueError(f'"{number}" is not a whole number of up to three digits')
            if not words.strip():
                raise ValueError(f"{number} is not described")
        if len({int(number) for number in value}) < len(value):
            raise ValueError("a number is there twice")
        return value

    @model_validator(mode="after")
    def _passes_on_scale(self) -> "Criterion":
        if self.passes_from is not None and self.passes_from not in self.numbers:
            raise ValueError(f"passes_from = {self.passes_from} is not on the scale")
        return self

    @property
    def numbers(self) -> list[int]:
        """The scale's numbers, rising."""
        return sorted(int(number) for number in self.scale)

    @property
    def pass_mark(self) -> int:
        """The least number that passes: by default the first above the scale's middle."""
        if self.passes_from is not None:
            return self.passes_from
        low, high = self.numbers[0], self.numbers[-1]
        return next(number for number in self.numbers if 2 * number > low + high)

    def score(self, number: int) -> float:
        """Where a number stands between the scale's ends, 0 to 1."""
        low, high = self.numbers[0], self.numbers[-1]
        return (number - low) / (high - low)


class Rubric(Part):
    """A list of criteria."""

    title: str = ""
    guidance: str = ""
    criteria: list[Criterion] = Field(min_length=1, max_length=20)

    @field_validator("criteria")
    @classmethod
    def _each_once(cls, value: list[Criterion]) -> list[Criterion]:
        names = [criterion.name for criterion in value]
        twins = sorted({name for name in names if names.count(name) > 1})
        if twins:
            raise ValueError(f'the criterion "{twins[0]}" is there twice')
        return value

    @property
    def version(self) -> str:
        """Another for other words."""
        return short_hash(self.model_dump(mode="json"))


def find_rubric(name: str) -> Rubric:
    """The rubric of a name of the house's, or of a path to a TOML file.

    Raises: ValueError: there is none, or it is not what it must be; names file, place and remedy.
    """
    if name.endswith(".toml"):
        return _read(Path(name))
    known = rubric_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise ValueError(f'there is no rubric "{name}": {hint}; a file of your own ends in .toml')
    return _read(BUILT_IN / f"{name}.toml")


def rubric_names() -> list[str]:
    """The rubrics of the house."""
    return sorted(path.stem for path in BUILT_IN.glob("*.toml"))


def named_criteria(words: Sequence[str]) -> list[dict[str, Any]]:
    """Criteria of names alone: as a rubric of the house has them, else on a scale from 1 to 5."""
    known = {one.name: one for rubric in rubric_names() for one in find_rubric(rubric).criteria}
    found: dict[str, dict[str, Any]] = {}
    for word in words:
        name = re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")[:38]
        name = name if NAME.match(name) else f"c_{name}".rstrip("_")
        while name in found:
            name = f"{name[:38]}_2"
        criterion = known.get(name)
        found[name] = (
            criterion.model_dump(exclude_none=True)
            if criterion is not None
            else {"name": name, "description": f"How far does the answer meet this: {word}?", "scale": PLAIN}
        )
    return list(found.values())


def make_rubric(fields: Any, place: str) -> Rubric:
    """The rubric of raw fields.

    Raises: ValueError: every problem with its place.
    """
    try:
        return Rubric.model_validate(fields)
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, item['loc'])) or 'rubric'}: {str(item['msg']).removeprefix('Value error, ')}"
            for item in error.errors()
        ]
        raise ValueError(f"{place}: {'; '.join(dict.fromkeys(lines))}") from error


@cache
def _read(path: Path) -> Rubric:
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: the rubric cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: the rubric is not TOML: {error}") from error
    return make_rubric(fields, str(path))
