"""Where an installation lies: the one rule for NIGHTBENCH_HOME."""

from collections.abc import Mapping
from pathlib import Path

VARIABLE = "NIGHTBENCH_HOME"
DEFAULT = "data"


def home_folder(environ: Mapping[str, str]) -> Path:
    """The folder named by NIGHTBENCH_HOME, by default `./data`, as an absolute path."""
    return Path(environ.get(VARIABLE) or DEFAULT).expanduser().absolute()


def warehouse_of(home: Path) -> Path:
    """The folder of tables of a home."""
    return home / "warehouse"
