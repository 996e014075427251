"""What the tests of graders share: a sample and a grader in one line."""

from collections.abc import Callable
from typing import Any

import pytest

from tasks.grade.base import Grader
from tasks.grade.registry import make_grader
from tasks.model import GraderConfig, Sample

MakeSample = Callable[..., Sample]
MakeGrader = Callable[..., Grader]


@pytest.fixture(scope="session")
def a_sample() -> MakeSample:
    """Make a sample from a target (or several) and what else its row holds."""

    def make(*targets: str, choices: tuple[str, ...] = (), **row: Any) -> Sample:
        target = targets[0] if targets else None
        return Sample("s-1", row, target=target, targets=targets, choices=choices)

    return make


@pytest.fixture(scope="session")
def a_grader() -> MakeGrader:
    """Make a grader as a suite does."""
    return lambda kind, **options: make_grader(GraderConfig(kind, options), "suite.toml, graders[0]")
