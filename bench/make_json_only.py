"""Make datasets/json_only/samples.jsonl from the cases in bench/json_only/.

python -m bench.make_json_only            writes the file
python -m bench.make_json_only --check    says whether the committed file is what would be written
"""

import json
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from bench.committed import write_or_check
from bench.json_only import fences, language, strings, structure, values
from bench.json_only.case import Case, pin

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


def main() -> int:
    """Write the file, or with `--check` compare it."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "prompts")


if __name__ == "__main__":
    sys.exit(main())
