"""Near-duplicates between suites: questions of which most words stand in another suite in the same order.

A text is the set of its shingles: every five words in a row (every eight characters where there are no
spaces between words). Two texts are near-duplicates when their sets' Jaccard similarity is at least 0.7.
To find them without comparing all with all, each text is known by the 16 smallest of its shingles' hashes (a
bottom-k sketch, which is minhash with one hash function): texts that are 0.7 alike share one of these but for
a chance below one in a million. Only pairs that share one are compared, by their whole sets.

Bounded: 20,000 samples a suite, the first 4,000 characters of a question, and a hash that more than 40
questions of a suite share is a turn of phrase and leads to none of them.

Not done: translations, paraphrases, and texts of fewer than eight words (equal ones are found all the same).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest

from tasks.load.checks.subject import Finding, folded, question_of
from tasks.model import Sample, Suite

WORDS, CHARS = 5, 8
ALIKE = 0.7
SKETCH = 16
MAX_SAMPLES = 20_000
MAX_CHARS = 4_000
MAX_SHARED = 40
WHOLE = 0.9  # of one suite's samples: it is the other suite in another form
WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Sketched:
    """A sample's shingles, as hashes, and the smallest of them; a short text has one, the whole of it."""

    sample_id: str
    numbers: tuple[str, ...]
    shingles: frozenset[int]
    sketch: tuple[int, ...]


def sketch(samples: Sequence[Sample]) -> list[Sketched]:
    """The questions of a suite, as they are compared."""
    found = []
    for sample in samples[:MAX_SAMPLES]:
        text = folded(question_of(sample, {})[:MAX_CHARS])
        shingles = frozenset(_hash(part) for part in shingles_of(text))
        if shingles:
            numbers = tuple(word for word in WORD.findall(text) if word.isdigit())
            found.append(Sketched(sample.sample_id, numbers, shingles, tuple(nsmallest(SKETCH, shingles))))
    return found


def shingles_of(text: str) -> set[str]:
    """Five words in a row, or eight characters; the whole of a text that has no more."""
    words = WORD.findall(text)
    if len(words) >= WORDS + 3:
        return {" ".join(words[at : at + WORDS]) for at in range(len(words) - WORDS + 1)}
    bare = "".join(words)
    if len(bare) > 2 * CHARS and len(bare) > 12 * len(words):  # a script without spaces
        return {bare[at : at + CHARS] for at in range(len(bare) - CHARS + 1)}
    return {f"whole: {' '.join(words)}"} if len(words) > 2 or len(bare) > CHARS else set()


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    """Shared elements over all elements."""
    return len(a & b) / len(a | b) if a or b else 0.0


def alike(here: Sequence[Sketched], there: Sequence[Sketched]) -> Iterator[tuple[str, str]]:
    """Pairs of sample ids that are near-duplicates, one of each suite.

    Two questions of one wording with other numbers are two questions.
    """
    index: dict[int, list[Sketched]] = {}
    for one in there:
        for value in one.sketch:
            index.setdefault(value, []).append(one)
    for mine in here:
        met: dict[str, Sketched] = {}
        for value in mine.sketch:
            others = index.get(value, [])
            if len(others) <= MAX_SHARED:
                met.update((other.sample_id, other) for other in others)
        for other in met.values():
            if mine.numbers == other.numbers and jaccard(mine.shingles, other.shingles) >= ALIKE:
                yield mine.sample_id, other.sample_id


def between(suite: Suite, others: Mapping[str, Suite], known: frozenset[str]) -> Iterator[Finding]:
    """A finding for each other suite that shares questions with this one.

    A note where both are `known` (the built-in ones, whose kinship is no surprise) or one is nearly the whole
    other, as a suite in another prompt form is.
    """
    mine = sketch(suite.samples)
    for name, other in others.items():
        pairs = list(alike(mine, sketch(other.samples)))
        if not pairs:
            continue
        ids = tuple(dict.fromkeys(pair[0] for pair in pairs))
        theirs = {pair[1] for pair in pairs}
        whole = len(ids) >= WHOLE * len(suite.samples) and len(theirs) >= WHOLE * len(other.samples)
        first = ", ".join(f"{a} is {b} there" for a, b in pairs[:3])
        yield Finding(
            "note" if whole or {suite.name, name} <= known else "warning",
            "near_duplicates",
            ids,
            "input",
            f'{len(ids)} questions are nearly those of the suite "{name}" ({first})',
            "do not count both suites as two witnesses; keep the question in one of them",
        )


def _hash(part: str) -> int:
    return int.from_bytes(blake2b(part.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
