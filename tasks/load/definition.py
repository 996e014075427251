"""A suite's definition: its folder's suite.toml, and the texts that lie beside it.

    suite.toml     name and at least one [[graders]]; all else has a default
    samples.sql    one SELECT that returns the samples (tasks/load/samples.py)
    prompt.jinja   the user message (tasks/load/render.py); absent: the column `input`

In place of samples.sql, suite.toml may have a `[generator]`: its name, a seed, and its options
(tasks/load/made/). In place of prompt.jinja, suite.toml may say `prompt`: another .jinja file's name, or the
template itself.
A suite whose text is not to be published says `sealed = true` (tasks/load/sealed.py).
"""

import codecs
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic import model_validator as check_whole

from tasks.load.made.registry import Made, make_made
from tasks.model import GraderConfig, short_hash
from warehouse.errors import SuiteError

CARD = "suite.toml"
SQL = "samples.sql"
PROMPT = "prompt.jinja"
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+ -]*\Z")
TEMPLATE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.jinja\Z")


def _listed(value: object) -> object:
    """`[source]` is a list of one `[[source]]`."""
    return [value] if isinstance(value, dict) else value


class Part(BaseModel):
    """What every part of a card has in common: frozen, strict, and no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GraderEntry(BaseModel):
    """One `[[graders]]` table: its type, and options that the grader itself checks."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    type: str = Field(min_length=1)

    def config(self) -> GraderConfig:
        """The shared type that graders are made from."""
        return GraderConfig(type=self.type, options=dict(self.model_extra or {}))


class GeneratorEntry(BaseModel):
    """The `[generator]` table: which, its seed, and options that the generator itself checks."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    name: str = Field(min_length=1)
    seed: int = Field(0, ge=0)

    def made(self) -> Made:
        """The generator with its options.

        Raises: ValueError: there is no such generator or option, or a value that cannot be.
        """
        return make_made(self.name, self.seed, dict(self.model_extra or {}))


def leaves_its_folder(member: str) -> bool:
    """Whether an archive's member has a path that would lie outside the folder it is unpacked in."""
    return member.startswith(("/", "\\")) or member[1:2] == ":" or ".." in re.split(r"[/\\]", member)


class Archive(Part):
    """What is read out of a zip archive: one member, in memory, as a table for samples.sql."""

    member: str = Field(min_length=1)  # .csv, .tsv or .jsonl, with a header line or keys
    password: str | None = Field(None, min_length=1)  # as its authors publish it
    table: str = Field("source", pattern=r"^[a-z_][a-z0-9_]*$")

    @field_validator("member")
    @classmethod
    def _within(cls, value: str) -> str:
        if leaves_its_folder(value):
            raise ValueError(f'"{value}" leads out of the archive\'s folder')
        return value


class Source(Part):
    """One pinned file: where it is downloaded from, its sha256, and how it is kept.

    Kept is always plain UTF-8 content. With `gunzip` the file at `url` is compressed; `sha256_of` says
    whether the pin is of the content after gunzip (which then may also be found uncompressed) or of the
    file as it lies. An `archive` is kept as it lies, and may lack its pin until a first pull has told it.
    """

    url: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    archive: Archive | None = None
    filename: str = ""  # default: the last part of the url, without .gz where it is gunzipped
    encoding: str = "utf-8"
    gunzip: bool = False
    sha256_of: Literal["content", "file"] = "content"

    @field_validator("url")
    @classmethod
    def _fetchable(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f'"{value}" is not an http or https address')
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address with a user or password in it is not for a definition")
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            codecs.getincrementaldecoder(value)
            "".encode(value)
        except (LookupError, ValueError) as error:
            raise ValueError(f'"{value}" is not a text encoding that Python knows') from error
        return value

    @check_whole(mode="before")
    @classmethod
    def _named_by_url(cls, fields: Any) -> Any:
        if isinstance(fields, dict) and "filename" not in fields and isinstance(fields.get("url"), str):
            name = PurePosixPath(unquote(urlsplit(fields["url"]).path)).name
            return {**fields, "filename": name.removesuffix(".gz") if fields.get("gunzip") else name}
        return fields

    @check_whole(mode="after")
    def _pinned(self) -> "Source":
        if self.archive is None and self.sha256 is None:
            raise ValueError("sha256 is missing; only an archive may do without until its first pull")
        if self.archive is not None and (self.gunzip or self.encoding != "utf-8"):
            raise ValueError("an archive is kept as it lies: it has neither gunzip nor an encoding")
        return self

    @field_validator("filename")
    @classmethod
    def _plain_filename(cls, value: str) -> str:
        if not PLAIN_NAME.match(value) or value.endswith((".part", ".new")):
            raise ValueError(f'"{value}" is not a plain file name; set filename')
        return value


class Card(Part):
    """suite.toml as it is written."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    version: str = Field("1", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")
    title: str | None = None
    licence: str | None = None
    citation: str | None = None
    source: Annotated[list[Source], BeforeValidator(_listed)] = Field(default_factory=list)
    generator: GeneratorEntry | None = None
    prompt: str | None = Field(None, min_length=1)
    params: dict[str, Any] = Field(default_factory=dict)
    graders: list[GraderEntry] = Field(min_length=1)
    metrics: list[GraderEntry] = Field(default_factory=list)  # measures that are no score
    sealed: bool = False  # its text, and what models say to it, is nowhere kept in clear

    @check_whole(mode="after")
    def _passwords_are_of_sealed_suites(self) -> "Card":
        if not self.sealed and any(source.archive and source.archive.password for source in self.source):
            raise ValueError(
                "an archive has a password, so its text is not to be published: say sealed = true"
            )
        return self

    @field_validator("source")
    @classmethod
    def _one_file_a_name(cls, value: list[Source]) -> list[Source]:
        names = [source.filename for source in value]
        twins = sorted({name for name in names if names.count(name) > 1})
        if twins:
            raise ValueError(f'the file "{twins[0]}" is there twice; set filename')
        tables = [source.archive.table for source in value if source.archive]
        if len(set(tables)) < len(tables):
            raise ValueError("two archives have one table; set archive.table")
        return value


@dataclass(frozen=True)
class Definition:
    """A suite without its samples."""

    folder: Path
    card: Card
    sql: str  # the text of samples.sql; empty where the samples are made
    prompt: str | None  # the text of the template
    fields: Mapping[str, Any]  # suite.toml as parsed, what the version is taken of
    made: Made | None = None  # what makes the samples, where no samples.sql does

    @property
    def name(self) -> str:
        """The suite's name."""
        return self.card.name

    @property
    def sources(self) -> tuple[Source, ...]:
        """The pinned files."""
        return tuple(self.card.source)

    def pulled(self, cache: Path) -> Path:
        """The folder of this suite's pulled files; another for other pins, so a stale file is never read.

        `cache` is the home's cache folder.
        """
        fields = {"url", "archive"}  # an archive is the same file, whatever is read out of it
        pins = [source.model_dump(mode="json", exclude=fields, exclude_none=True) for source in self.sources]
        return cache / self.name / short_hash(sorted(pins, key=lambda pin: str(pin["filename"])))


def read_definition(folder: Path) -> Definition:
    """Read and check a suite's folder.

    Raises: SuiteError: no suite.toml, neither samples.sql nor a generator or both, not TOML (with line and
        column), or a field that is missing, unknown or of the wrong kind (every one of them named).
    """
    path = folder / CARD
    fields = _parse(path, _read(path, "A suite is a folder with a suite.toml and a samples.sql."))
    try:
        card = Card.model_validate(fields)
    except ValidationError as error:
        lines = [f"{_place(item['loc'])}: {_sentence(item)}" for item in error.errors()]
        raise _unusable(path, lines) from error
    made, prompt = _made(folder, card), _prompt(folder, card)
    if made is not None:
        prompt = prompt if prompt is not None else made.generator.prompt
        return Definition(folder=folder, card=card, sql="", prompt=prompt, fields=fields, made=made)
    sql = _read(
        folder / SQL,
        f"It must hold one SELECT that returns the samples; or {CARD} has a [generator] that makes them.",
    )
    return Definition(folder=folder, card=card, sql=sql, prompt=prompt, fields=fields)


def _made(folder: Path, card: Card) -> Made | None:
    if card.generator is None:
        return None
    path = folder / CARD
    if (folder / SQL).exists():
        raise SuiteError(
            f"{path}: generator: there is a {SQL} as well. Nothing was sent. Samples are made or read: keep "
            f"one of the two."
        )
    if card.source:
        raise SuiteError(
            f"{path}: generator: there is a [[source]] as well, which nothing would read. Nothing was sent. "
            f"Leave it out."
        )
    try:
        return card.generator.made()
    except ValueError as error:
        raise _unusable(path, [f"generator.{line}" for line in str(error).splitlines()]) from error


def _unusable(path: Path, lines: list[str]) -> SuiteError:
    listed = "\n".join(f"  {line}" for line in dict.fromkeys(lines))
    return SuiteError(f"{path}: the definition cannot be used. Nothing was sent.\n{listed}")


def _prompt(folder: Path, card: Card) -> str | None:
    beside = folder / PROMPT
    if card.prompt is None:
        return _read(beside, "It is the suite's prompt.") if beside.exists() else None
    if TEMPLATE_NAME.match(card.prompt):
        return _read(folder / card.prompt, "suite.toml names it as the prompt.")
    if beside.exists():
        raise SuiteError(
            f"{folder / CARD}: prompt: there is a {PROMPT} as well. Nothing was sent. Keep one of the two."
        )
    return card.prompt


def _read(path: Path, purpose: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise SuiteError(
            f"{path}: not UTF-8 at line {line}. Nothing was sent. Save the file as UTF-8."
        ) from error
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read ({error.strerror}). {purpose} Nothing was sent.") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        where = where.rstrip(")")
        if not where.startswith("line"):  # "end of document"
            lines = text.splitlines() or [""]
            where = f"line {len(lines)}, column {len(lines[-1]) + 1}"
        raise SuiteError(
            f"{path}: not TOML at {where}: {what}. Nothing was sent. "
            f"Mend that line; text needs quotes, and a table's name brackets."
        ) from error


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc) or "suite.toml"


def _sentence(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return (
            "is missing; at least one [[graders]] table is needed"
            if item["loc"] == ("graders",)
            else ("is missing")
        )
    if item["type"] == "extra_forbidden":
        known = Source if item["loc"][0] == "source" else Card
        near = difflib.get_close_matches(str(item["loc"][-1]), known.model_fields, n=1)
        return "there is no such field" + (f'; did you mean "{near[0]}"?' if near else "")
    shown = repr(item.get("input"))
    return message if len(shown) > 80 or item["type"] == "value_error" else f"{message} (it is {shown})"
