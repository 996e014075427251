"""Where everything of one installation lies on disk, and the environment it is read from.

home/
  runs/<run_id>.json     what was asked (spec, kind, trigger, start), written before the engine starts
  runs/<run_id>.ask.json the question of a run of kind ask
  runs/<run_id>.owner.json whom the run's workers work for, while it has any (tasks/owner.py)
  runs/<run_id>.lock     flock of the process that works on the run; dies with its holder
  journal/<run_id>/      received answers, append-only
  progress/<run_id>.json how far a run is, replaced every second
  limits.sqlite          leases of rate limits and holds of money that its processes share
  cache/<suite>/         pulled sources of suites
  sql_history            statements of `nightbench sql`, mode 0600, none with a key in it
  warehouse/             the tables
  prefect/               Prefect's own; can be thrown away
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from importlib import metadata
from pathlib import Path

from warehouse.errors import SpecError
from warehouse.place import home_folder, warehouse_of

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = ("runs", "journal", "progress", "cache", "warehouse", "prefect")
# Prefect's database and its log (3 MiB), the journal's reserve (4), the catalog twice (2); and the answers.
ROOM_BYTES = 32 * 2**20


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
        return warehouse_of(self.root)

    @property
    def limits(self) -> Path:
        """What the processes of the home share: leases of rate limits, holds of money."""
        return self.root / "limits.sqlite"

    def journal(self, run_id: str) -> Path:
        """The folder of one run's journal files."""
        return self.root / "journal" / run_id

    def make(self) -> None:
        """Create the folders and prove that they can be written to and have room.

        Raises: SpecError: a folder cannot be made or written, or its disk is full; names it and the remedy.
        """
        probe = self.root / f".writable-{os.getpid()}"
        try:
            for name in FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            for folder in (*map(self.root.joinpath, FOLDERS), *self.warehouse.glob("*/")):
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
            probe.write_bytes(b"nightbench\n")
            left = too_little_room(self.root)
        except OSError as error:
            place = self.root if error.filename in {None, str(probe)} else error.filename
            raise SpecError(
                f"{place}: {error.strerror}. This is nightbench's home and must be "
                f"writable. Nothing was sent. Set NIGHTBENCH_HOME to a folder of yours, or free some space."
            ) from error
        finally:
            with suppress(OSError):  # where it cannot be removed it could not be written
                probe.unlink()
        if left:
            raise SpecError(
                f"{self.root}: the disk is full: {left} are left, and a run needs "
                f"{ROOM_BYTES / 2**20:,.0f}. Nothing was sent. Free some space, or set NIGHTBENCH_HOME to a "
                "folder on another disk."
            )


@dataclass(frozen=True)
class Settings:
    """What nightbench itself reads from the environment; the keys are the providers' business."""

    home: Home
    suite_folders: tuple[Path, ...]  # the built-in ones first, then the user's
    monthly_usd: Decimal | None = None  # what all runs of the home may cost in a calendar month (UTC)
    give_up_s: float = 900.0  # how long a provider that is down is waited for
    approve_s: float = 86_400.0  # how long a dear run waits for a person
    silent_s: float = 300.0  # so long without a heartbeat, and a flow run is held for crashed

    @classmethod
    def read(cls, environ: Mapping[str, str], suites_dirs: tuple[Path, ...] = ()) -> "Settings":
        """NIGHTBENCH_HOME, NIGHTBENCH_SUITES (a path list) and the folders given on the command line.

        NIGHTBENCH_MONTHLY_USD bounds what all runs of the home may cost; NIGHTBENCH_GIVE_UP_S is how many
        seconds a provider that does not answer is waited for, NIGHTBENCH_SILENT_S how many a flow run may be
        silent before it is held for crashed, NIGHTBENCH_APPROVE_S how many a dear run waits for a person.
        Raises: SpecError: one of these is no such number.
        """
        listed = [Path(part) for part in environ.get("NIGHTBENCH_SUITES", "").split(os.pathsep) if part]
        users = tuple(folder.expanduser().absolute() for folder in (*listed, *suites_dirs))
        return cls(
            home=Home(home_folder(environ)),
            suite_folders=(CHECKOUT / "datasets", *users),
            monthly_usd=read_usd(environ.get("NIGHTBENCH_MONTHLY_USD", "")),
            give_up_s=_seconds(environ, "NIGHTBENCH_GIVE_UP_S", 900),
            approve_s=_seconds(environ, "NIGHTBENCH_APPROVE_S", 86_400, least=1),
            silent_s=_seconds(environ, "NIGHTBENCH_SILENT_S", 300, least=10),
        )


def read_usd(text: str) -> Decimal | None:
    """NIGHTBENCH_MONTHLY_USD; None where it is empty.

    Raises: SpecError: it is no amount.
    """
    if not text.strip():
        return None
    try:
        usd = Decimal(text.strip())
    except ArithmeticError:
        usd = Decimal("nan")
    if not usd.is_finite() or usd < 0:
        raise SpecError(
            f'NIGHTBENCH_MONTHLY_USD = "{text[:40]}" is no amount of dollars, as 250 or 99.50 are. Nothing '
            f"was sent. Set it again, or unset it to have no such budget."
        )
    return usd


def _seconds(environ: Mapping[str, str], name: str, default: float, least: float = 0) -> float:
    text = environ.get(name) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= 7 * 86_400:
        bounds = f"{least:g} or more, and at most a week," if least else "at most a week,"
        raise SpecError(f"{name}={text}: a number of seconds, {bounds} is needed. Nothing was sent.")
    return seconds


def too_little_room(folder: Path) -> str:
    """How much room is left on its disk where a run needs more, as `3.1 MiB`; empty where there is enough.

    Raises: OSError: there is no such folder.
    """
    free = shutil.disk_usage(folder).free
    return f"{free / 2**20:,.1f} MiB" if free < ROOM_BYTES else ""


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
