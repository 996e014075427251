"""How graders compare text, and how text that a model wrote is made fit for a table.

Comparing is canonical (NFC): `é` is one letter however it was typed. Ignoring case goes further, to NFKC
with full case folding: `Straße`, `STRASSE` and full-width `ＳＴＲＡＳＳＥ` are then one word. What is not
done: accents are never dropped, punctuation never ignored, words never stemmed.
"""

import unicodedata

SHOWN_CHARS = 200  # of a value inside an explanation
KEPT_CHARS = 20_000  # of an extracted answer in a grade
QUOTES = "'\""


def comparable(value: str, ignore_case: bool = False) -> str:
    """The form in which two texts are compared: NFC, or NFKC and case-folded."""
    if value.isascii():
        return value.casefold() if ignore_case else value
    if not ignore_case:
        return unicodedata.normalize("NFC", value)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


def unquoted(value: str) -> str:
    """What stands between the quotes of a literal, line breaks as a literal writes them.

    White space inside the quotes counts. Source: ZeroEval's rule for CRUXEval.
    """
    return value.strip(QUOTES).replace("\n", "\\n")


def storable(value: str, limit: int = KEPT_CHARS) -> str:
    """The text as UTF-8 can hold it (a lone surrogate becomes `?`), cut at `limit` characters."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    return cut.encode("utf-8", "replace").decode("utf-8")


def shown(value: str) -> str:
    """A short spelling for an explanation."""
    return storable(value, SHOWN_CHARS)
