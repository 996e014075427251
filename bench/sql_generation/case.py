"""What a case of the suite sql_generation is; the cases lie in the TOML files beside, one file a schema.

`needs` names the constructs that no right query can do without: a word of small letters (a table, a column),
a name of CONSTRUCTS, or a pattern between slashes, in which `{NAME}` stands for a construct.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent
NULLS = (
    r"\bcoalesce\b|\bifnull\b|\bnvl\b|\bcase\b|\bis\s+(?:not\s+)?null\b|\bisnull\b|\bnotnull\b|\bif\s*\("
    r"|\bfilter\b|\bdistinct\s+from\b|\bnulls\s+(?:first|last)\b|\bignore\s+nulls\b|\bcount\s*\(|\bgreatest\b"
)
CONSTRUCTS: Mapping[str, str] = {
    # A window, or what replaces it: the table is looked at twice.
    "TWICE": r"\bover\b|\bjoin\b|\(\s*(?:select|from|with)\b|\bfrom\s+\w+(?:\s+\w+){0,2}\s*,",
    # NULL is dealt with by name.
    "NULLS": NULLS,
    # The same, or a comparison, which drops it.
    "KEPT": rf"{NULLS}|[<>]",
    # A row without a partner stays.
    "OUTER": r"\b(?:left|right|full)\s+(?:outer\s+)?join\b|\bunion\b|\(\s*(?:select|from)\b",
    # A row that has no partner.
    "WITHOUT": (
        r"\bnot\s+exists\b|\bnot\s+in\b|\b(?:left|right|full)\s+(?:outer\s+)?join\b|\bexcept\b"
        r"|\banti\s+join\b|<>\s*all\b|\bcount\s*\(|\bbool_(?:or|and)\b|\bnot\s+\w*\s*\("
    ),
    # Days, months or numbers that the tables do not hold.
    "SERIES": r"\bgenerate_series\b|\brange\s*\(|\bvalues\b|\brecursive\b|\bunion\b|\bunnest\b",
    "MONTH": r"month|\bstrftime\b|\bextract\b|\bdate_?part\b|\bsubstr|\bleft\s*\(|\bformat|\[\s*\d*\s*:",
    # One row of a group, with its other columns.
    "PICK": (
        r"\bover\b|\bjoin\b|\(\s*(?:select|from|with)\b|\barg_(?:max|min)\b|\b(?:max|min)_by\b"
        r"|\bdistinct\s+on\b|\b(?:first|last|list|array_agg)\s*\(|\blateral\b"
    ),
    "TOTAL": r"sum\s*\(",
}


class Part(BaseModel):
    """What is written by hand is read strictly."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Case(Part):
    """A question over a schema, its right query, and queries that are nearly right.

    Every query in `also` is right, and built another way. `wrong` queries return something else on the
    schema's rows, which proves that the rows tell them apart; at least one lacks a construct.
    """

    category: str
    difficulty: Literal["easy", "medium", "hard"]
    question: str
    returns: list[str]  # the columns, in order
    order: str = ""  # as the prompt says it; empty: any order
    needs: list[str]
    target: str
    also: list[str] = Field(min_length=1)
    wrong: list[str] = Field(min_length=1)

    @property
    def patterns(self) -> tuple[str, ...]:
        """`needs` as regular expressions."""
        return tuple(pattern(need) for need in self.needs)


class Topic(Part):
    """Small tables and the questions over them: their DDL, which the prompt shows, and their rows."""

    ddl: str
    inserts: str
    cases: list[Case]

    @property
    def script(self) -> str:
        """What makes the tables and fills them."""
        return f"{self.ddl.strip()}\n\n{self.inserts.strip()}\n"


def read_topic(name: str) -> Topic:
    """The topic of a file beside this one."""
    return Topic.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))


def pattern(need: str) -> str:
    """The regular expression of one need.

    Raises: KeyError: a name in capitals that is no construct.
    """
    if need.startswith("/"):
        source = need[1:-1]
        for name, construct in CONSTRUCTS.items():
            source = source.replace(f"{{{name}}}", construct)
        return source
    return CONSTRUCTS[need] if need.isupper() else rf"\b{need}\b"
