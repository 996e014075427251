"""Make datasets/extraction/samples.jsonl: seeded, so that the same call writes the same bytes.

python -m bench.make_extraction              writes the file
python -m bench.make_extraction --check      says whether the committed file is what would be written
python -m bench.make_extraction --balance    prints what can be had without reading the documents

Every answer is computed from the facts that its document was made of (bench/extraction/draft.py), and pinned
by a JSON Schema that no other answer meets.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from bench.committed import write_or_check
from bench.extraction import amounts, dates, emails, logs, records, tables
from bench.extraction.draft import Draft, Json, Template
from bench.json_only.case import pin

SEED = 13
DRAWS = 20_000  # until a template is called unable to produce a copy
TEMPLATES: tuple[Template, ...] = (
    *dates.TEMPLATES,
    *amounts.TEMPLATES,
    *tables.TEMPLATES,
    *logs.TEMPLATES,
    *emails.TEMPLATES,
    *records.TEMPLATES,
)
SAMPLES = Path(__file__).parents[1] / "datasets" / "extraction" / "samples.jsonl"
Row = dict[str, Any]


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


@cache
def rows() -> tuple[Row, ...]:
    """One row a document: categories take turns, so that the first rows already show all kinds.

    `schema`, `target` and `wrong` are JSON documents as text, so that no reader re-types a value.
    """
    made = []
    for number, (template, nth) in enumerate(turns(), 1):
        draft = draw(template, nth)
        row = {
            "sample_id": f"ext-{number:03d}",
            "input": f"{draft.ask}\n\n<document>\n{draft.document.strip(chr(10))}\n</document>",
            "schema": json.dumps(pin(draft.answer), ensure_ascii=False),
            "target": json.dumps(draft.answer, ensure_ascii=False),
            "wrong": [json.dumps(trap, ensure_ascii=False) for trap in draft.traps],
            "category": template.category,
            "difficulty": template.difficulty,
            "template": template.name,
        }
        made.append(row)
    return tuple(made)


def turns() -> Iterator[tuple[Template, int]]:
    """Each template with the number of a copy; every template once, then again."""
    kinds: dict[str, list[Template]] = defaultdict(list)
    for template in TEMPLATES:
        kinds[template.category].append(template)
    for nth in range(max(template.copies for template in TEMPLATES)):
        for place in range(max(map(len, kinds.values()))):
            for of_kind in kinds.values():
                if place < len(of_kind) and nth < of_kind[place].copies:
                    yield of_kind[place], nth


def draw(template: Template, nth: int) -> Draft:
    """The first draft of this template's own random sequence that can be used.

    Raises: RuntimeError: none can; the template is wrong.
    """
    rng = Random(f"{SEED}/{template.name}/{nth}")
    for _ in range(DRAWS):
        draft = template.make(rng, nth)
        if draft is not None and all(differs(trap, draft.answer) for trap in draft.traps):
            return draft
    raise RuntimeError(f"{template.name}: no usable draft in {DRAWS} draws")


def differs(one: Json, other: Json) -> bool:
    """Whether two answers are different documents, whatever the order of their keys."""
    return json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True)


def balance() -> dict[str, str]:
    """What a reader could score without reading the documents, and what lies in the targets."""
    every = rows()
    targets = [json.loads(row["target"]) for row in every]
    known: dict[str, Counter[str]] = defaultdict(Counter)
    for row, target in zip(every, targets, strict=True):
        for path, value in leaves(target):
            known[f"{row['template']} {path}"][json.dumps(value)] += 1
    n_leaves = sum(counts.total() for counts in known.values())
    flags = Counter(v for target in targets for _, v in leaves(target) if isinstance(v, bool))
    nulls = sum(value is None for target in targets for _, value in leaves(target))
    copied = sum(
        as_written(value) in row["input"]
        for row, target in zip(every, targets, strict=True)
        for _, value in leaves(target)
    )
    (_, hits), *_ = Counter(json.dumps(target, sort_keys=True) for target in targets).most_common(1)
    return {
        "samples": str(len(every)),
        "always the most frequent answer": f"{hits / len(every):.1%}",
        "always an empty object": f"{sum(not target for target in targets) / len(every):.1%}",
        "the first numbers and dates of the document, in order": f"{first_found(every):.1%}",
        "values": str(n_leaves),
        "values that stand in the prompt as they are wanted": f"{copied / n_leaves:.1%}",
        "values that are null": f"{nulls / n_leaves:.1%}",
        f"flags that are true (of {flags.total()})": f"{flags[True] / flags.total():.1%}",
    }


def first_found(every: tuple[Row, ...]) -> float:
    """The score of filling the right keys with the figures of the document in the order they stand in."""
    hits = 0
    for row in every:
        found = iter(re.findall(r"\d[\d.,:-]*\d|\d", row["input"].partition("<document>")[2]))
        values = [as_written(value) for _, value in leaves(json.loads(row["target"]))]
        hits += all(value == next(found, None) for value in values)
    return hits / len(every)


def leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every value of a document that is neither object nor array, with where it stands."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{path}.{key}")
    else:
        yield path, value


def as_written(value: Json) -> str:
    """A value as a document would hold it."""
    return value if isinstance(value, str) else json.dumps(value)


def main() -> int:
    """What is asked on the command line."""
    what = f"documents from {len(TEMPLATES)} templates"
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, what, balance)


if __name__ == "__main__":
    sys.exit(main())
