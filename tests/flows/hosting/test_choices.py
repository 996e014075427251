"""The forms offer what exists, with a title, a description, a default and bounds for every field."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from flows.deployments import DEPLOYMENTS
from flows.hosting.choices import Choices, naming, offering, read_choices, stamp
from flows.parameters import Calibration, Comparison, Regrading
from tasks.form import KEY_WORDS
from tasks.home import Home, Settings
from tasks.maintenance import Maintenance
from tasks.new_spec import SIMULATED
from tasks.spec import EvalSpec

FORMS = [one.options for one in DEPLOYMENTS if one.options is not None]
THERE = Choices(runs=("r2", "r1"), variants=("v",), suites=("gsm8k",), known_models=("simulated/x",))
PLAIN_TYPES = {"boolean"}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """As Prefect has it of a flow with the parameter `options`."""
    return {"properties": {"options": {}}, "definitions": {model.__name__: model.model_json_schema()}}


def fields_of(model: type[BaseModel], choices: Choices) -> dict[str, Any]:
    made: dict[str, Any] = offering(schema_of(model), model, choices)["definitions"][model.__name__]
    return dict(made["properties"])


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_every_field_explains_itself_has_a_default_and_is_bounded(model: type[BaseModel]) -> None:
    for name, field in fields_of(model, THERE).items():
        assert field["title"], name
        assert len(field["description"]) > 20, name
        assert "default" in field, name
        bounded = {"enum", "maximum", "maxItems", "pattern"} & field.keys()
        assert bounded or field["type"] in PLAIN_TYPES, name
        assert not any(word in name.lower() for word in KEY_WORDS), "keys are not asked for"
    assert model() is not None, "the form can be sent as it is"


def test_choices_are_what_there_is_and_the_default() -> None:
    fields = fields_of(Comparison, THERE)
    assert fields["a"]["enum"] == ["the one before", "r2", "r1", "v"]
    assert fields["b"]["enum"] == ["last", "r2", "r1", "v"]
    assert fields["suites"]["items"]["enum"] == ["gsm8k"]
    assert fields_of(Regrading, THERE)["judge"]["enum"] == ["as in the run", "nobody", "simulated/x"]


def test_an_empty_home_offers_the_defaults_and_lists_of_nothing() -> None:
    assert fields_of(Regrading, Choices())["run"]["enum"] == ["last"]
    assert fields_of(Regrading, Choices())["graders"]["maxItems"] == 0
    assert fields_of(Calibration, Choices())["labels"]["enum"] == ["labels.csv"]
    assert fields_of(Maintenance, Choices())["forget"]["enum"] == ["nothing", "text", "runs"]


def test_schema_that_was_given_is_left_alone_and_choices_are_replaced() -> None:
    given = schema_of(Regrading)
    once = offering(given, Regrading, Choices(runs=("old",), graders=("numeric",)))
    assert given == schema_of(Regrading)
    again = offering(once, Regrading, THERE)["definitions"]["Regrading"]["properties"]
    assert again["run"]["enum"] == ["last", "r2", "r1"]
    assert "numeric" not in str(again["graders"])


def spec_form(given: dict[str, Any] | None = None, choices: Choices = THERE) -> dict[str, Any]:
    spec = EvalSpec.model_json_schema(ref_template="#/definitions/{model}")
    given = given or {"properties": {"spec": {}}, "definitions": spec.pop("$defs") | {"EvalSpec": spec}}
    return naming(given, choices)


def test_a_spec_takes_a_suite_that_there_is_and_a_model_that_is_known_or_another() -> None:
    form = spec_form()
    check = Draft202012Validator(form | {"$ref": "#/definitions/EvalSpec"}).is_valid
    good = {"suites": ["gsm8k"], "models": [{"model": "simulated/x"}]}
    assert check(good)
    assert check(good | {"suites": [{"name": "gsm8k", "limit": 3}]})
    assert check(good | {"models": [{"model": "openai/not-yet-run"}]})
    assert not check(good | {"models": [{"model": "gpt-4o"}]})
    assert not check(good | {"suites": ["gsm9k"]})
    assert not check(good | {"suites": [{"name": "gsm9k"}]})


def test_known_models_are_offered_and_simulated_ones_always() -> None:
    known, another = spec_form()["definitions"]["ModelEntry"]["properties"]["model"]["anyOf"]
    assert known["enum"] == ["simulated/x", *SIMULATED]
    assert "enum" not in another


def test_what_a_spec_was_offered_before_is_replaced() -> None:
    old = Choices(suites=("old",), known_models=("openai/old",))
    assert spec_form(spec_form(choices=old)) == spec_form()
    assert spec_form(spec_form(), Choices()) == spec_form(choices=Choices())


def test_reads_suites_labels_and_rubrics_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    home = Home(tmp_path)
    home.make()
    settings = Settings(home, ())
    before = stamp(settings)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "mine.csv").write_text("sample_id\n")
    (tmp_path / "labels" / "notes.txt").write_text("no labels")
    found = read_choices(settings)
    assert found.labels == ("mine.csv",)
    assert {"gsm8k", "json_only"} <= set(found.suites)
    assert {"code_quality", "diagnosis", "reference"} <= set(found.rubrics)
    assert (found.runs, found.known_models) == ((), ())
    assert stamp(settings) != before


def test_damaged_catalog_offers_no_run(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    (home.warehouse / "catalog.duckdb").write_bytes(b"no catalog")
    assert read_choices(Settings(home, ())).runs == ()
