"""T-SQL's queries with DuckDB's meaning, where sqlglot would carry them over with another or not at all."""

from sqlglot import exp

from tasks.grade.sql.dates import dashed
from tasks.grade.sql.first import with_ties
from tasks.grade.sql.rewriting import rewritten

WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "BOOLEAN")


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
    if isinstance(node, exp.National):
        return exp.Literal.string(node.this)
    if isinstance(node, exp.Add) and (_is_text(node.left) or _is_text(node.right)):
        return exp.DPipe(this=node.left.copy(), expression=node.right.copy(), safe=False)
    if isinstance(node, exp.Convert) and not node.args.get("style"):
        kind = exp.TryCast if node.args.get("safe") else exp.Cast
        node = kind(this=node.expression.copy(), to=node.this.copy())
    if isinstance(node, exp.Cast | exp.TryCast | exp.Convert):
        return _cast(node)
    if isinstance(node, exp.Join) and isinstance(node.this, exp.Lateral):
        outer = node.this.args.get("cross_apply") is False
        node.this.set("cross_apply", None)
        node.set("side", "LEFT" if outer else node.args.get("side"))
        node.set("on", node.args.get("on") or exp.true())
    elif isinstance(node, exp.With) and any(_calls_itself(query) for query in node.expressions):
        node.set("recursive", True)
    elif isinstance(node, exp.Query):
        hints = node.args.get("options") or []
        rest = [hint for hint in hints if "MAXRECURSION" not in hint.sql(dialect="tsql").upper()]
        node.set("options", rest)
    return node


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
    text = (
        exp.Concat | exp.Upper | exp.Lower | exp.Trim | exp.Substring | exp.Left | exp.Right | exp.TimeToStr
    )
    return isinstance(node, text) or (isinstance(node, exp.Literal) and node.is_string)


def _cast(node: exp.Cast | exp.TryCast | exp.Convert) -> exp.Expr:
    place = "this" if isinstance(node, exp.Convert) else "to"
    kind, types = node.args[place], exp.DataType.Type
    if kind.this in exp.DataType.TEXT_TYPES:
        size = kind.expressions[0].name if kind.expressions else ""
        node.set(place, exp.DataType.build("text"))
        if size.isdigit():
            return exp.Left(this=node.copy(), expression=exp.Literal.number(size))
    elif kind.this == types.BIT:
        node.set(place, exp.DataType.build("boolean"))
    elif kind.this == types.FLOAT:
        node.set(place, exp.DataType.build("double"))
    elif kind.this in {types.MONEY, types.SMALLMONEY}:
        node.set(place, exp.DataType.build("decimal(19, 4)"))
    elif kind.this == types.DECIMAL and not kind.expressions:
        node.set(place, exp.DataType.build("decimal(18, 0)"))
    return dashed(node) if isinstance(node, exp.Cast) else node
