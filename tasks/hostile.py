"""Text that others wrote (models, providers, suites), made safe to show on a line, in markdown, in XML."""

import re

# Everything that moves a cursor, changes a title or reorders text; tab and newline stay.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
MARKUP = re.compile(r"([\\`*_~|@$\[\]])")  # with a backslash before it each is a plain character
# A heading, a list, a rule: what makes one only at the beginning of a line.
BEGINNINGS = re.compile(r"^(?:(\d{1,9})(?=[.)](?:\s|$))|(?=#)|(?=[-+=](?:[-+= ]|$)))")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Where markdown would make a link of bare text; some renderers look for them once escapes are undone.
LINKS = re.compile(r"(?i)(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=@)(?=[\w-])|(?<=\bmailto)(?=:)|(?<=\bxmpp)(?=:)")
LONGEST = 240  # characters of an answer or a message that a page shows


def without_controls(text: object) -> str:
    """Control characters, and what XML cannot write, become a visible mark."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", str(text))


def on_a_line(text: object, longest: int | None = None) -> str:
    """A text as one line, of which the middle is left out where it is longer than that."""
    line = " ".join(without_controls(text).split())
    if longest is None or len(line) <= longest:
        return line
    half = (longest - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


def in_markdown(text: object) -> str:
    r"""A text as a line of markdown that shows it and does nothing else: no markup, no HTML, no link.

    >>> print(in_markdown("[x](https://e.vil) <b>"))
    \[x\](https:&#8203;//e.vil) &lt;b&gt;
    """
    line = LINKS.sub("\u200b", on_a_line(text))
    line = "".join(ENTITIES.get(letter, letter) for letter in _at_beginning(MARKUP.sub(r"\\\1", line)))
    return line.replace("\u200b", "&#8203;")


def _at_beginning(line: str) -> str:
    return BEGINNINGS.sub(lambda found: f"{found[1] or ''}\\", line)


def shortened(text: str | None) -> str:
    """The beginning and the end of a text, in markdown."""
    return "(nothing)" if text is None else in_markdown(on_a_line(text, LONGEST))


def in_code(text: object) -> str:
    """A text as a code span of markdown; a backtick, which would end it, becomes an apostrophe."""
    return "`" + on_a_line(text).replace("`", "'") + "`"
