"""A suite made from a user's rows, and proven: loaded, found fit by its graders, and rendered."""

from collections.abc import Mapping
from pathlib import Path

from tasks.home import Settings
from tasks.load.render import render_messages
from tasks.load.scaffold import Scaffold, write_suite
from tasks.model import Suite
from tasks.work import check_samples, make_graders

DEFAULT_DIR = Path("suites")


def make_suite(
    settings: Settings,
    name: str,
    file: Path,
    *,
    parent: Path | None = None,
    told: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Scaffold:
    """Write the suite's folder into `parent`: by default the user's first folder of suites, else ./suites.

    `told` are the columns that the user names: input, target, choices, category, id.
    Raises: SuiteError: nothing was written, and why.
    """
    users = settings.suite_folders[1:]
    chosen = parent or (users[0] if users else DEFAULT_DIR)
    return write_suite(
        name,
        file,
        chosen.expanduser().absolute(),
        told=told or {},
        encoding=encoding,
        others=users,
        prove=prove,
    )


def prove(suite: Suite) -> None:
    """Everything that a run checks before it sends anything.

    Raises: SuiteError: the suite could not run as it stands.
    """
    check_samples(suite, make_graders(suite), suite.samples, "Nothing was sent.")
    for sample in suite.samples:
        render_messages(suite, sample, system=None, prompt=None)
