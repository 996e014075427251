"""What a case of the suite sql_generation is; the cases lie in the TOML files beside, one file a schema."""

import re
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent
Dialect = Literal["duckdb", "tsql"]
TSQL_TYPES = {"varchar": "varchar(100)", "timestamp": "datetime2(0)", "integer": "int"}
TSQL_TYPE = re.compile(rf"\b(?:{'|'.join(TSQL_TYPES)})\b")


class Part(BaseModel):
    """What is written by hand is read strictly."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Case(Part):
    """A question over a schema, its right query, and queries that are nearly right.

    Every query in `also` is right, and built another way. `wrong` queries return something else on the
    schema's rows, which proves that the rows tell them apart. A case with `tsql` is asked in T-SQL: that is
    its right query there, and `tsql_wrong` are nearly right ones; the rest is DuckDB's.
    """

    category: str
    difficulty: Literal["easy", "medium", "hard"]
    question: str
    returns: list[str]  # the columns, in order
    order: str = ""  # as the prompt says it; empty: any order
    target: str
    also: list[str] = Field(min_length=1)
    wrong: list[str] = Field(min_length=1)
    tsql: str = ""
    tsql_wrong: list[str] = []

    @property
    def dialect(self) -> Dialect:
        """The language in which the question is to be answered."""
        return "tsql" if self.tsql else "duckdb"

    @property
    def right(self) -> str:
        """The right query in that language."""
        return (self.tsql or self.target).strip()

    @property
    def nearly(self) -> tuple[str, ...]:
        """The wrong queries in that language."""
        return tuple(query.strip() for query in (self.tsql_wrong if self.tsql else self.wrong))


class Topic(Part):
    """Small tables and the questions over them: their DDL, which the prompt shows, and their rows."""

    ddl: str
    inserts: str
    cases: list[Case]

    def shown_ddl(self, dialect: Dialect) -> str:
        """The tables as a prompt shows them, with the types of the language."""
        if dialect == "duckdb":
            return self.ddl.strip()
        return TSQL_TYPE.sub(lambda word: TSQL_TYPES[word[0]], self.ddl.strip())

    @property
    def script(self) -> str:
        """What makes the tables and fills them."""
        return f"{self.ddl.strip()}\n\n{self.inserts.strip()}\n"


def read_topic(name: str) -> Topic:
    """The topic of a file beside this one."""
    return Topic.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))
