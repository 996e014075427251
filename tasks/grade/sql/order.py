"""By which of its columns a query orders its rows: those columns may have to be added to be seen."""

from sqlglot import exp

from tasks.grade.sql.dialect import Dialect, NotOneQueryError, NotTranslatedError, one_query


def with_keys(text: str, dialect: Dialect) -> tuple[str, tuple[int, ...] | None]:
    """The query with the keys of its order among its columns, and their places.

    (the text, None) where the order cannot be told so; the rows' order is then taken as it is.
    """
    try:
        tree = one_query(text, dialect)
    except (NotOneQueryError, NotTranslatedError, RecursionError):
        return text, None
    order = tree.args.get("order")
    if not isinstance(tree, exp.Select) or order is None:
        return text, None
    asked = list(tree.expressions)
    if any(part.is_star for part in asked):
        return text, None
    keys: list[int] = []
    extra: list[exp.Expr] = []
    for ordered in order.expressions:
        key = ordered.this
        place = _place(key, asked)
        if place is None and (tree.args.get("distinct") or key.is_int):
            return text, None
        if place is None:
            place = len(asked) + len(extra)
            extra.append(exp.alias_(key.copy(), f"order_key_{len(extra)}"))
        keys.append(place)
    tree.set("expressions", [*asked, *extra])
    return tree.sql(dialect=dialect), tuple(keys)


def _place(key: exp.Expr, asked: list[exp.Expr]) -> int | None:
    if key.is_int:
        place = int(key.name) - 1
        return place if 0 <= place < len(asked) else None
    for at, part in enumerate(asked):
        named = (
            isinstance(key, exp.Column) and not key.table and key.name.lower() == part.alias_or_name.lower()
        )
        if named or part.unalias() == key:
            return at
    return None
