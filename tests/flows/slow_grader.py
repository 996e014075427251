"""The command line with a grader `includes` that stands still, so that a test can end it amid its work.

It makes the file that WAITS names, and goes on when that is gone.
"""

import os
import time
from pathlib import Path

from flows.cli.main import main
from tasks.grade.includes import Includes
from tasks.model import Grade, Sample

_compare = Includes.compare


def compare(grader: Includes, sample: Sample, answer: str) -> Grade:
    """Judge as it does, the first time after a while."""
    waits = Path(os.environ["WAITS"])
    if not waits.exists() and not getattr(compare, "over", False):
        waits.touch()
        while waits.exists():
            time.sleep(0.02)
        compare.over = True  # type: ignore[attr-defined]  # once in this process
    return _compare(grader, sample, answer)


if __name__ == "__main__":
    setattr(Includes, "compare", compare)  # noqa: B010 - an assignment is no method to mypy
    main()
