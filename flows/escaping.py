"""Text that is not ours in a page of ours: a model's answer must not become a heading, a link or HTML."""

import re
from collections.abc import Mapping, Sequence

from flows.summary import markdown_table

MARKS = frozenset("\\`*_{}[]()#+!~$^=-")  # `|` is the business of tables
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", ":": "&#58;", "@": "&#64;"}
LONGEST = 240  # characters
DOTS = re.compile(r"(?<=\w)\.(?=\w)")  # a page makes a link of www.example.org


def escape(text: object) -> str:
    """One line in which nothing is markdown or HTML, and no address becomes a link; `|` stays."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    dotless = DOTS.sub("\0", line)
    marked = "".join(f"\\{c}" if c in MARKS else ENTITIES.get(c, c) for c in dotless)
    return marked.replace("\0", "&#46;")


def shortened(text: str | None) -> str:
    """The beginning and the end of a text, escaped."""
    if text is None:
        return "(nothing)"
    line = " ".join(text.split())
    half = LONGEST // 2
    return escape(line if len(line) <= LONGEST else f"{line[:half]} ... {line[-half:]}")


def escaped_table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Rows as a table in markdown, every cell escaped."""
    return markdown_table([{escape(k): escape(v) for k, v in row.items()} for row in rows])
