"""The published accuracies of the recorded outputs come out to the last row (ZeroEval's own table)."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

PUBLISHED = [
    ("gsm", "claude-3-5-sonnet-20240620", 1319, 1261, 95.60),
    ("gsm", "gpt-4o-2024-05-13", 1319, 1258, 95.38),
    ("crux", "claude-3-5-sonnet-20240620", 800, 646, 80.75),
    ("crux", "gpt-4o-2024-05-13", 800, 689, 86.12),
]
GRADER: dict[str, tuple[str, dict[str, Any]]] = {
    "gsm": ("numeric", {"extract": "json.answer"}),
    "crux": ("exact", {"extract": "json.answer", "strip_quotes": True}),
}


@pytest.mark.parametrize(("suite", "model", "n", "passed", "percent"), PUBLISHED)
def test_published(
    suite: str,
    model: str,
    n: int,
    passed: int,
    percent: float,
    shared_data: Path,
    a_sample: Any,
    a_grader: Any,
) -> None:
    rows = json.loads(gzip.decompress((shared_data / "recorded" / f"{suite}.{model}.json.gz").read_bytes()))
    kind, options = GRADER[suite]
    grader = a_grader(kind, **options)
    samples = [a_sample(row["answer"]) for row in rows]
    for sample in samples:
        grader.check(sample)
    grades = [grader.grade(sample, row["output"][0]) for sample, row in zip(samples, rows, strict=True)]
    assert (len(grades), sum(grade.passed for grade in grades)) == (n, passed)
    assert f"{100 * passed / n:.2f}" == f"{percent:.2f}"
    unparsable = sum(grade.reason == "unparsable" for grade in grades)
    assert unparsable == (2 if (suite, model[:3]) == ("crux", "gpt") else 0)


def test_thousands_of_answers_are_graded_a_second(shared_data: Path, a_sample: Any, a_grader: Any) -> None:
    path = shared_data / "recorded" / "gsm.gpt-4o-2024-05-13.json.gz"
    rows = json.loads(gzip.decompress(path.read_bytes()))
    pairs = [(a_sample(row["answer"]), row["output"][0]) for row in rows]
    for grader in (a_grader("numeric", extract="json.answer"), a_grader("numeric")):
        began = time.process_time()
        for sample, text in pairs:
            grader.grade(sample, text)
        assert len(pairs) / (time.process_time() - began) > 2_000  # 10,000 to 28,000 on an idle core
