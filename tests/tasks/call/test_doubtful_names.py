"""A name that is nearly a known model's is doubted aloud; it is never refused, for new models appear."""

import pytest

from tasks.call.sdk_models import doubtful_names

KNOWN = {"openai": ["gpt-4o", "gpt-4o-2024-05-13"], "anthropic": ["claude-opus-4-1"]}


@pytest.mark.parametrize(
    ("model", "meant"),
    [
        pytest.param("openai/gpt-4o-2024-05-14", "openai/gpt-4o-2024-05-13", id="another day"),
        pytest.param("anthropic/claude-opus-41", "anthropic/claude-opus-4-1", id="a sign left out"),
        pytest.param("simulated/claude-opus-41", "simulated/claude-opus-4-1", id="simulated as its vendor's"),
    ],
)
def test_a_near_name_is_suggested_with_its_provider(model: str, meant: str) -> None:
    (sentence,) = doubtful_names([model, model], KNOWN)
    assert sentence.startswith(f"{model}: ")
    assert meant in sentence


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("openai/gpt-4o", id="known"),
        pytest.param("openai/fresh-thing", id="near to nothing"),
        pytest.param("azure/gpt-4oo", id="a deployment's name is the user's"),
        pytest.param("compatible/gpt-4oo", id="another server's name"),
    ],
)
def test_no_doubt_where_there_is_nothing_to_suggest(model: str) -> None:
    assert doubtful_names([model], KNOWN) == []
