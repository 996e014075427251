"""Where everything of one installation lies on disk, and the environment it is read from.

home/
  runs/<run_id>.json     what was asked (spec, kind, trigger, start), written before the engine starts
  runs/<run_id>.lock     flock of the process that works on the run; dies with its holder
  journal/<run_id>/      received answers, append-only
  progress/<run_id>.json how far a run is, replaced every second
  cache/<suite>/         pulled sources of suites
  warehouse/             the tables
  prefect/               Prefect's own; can be thrown away
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from warehouse.errors import SpecError

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = ("runs", "journal", "progress", "cache", "warehouse", "prefect")


@dataclass(frozen=True)
class Home:
    """The folder named by NIGHTBENCH_HOME (default `./data`)."""

    root: Path

    @property
    def runs(self) -> Path:
        """Spec and lock of each run."""
        return self.root / "runs"

    @property
    def progress(self) -> Path:
        """How far each run is."""
        return self.root / "progress"

    @property
    def cache(self) -> Path:
        """Pulled sources, a folder a suite."""
        return self.root / "cache"

    @property
    def warehouse(self) -> Path:
        """Parquet files, commits and the catalog."""
        return self.root / "warehouse"

    def journal(self, run_id: str) -> Path:
        """The folder of one run's journal files."""
        return self.root / "journal" / run_id

    def make(self) -> None:
        """Create the folders and prove that they can be written to.

        Raises: SpecError: the folder cannot be made or written; names it and the remedy.
        """
        probe = self.root / f".writable-{os.getpid()}"
        try:
            for folder in FOLDERS:
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"nightbench\n")
        except OSError as error:
            raise SpecError(
                f"{error.filename or self.root}: {error.strerror}. This is nightbench's home and must be "
                f"writable. Nothing was sent. Set NIGHTBENCH_HOME to a folder of yours, or free some space."
            ) from error
        probe.unlink()


@dataclass(frozen=True)
class Settings:
    """What nightbench itself reads from the environment; the keys are the providers' business."""

    home: Home
    suite_folders: tuple[Path, ...]  # the built-in ones first, then the user's

    @classmethod
    def read(cls, environ: Mapping[str, str], suites_dirs: tuple[Path, ...] = ()) -> "Settings":
        """NIGHTBENCH_HOME, NIGHTBENCH_SUITES (a path list), and the folders given on the command line."""
        root = Path(environ.get("NIGHTBENCH_HOME") or "data").expanduser().absolute()
        listed = [Path(part) for part in environ.get("NIGHTBENCH_SUITES", "").split(os.pathsep) if part]
        users = tuple(folder.expanduser().absolute() for folder in (*listed, *suites_dirs))
        return cls(home=Home(root), suite_folders=(CHECKOUT / "datasets", *users))


def code_version() -> str:
    """The version of nightbench, and the commit of the checkout it runs from where git can tell."""
    release = metadata.version("nightbench")
    try:
        found = subprocess.run(
            ["git", "-C", str(CHECKOUT), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # no git here: the release says enough
        return release
    return f"{release}+{found.stdout.strip()}" if found.returncode == 0 else release
