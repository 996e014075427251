"""Make datasets/error_diagnosis/samples.jsonl from the cases in bench/error_diagnosis/.

python -m bench.make_error_diagnosis              writes the file
python -m bench.make_error_diagnosis --check      says whether the committed file is what would be written
python -m bench.make_error_diagnosis --balance    prints what can be guessed without reading
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import groupby, zip_longest
from pathlib import Path
from statistics import fmean

from bench.committed import write_or_check
from bench.error_diagnosis import (
    cloud,
    containers,
    embedded,
    postgresql,
    python,
    spark,
    sql_server,
    warehouses,
)
from bench.error_diagnosis.case import Case
from tasks.grade.registry import make_grader
from tasks.model import GraderConfig, Sample

CASES: tuple[Case, ...] = (
    *sql_server.CASES,
    *postgresql.CASES,
    *embedded.CASES,
    *warehouses.CASES,
    *python.CASES,
    *spark.CASES,
    *containers.CASES,
    *cloud.CASES,
)
SAMPLES = Path(__file__).parents[1] / "datasets" / "error_diagnosis" / "samples.jsonl"


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def rows() -> Iterator[dict[str, object]]:
    """One row a case: categories take turns, so that the first rows already show all kinds."""
    by_category = [
        list(cases)
        for _, cases in groupby(sorted(CASES, key=lambda case: case.category), key=lambda case: case.category)
    ]
    turns = [case for turn in zip_longest(*by_category) for case in turn if case is not None]
    for number, case in enumerate(turns, 1):
        yield {
            "sample_id": f"error-{number:03d}",
            "input": case.prompt,
            "target": case.target,
            "wrong": list(case.wrong),
            "facts": list(case.facts),
            "forbidden": list(case.forbidden),
            "category": case.category,
            "difficulty": case.difficulty,
        }


def balance() -> dict[str, float]:
    """What could be guessed without reading: lengths, and what answers of one form for all would score."""
    grader = make_grader(GraderConfig("facts"), "error_diagnosis")
    samples = [
        Sample(str(n), {"facts": list(case.facts), "forbidden": list(case.forbidden)})
        for n, case in enumerate(CASES)
    ]

    def score(answers: list[str]) -> float:
        return fmean(
            grader.grade(sample, answer).score for sample, answer in zip(samples, answers, strict=True)
        )

    targets = [case.target for case in CASES]
    categories = Counter(case.category for case in CASES)
    return {
        "samples": len(CASES),
        "share of the largest category": max(categories.values()) / len(CASES),
        "mean characters of a right answer": fmean(len(target) for target in targets),
        "mean characters of a wrong answer": fmean(len(wrong) for case in CASES for wrong in case.wrong),
        "score of repeating the prompt": score([case.prompt for case in CASES]),
        "score of the best answer to another row, for all": max(score([t] * len(CASES)) for t in targets)
        - 1 / len(CASES),
    }


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "messages", balance)


if __name__ == "__main__":
    sys.exit(main())
