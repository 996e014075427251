"""Make datasets/grounded_answers/samples.jsonl from the passage sets in bench/grounded_answers/.

    python -m bench.make_grounded_answers              writes the file
    python -m bench.make_grounded_answers --check      says whether the file is as it would be written
    python -m bench.make_grounded_answers --balance    prints what can be guessed without reading

Every question is held against its passages first (bench/grounded_answers/case.py); where one is not what it
says nothing is written. The passages of a question are shuffled so that the first one it rests on comes
equally often at each place.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from random import Random

from bench.committed import write_or_check
from bench.grounded_answers import business, operations, platform, services
from bench.grounded_answers.case import NOT_THERE, PassageSet, Question, spellings

SEED = 13
SETS: tuple[PassageSet, ...] = (*platform.SETS, *services.SETS, *operations.SETS, *business.SETS)
SAMPLES = Path(__file__).parents[1] / "datasets" / "grounded_answers" / "samples.jsonl"


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def rows() -> Iterator[dict[str, object]]:
    """One row a question: the sets take turns."""
    for each in SETS:
        each.check()
    turns = [
        (each, question)
        for turn in zip_longest(*(each.questions for each in SETS))
        for each, question in zip(SETS, turn, strict=True)
        if question is not None
    ]
    places = {True: 0, False: 0}
    for number, (each, question) in enumerate(turns, 1):
        there = question.target is not None
        place = places[there] % len(each.passages)
        places[there] += 1
        targets = spellings(question)
        yield {
            "sample_id": f"grounded-{number:03d}",
            "input": question.text,
            "passages": [laid_out(text) for text in ordered(each, question, place)],
            "target": targets[0],
            "targets": targets,
            "wrong": [*question.wrong, *([NOT_THERE] if there else [])],
            "category": question.category,
            "cluster": each.name,
            "answerable": there,
            "difficulty": question.difficulty,
            "place": place + 1,
        }


def ordered(each: PassageSet, question: Question, place: int) -> list[str]:
    """The passages in an order of their own, with the first that the question rests on at this place."""
    first = next(iter(question.evidence))
    others = [key for key in each.passages if key != first]
    Random(f"{SEED}/{each.name}/{question.text}").shuffle(others)
    return [each.passages[key] for key in [*others[:place], first, *others[place:]]]


def laid_out(text: str) -> str:
    """Prose as one line; what comes before the lines of a table too, and the table as it is."""
    lines = text.split("\n")
    table = next((at for at, line in enumerate(lines) if "  " in line or " = " in line), len(lines))
    return "\n".join([" ".join(lines[:table]), *lines[table:]])


def balance() -> dict[str, str]:
    """What a reader could score without reading: by one answer, by place, by length."""
    every = list(rows())
    there = [row for row in every if row["answerable"]]
    not_there = [row for row in every if not row["answerable"]]
    best, count = Counter(str(row["target"]) for row in there).most_common(1)[0]
    figures = {
        "samples": str(len(every)),
        f'always "{NOT_THERE}"': f"{len(not_there) / len(every):.1%}",
        f'always "{best}", the most frequent other target': f"{count / len(every):.1%}",
        "best rule on the length of the question, answerable or not": f"{by_length(every):.1%}",
    }
    for name, some in (("answerable", there), ("not answerable", not_there)):
        places = Counter(row["place"] for row in some)
        figures[f"{name}: place of the first evidence, 1 to 5"] = ", ".join(
            str(places[place]) for place in range(1, 6)
        )
        mean = sum(len(str(row["input"])) for row in some) / len(some)
        figures[f"{name}: mean length of the question"] = f"{mean:.0f} characters"
    return figures


def by_length(every: list[dict[str, object]]) -> float:
    """The best score of one threshold on the question's length at telling answerable from not."""
    lengths = [(len(str(row["input"])), bool(row["answerable"])) for row in every]
    scores = [sum((n >= edge) == there for n, there in lengths) / len(lengths) for edge, _ in lengths]
    return max(max(scores), 1 - min(scores))


def main() -> int:
    """What is asked on the command line."""
    what = f"questions on {len(SETS)} sets of passages"
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, what, balance)


if __name__ == "__main__":
    sys.exit(main())
