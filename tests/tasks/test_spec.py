"""A spec says every problem with its field; two specs share a run id only where they ask the same."""

from pathlib import Path
from typing import Any

import pytest

from flows.cli.run import spec_of
from tasks.call.endpoint import Endpoint, resolve_endpoint
from tasks.spec import EvalSpec, make_spec
from tasks.spec_file import read_spec_file
from warehouse.errors import SpecError

GOOD: dict[str, Any] = {"suites": ["a"], "models": [{"model": "openai/x"}]}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        pytest.param({"suites": []}, "suites", id="no suites"),
        pytest.param({"models": []}, "models", id="no models"),
        pytest.param({"models": [{"model": "x"}]}, "provider/name", id="a model without a provider"),
        pytest.param({"models": [{"model": "opena/x"}]}, "opena", id="an unknown provider"),
        pytest.param({"limit": 0}, "limit", id="a limit of nothing"),
        pytest.param({"max_failed": 1.5}, "max_failed", id="more than all may fail"),
        pytest.param({"budget": 3}, "there is no such field", id="an unknown field"),
        pytest.param({"suites": ["a", "a"]}, 'suite "a" is there twice', id="a suite twice"),
        pytest.param({"models": [{"model": "openai/x"}] * 2}, "is there twice", id="a variant twice"),
        pytest.param(
            {"models": [{"model": "openai/x", "name": "judge openai/j"}], "judge": "openai/j"},
            'variant "judge openai/j" is there twice',
            id="a variant called as the judge is",
        ),
        pytest.param(
            {"models": [{"model": "openai/x", "headers": {"Authorization": "k"}}]}, "api_key_env", id="a key"
        ),
        pytest.param(
            {"models": [{"model": "openai/x", "headers": {"Ocp-Apim-Subscription-Key": "k"}}]},
            "api_key_env",
            id="a gateway's key",
        ),
        pytest.param(
            {"models": [{"model": "openai/x", "headers": {"x-team": "\u00e9\n"}}]},
            "x-team",
            id="a header's value",
        ),
        pytest.param(
            {
                "models": [
                    {"model": "openai/x", "name": "a"},
                    {"model": "openai/x", "name": "b", "limits": {"in_flight": 2}},
                ]
            },
            'the variants "a" and "b"',
            id="two limits of one account",
        ),
        pytest.param({"models": 5}, "models", id="models that are no list"),
    ],
)
def test_a_bad_field_is_named(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as refused:
        make_spec({**GOOD, **fields})
    assert said in str(refused.value)
    assert "Nothing was sent" in str(refused.value)


def test_every_problem_is_said_at_once() -> None:
    with pytest.raises(SpecError) as refused:
        make_spec({**GOOD, "limit": 0, "epochs": 0})
    assert "limit" in str(refused.value)
    assert "epochs" in str(refused.value)


def test_limits_and_max_failed_may_change_under_a_run_id_and_nothing_else() -> None:
    one = make_spec(GOOD).fingerprint()
    limited = {"model": "openai/x", "limits": {"in_flight": 2}}
    assert make_spec({**GOOD, "max_failed": 0.5, "models": [limited]}).fingerprint() == one
    assert make_spec({**GOOD, "seed": 1}).fingerprint() != one


def test_a_spec_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text('suites = ["a"\nmodels', encoding="utf-8")
    with pytest.raises(SpecError, match="line 2"):
        read_spec_file(path)


def test_a_prompt_file_is_looked_for_beside_the_spec(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text('[[models]]\nmodel = "openai/x"\nprompt = "p.jinja"\n', encoding="utf-8")
    assert read_spec_file(path)["models"][0]["prompt"] == str(tmp_path / "p.jinja")


def test_the_spec_is_its_own_json() -> None:
    spec = make_spec(GOOD)
    assert EvalSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    "field",
    [
        {"api_key_env": "sk-proj-canary-1"},
        {"base_url": "http://canary-1@host/v1"},
        {"base_url": ["canary-1"]},
        {"headers": {"x-api-key": "canary-1"}},
        {"headers": ["canary-1"]},
        {"params": "canary-1"},
    ],
)
def test_what_may_be_a_key_is_not_repeated(field: dict[str, Any]) -> None:
    def resolved() -> Endpoint:
        spec = make_spec({**GOOD, "models": [{"model": "openai/x", **field}]})
        return resolve_endpoint(spec.models[0], {"OPENAI_API_KEY": "k"})

    with pytest.raises(SpecError) as refused:
        resolved()
    assert "canary-1" not in str(refused.value)


def test_models_that_are_no_list_are_refused_and_a_prompt_is_seen_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text("models = 5", encoding="utf-8")
    with pytest.raises(SpecError, match="models"):
        make_spec(read_spec_file(path))
    path.write_text('[[models]]\nmodel = "openai/x"\nprompt = "p.jinja"', encoding="utf-8")
    assert read_spec_file(path)["models"][0]["prompt"] == str(tmp_path / "p.jinja")


def test_an_option_picks_the_specs_entries_with_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "spec.toml"
    path.write_text(
        'suites = [{ name = "a", limit = 3 }, "b"]\n'
        '[[models]]\nmodel = "openai/x"\nname = "one"\n[[models]]\nmodel = "openai/x"\nname = "two"\n',
        encoding="utf-8",
    )
    spec = spec_of(path, ["a", "c"], ["openai/x", "openai/y"], {})
    assert [(entry.name, entry.limit) for entry in spec.suite_entries] == [("a", 3), ("c", None)]
    assert [entry.variant for entry in spec.models] == ["one", "two", "openai/y"]


@pytest.mark.parametrize(
    ("fields", "model", "batches"),
    [
        ({}, "openai/gpt-6-luna", False),
        ({"mode": "batch"}, "openai/gpt-6-luna", True),
        ({"mode": "auto"}, "openai/gpt-6-luna", True),
        ({"mode": "auto"}, "compatible/llama", False),
        ({"mode": "auto", "deadline": "8h"}, "openai/gpt-6-luna", False),
        ({"mode": "auto", "deadline": "1d"}, "openai/gpt-6-luna", True),
        ({"mode": "auto", "deadline": "1440m"}, "openai/gpt-6-luna", True),
    ],
)
def test_batches_are_taken_where_the_deadline_leaves_a_day(
    fields: dict[str, Any], model: str, batches: bool
) -> None:
    spec = make_spec({"suites": ["gsm8k"], "models": [{"model": model}], **fields})
    assert spec.plans_batches(model) == batches


def test_a_spec_that_leaves_later_fields_alone_has_the_fingerprint_that_it_had_before_there_were_any() -> (
    None
):
    fields = {"suites": ["gsm8k"], "models": [{"model": "openai/gpt-6-luna"}]}
    plain = make_spec(fields).fingerprint()
    assert make_spec({**fields, "mode": "realtime"}).fingerprint() == plain
    assert make_spec({**fields, "mode": "batch"}).fingerprint() != plain
