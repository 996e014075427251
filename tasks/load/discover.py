"""Finding suites: a suite is a folder with a suite.toml, and is found by lying in a folder of suites."""

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tasks.load.definition import CARD
from warehouse.errors import SuiteError

BUILT_IN = Path(__file__).resolve().parents[2] / "datasets"


def discover(folders: Sequence[Path]) -> dict[str, Path]:
    """Every suite's folder by its name, those of the checkout first, then those of `folders`, each sorted.

    The name is the one in suite.toml; a suite.toml that is not TOML is found by its folder's name, so that
    one broken suite does not hide the others, and reading it says what is wrong. A name has one folder: a
    user's suite never takes the place of a built-in one, nor one user's that of another. A folder that may
    not be looked into counts as a suite of its name, and reading it says so.

    Raises: SuiteError: a folder does not exist or is itself a suite, or a name is there twice.
    """
    found: dict[str, Path] = {}
    for parent in dict.fromkeys(folder.resolve() for folder in (BUILT_IN, *folders)):
        for folder in _suite_folders(parent):
            name = _name(folder)
            if name in found and not found[name].samefile(folder):
                raise SuiteError(
                    f'The suite "{name}" is there twice: {found[name]} and {folder}. Nothing was sent. '
                    f"Give the second another name in its {CARD}, or leave its folder out of "
                    f"NIGHTBENCH_SUITES and --suites-dir."
                )
            found.setdefault(name, folder)
    return found


def find_suite(name: str, folders: Sequence[Path]) -> Path:
    """The folder of one suite.

    Raises: SuiteError: there is none of that name; the nearest names are suggested.
    """
    found = discover(folders)
    if name in found:
        return found[name]
    lowered = {known.lower(): known for known in found}
    near = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    hint = (
        "Did you mean " + " or ".join(f'"{lowered[one]}"' for one in near) + "?"
        if near
        else "Known are: " + (", ".join(found) or "none") + "."
    )
    raise SuiteError(
        f'There is no suite "{name}". Nothing was sent. {hint} `nightbench suites` lists them; folders of '
        f"your own are named by NIGHTBENCH_SUITES or --suites-dir."
    )


def _suite_folders(parent: Path) -> list[Path]:
    if (parent / CARD).exists():
        raise SuiteError(
            f"{parent}: this is a suite, not a folder of suites. Nothing was sent. Name the folder that it "
            f"lies in: {parent.parent}."
        )
    try:
        return sorted(folder for folder in parent.iterdir() if _is_suite(folder))
    except OSError as error:
        raise SuiteError(
            f"{parent}: cannot be read as a folder of suites ({error.strerror}). Nothing was sent. Check "
            f"NIGHTBENCH_SUITES (a path list) and --suites-dir."
        ) from error


def _is_suite(folder: Path) -> bool:
    try:
        return (folder / CARD).is_file()
    except PermissionError:  # reading the definition says so; the others are not hidden by it
        return True


def _name(folder: Path) -> str:
    try:
        name = tomllib.loads((folder / CARD).read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError):  # reading the definition says what is wrong
        return folder.name
    return name if isinstance(name, str) else folder.name
