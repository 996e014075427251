"""T-SQL's queries with DuckDB's meaning, where sqlglot would carry them over with another or not at all."""

from collections.abc import Callable
from pathlib import Path

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.parsers.tsql import TSQLParser

from tasks.grade.sql.dates import dashed
from tasks.grade.sql.first import with_ties
from tasks.grade.sql.rewriting import rewritten
from tasks.grade.sql.tsql_text import mended_text
from tasks.grade.sql.tsql_time import mended_time

MACROS = Path(__file__).with_name("tsql.sql").read_text(encoding="utf-8")
INTEGERS = {exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT, exp.DType.UTINYINT}
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "BOOLEAN")

AGGREGATES = {"STDEVP": "stddev_pop", "VAR": "var_samp", "VARP": "var_pop"}


def _as_it_stands(name: str) -> Callable[[list[exp.Expr]], exp.Expr]:
    return lambda words: exp.Anonymous(this=name, expressions=words)


class ServerTSQL(TSQL):
    """T-SQL without sqlglot's own reading of what it takes for another language's functions."""

    class Parser(TSQLParser):
        """Leaves these functions for tsql_time.py and tsql_text.py."""

        FUNCTIONS = {  # noqa: RUF012 - as sqlglot has it
            **TSQLParser.FUNCTIONS,
            **{name: _as_it_stands(name) for name in ("FORMAT", "DATENAME")},
        }


def mended_tsql(tree: exp.Expr) -> exp.Expr:
    """The tree for sqlglot's writer of DuckDB's SQL."""
    return rewritten(_whole_averages(with_ties(tree)), _tsql)


def _whole_averages(tree: exp.Expr) -> exp.Expr:
    """T-SQL's average of whole numbers is a whole number, cut and not rounded."""
    for average in reversed(list(tree.find_all(exp.Avg))):
        over = average.parent if isinstance(average.parent, exp.Window) else None
        node: exp.Expr = over or average
        value = average.this.expressions[0] if isinstance(average.this, exp.Distinct) else average.this
        one: exp.Expr = exp.Anonymous(this="any_value", expressions=[value.copy()])
        if over:
            window = over.copy()
            window.set("this", one)
            one = window
        kind = exp.Anonymous(this="typeof", expressions=[one])
        whole = exp.In(this=kind, expressions=[exp.Literal.string(name) for name in WHOLE])
        cut = exp.Anonymous(this="trunc", expressions=[node.copy()])
        node.replace(exp.Case(ifs=[exp.If(this=whole, true=cut)], default=node.copy()))
    return tree


def _tsql(node: exp.Expr) -> exp.Expr:
    other = mended_text(mended_time(node))
    if other is not node:
        return other
    if isinstance(node, exp.National):
        return exp.Literal.string(node.this)
    if isinstance(node, exp.Anonymous):
        return _function(node)
    if isinstance(node, exp.Length):  # a server does not count the blanks at the end
        return exp.Length(this=exp.Anonymous(this="rtrim", expressions=[node.this.copy()]))
    if isinstance(node, exp.Pow):
        return exp.Anonymous(this="tsql_power", expressions=[node.this.copy(), node.expression.copy()])
    if isinstance(node, exp.Round) and node.args.get("truncate"):
        return _cut(node)
    if isinstance(node, exp.Add) and (_is_text(node.left) or _is_text(node.right)):
        return exp.Anonymous(this="tsql_join", expressions=[node.left.copy(), node.right.copy()])
    if isinstance(node, exp.Convert) and (not node.args.get("style") or _is_iso_time(node)):
        kind = exp.TryCast if node.args.get("safe") else exp.Cast
        node = kind(this=node.expression.copy(), to=node.this.copy())
    if isinstance(node, exp.Cast | exp.TryCast | exp.Convert):
        return _cast(node)
    if isinstance(node, exp.Join) and isinstance(node.this, exp.Lateral):
        outer = node.this.args.get("cross_apply") is False
        node.this.set("cross_apply", None)
        node.set("side", "LEFT" if outer else node.args.get("side"))
        node.set("on", node.args.get("on") or exp.true())
    elif isinstance(node, exp.Lateral | exp.Table) and node.this.name.upper() == "STRING_SPLIT":
        return _split(node)
    elif isinstance(node, exp.Group):
        _whole_groups(node)
    elif isinstance(node, exp.With) and any(_calls_itself(query) for query in node.expressions):
        node.set("recursive", True)
    elif isinstance(node, exp.Query):
        hints = node.args.get("options") or []
        rest = [hint for hint in hints if "MAXRECURSION" not in hint.sql(dialect="tsql").upper()]
        node.set("options", rest)
    return node


def _is_whole(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_int


def _split(node: exp.Lateral | exp.Table) -> exp.Expr:
    """STRING_SPLIT, a table with the column `value`."""
    words = [word.copy() for word in node.this.expressions]
    if len(words) != 2:
        return node
    parts = exp.Anonymous(this="unnest", expressions=[exp.Anonymous(this="string_split", expressions=words)])
    query = exp.select(exp.alias_(parts, "value")).subquery()
    name = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier("string_split"))
    return exp.Lateral(this=query, alias=name.copy(), cross_apply=node.args.get("cross_apply"))


def _whole_groups(node: exp.Group) -> None:
    """GROUP BY a, b WITH ROLLUP is GROUP BY ROLLUP (a, b)."""
    for kind, made in (("rollup", exp.Rollup), ("cube", exp.Cube)):
        if any(not part.expressions for part in node.args.get(kind) or ()):
            columns = [column.copy() for column in node.expressions]
            node.set("expressions", [made(expressions=columns)])
            node.set(kind, None)


def _calls_itself(query: exp.Expr) -> bool:
    name = query.alias.lower()
    body = query.this
    return isinstance(body, exp.Union) and any(
        table.name.lower() == name and not table.db for table in body.find_all(exp.Table)
    )


def _is_text(node: exp.Expr) -> bool:
    if isinstance(node, exp.Paren):
        return _is_text(node.this)
    if isinstance(node, exp.Add | exp.DPipe):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, exp.Cast | exp.TryCast):
        return node.to.this in exp.DataType.TEXT_TYPES
    if isinstance(node, exp.Anonymous) and node.name.lower() in {"tsql_join", "tsql_text", "tsql_str"}:
        return True
    text = (
        exp.Concat | exp.Upper | exp.Lower | exp.Trim | exp.Substring | exp.Left | exp.Right | exp.TimeToStr
    )
    return isinstance(node, text) or (isinstance(node, exp.Literal) and node.is_string)


def _function(node: exp.Anonymous) -> exp.Expr:
    name, words = node.name.upper(), [word.copy() for word in node.expressions]
    if name in AGGREGATES:
        node.set("this", AGGREGATES[name])
    elif name == "CHOOSE" and len(words) > 1:
        cases = [
            exp.If(this=exp.EQ(this=words[0].copy(), expression=exp.Literal.number(at)), true=word)
            for at, word in enumerate(words[1:], start=1)
        ]
        return exp.Case(ifs=cases)
    elif name == "STR" and 0 < len(words) < 4:
        defaults = [exp.Literal.number(10), exp.Literal.number(0)]
        return exp.Anonymous(this="tsql_str", expressions=[*words, *defaults[len(words) - 1 :]])
    elif name in {"NCHAR", "ISNUMERIC"}:
        node.set("this", {"NCHAR": "chr"}.get(name, "tsql_isnumeric"))
    return node


def _cut(node: exp.Round) -> exp.Expr:
    """ROUND whose third word is not 0 cuts."""
    cut = node.args["truncate"]
    value, digits = node.this.copy(), node.args["decimals"].copy()
    if not cut.is_int:
        return node
    name = "round" if cut.name == "0" else "trunc"
    return exp.Anonymous(this=name, expressions=[value, digits])


def _is_iso_time(node: exp.Convert) -> bool:
    """Whether a text is asked to be a time, in a style that DuckDB reads by itself."""
    days = {exp.DType.DATE, exp.DType.DATETIME, exp.DType.DATETIME2, exp.DType.SMALLDATETIME}
    return node.this.this in days and node.args["style"].name in {"20", "21", "23", "120", "121", "126"}


def _cast(node: exp.Cast | exp.TryCast | exp.Convert) -> exp.Expr:
    place = "this" if isinstance(node, exp.Convert) else "to"
    kind, types = node.args[place], exp.DataType.Type
    if kind.this in exp.DataType.TEXT_TYPES:
        size = kind.expressions[0].name if kind.expressions else ""
        node.set(place, exp.DataType.build("text"))
        if not isinstance(node, exp.Convert) and not isinstance(node.this, exp.Literal):
            text = exp.Anonymous(this="tsql_text", expressions=[node.this.copy()])
            return exp.Left(this=text, expression=exp.Literal.number(size)) if size.isdigit() else text
        if size.isdigit():
            return exp.Left(this=node.copy(), expression=exp.Literal.number(size))
    elif kind.this in INTEGERS and not _is_whole(node.this):
        name = "tsql_try_int" if isinstance(node, exp.TryCast) else "tsql_int"
        node.set("this", exp.Anonymous(this=name, expressions=[node.this.copy()]))
    elif kind.this == types.BIT:
        node.set(place, exp.DataType.build("boolean"))
    elif kind.this == types.FLOAT:
        node.set(place, exp.DataType.build("double"))
    elif kind.this in {types.MONEY, types.SMALLMONEY}:
        node.set(place, exp.DataType.build("decimal(19, 4)"))
    elif kind.this == types.DECIMAL and not kind.expressions:
        node.set(place, exp.DataType.build("decimal(18, 0)"))
    return dashed(node) if isinstance(node, exp.Cast) else node
