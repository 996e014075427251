"""Judges of a regrade are reached as the run reached them."""

from typing import Any

import pytest

from tasks.judges.stored import regrade_spec
from tasks.regrade_stored import StoredRun

OWN = {"model": "openai/gpt-6-luna", "base_url": "http://127.0.0.1:9/v1", "api_key_env": "MINE"}
OTHER = {"model": "openai/gpt-6-sol", "base_url": "http://127.0.0.1:8/v1", "params": {"top_p": 0.5}}


@pytest.mark.parametrize(
    ("judge", "entry"),
    [
        pytest.param("openai/gpt-6-luna", OWN, id="as the competitor of that name"),
        pytest.param("openai/gpt-6-sol", OTHER, id="as the run's own judge, with its options"),
        pytest.param("openai/gpt-4o-mini", {"model": "openai/gpt-4o-mini"}, id="unknown to the run"),
        pytest.param({"model": "openai/gpt-6-luna"}, {"model": "openai/gpt-6-luna"}, id="as its table says"),
    ],
)
def test_a_judge_that_is_named_alone_is_reached_as_it_was_in_the_run(
    judge: Any, entry: dict[str, object]
) -> None:
    competitor = OWN | {"params": {"temperature": 0.7}, "system": "Be brief.", "name": "luna"}
    spec = {"suites": ["causes"], "models": [competitor], "judge": [OTHER]}
    made = regrade_spec(StoredRun("r1", "evaluate", "complete", spec, simulated=False), judge, None)
    [asked] = made.judge_entries
    assert asked.model_dump(mode="json", exclude_defaults=True) == entry | {"name": f"judge {entry['model']}"}
