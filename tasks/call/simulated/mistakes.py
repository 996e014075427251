"""Plausible wrong answers: what a model that errs would have said, never the right one."""

import json
import re
from decimal import Decimal, localcontext
from typing import Any

from tasks.call.simulated.draws import Draw
from tasks.call.simulated.plan import PlanEntry

_NUMBER = re.compile(r"-?\d(?:[\d,]*\d)?(?:\.\d+)?")
_LETTERS = "ABCD"
_CODE_SLIPS = (
    (" < ", " <= "),
    (" <= ", " < "),
    (" > ", " >= "),
    (" >= ", " > "),
    (" == ", " != "),
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " + "),
    ("return not ", "return "),
    ("max(", "min("),
    ("min(", "max("),
    (" and ", " or "),
    ("[0]", "[1]"),
    ("True", "False"),
    ("False", "True"),
    (" + 1", ""),
    ("sorted(", "list("),
)
_SQL_SLIPS = (
    (r"\bdesc\b", "asc"),
    (r"\basc\b", "desc"),
    (r"\bcount\(distinct ", "count("),
    (r"\bsum\(", "avg("),
    (r"\bavg\(", "sum("),
    (r"\bmax\(", "min("),
    (r"\bmin\(", "max("),
    (r">=", ">"),
    (r"<=", "<"),
    (r"\bleft join\b", "join"),
    (r"\bwhere\b.*?(?=\bgroup by\b|\border by\b|\blimit\b|;|$)", " "),
    (r"\blimit \d+", ""),
)


def wrong_answer(entry: PlanEntry, draw: Draw) -> str:
    """A wrong answer of the form that the entry asks for."""
    target = entry.target or ""
    others = [answer for answer in entry.wrong or () if answer != target]
    if others:
        return draw.pick(others)
    match entry.form:
        case "letter":
            return draw.pick([letter for letter in _LETTERS if letter != target.strip(" ().").upper()])
        case "code":
            return wrong_code(target, draw)
        case "sql":
            return wrong_sql(target, draw)
        case "json":
            return wrong_document(target, draw)
        case _ if (number := _NUMBER.search(target)) is not None:
            return target[: number.start()] + wrong_number(number.group(), draw) + target[number.end() :]
        case _:
            return _wrong_text(target, draw)


def wrong_number(text: str, draw: Draw) -> str:
    """A number near this one, or slipped by a factor; as many decimals, and commas where there were some."""
    decimals = len(text.partition(".")[2])
    comma = "," if "," in text else ""
    with localcontext(prec=len(text) + 10):
        value = Decimal(text.replace(",", ""))
        unit = Decimal(1).scaleb(-decimals)
        slips = (
            value + unit,
            value - unit,
            value + 10 * unit,
            value * 2,
            value / 2,
            value * 10,
            value - 2 * unit,
            value + value / 10,
        )
        near = f"{draw.pick(slips):{comma}.{decimals}f}"
        if Decimal(near.replace(",", "")) == value:
            near = f"{value + unit:{comma}.{decimals}f}"
    return near


def wrong_code(code: str, draw: Draw) -> str:
    """The code with one small slip; code without a place for one does nothing."""
    slips = [(right, wrong) for right, wrong in _CODE_SLIPS if right in code]
    if not slips:
        return "pass"
    right, wrong = draw.pick(slips)
    return code.replace(right, wrong, 1)


def wrong_sql(query: str, draw: Draw) -> str:
    """The query with one small slip; one without a place for it returns nothing of use."""
    slips = [
        changed
        for pattern, wrong in _SQL_SLIPS
        if (changed := re.sub(pattern, wrong, query, count=1, flags=re.IGNORECASE | re.DOTALL)) != query
    ]
    return draw.pick(slips) if slips else "select null"


def wrong_document(text: str, draw: Draw) -> str:
    """A JSON document that is not the one asked for: a key is missing or a value has another type."""
    try:
        document = json.loads(text)
    except ValueError:
        return '{"result": null}'
    return json.dumps(_spoil(document, draw), ensure_ascii=False)


def _spoil(document: Any, draw: Draw) -> Any:
    if isinstance(document, dict) and document:
        key = draw.pick(list(document))
        if draw.chance(0.5):
            return {name: value for name, value in document.items() if name != key}
        return document | {key: _other_type(document[key])}
    return {"items": document} if isinstance(document, list) else [document]


def _other_type(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    return (
        str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None if value else 0
    )


def _wrong_text(target: str, draw: Draw) -> str:
    words = target.split()
    if len(words) > 2 and words[0] != words[-1]:
        return " ".join([words[-1], *words[1:-1], words[0]]) if draw.chance(0.5) else " ".join(words[:-1])
    if len(target) > 1 and target[0].lower() != target[-1].lower():
        return target[:-1]
    return "none of these"
