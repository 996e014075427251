"""The forms of compare, regrade, calibrate and maintain: what is refused, and what comes of the rest."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.new_spec import SIMULATED
from tests.flows.conftest import query, start_nightbench
from tests.flows.serving import CANARY, Served

FORMS = ("compare", "regrade", "calibrate", "maintain")
SAMPLES = """select * from (values
    ('1', 'France?', 'Paris'), ('2', 'Spain?', 'Madrid'), ('3', 'Italy?', 'Rome'))
as t(sample_id, input, target)
"""
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `serve` on a home that was empty when it began, and knows the suite `capitals`."""
    suite = tmp_path_factory.mktemp("suites") / "capitals"
    suite.mkdir()
    (suite / "suite.toml").write_text('name = "capitals"\n[[graders]]\ntype = "exact"\n')
    (suite / "samples.sql").write_text(SAMPLES)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NIGHTBENCH_SUITES", str(suite.parent))
        running = Served(tmp_path_factory.mktemp("forms"))
        running.suites = suite.parent
    yield running
    running.end(signal.SIGTERM)


def begin(served: Served, name: str, options: dict[str, Any]) -> tuple[int, Any]:
    return served.begin(name, {"parameters": {"options": options}})


@pytest.mark.parametrize(
    ("name", "options", "named"),
    [
        pytest.param("compare", {"a": "nobody/x"}, "options.a", id="compare: no such thing"),
        pytest.param("compare", {"show": 51}, "options.show", id="compare: too many"),
        pytest.param("compare", {"suites": ["nope"]}, "options.suites[0]", id="compare: no such suite"),
        pytest.param(
            "compare", {"suites": ["gsm8k", "gsm8k"]}, "options.suites", id="compare: a suite twice"
        ),
        pytest.param("regrade", {"run": "../x"}, "options.run", id="regrade: no such run"),
        pytest.param("regrade", {"judge": "openai/none"}, "options.judge", id="regrade: no such judge"),
        pytest.param("regrade", {"budget_usd": 0}, "options.budget_usd", id="regrade: no money"),
        pytest.param("regrade", {"budget_usd": "much"}, "options.budget_usd", id="regrade: a word for money"),
        pytest.param("calibrate", {"labels": "../../etc/passwd"}, "options.labels", id="calibrate: a path"),
        pytest.param("calibrate", {"repeats": 0}, "options.repeats", id="calibrate: never asked"),
        pytest.param("calibrate", {"rubric": "mine"}, "options.rubric", id="calibrate: no such rubric"),
        pytest.param("maintain", {"forget": "all"}, "options.forget", id="maintain: no such choice"),
        pytest.param("maintain", {"keep_days": 0}, "options.keep_days", id="maintain: everything"),
        pytest.param("maintain", {"verify": "maybe"}, "options.verify", id="maintain: a word for yes"),
        pytest.param("maintain", {"api_key": CANARY}, "options", id="a key"),
    ],
)
def test_server_refuses_a_bad_value_and_names_its_field(
    served: Served, name: str, options: dict[str, Any], named: str
) -> None:
    code, reply = begin(served, name, options)
    assert code == 409
    assert f"'{named}'" in reply["detail"]
    assert CANARY not in reply["detail"]
    found = served.ask("POST", "/flow_runs/filter", {"deployments": {"name": {"any_": [name]}}})[1]
    assert not [run for run in found if run["parameters"].get("options") == options], "no run exists"


@pytest.mark.parametrize("name", FORMS)
def test_form_explains_every_field_and_enforces_it(served: Served, name: str) -> None:
    deployment = served.deployment(name)
    assert deployment["enforce_parameter_schema"]
    assert deployment["schedules"] == []
    (form,) = deployment["parameter_openapi_schema"]["definitions"].values()
    for field in form["properties"].values():
        assert {"title", "description", "default"} <= field.keys()


@pytest.mark.parametrize("name", ["evaluate", "nightly"])
def test_forms_offer_the_suites_and_models_that_there_are(served: Served, name: str) -> None:
    forms = served.deployment(name)["parameter_openapi_schema"]["definitions"]
    by_name, _ = forms["EvalSpec"]["properties"]["suites"]["items"]["anyOf"]
    assert "capitals" in by_name["enum"]
    assert "capitals" in forms["SuiteEntry"]["properties"]["name"]["enum"]
    known, _ = forms["ModelEntry"]["properties"]["model"]["anyOf"]
    assert set(SIMULATED) <= set(known["enum"])


@pytest.mark.parametrize("name", ["evaluate", "nightly"])
def test_server_refuses_a_suite_that_there_is_not(served: Served, name: str) -> None:
    spec = {"suites": ["capitols"], "models": [{"model": SIMULATED[0]}]}
    code, said = served.begin(name, {"parameters": {"spec": spec}})
    assert code == 409
    assert "suites" in str(said)
    assert "capitols" in str(said)


def artifacts(served: Served, run_id: str) -> dict[str, Any]:
    found = served.ask("POST", "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}})[1]
    return {one["key"]: one["data"] for one in found}


def completes(served: Served, name: str, options: dict[str, Any]) -> dict[str, Any]:
    code, run = begin(served, name, options)
    assert code == 201, run
    ended = served.wait_for(run["id"], "Completed", "Failed", "Crashed")
    assert ended["state_name"] == "Completed", ended["state"]
    return artifacts(served, run["id"])


@pytest.mark.slow
def test_what_was_run_since_is_offered_and_each_flow_leaves_a_table_and_a_page(
    served: Served, tmp_path: Path
) -> None:
    land(served, tmp_path, "a", f"1,Paris\n2,{HOSTILE}\n3,\n")
    land(served, tmp_path, "b", "1,Paris\n2,Madrid\n3,Rome\n")
    (served.home / "labels").mkdir()
    rows = [f"{i},q,xx,y,a,{'ab'[i % 2]},a" for i in range(12)]
    head = "sample_id,input,answer_a,answer_b,label,verdict,verdict_swapped"
    (served.home / "labels" / "mine.csv").write_text("\n".join([head, *rows]) + "\n")
    deadline = time.monotonic() + 30
    while "mine.csv" not in str(served.deployment("calibrate")["parameter_openapi_schema"]):
        assert time.monotonic() < deadline, "it is not offered"
        time.sleep(0.5)
    compared = completes(served, "compare", {"a": "recorded/a", "b": "recorded/b"})
    assert "&lt;img" in compared["comparison"]
    assert "<img" not in str(compared)
    assert json.loads(compared["comparison-table"])[0]["n"] == 3
    regraded = completes(served, "regrade", {"run": "run-a", "judge": "nobody"})
    assert [row["graded"] for row in json.loads(regraded["regrade-table"])] == [3]
    assert "<img" not in str(regraded)
    calibrated = completes(served, "calibrate", {"labels": "mine.csv"})
    assert json.loads(calibrated["calibration-table"])[0]["n"] == 12
    dry = completes(served, "maintain", {"dry_run": True, "forget": "runs", "keep_days": 1})
    assert "no run is older" in dry["maintenance"]
    found = query(served.home, "select kind, trigger from runs where kind in ('regrade', 'calibrate')")
    assert sorted((row["kind"], row["trigger"]) for row in found) == [
        ("calibrate", "api"),
        ("regrade", "api"),
    ]
    (commit,) = (served.home / "warehouse" / "commits").glob("run-a.*.json")
    commit.write_text("{")
    _, run = begin(served, "maintain", {})
    ended = served.wait_for(run["id"], "Failed", "Completed", "Crashed")
    assert (ended["state_name"], "Nothing was forgotten or merged" in ended["state"]["message"]) == (
        "Failed",
        True,
    )


def land(served: Served, folder: Path, name: str, outputs: str) -> None:
    """The run `run-NAME` of recorded/NAME, imported as a person would."""
    file = folder / f"{name}.csv"
    file.write_text(f"sample_id,output\n{outputs}")
    words = ("import", file, "--suite", "capitals", "--suites-dir", served.suites)
    done = start_nightbench(served.home, *words, "--run-id", f"run-{name}", "--model", f"recorded/{name}")
    said = done.communicate(timeout=120)
    assert done.returncode == 0, said
