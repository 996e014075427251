"""What every test may ask for: a home of its own, the shared real data, the command as a user types it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# No test is timed: how long an example takes is the machine's affair.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

CHECKOUT = Path(__file__).resolve().parent.parent
SETTINGS = ("NIGHTBENCH_", "ANTHROPIC_", "OPENAI_", "AZURE_", "COMPATIBLE_", "PREFECT_")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, which is one JSON document."""
        return json.loads(self.out)


Nightbench = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real benchmark items and recorded outputs, which are not part of the project."""
    folder = Path(os.environ.get("NIGHTBENCH_SHARED", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared real data is not here (NIGHTBENCH_SHARED names its folder)")
    return folder


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """An environment without keys, addresses or settings of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return {**kept, "NIGHTBENCH_HOME": str(home), **more}


@pytest.fixture
def nightbench(home: Path) -> Nightbench:
    """Run the command line in a process of its own on the test's home; `prefix` are words in front of it."""

    def run(
        *words: str | Path,
        env: dict[str, str] | None = None,
        timeout: float = 240,
        stdin: str = "",
        prefix: Sequence[str] = (),
    ) -> Said:
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "flows.cli.main", *map(str, words)],
            cwd=CHECKOUT,
            env=clean_environment(home, **(env or {})),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run
