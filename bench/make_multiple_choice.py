"""Make datasets/multiple_choice/samples.jsonl from the cases in bench/multiple_choice/.

python -m bench.make_multiple_choice              writes the file
python -m bench.make_multiple_choice --check      says whether the committed file is what would be written
python -m bench.make_multiple_choice --balance    prints what can be guessed without reading the questions

No right choice is written down: each is what a query returns, a script prints, or a calculation gives, and
nothing is written where that leaves more or fewer than one of four choices right.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

from bench.committed import write_or_check
from bench.multiple_choice import (
    aggregation,
    joins,
    nulls,
    pipelines,
    queries,
    scripts,
    storage,
    transactions,
    types,
    windows,
)
from bench.multiple_choice.case import Case
from bench.multiple_choice.run import FAILS

CASES: dict[str, tuple[Case, ...]] = {
    "nulls": nulls.CASES,
    "pipelines": pipelines.CASES,
    "windows": windows.CASES,
    "python": scripts.CASES,
    "joins": joins.CASES,
    "storage": storage.CASES,
    "queries": queries.CASES,
    "aggregation": aggregation.CASES,
    "types and dates": types.CASES,
    "transactions": transactions.CASES,
}
LETTERS = "ABCD"
SEED = 13
SAMPLES = Path(__file__).parents[1] / "datasets" / "multiple_choice" / "samples.jsonl"
Row = dict[str, Any]
Guess = Callable[[Sequence[str]], list[float]]  # a score for each of four choices; the highest is guessed


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


@cache
def rows() -> tuple[Row, ...]:
    """One row a case: categories take turns, and in every four rows each letter is right once."""
    turns = [
        (category, case)
        for turn in zip_longest(*CASES.values())
        for category, case in zip(CASES, turn, strict=True)
        if case is not None
    ]
    made = []
    for number, (category, case) in enumerate(turns):
        right, *wrong = case.choices
        place = Random(f"{SEED}/{number // 4}").sample(range(4), 4)[number % 4]
        Random(f"{SEED}/{number}/wrong").shuffle(wrong)
        row = {
            "sample_id": f"mc-{number + 1:03d}",
            "input": case.question,
            "choices": [*wrong[:place], right, *wrong[place:]],
            "target": LETTERS[place],
            "category": category,
            "difficulty": case.difficulty,
            "found_by": case.found_by,
        }
        made.append(row)
    return tuple(made)


def balance() -> dict[str, str]:
    """What a reader could score without reading the questions; chance is 25 %."""
    every = rows()
    letters = Counter(row["target"] for row in every)
    lengths = [[len(choice) for choice in row["choices"]] for row in every]
    right = [length[LETTERS.index(row["target"])] for row, length in zip(every, lengths, strict=True)]
    mean_wrong = (sum(map(sum, lengths)) - sum(right)) / (3 * len(every))
    with_error = [row for row in every if any(map(fails, row["choices"]))]
    numbers = [row for row in every if all(map(number_of, row["choices"]))]
    return {
        "samples": str(len(every)),
        **{f"always {letter}": f"{letters[letter] / len(every):.1%}" for letter in LETTERS},
        "the longest choice": f"{score(every, longest):.1%}",
        "the shortest choice": f"{score(every, shortest):.1%}",
        "the choice most like the others": f"{score(every, alike):.1%}",
        "the choice least like the others": f"{score(every, unlike):.1%}",
        f"the smallest number ({len(numbers)} samples)": f"{score(numbers, smallest):.1%}",
        f"the greatest number ({len(numbers)} samples)": f"{score(numbers, greatest):.1%}",
        f"the error, where there is one ({len(with_error)} samples)": f"{score(with_error, failing):.1%}",
        "mean length of the right choice": f"{sum(right) / len(every):.1f} characters",
        "mean length of a wrong choice": f"{mean_wrong:.1f} characters",
    }


def score(every: Sequence[Row], guess: Guess) -> float:
    """The share of rows that a way of guessing gets right; where it cannot decide, it counts in part."""
    hits = 0.0
    for row in every:
        scores = guess(row["choices"])
        best = [letter for letter, found in zip(LETTERS, scores, strict=True) if found == max(scores)]
        hits += (row["target"] in best) / len(best)
    return hits / len(every)


def longest(choices: Sequence[str]) -> list[float]:
    """Guess by length."""
    return [len(choice) for choice in choices]


def shortest(choices: Sequence[str]) -> list[float]:
    """Guess by brevity."""
    return [-len(choice) for choice in choices]


def alike(choices: Sequence[str]) -> list[float]:
    """Guess the choice whose parts, each in its place, most others have too."""
    parts = [re.findall(r"[\w.-]+|[^\w\s]", choice) for choice in choices]
    return [
        sum(a == b for other in parts if other is not mine for a, b in zip(mine, other, strict=False))
        for mine in parts
    ]


def unlike(choices: Sequence[str]) -> list[float]:
    """Guess the odd one out."""
    return [-found for found in alike(choices)]


def failing(choices: Sequence[str]) -> list[float]:
    """Guess that it fails."""
    return [fails(choice) for choice in choices]


def fails(choice: str) -> bool:
    """Whether a choice says that a query or script fails."""
    return choice == FAILS or choice.startswith("it raises")


def number_of(choice: str) -> re.Match[str] | None:
    """The number that a choice is, a unit or a word before it apart."""
    return re.fullmatch(r"(?:about )?(-?[\d,]+(?:\.\d+)?)(?: ?(?:%|s|ms|MB))?", choice)


def smallest(choices: Sequence[str]) -> list[float]:
    """Guess the smallest number."""
    return [-found for found in greatest(choices)]


def greatest(choices: Sequence[str]) -> list[float]:
    """Guess the greatest number."""
    found = [number_of(choice) for choice in choices]
    return [float(match[1].replace(",", "")) if match else 0.0 for match in found]


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "questions", balance)


if __name__ == "__main__":
    sys.exit(main())
