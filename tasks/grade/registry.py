"""Every grader by its type, written out, and how a suite's `[[graders]]` becomes one."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tasks.grade.base import Grader, options_of
from tasks.grade.choice import Choice
from tasks.grade.exact import Exact
from tasks.grade.extract import make_extractor
from tasks.grade.facts import Facts
from tasks.grade.includes import Includes
from tasks.grade.instructions.grader import Instructions
from tasks.grade.json_only import JsonOnly, JsonPresent
from tasks.grade.json_schema import JsonSchema
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise
from tasks.grade.math import Math
from tasks.grade.numeric import Numeric
from tasks.grade.python_tests import PythonTests
from tasks.grade.refusal import Refusal
from tasks.grade.regex import Regex
from tasks.grade.sql.grader import SqlResult
from tasks.model import GraderConfig
from warehouse.errors import SuiteError

GRADERS: Mapping[str, type[Grader]] = {
    "exact": Exact,
    "includes": Includes,
    "regex": Regex,
    "choice": Choice,
    "numeric": Numeric,
    "json_only": JsonOnly,
    "json_present": JsonPresent,
    "json_schema": JsonSchema,
    "refusal": Refusal,
    "facts": Facts,
    "python_tests": PythonTests,
    "math": Math,
    "instructions": Instructions,
    "sql_result": SqlResult,
    "judge": Judge,
    "pairwise": Pairwise,
}


def make_graders(
    configs: Sequence[GraderConfig], place: str, folder: Path | None = None
) -> tuple[Grader, ...]:
    """The graders of a suite, in order; the first is its score. Files that they name lie in the folder.

    Raises: SuiteError: one cannot be made, there is none, or two would have one name in the tables.
    """
    if not configs:
        raise SuiteError(f"{place}: there is no grader. Nothing was sent. Add [[graders]] with a type.")
    graders = tuple(make_grader(config, f"{place}, graders[{n}]", folder) for n, config in enumerate(configs))
    names = [grader.name for grader in graders]
    if sum(not grader.scores for grader in graders) > 1:
        raise SuiteError(f"{place}: two graders compare pairs. Nothing was sent. Keep one.")
    if not graders[0].scores and len(graders) > 1:
        raise SuiteError(
            f'{place}: "{names[0]}" comes first, and it compares and gives no score. Nothing was sent. Put '
            f"another grader before it."
        )
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise SuiteError(
            f'{place}: two graders are called "{twins[0]}". Nothing was sent. Give one a name = "...".'
        )
    for asking in (grader.name for grader in graders if grader.asks):
        taken = next((name for name in names if name.startswith((f"{asking}.", f"{asking}@"))), None)
        if taken is not None:
            raise SuiteError(
                f'{place}: the grades of the judge "{asking}" are called {asking}.criterion, and a grader is '
                f'called "{taken}". Nothing was sent. Give it another name = "...".'
            )
    return graders


def make_grader(config: GraderConfig, place: str, folder: Path | None = None) -> Grader:
    """The grader that a `[[graders]]` entry describes; `place` is named where it cannot be made.

    Raises: SuiteError: an unknown type, an unknown or unfit option, a bad extractor, pattern or schema.
    """
    kind = GRADERS.get(config.type)
    if kind is None:
        near = difflib.get_close_matches(config.type, GRADERS, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(GRADERS)}."
        raise SuiteError(f'{place}: there is no grader of type "{config.type}". Nothing was sent. {hint}')
    known = options_of(kind)
    unknown = [option for option in config.options if option not in known]
    if unknown:
        raise SuiteError(
            f'{place}: the grader "{config.type}" has no option "{unknown[0]}". Nothing was sent. '
            f"Its options are {', '.join(known)}."
        )
    return _made(kind, _with_file(config.options, folder), place)


def _with_file(options: Mapping[str, Any], folder: Path | None) -> Mapping[str, Any]:
    """The options with a rubric's file seen from the suite's folder."""
    rubric = options.get("rubric")
    if folder is None or not isinstance(rubric, str) or not rubric.endswith(".toml"):
        return options
    return {**options, "rubric": str(folder / rubric)}


def _made(kind: type[Grader], options: Mapping[str, Any], place: str) -> Grader:
    try:
        grader: Grader = _reader(kind).validate_python(dict(options))
        make_extractor(grader.extract)
    except ValidationError as error:
        raise SuiteError(f"{place}: {_sentence(error)}. Nothing was sent.") from error
    except ValueError as error:
        raise SuiteError(f"{place}: {error}. Nothing was sent.") from error
    return grader


def _reader(kind: type[Grader]) -> TypeAdapter[Grader]:
    return TypeAdapter(kind)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    message = str(first["msg"]).removeprefix("Value error, ")
    if not first["loc"]:
        return message
    return f'the option "{first["loc"][0]}" is {first["input"]!r:.80}: {message}'
