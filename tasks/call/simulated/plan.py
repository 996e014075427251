"""What the simulated server knows of the questions: a JSONL file, one line a distinct prompt.

A line is `{"prompt_hash", "suite", "sample_id", "form", "target"}` with, if they exist, `category` and
`wrong` (answers that are believable and not right). `prompt_hash` is the `hash_uuid` of the messages as they
are sent, the system message first. `form` says how a right answer looks: `number`, `letter`, `json.<key>`
(the value of a key), `json` (the target is the document), `json_only` (the same, and a wrong answer is not
JSON alone), `boxed` (in LaTeX), `code`, `sql` or `text`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from warehouse.errors import SpecError


@dataclass(frozen=True, slots=True, config=ConfigDict(coerce_numbers_to_str=True, extra="forbid"))
class PlanEntry:
    """What there is to know of one prompt; without a target no answer to it is right."""

    prompt_hash: UUID
    suite: str
    sample_id: str
    form: Annotated[str, Field(pattern=r"^(number|letter|json|json_only|json\..+|boxed|code|sql|text)$")]
    target: str | None = None
    category: str | None = None
    wrong: tuple[str, ...] | None = None


_ENTRY: TypeAdapter[PlanEntry] = TypeAdapter(PlanEntry)


def parse_plan(lines: Iterable[bytes], source: str) -> dict[UUID, PlanEntry]:
    """The entries by prompt hash; of two lines with one hash the later holds.

    Raises: SpecError: a line is not an entry (with its number).
    """
    entries = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = _ENTRY.validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "line"
            raise SpecError(f"{source}:{number}: not a line of a plan: {place}: {first['msg']}") from error
        entries[entry.prompt_hash] = entry
    return entries


def read_plan(path: Path) -> dict[UUID, PlanEntry]:
    """The entries of a file.

    Raises: SpecError: the file cannot be read, or a line is not an entry.
    """
    try:
        with path.open("rb") as file:
            return parse_plan(file, str(path))
    except OSError as error:
        raise SpecError(f"{path}: cannot be read ({error.strerror}). No server was started.") from error
