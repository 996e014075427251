"""What is under judgment is fenced as data: it cannot end its fence, because it cannot know its name.

The name is a hash of all that is fenced. A text that holds the name would have to hold a hash of itself; it
is looked for all the same, and another name is taken.
"""

import hashlib
from collections.abc import Mapping

DIGITS = 16


def fence(parts: Mapping[str, str]) -> tuple[str, str]:
    """The parts, each between `<label NAME>` and `</label NAME>`; and the name."""
    everything = "\0".join(f"{label}\0{text}" for label, text in parts.items())
    name = _hash(everything)
    while name in everything:
        name = _hash(name + everything)
    blocks = [f"<{label} {name}>\n{text}\n</{label} {name}>" for label, text in parts.items()]
    return "\n\n".join(blocks), name


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
