"""What a task of the suite code_generation is; the tasks lie in the TOML files beside, one file a field."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent


class Part(BaseModel):
    """What is written by hand: a field too many is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Task(Part):
    """A program to be written, one that is right, and tests that tell it from others.

    `tests` is Python that runs after the program, in its module. A slip is a part of the solution and what
    stands in its place in a wrong one: the tests must fail on each.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    category: str
    difficulty: Literal["easy", "medium", "hard"]
    prompt: str
    solution: str
    tests: str
    slips: list[tuple[str, str]] = Field(min_length=2)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The solution with each of the slips."""
        return tuple(self.slipped(right, wrong) for right, wrong in self.slips)

    def slipped(self, right: str, wrong: str) -> str:
        """The solution with one part exchanged.

        Raises: ValueError: it does not have this part exactly once.
        """
        if self.solution.count(right) != 1:
            raise ValueError(f"{self.name}: {right!r} is there {self.solution.count(right)} times")
        return self.solution.replace(right, wrong).strip()


class Topic(Part):
    """The tasks of one file."""

    tasks: list[Task]


def read_tasks(name: str) -> list[Task]:
    """The tasks of a file beside this one."""
    return Topic.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))).tasks
