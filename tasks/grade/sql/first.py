"""The first rows with those of the same rank (WITH TIES), or a share of the rows, as DuckDB can say it.

DuckDB has no WITH TIES, and rounds a share down where T-SQL rounds it up. The query becomes a table with its
keys of order behind its columns, of which the rows up to a rank are taken:

    select top 2 with ties b from t order by x
    select * exclude (nightbench_0) from (select b, x as nightbench_0 from t)
    qualify rank() over (order by nightbench_0) <= 2 order by nightbench_0
"""

from sqlglot import exp

from tasks.grade.sql.rewriting import rewritten

KEY = "nightbench_"


def with_ties(tree: exp.Expr) -> exp.Expr:
    """The tree, with every such query rewritten; one that also skips rows stays as it is."""
    return rewritten(tree, _first)


def _first(node: exp.Expr) -> exp.Expr:
    limit = node.args.get("limit")
    options = limit.args.get("limit_options") if isinstance(limit, exp.Expr) else None
    if not isinstance(node, exp.Select) or limit is None or not options or node.args.get("offset"):
        return node
    ties, percent = options.args.get("with_ties"), options.args.get("percent")
    if not ties and not percent:
        return node
    inner, order = node.copy(), node.args.get("order")
    for name in ("limit", "order", "with_"):
        inner.set(name, None)
    keys = []
    for at, ordered in enumerate(order.expressions if order else ()):
        key = ordered.copy()
        inner.append("expressions", exp.alias_(_value(key.this, node), f"{KEY}{at}"))
        key.set("this", exp.column(f"{KEY}{at}"))
        keys.append(key)
    outer = exp.select(exp.Star(except_=[key.this.copy() for key in keys] or None))
    outer = outer.from_(inner.subquery(f"{KEY}rows"))
    outer.set(
        "qualify", exp.Qualify(this=exp.LTE(this=_rank(keys, ties=ties), expression=_bound(limit, percent)))
    )
    outer.set("with_", node.args["with_"].copy() if node.args.get("with_") else None)
    if keys:
        outer.set("order", exp.Order(expressions=keys))
    return outer


def _value(key: exp.Expr, query: exp.Select) -> exp.Expr:
    """What a key of order stands for: a column's place, a column's name, or itself."""
    asked: list[exp.Expr] = query.expressions
    if key.is_int and 0 < int(key.name) <= len(asked):
        return asked[int(key.name) - 1].unalias().copy()
    named = isinstance(key, exp.Column) and not key.table
    meant = [part for part in asked if named and part.alias and part.alias.lower() == key.name.lower()]
    return (meant[0].unalias() if meant else key).copy()


def _rank(keys: list[exp.Expr], *, ties: bool) -> exp.Expr:
    order = exp.Order(expressions=[key.copy() for key in keys]) if keys else None
    return exp.Window(this=exp.Rank() if ties else exp.RowNumber(), order=order, over="OVER")


def _bound(limit: exp.Expr, percent: bool) -> exp.Expr:
    count = (limit.args.get("expression") or limit.args["count"]).copy()
    if not percent:
        return exp.paren(count)
    rows = exp.Window(this=exp.Count(this=exp.Star()), over="OVER")
    share = exp.Div(
        this=exp.Mul(this=rows, expression=exp.paren(count)), expression=exp.Literal.number("100.0")
    )
    return exp.Ceil(this=share)
