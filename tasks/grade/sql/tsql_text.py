"""T-SQL's patterns and formats of text: LIKE with brackets, PATINDEX, FORMAT of a time and of a number."""

import re

from sqlglot import exp

TIMES = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dddd": "%A",
    "ddd": "%a",
    "dd": "%d",
    "d": "%-d",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "tt": "%p",
}
ALONE = {"d": "%-m/%-d/%Y", "D": "%A, %B %-d, %Y"}  # as en-US has them
TOKEN = re.compile(r"(y+|M+|d+|H+|h+|m+|s+|t+)|'([^']*)'|([^A-Za-z'%\\]+)")
NUMBER = re.compile(r"([NFCPD])(\d?)\Z", re.IGNORECASE)
PLACES = re.compile(r"(#,##)?(0+)(?:\.(0+))?(%?)\Z")
TWO_TEXTS = re.compile(r"No function matches the given name and argument types '\+\(VARCHAR, VARCHAR\)'")
UNKNOWN = "tsql_format"  # no function has this name: the query has no grade


def mended_text(node: exp.Expr) -> exp.Expr:
    """A node of patterns or formats as DuckDB means the same; every other as it is."""
    match node:
        case exp.Like() if not isinstance(node.parent, exp.Escape) and _has_brackets(node.expression):
            return _matched(node, "")
        case exp.Escape(this=exp.Like() as like) if _has_brackets(like.expression):
            return _matched(like, node.expression.name)
        case exp.Anonymous() if node.name.upper() == "PATINDEX" and len(node.expressions) == 2:
            return _place(node)
        case exp.Anonymous() if node.name.upper() == "FORMAT":
            return _formatted(node)
        case exp.StrPosition():
            return _without_case(node)
    return node


def _without_case(node: exp.StrPosition) -> exp.Expr:
    """CHARINDEX finds a letter whatever its case, as text is compared."""
    folded = node.copy()
    for name in ("this", "substr"):
        folded.set(name, exp.Lower(this=folded.args[name]))
    return folded


def texts_joined(query: str, told: dict[str, str]) -> str | None:
    """The query with `||` for a `+` of two columns of text; None where that is not why it was refused.

    `told` is what DuckDB says of it: see dates.said.
    """
    place = told.get("position", "")
    if not place.isdigit() or not TWO_TEXTS.match(told.get("exception_message", "")):
        return None
    before, after = query.encode()[: int(place)], query.encode()[int(place) :]
    return (before + b"||" + after[1:]).decode() if after.startswith(b"+") else None


def _has_brackets(pattern: exp.Expr) -> bool:
    return isinstance(pattern, exp.Literal) and pattern.is_string and "[" in pattern.this


def _matched(like: exp.Like, escape: str) -> exp.Expr:
    whole = exp.Literal.string(expression_of(like.expression.this, escape))
    parts = [like.this.copy(), whole, exp.Literal.string("si")]
    return exp.Anonymous(this="regexp_full_match", expressions=parts)


def _place(node: exp.Anonymous) -> exp.Expr:
    pattern, text = node.expressions
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return node
    free, wanted = pattern.this.startswith("%"), pattern.this.lstrip("%")
    inner = expression_of(wanted[:-1] if wanted.endswith("%") else wanted)
    whole = ("" if free else "^") + f"(?:{inner})" + ("" if wanted.endswith("%") else "$")
    return exp.Anonymous(this="tsql_place", expressions=[exp.Literal.string(whole), text.copy()])


def expression_of(pattern: str, escape: str = "") -> str:
    """A pattern of LIKE as a regular expression: `%`, `_`, `[a-z]`, `[^a-z]`, and what is escaped."""
    found, at = "", 0
    while at < len(pattern):
        letter = pattern[at]
        closes = pattern.find("]", at + 2) if letter == "[" else -1
        if escape and letter == escape and at + 1 < len(pattern):
            at += 1
            found += re.escape(pattern[at])
        elif closes > 0:
            inside = pattern[at + 1 : closes]
            negated, inside = inside.startswith("^"), inside.removeprefix("^")
            kept = re.sub(r"([\\\[\]^&~|])", r"\\\1", inside)
            found += f"[{'^' if negated else ''}{kept}]"
            at = closes
        else:
            found += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
        at += 1
    return found


def _formatted(node: exp.Anonymous) -> exp.Expr:
    value, *rest = node.expressions
    culture = rest[1].name.lower() if len(rest) == 2 else "en-us"
    literal = len(rest) in {1, 2} and isinstance(rest[0], exp.Literal | exp.National)
    if not literal or culture != "en-us":
        return _unknown(node)
    pattern = rest[0].name
    number = _number(value, pattern)
    if number is not None:
        return number
    time = ALONE.get(pattern) or _time(pattern)
    if time is None:
        return _unknown(node)
    return exp.Anonymous(this="strftime", expressions=[value.copy(), exp.Literal.string(time)])


def _unknown(node: exp.Anonymous) -> exp.Expr:
    return exp.Anonymous(this=UNKNOWN, expressions=[part.copy() for part in node.expressions])


def _time(pattern: str) -> str | None:
    found, at = "", 0
    while at < len(pattern):
        token = TOKEN.match(pattern, at)
        if token is None or (token[1] and token[1] not in TIMES):
            return None
        found += TIMES[token[1]] if token[1] else token[2] or token[3] or ""
        at = token.end()
    return found if len(pattern) > 1 else None


def _number(value: exp.Expr, pattern: str) -> exp.Expr | None:
    kind, places = NUMBER.match(pattern), PLACES.match(pattern)
    if kind is not None and pattern not in ALONE:
        letter, digits = kind[1].upper(), int(kind[2] or 2)
        if letter in "CD":
            return None  # of money below nothing, of whole numbers: not here
        comma, zeros, share = letter in "NP", 1, letter == "P"
    elif places is not None:
        comma, zeros, digits = bool(places[1]), len(places[2]), len(places[3] or "")
        share = bool(places[4])
    else:
        return None
    if comma and zeros > 1:
        return None
    number = exp.cast(value.copy(), "decimal(30, 8)")
    scaled = exp.Mul(this=number, expression=exp.Literal.number(100)) if share else number
    rounded = exp.Anonymous(this="round", expressions=[scaled, exp.Literal.number(digits)])
    width = "" if zeros == 1 else f"0{zeros + (digits + 1 if digits else 0)}"
    form = exp.Literal.string(f"{{:{width}{',' if comma else ''}.{digits}f}}")
    text = exp.Anonymous(this="format", expressions=[form, exp.cast(rounded, "double")])
    return exp.DPipe(this=text, expression=exp.Literal.string("%"), safe=False) if share else text
