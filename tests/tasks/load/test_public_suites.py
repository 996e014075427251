"""The suites that come with nightbench are what their sources say."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tasks.load.definition import read_definition
from tasks.load.discover import find_suite
from tasks.load.pull import pull
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import GraderConfig, Suite


def loaded(name: str, shared_data: Path, cache: Path) -> Suite:
    folder = find_suite(name, [])
    pull(read_definition(folder), cache, from_dir=shared_data)
    return load_suite(folder, cache)


@pytest.mark.parametrize(
    ("name", "recorded", "n", "grader"),
    [
        ("gsm8k_json", "gsm", 1319, GraderConfig("numeric", {"extract": "json.answer"})),
        ("cruxeval", "crux", 800, GraderConfig("exact", {"extract": "json.answer", "strip_quotes": True})),
    ],
)
@pytest.mark.parametrize("model", ["gpt-4o-2024-05-13", "claude-3-5-sonnet-20240620"])
def test_the_prompt_is_the_recorded_one_to_the_last_character(
    name: str, recorded: str, n: int, grader: GraderConfig, model: str, shared_data: Path, cache: Path
) -> None:
    suite = loaded(name, shared_data, cache)
    with gzip.open(shared_data / "recorded" / f"{recorded}.{model}.json.gz", "rt", encoding="utf-8") as file:
        rows: list[dict[str, Any]] = json.load(file)
    assert len(suite.samples) == len(rows) == n
    for sample, row in zip(suite.samples, rows, strict=True):
        assert sample.sample_id == row["id"]
        assert sample.target == (row["answer"].removeprefix("# ") if recorded == "gsm" else row["answer"])
        sent = render_messages(suite, sample, system=None, prompt=None)
        assert sent == ({"role": "user", "content": row["chat_history"][0]},)
    assert suite.graders == (grader,)
    assert suite.params == {"temperature": 0.0, "max_tokens": 4096}


def test_gsm8k_targets_are_what_follows_the_four_hashes(shared_data: Path, cache: Path) -> None:
    suite = loaded("gsm8k", shared_data, cache)
    lines = (shared_data / "gsm8k" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(suite.samples) == len(lines) == 1319
    for number, (sample, line) in enumerate(zip(suite.samples, lines, strict=True)):
        row = json.loads(line)
        assert sample.sample_id == f"test-{number}"
        assert sample.input == row["question"]
        assert row["answer"].endswith(f"#### {sample.target}")
        assert row["question"] in render_messages(suite, sample, system=None, prompt=None)[0]["content"]
    assert suite.graders == (GraderConfig("numeric", {"extract": "last_number"}),)


@pytest.mark.parametrize("name", ["gsm8k", "gsm8k_json", "cruxeval"])
def test_the_version_does_not_change_unannounced(name: str, shared_data: Path, cache: Path) -> None:
    """A new version here means that nights before and after are not compared: is that what you want?"""
    assert loaded(name, shared_data, cache).version == VERSIONS[name]


VERSIONS = {"gsm8k": "1+2156efe9", "gsm8k_json": "1+413df267", "cruxeval": "1+1b06cd3d"}
