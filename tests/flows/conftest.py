"""A suite of any size, and a spec that puts it to a simulated server of the test's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.model import hash_uuid

SUITE = """name = "sums"
[params]
max_tokens = 256
temperature = 0.0
[[graders]]
type = "numeric"
extract = "last_number"
"""
SAMPLES = """select 's' || i as sample_id,
    'How much is ' || i || ' plus 17? Answer with the number.' as input,
    cast(i + 17 as varchar) as target
from range({n}) as r(i)
"""
MODELS = ("gpt-4o-2024-05-13", "claude-3-5-sonnet-20240620")

PROMPT = "How much is {} plus 17? Answer with the number."

Sums = Callable[..., Path]


@pytest.fixture
def sums(tmp_path: Path) -> Sums:
    """Write the suite `sums` of n samples and a spec for it; returns the spec's path."""

    def write(n: int, base_url: str, in_flight: int = 16, models: tuple[str, ...] = MODELS) -> Path:
        folder = tmp_path / "suites" / "sums"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
        (folder / "samples.sql").write_text(SAMPLES.format(n=n), encoding="utf-8")
        spec = tmp_path / "spec.toml"
        lines = ['suites = ["sums"]', "shard_size = 100"]
        for name in models:
            model = name if "/" in name else f"simulated/{name}"
            url = f"{base_url}/v1" if model.startswith("openai/") else base_url
            lines += ["[[models]]", f'model = "{model}"', f'base_url = "{url}"']
            lines += [f"limits = {{ in_flight = {in_flight} }}"]
        spec.write_text("\n".join(lines), encoding="utf-8")
        return spec

    return write


def told(n: int) -> list[dict[str, Any]]:
    """What the simulated server has to know of the suite: the right answer to each prompt."""
    return [
        {
            "prompt_hash": str(hash_uuid([{"role": "user", "content": PROMPT.format(i)}])),
            "suite": "sums",
            "sample_id": f"s{i}",
            "form": "number",
            "target": str(i + 17),
        }
        for i in range(n)
    ]


def query(home: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of the catalog, as `nightbench sql --json` prints them."""
    from warehouse.query import run_sql, to_json

    rows: list[dict[str, Any]] = json.loads(to_json(run_sql(home / "warehouse", sql)))
    return rows
