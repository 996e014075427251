"""Every built-in suite that needs nothing pulled, end to end: answers are graded as what they are."""

import json
from pathlib import Path

import pytest

from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN
from tests.conftest import Nightbench
from tests.flows.conftest import query

MODELS = ("simulated/gpt-4o-2024-05-13", "simulated/claude-sonnet-5")
LONG = ("needle", "long_document")  # a part of them is as good, and quicker
OURS = sorted(
    folder.name
    for folder in BUILT_IN.iterdir()
    if (folder / "suite.toml").is_file() and not read_definition(folder).sources
)


def test_they_are_the_starter_suites_and_the_made_ones() -> None:
    assert {"code_generation", "sql_generation", "instructions", *LONG} < set(OURS)
    assert len(OURS) >= 13


@pytest.mark.slow
@pytest.mark.parametrize("accuracy", [1.0, 0.0], ids=["all right", "all wrong"])
def test_answers_of_simulated_models_are_graded_as_they_are(
    home: Path, tmp_path: Path, nightbench: Nightbench, accuracy: float
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"accuracy": accuracy, "refusals": 0, "latency_ms": 1}), encoding="utf-8")
    spec = tmp_path / "spec.toml"
    suites = [f"{{ name = {name!r}{', limit = 12' * (name in LONG)} }}" for name in OURS]
    models = "".join(f"[[models]]\nmodel = {model!r}\n" for model in MODELS)
    spec.write_text(f"suites = [{', '.join(suites)}]\n{models}", encoding="utf-8")
    env = {"NIGHTBENCH_SIMULATED": str(settings)}
    done = nightbench("run", spec, "--run-id", "r1", "--json", env=env)
    assert done.code == 0, done.err
    boards = query(
        home,
        "select suite, variant, n, n_failed, n_ungraded, accuracy from leaderboard_simulated order by all",
    )
    assert {(row["suite"], row["variant"]) for row in boards} == {(s, m) for s in OURS for m in MODELS}
    for row in boards:
        assert row["n"] > 0, row
        assert (row["n_failed"], row["n_ungraded"], row["accuracy"]) == (0, 0, accuracy), row
