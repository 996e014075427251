"""docs/suites.md says of each starter suite what can be guessed, as its program measures it."""

from importlib import import_module

import pytest

from bench.committed import as_table
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "docs" / "suites.md").read_text(encoding="utf-8")
STARTERS = sorted(path.parent.name for path in (CHECKOUT / "datasets").glob("*/samples.jsonl"))


def test_every_starter_suite_has_its_program() -> None:
    assert len(STARTERS) >= 10
    assert [name for name in STARTERS if not (CHECKOUT / "bench" / f"make_{name}.py").is_file()] == []


@pytest.mark.parametrize("name", STARTERS)
def test_the_page_has_the_figures(name: str) -> None:
    figures = as_table(import_module(f"bench.make_{name}").balance())
    table = PAGE.partition(f"### `{name}`\n| figure | value |\n|---|---|\n")[2].partition("\n\n")[0].strip()
    assert table == figures, f"python -m bench.make_{name} --balance says otherwise"


@pytest.mark.parametrize(
    "folder", sorted(path.parent.name for path in CHECKOUT.glob("datasets/*/suite.toml"))
)
def test_the_page_tells_of_every_suite(folder: str) -> None:
    assert f"`{folder}`" in PAGE.partition("## How much can be guessed")[0]
