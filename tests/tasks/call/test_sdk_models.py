"""The models that examples name are current by the SDKs' own lists."""

import inspect
import re

from openai.types.shared import chat_model

from tasks.call.facts import current_models
from tasks.call.sdk_models import deprecated_models, sdk_models


def test_the_current_pair_is_one_of_each_vendor_and_in_its_sdks_list() -> None:
    pair = current_models()
    assert sorted(pair) == ["anthropic", "openai"]
    for vendor, model in pair.items():
        provider, _, name = model.partition("/")
        assert provider == vendor
        assert name in sdk_models()[vendor]


def test_the_current_pair_is_not_deprecated() -> None:
    prose = inspect.getsource(chat_model).partition("Deprecated values")[2]
    named = set(re.findall(r'"([^"\s]+)"', prose))
    assert "gpt-4o" in named, "the SDK's prose is read as expected"
    assert current_models()["anthropic"].partition("/")[2] not in deprecated_models()
    assert current_models()["openai"].partition("/")[2] not in named


def test_the_lists_are_the_sdks_own() -> None:
    models = sdk_models()
    assert set(deprecated_models()) <= set(models["anthropic"])
    assert "gpt-4o-2024-05-13" in models["openai"]
    assert all(len(names) == len(set(names)) > 10 for names in models.values())
