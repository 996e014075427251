"""Make datasets/word_problems/samples.jsonl: seeded, so that the same call writes the same bytes.

    python -m bench.make_word_problems              writes the file
    python -m bench.make_word_problems --check      says whether the committed file is what would be written
    python -m bench.make_word_problems --balance    prints what can be guessed without reading

Every answer is derived twice by its template (bench/word_problems/draft.py); where the two differ nothing is
written. A problem is drawn again when its answer stands in its own text, or when it is not a number of the
decimals that the text asks for.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import prod
from pathlib import Path
from random import Random

from bench.committed import write_or_check
from bench.word_problems import counting, logistics, motion, puzzles, quantities, shares
from bench.word_problems.draft import Draft, Number, Template, fits

SEED = 12
DRAWS = 20_000  # until a template is called unable to produce a copy
TEMPLATES: tuple[Template, ...] = (
    *motion.TEMPLATES,
    *shares.TEMPLATES,
    *quantities.TEMPLATES,
    *logistics.TEMPLATES,
    *counting.TEMPLATES,
    *puzzles.TEMPLATES,
)
SAMPLES = Path(__file__).parents[1] / "datasets" / "word_problems" / "samples.jsonl"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
COUNT_WORDS = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
WORDS = {word: number for number, word in enumerate(COUNT_WORDS, 1)}


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def rows() -> Iterator[dict[str, object]]:
    """One row a problem: templates take turns, so that the first rows already show all kinds."""
    turns = [
        (template, nth)
        for nth in range(max(t.copies for t in TEMPLATES))
        for template in TEMPLATES
        if nth < template.copies
    ]
    taken: dict[str, set[Number]] = {template.name: set() for template in TEMPLATES}
    for number, (template, nth) in enumerate(turns, 1):
        draft = draw(template, nth, taken[template.name])
        taken[template.name].add(draft.solved)
        yield {
            "sample_id": f"wp-{number:03d}",
            "input": draft.text,
            "target": as_text(draft.solved),
            "category": template.category,
            "difficulty": template.difficulty,
            "template": template.name,
        }


def draw(template: Template, nth: int, taken: set[Number]) -> Draft:
    """The first draft of this template's own random sequence that can be used.

    `taken` are the answers of its earlier copies: copies that share one would be one problem in two costumes.

    Raises: RuntimeError: the two derivations differ, or no draft can be used; the template is wrong.
    """
    rng = Random(f"{SEED}/{template.name}/{nth}")
    for _ in range(DRAWS):
        draft = template.make(rng, nth)
        if draft is None:
            continue
        if draft.solved != draft.checked:
            raise RuntimeError(f"{template.name}: {draft.solved} against {draft.checked}: {draft.text}")
        if fits(draft.solved, draft.places) and draft.solved not in taken and not gives_away(draft):
            return draft
    raise RuntimeError(f"{template.name}: no usable draft in {DRAWS} draws")


def gives_away(draft: Draft) -> bool:
    """Whether the answer is one of the numbers that the text names, in figures or as a word."""
    return Fraction(draft.solved) in numbers_in(draft.text)


def numbers_in(text: str) -> set[Fraction]:
    """Every number of a text: figures, and the words from one to twelve."""
    figures = {figure(found) for found in NUMBER.findall(text)}
    return figures | {Fraction(WORDS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in WORDS}


def as_text(value: Number) -> str:
    """An integer or the shortest decimal: `84`, `12.5`."""
    exact = Fraction(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    return format((Decimal(exact.numerator) / Decimal(exact.denominator)).normalize(), "f")


def balance() -> dict[str, str | int | float]:
    """Sizes, and how often a rule that understands nothing of the text is right."""
    made = list(rows())
    difficulties = Counter(str(row["difficulty"]) for row in made)
    texts = [[figure(found) for found in NUMBER.findall(str(row["input"]))] for row in made]
    targets = [Fraction(str(row["target"])) for row in made]

    def right(guesses: list[Fraction]) -> float:
        return sum(guess == target for guess, target in zip(guesses, targets, strict=True)) / len(made)

    return {
        "samples": len(made),
        "templates": len(TEMPLATES),
        "easy / medium / hard": " / ".join(str(difficulties[level]) for level in ("easy", "medium", "hard")),
        "largest category": Counter(row["category"] for row in made).most_common(1)[0][1] / len(made),
        "always the most frequent answer": Counter(targets).most_common(1)[0][1] / len(made),
        "a number of the text": sum(t in found for t, found in zip(targets, texts, strict=True)) / len(made),
        "the sum of all numbers of the text": right([sum(found, Fraction(0)) for found in texts]),
        "the first number times the second": right([prod(found[:2], start=Fraction(1)) for found in texts]),
    }


def figure(text: str) -> Fraction:
    """A number as the text writes it: `3,036`, `12.5`."""
    return Fraction(text.replace(",", "").rstrip("."))


def main() -> int:
    """What is asked on the command line."""
    what = f"problems from {len(TEMPLATES)} templates"
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, what, balance)


if __name__ == "__main__":
    sys.exit(main())
