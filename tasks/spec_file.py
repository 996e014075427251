"""A spec as a TOML file."""

import tomllib
from pathlib import Path
from typing import Any

from warehouse.errors import SpecError


def read_spec_file(path: Path) -> dict[str, Any]:
    """The raw fields of a TOML spec; paths in it are seen from the file's folder, and made absolute.

    Raises: SpecError: no such file, or not TOML (with line and column).
    """
    try:
        with path.open("rb") as file:
            fields = tomllib.load(file)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}). Nothing was sent.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not TOML: {error}. Nothing was sent.") from error
    for entry in _tables(fields.get("models")):
        if isinstance(entry.get("prompt"), str):
            entry["prompt"] = str((path.parent / entry["prompt"]).absolute())  # a resume may stand elsewhere
    for suite in _tables(fields.get("suites")):
        for grader in _tables(suite.get("graders")):
            rubric = grader.get("rubric")
            if isinstance(rubric, str) and rubric.endswith(".toml"):
                grader["rubric"] = str((path.parent / rubric).absolute())
    return fields


def _tables(value: object) -> list[dict[str, Any]]:
    """The tables of a list, where it is one."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
