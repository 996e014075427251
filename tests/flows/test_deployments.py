"""The table of deployments is whole, explains itself, and is what prefect.yaml says."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

from flows.deployments import DEPLOYMENTS, NIGHTLY, YAML, Deployment, prefect_yaml
from tests.conftest import CHECKOUT

each = pytest.mark.parametrize("one", DEPLOYMENTS, ids=lambda one: one.name)


def test_prefect_yaml_is_what_the_table_says() -> None:
    assert YAML.read_text(encoding="utf-8") == prefect_yaml(), "run python -m flows.deployments"


@each
def test_flow_is_where_both_ways_of_deploying_look_for_it(one: Deployment) -> None:
    module, _, name = one.flow.partition(":")
    flow = getattr(importlib.import_module(module), name)
    assert pkgutil.resolve_name(one.entrypoint) is flow
    assert flow.name == name == one.flow_name
    assert flow.description, "a newcomer reads it"
    assert len(one.description) > 60


def test_names_are_distinct_and_one_of_them_has_the_schedule() -> None:
    assert len({(one.flow_name, one.name) for one in DEPLOYMENTS}) == len(DEPLOYMENTS)
    assert [one.name for one in DEPLOYMENTS if one.scheduled] == [NIGHTLY]


def test_neither_table_nor_served_flows_import_prefect_or_each_other() -> None:
    code = "import sys, flows.deployments; assert 'flows.hosting.served' not in sys.modules\n"
    code += "import flows.hosting.runner, flows.hosting.serve\n"
    code += "assert not [name for name in sys.modules if name.split('.')[0] == 'prefect']"
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True)
