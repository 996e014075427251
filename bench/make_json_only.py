"""Make datasets/json_only/samples.jsonl from the cases in bench/json_only/.

python -m bench.make_json_only              writes the file
python -m bench.make_json_only --check      says whether the committed file is what would be written
python -m bench.make_json_only --balance    prints what passes without reading
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from bench.committed import write_or_check
from bench.json_only import fences, language, strings, structure, values
from bench.json_only.case import Case, pin
from tasks.grade.base import Grader
from tasks.grade.json_schema import JsonSchema
from tasks.grade.registry import make_grader
from tasks.model import GraderConfig, Sample

CASES: dict[str, tuple[Case, ...]] = {
    **structure.CASES,
    **strings.CASES,
    **values.CASES,
    **language.CASES,
    **fences.CASES,
}
SAMPLES = Path(__file__).parents[1] / "datasets" / "json_only" / "samples.jsonl"


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def rows() -> Iterator[dict[str, object]]:
    """One row a case: categories take turns, so that the first rows already show all kinds.

    `schema` and `target` are JSON documents as text: a reader that parsed them would lose the difference
    between `0.10` and `0.1`, and the type of a column would depend on its rows.
    """
    turns = [
        (category, case)
        for turn in zip_longest(*CASES.values())
        for category, case in zip(CASES, turn, strict=True)
        if case is not None
    ]
    for number, (category, case) in enumerate(turns, 1):
        schema = pin(case.target) if case.schema is None else case.schema
        yield {
            "sample_id": f"json-{number:03d}",
            "input": case.prompt,
            "schema": json.dumps(schema, ensure_ascii=False),
            "target": json.dumps(case.target, ensure_ascii=False),
            "category": category,
            "pinned": case.pinned,
        }


def balance() -> dict[str, str | int | float]:
    """Sizes, and what passes that has not read the prompt.

    The score asks for form alone, so any document passes it; the third grader asks whether it is right.
    """
    made = list(rows())
    samples = [Sample(str(row["sample_id"]), row, target=str(row["target"])) for row in made]
    form, content = make_grader(GraderConfig("json_only"), "json_only"), JsonSchema(column="schema")

    def passing(grader: Grader, answer: str) -> float:
        return sum(bool(grader.grade(sample, answer).passed) for sample in samples) / len(samples)

    return {
        "samples": len(made),
        "largest category": Counter(row["category"] for row in made).most_common(1)[0][1] / len(made),
        "prompts that leave one document only": sum(bool(row["pinned"]) for row in made) / len(made),
        "always `{}`: `json_only`, the score": passing(form, "{}"),
        "always `{}`: `json_schema`": passing(content, "{}"),
        "always `[]`: `json_schema`": passing(content, "[]"),
        "always the right document of the first prompt: `json_schema`": passing(
            content, str(made[0]["target"])
        ),
    }


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "prompts", balance)


if __name__ == "__main__":
    sys.exit(main())
