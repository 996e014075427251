"""PostgreSQL's TO_CHAR of times and SIMILAR TO as DuckDB says them; sqlglot takes `Mon` for three letters."""

import re
from collections.abc import Callable

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.parsers.postgres import PostgresParser

PARTS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "DDD": "%j",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "AM": "%p",
    "PM": "%p",
    "Mon": "%b",
    "Dy": "%a",
    "IYYY": "%G",
    "IW": "%V",
    "ID": "%u",
}
FULL = {"Month": "%B", "Day": "%A"}  # filled up to nine places, but after FM
SHORT = {
    "MM": "%-m",
    "DD": "%-d",
    "HH24": "%-H",
    "HH12": "%-I",
    "HH": "%-I",
    "MI": "%-M",
    "SS": "%-S",
    **FULL,
}
WIDTH = 9
QUARTER = "Q"
TOKEN = re.compile(
    r"(FM)?(YYYY|IYYY|YY|Month|Mon|MM|MI|DDD|DD|Day|Dy|HH24|HH12|HH|SS|AM|PM|IW|ID|Q)"
    r'|"([^"]*)"|([^A-Za-z"%\\\d]+)|T(?=HH)'
)
UNKNOWN = "postgres_to_char"  # no function has this name: the query has no grade


def _as_it_stands(words: list[exp.Expr]) -> exp.Expr:
    return exp.Anonymous(this="TO_CHAR", expressions=words)


_to_char: Callable[[list[exp.Expr]], exp.Expr] = _as_it_stands


class ServerPostgres(Postgres):
    """PostgreSQL with the patterns of TO_CHAR left as they are written."""

    class Parser(PostgresParser):
        """Leaves the function for this module."""

        FUNCTIONS = {**PostgresParser.FUNCTIONS, "TO_CHAR": _to_char}  # noqa: RUF012 - as sqlglot has it


def mended_pattern(node: exp.Expr) -> exp.Expr:
    """A node of patterns as DuckDB means the same; every other as it is."""
    if isinstance(node, exp.Anonymous) and node.name.upper() == "TO_CHAR":
        return _formatted(node)
    if isinstance(node, exp.SimilarTo) and isinstance(node.expression, exp.Literal):
        parts = [
            node.this.copy(),
            exp.Literal.string(_expression(node.expression.this)),
            exp.Literal.string("s"),
        ]
        return exp.Anonymous(this="regexp_full_match", expressions=parts)
    return node


def _formatted(node: exp.Anonymous) -> exp.Expr:
    value, *rest = node.expressions
    pattern = rest[0].name if len(rest) == 1 and isinstance(rest[0], exp.Literal) else ""
    if "%" in pattern:  # no pattern of PostgreSQL's: MySQL's, in scripts that were carried over
        form = exp.Literal.string(pattern.replace("%i", "%M").replace("%s", "%S"))
        return exp.Anonymous(this="strftime", expressions=[value.copy(), form])
    pieces: list[exp.Expr] = []
    at = 0
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        piece = _piece(value, token) if token is not None else None
        if token is None or piece is None:
            pieces = []
            break
        pieces.append(piece)
        at = token.end()
    if not pieces:
        return exp.Anonymous(this=UNKNOWN, expressions=[part.copy() for part in node.expressions])
    found = pieces[0]
    for piece in pieces[1:]:
        found = exp.DPipe(this=found, expression=piece, safe=False)
    return exp.paren(found)


def _piece(value: exp.Expr, token: re.Match[str]) -> exp.Expr | None:
    word, bare = token[2], bool(token[1])
    if word is None:
        return exp.Literal.string(token[3] if token[3] is not None else token[4] or "T")
    if word == QUARTER:
        return exp.cast(exp.Anonymous(this="quarter", expressions=[value.copy()]), "text")
    form = SHORT.get(word) if bare else FULL.get(word) or PARTS[word]
    if form is None:
        return None
    text = exp.Anonymous(this="strftime", expressions=[value.copy(), exp.Literal.string(form)])
    if word in FULL and not bare:
        size = exp.Literal.number(WIDTH)
        return exp.Anonymous(this="rpad", expressions=[text, size, exp.Literal.string(" ")])
    return text


def _expression(pattern: str) -> str:
    """SIMILAR TO's pattern as a regular expression: `%`, `_`, and letters that mean nothing to it."""

    def said(sign: re.Match[str]) -> str:
        plain = sign[0] if len(sign[0]) > 1 else f"\\{sign[0]}"
        return {"%": ".*", "_": "."}.get(sign[0], plain)

    return re.sub(r"\[[^\]]+\]|\\.|[%_.^$]", said, pattern)
