"""T-SQL's times as DuckDB says them: units by every name, days as numbers, parts, names, weeks."""

from sqlglot import exp

UNITS = {
    "YEAR": "YEAR YY YYYY",
    "QUARTER": "QUARTER QQ Q",
    "MONTH": "MONTH MM M",
    "DAYOFYEAR": "DAYOFYEAR DY Y",
    "DAY": "DAY DD D",
    "WEEK": "WEEK WK WW",
    "WEEKDAY": "WEEKDAY DW W DAYOFWEEK",  # the last of sqlglot's own
    "ISO_WEEK": "ISO_WEEK ISOWK ISOWW WEEKISO",
    "HOUR": "HOUR HH",
    "MINUTE": "MINUTE MI N",
    "SECOND": "SECOND SS S",
    "MILLISECOND": "MILLISECOND MS",
    "MICROSECOND": "MICROSECOND MCS",
}
UNIT = {word: unit for unit, words in UNITS.items() for word in words.split()}
NAMES = {"MONTH": "%B", "WEEKDAY": "%A"}
CLOCKS = {"GETDATE", "GETUTCDATE", "SYSDATETIME", "SYSUTCDATETIME"}


def mended_time(node: exp.Expr) -> exp.Expr:
    """A node of times as DuckDB means the same; every other as it is."""
    match node:
        case exp.DateAdd():
            return _added(node)
        case exp.DateDiff():
            return _between(node)
        case exp.Add() | exp.Sub() if _is_clock(node.left) and _is_whole(node.right):
            days = node.right.copy()
            count = exp.Neg(this=exp.paren(days)) if isinstance(node, exp.Sub) else days
            return exp.DateAdd(this=node.left.copy(), expression=count, unit=exp.var("DAY"))
        case exp.Extract():
            return _part(_unit(node.this), node.expression) or exp.Anonymous(this="datepart")
        case exp.Anonymous() if node.name.upper() == "DATENAME" and len(node.expressions) == 2:
            return _named(node)
        case exp.Anonymous() if node.name.upper() in {"DATETIMEFROMPARTS", "DATETIME2FROMPARTS"}:
            return _made(node)
    return node


def _unit(node: exp.Expr | None) -> str:
    return UNIT.get(node.name.upper(), "") if node is not None else "DAY"


def _added(node: exp.DateAdd) -> exp.Expr:
    unit = _unit(node.args.get("unit"))
    unit = "DAY" if unit in {"WEEKDAY", "DAYOFYEAR"} else unit
    if unit:
        node.set("unit", exp.var(unit))
    day = _day(node.this)
    if day is not None:
        node.set("this", day)
    return node


def _between(node: exp.DateDiff) -> exp.Expr:
    unit = _unit(node.args.get("unit"))
    unit = "DAY" if unit in {"WEEKDAY", "DAYOFYEAR"} else unit
    for place in ("this", "expression"):
        side = node.args[place]
        day = _day(side.this if isinstance(side, exp.TimeStrToTime) else side)
        if day is not None:
            node.set(place, day)
    if unit == "WEEK":
        sides = [_time(node.expression), _time(node.this)]
        return exp.Anonymous(this="tsql_weeks", expressions=sides)
    if unit:
        node.set("unit", exp.var(unit))
    return node


def _part(unit: str, when: exp.Expr) -> exp.Expr | None:
    """The number of that part; None where DuckDB has another."""
    at = _time(when)
    match unit:
        case "WEEK":
            return exp.Anonymous(this="tsql_week", expressions=[at])
        case "WEEKDAY":
            day = exp.Anonymous(this="dayofweek", expressions=[at])
            return exp.paren(exp.Add(this=day, expression=exp.Literal.number(1)))
        case "ISO_WEEK":
            return exp.Anonymous(this="week", expressions=[at])
        case "MILLISECOND" | "MICROSECOND" | "":  # DuckDB's count the seconds too
            return None
    return exp.Anonymous(this=unit.lower(), expressions=[at])


def _named(node: exp.Anonymous) -> exp.Expr:
    unit, when = _unit(node.expressions[0]), node.expressions[1]
    if unit in NAMES:
        return exp.Anonymous(this="strftime", expressions=[_time(when), exp.Literal.string(NAMES[unit])])
    number = _part(unit, when)
    return node if number is None else exp.cast(number, "text")


def _made(node: exp.Anonymous) -> exp.Expr:
    """Year to second; a share of one must be none."""
    parts = node.expressions
    if len(parts) not in {7, 8} or not (parts[6].is_int and int(parts[6].name) == 0):
        return node
    return exp.Anonymous(this="make_timestamp", expressions=[part.copy() for part in parts[:6]])


def _time(node: exp.Expr) -> exp.Expr:
    inner = node.this if isinstance(node, exp.TimeStrToTime) else node
    return exp.cast(inner.copy(), "timestamp")


def _day(node: exp.Expr) -> exp.Expr | None:
    """The time that a whole number stands for: days since 1900."""
    sign = -1 if isinstance(node, exp.Neg) else 1
    number = node.this if isinstance(node, exp.Neg) else node
    if not (isinstance(number, exp.Literal) and number.is_int):
        return None
    start = exp.cast(exp.Literal.string("1900-01-01"), "timestamp")
    days = exp.Interval(this=exp.Literal.string(str(sign * int(number.name))), unit=exp.var("DAY"))
    return start if number.name == "0" else exp.paren(exp.Add(this=start, expression=days))


def _is_clock(node: exp.Expr) -> bool:
    named = isinstance(node, exp.Anonymous) and node.name.upper() in CLOCKS
    return named or isinstance(node, exp.CurrentTimestamp)


def _is_whole(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_int
