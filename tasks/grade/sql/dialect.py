"""Queries of PostgreSQL and T-SQL as DuckDB runs them, with the time of day held still where one is given.

sqlglot parses and writes; what it leaves in the other language's meaning is mended here (`_mended`). Integer
division is not: the engine is set to it. A query that sqlglot cannot read or write is no wrong answer
(`NotTranslated`): who wrote it may be right.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError, UnsupportedError

from tasks.grade.sql.first import with_ties
from tasks.grade.sql.postgres_text import ServerPostgres, mended_pattern
from tasks.grade.sql.rewriting import rewritten
from tasks.grade.sql.tsql import ServerTSQL, mended_tsql

Dialect = Literal["duckdb", "postgres", "sqlite", "tsql"]
READ_AS: dict[str, type[sqlglot.Dialect]] = {"tsql": ServerTSQL, "postgres": ServerPostgres}
MAX_CHARS = 20_000
NO_QUERY = (exp.DML, exp.DDL, exp.Command, exp.Into)
QUERY_WORD = re.compile(r"(?is)\A(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with|values|from)\b")
CLOCKS = "GETUTCDATE SYSDATETIME SYSUTCDATETIME SYSDATETIMEOFFSET GETDATE NOW CLOCK_TIMESTAMP"
NOW = (*CLOCKS.split(), "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP")
UNITS = {"MIN": "MINUTE", "MINS": "MINUTE", "SEC": "SECOND", "SECS": "SECOND", "HR": "HOUR", "HRS": "HOUR"}
READERS = re.compile(
    r"(?i)\A(?:pg_(?:read|ls|stat|sleep|terminate|cancel|reload|advisory|logical|create|switch|promote)\w*|lo_\w+"
    r"|dblink\w*|set_config|query_to_xml\w*|table_to_xml\w*|cursor_to_xml\w*|database_to_xml\w*"
    r"|schema_to_xml\w*|openrowset|opendatasource|openquery|xp_\w+|sp_\w+)\Z"
)


class NotOneQueryError(Exception):
    """The text is something else than one query that reads; the message says what."""


class NotTranslatedError(Exception):
    """The query could not be carried into another dialect; says nothing about whether it is right."""


def for_duckdb(text: str, dialect: Dialect, now: datetime | None) -> str:
    """One query in DuckDB's SQL; DuckDB's own, where the time is its own, goes through as it is.

    Raises: NotOneQueryError, NotTranslatedError.
    """
    if len(text) > MAX_CHARS:
        raise NotOneQueryError(f"it has more than {MAX_CHARS:,} characters")
    if dialect == "duckdb" and now is None:
        return text
    with _sqlglots_own_failures():
        return _written(_held(_mended(one_query(text, dialect), dialect), now), "duckdb")


def for_postgres(text: str, now: datetime | None) -> str:
    """One query as a PostgreSQL server runs it: as it is, where the time is the server's.

    Raises: NotOneQueryError; NotTranslatedError, where the clock cannot be held.
    """
    try:
        with _sqlglots_own_failures():
            tree = one_query(text, "postgres")
            plain = _unprefixed(tree.copy())
            return text if now is None and plain == tree else _written(_held(plain, now), "postgres")
    except NotTranslatedError:  # the server knows more of its language than sqlglot does
        if now is not None:
            raise
    reader = next((word for word in re.findall(r"\w+", text) if READERS.match(word)), None)
    if reader is not None:
        raise NotOneQueryError(f"it reaches beyond its tables: {reader[:40]}")
    return text


@contextmanager
def _sqlglots_own_failures() -> Iterator[None]:
    """Errors of sqlglot's own on odd text, as errors of a translation."""
    try:
        yield
    except RecursionError:
        raise NotOneQueryError("it is nested too deeply") from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NotTranslatedError(f"sqlglot fails on it: {type(error).__name__}") from error


def one_query(text: str, dialect: Dialect) -> exp.Expr:
    """The tree of the one query in the text.

    Raises: NotOneQueryError, NotTranslatedError.
    """
    try:
        found = [tree for tree in sqlglot.parse(text, read=READ_AS.get(dialect, dialect)) if tree is not None]
    except SqlglotError as error:
        if not QUERY_WORD.match(text):
            raise NotOneQueryError("it does not begin as a query does") from None
        raise NotTranslatedError(f"not read as {dialect}: {_first_line(error)}") from None
    found = [tree for tree in found if not isinstance(tree, exp.Semicolon)]
    if len(found) != 1:
        raise NotOneQueryError(f"it holds {len(found)} statements")
    tree = found[0]
    if not isinstance(tree, exp.Query | exp.Values):
        raise NotOneQueryError(f"it is no query: {type(tree).__name__.upper()}")
    inside = tree.find(*NO_QUERY)
    if inside is not None:
        raise NotOneQueryError(f"it does more than read: {type(inside).__name__.upper()}")
    for call in tree.find_all(exp.Anonymous):
        if READERS.match(call.name):
            raise NotOneQueryError(f"it reaches beyond its tables: {call.name[:40]}")
    return tree


def script_for_duckdb(script: str, dialect: Dialect, now: datetime | None) -> tuple[str, ...]:
    """The statements of a schema and its rows, without what binds tables to each other.

    Raises: NotTranslatedError: sqlglot does not read the script.
    """
    if dialect == "duckdb" and now is None:
        return (script,)
    try:
        trees = [
            tree for tree in sqlglot.parse(script, read=READ_AS.get(dialect, dialect)) if tree is not None
        ]
        return tuple(_written(_held(_mended(_loose(tree), dialect), now), "duckdb") for tree in trees)
    except SqlglotError as error:
        raise NotTranslatedError(f"the schema is not read as {dialect}: {_first_line(error)}") from None


def script_for_postgres(script: str, dialect: Dialect, now: datetime | None) -> tuple[str, ...]:
    """The statements of a schema and its rows, for whatever schema is the first on the search path.

    Raises: NotTranslatedError: sqlglot does not read the script.
    """
    try:
        trees = [_held(tree, now) for tree in sqlglot.parse(script, read=dialect) if tree is not None]
    except SqlglotError as error:
        raise NotTranslatedError(f"the schema is not read as {dialect}: {_first_line(error)}") from None
    return tuple(_written(_unprefixed(tree), "postgres") for tree in trees)


def _written(tree: exp.Expr, dialect: Dialect) -> str:
    try:
        return tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE, comments=False)
    except UnsupportedError as error:
        raise NotTranslatedError(f"{dialect} has no such thing: {_first_line(error)}") from None
    except SqlglotError as error:
        raise NotTranslatedError(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0][:200]


def _held(tree: exp.Expr, now: datetime | None) -> exp.Expr:
    """The tree with the moment in place of the clock."""
    if now is None:
        return tree

    def still(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.CurrentDate):
            return exp.cast(exp.Literal.string(now.date().isoformat()), "date")
        if isinstance(node, exp.CurrentTime):
            return exp.cast(exp.Literal.string(now.time().isoformat()), "time")
        clock = isinstance(node, exp.CurrentTimestamp | exp.CurrentDatetime | exp.Localtimestamp)
        if clock or (isinstance(node, exp.Anonymous) and node.name.upper() in NOW):
            return exp.cast(exp.Literal.string(now.isoformat(sep=" ")), "timestamp")
        return node

    return tree.transform(still)


def _loose(tree: exp.Expr) -> exp.Expr:
    """A table's definition without foreign keys, and with plain numbers for serial ones."""
    for reference in [*tree.find_all(exp.Reference), *tree.find_all(exp.ForeignKey)]:
        holder = reference.find_ancestor(exp.ColumnConstraint, exp.Constraint)
        (holder or reference).pop()
    for kind in tree.find_all(exp.DataType):
        if kind.this in {exp.DataType.Type.SERIAL, exp.DataType.Type.SMALLSERIAL}:
            kind.set("this", exp.DataType.Type.INT)
        elif kind.this == exp.DataType.Type.BIGSERIAL:
            kind.set("this", exp.DataType.Type.BIGINT)
    return tree


def _mended(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """What sqlglot would carry over with another meaning, or not at all."""
    if dialect == "postgres":
        return _unprefixed(rewritten(with_ties(tree), _postgres))
    if dialect == "tsql":
        return _unprefixed(mended_tsql(tree))
    return tree


def _unprefixed(tree: exp.Expr) -> exp.Expr:
    """Tables and columns without the schema that a server has them in when nobody says otherwise."""
    for node in tree.find_all(exp.Table, exp.Column):
        if node.text("db").lower() in {"dbo", "public"} and not node.text("catalog"):
            node.set("db", None)
    return tree


def _postgres(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Interval) and node.text("unit").upper() in UNITS:
        node.set("unit", exp.var(UNITS[node.text("unit").upper()]))
    return mended_pattern(node)
