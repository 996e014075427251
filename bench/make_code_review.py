"""Make datasets/code_review/samples.jsonl from the cases in bench/code_review/.

python -m bench.make_code_review              writes the file
python -m bench.make_code_review --check      says whether the committed file is what would be written
python -m bench.make_code_review --balance    prints what can be guessed without reading

That every planted defect shows, and that no clean change has one, is checked by running the code:
tests/datasets/test_code_review.py.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, zip_longest
from pathlib import Path
from statistics import fmean

from bench.code_review import bounds, duplicates, failures, nulls, outside, release, sharing, zones
from bench.code_review.case import KINDS, NONE, Case
from bench.committed import write_or_check

CASES: tuple[Case, ...] = (
    *bounds.CASES,
    *nulls.CASES,
    *outside.CASES,
    *release.CASES,
    *failures.CASES,
    *duplicates.CASES,
    *zones.CASES,
    *sharing.CASES,
)
SAMPLES = Path(__file__).parents[1] / "datasets" / "code_review" / "samples.jsonl"


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def rows() -> Iterator[dict[str, object]]:
    """One row a case: kinds take turns, and a clean change comes after every two with a defect."""
    for number, case in enumerate(_in_turns(), 1):
        lines = case.lines
        yield {
            "sample_id": f"review-{number:03d}",
            "input": case.prompt,
            "target": _finding(lines[0], case.kind),
            "wrong": list(_wrong(case)),
            "schema": _schema(line={"enum": lines}, kind={"const": case.kind}),
            "line_schema": _schema(line={"enum": lines}),
            "verdict_schema": _schema(kind={"const": NONE} if case.kind == NONE else {"enum": list(KINDS)}),
            "category": case.kind,
            "difficulty": case.difficulty,
            "resembles": case.bait or case.kind,
        }


def balance() -> dict[str, float]:
    """What could be guessed without reading: shares of kinds, places of defects, lengths."""
    defects = [case for case in CASES if case.kind != NONE]
    clean = [case for case in CASES if case.kind == NONE]
    kinds = Counter(case.kind for case in defects)
    lines = Counter(line for case in defects for line in case.lines)

    def share(hits: list[bool]) -> float:
        return sum(hits) / len(CASES)

    return {
        "samples": len(CASES),
        "always none": len(clean) / len(CASES),
        "smallest share of a kind": min(kinds.values()) / len(CASES),
        "largest share of a kind": max(kinds.values()) / len(CASES),
        "always the commonest line, kind known": lines.most_common(1)[0][1] / len(CASES),
        "always the first added line, kind known": share([case.added[0] in case.lines for case in defects]),
        "always the last added line, kind known": share([case.added[-1] in case.lines for case in defects]),
        "always the middle added line, kind known": share(
            [case.added[len(case.added) // 2] in case.lines for case in defects]
        ),
        "mean characters of a prompt with a defect": fmean(len(case.prompt) for case in defects),
        "mean characters of a clean prompt": fmean(len(case.prompt) for case in clean),
        "mean added lines with a defect": fmean(len(case.added) for case in defects),
        "mean added lines of a clean change": fmean(len(case.added) for case in clean),
    }


def _in_turns() -> Iterator[Case]:
    def by(group: list[Case], bait: bool) -> list[Case]:
        def key(case: Case) -> str:
            return case.bait if bait else case.kind

        turns = zip_longest(*(list(cases) for _, cases in groupby(sorted(group, key=key), key=key)))
        return [case for turn in turns for case in turn if case is not None]

    defects = by([case for case in CASES if case.kind != NONE], bait=False)
    clean = by([case for case in CASES if case.kind == NONE], bait=True)
    for number, case in enumerate(defects):
        yield case
        if number % 2 and clean:
            yield clean.pop(0)
    yield from clean


def _wrong(case: Case) -> Iterator[str]:
    """Findings as a model errs: a defect not seen, in another place or of another kind; a false alarm."""
    names = list(KINDS)
    if case.kind == NONE:
        yield _finding(case.added[0], case.bait)
        yield _finding(case.added[-1], names[(names.index(case.bait) + 1) % len(names)])
        return
    yield _finding(0, NONE)
    yield _finding(case.lines[0], names[(names.index(case.kind) + 3) % len(names)])
    yield _finding(next(line for line in (*case.added, 1, 2) if line not in case.lines), case.kind)


def _finding(line: int, kind: str) -> str:
    return json.dumps({"line": line, "kind": kind})


def _schema(**properties: object) -> str:
    """A finding whose named members are these."""
    return json.dumps({"type": "object", "properties": properties, "required": list(properties)})


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "changes", balance)


if __name__ == "__main__":
    sys.exit(main())
