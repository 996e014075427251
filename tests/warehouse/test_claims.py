"""Published scores are data: ours are those of the first comparison, and a user adds rows."""

from pathlib import Path

import pytest

from warehouse.catalog import rewrite_catalog
from warehouse.claims import load_claims, users_file
from warehouse.errors import WarehouseError
from warehouse.query import run_sql

OWN = """
[[claim]]
source = "our wiki"
benchmark = "Tickets"
suite = "tickets"
comparable = true
scores = { "openai/gpt-4o" = 71.5 }
"""


def test_the_first_comparisons_table() -> None:
    scores = {(c.source.split("/")[-1], c.benchmark, c.model.split("/")[1]): c.score for c in load_claims()}
    sonnet, gpt = "claude-3-5-sonnet-20240620", "gpt-4o-2024-05-13"
    for benchmark, of_sonnet, of_gpt, of_evals in (
        ("MMLU", 0.887, 0.887, 0.872),
        ("HumanEval", 0.920, 0.902, 0.910),
        ("MATH", 0.711, 0.766, 0.766),
        ("GPQA", 0.594, 0.536, 0.499),
        ("MGSM", 0.916, 0.905, 0.899),
    ):
        assert scores["claude-3-5-sonnet", benchmark, sonnet] == of_sonnet
        assert scores["claude-3-5-sonnet", benchmark, gpt] == of_gpt
        assert scores["simple-evals", benchmark, gpt] == of_evals
    apart = {c.benchmark for c in load_claims() if not c.comparable}
    assert apart == {"MMLU", "MATH"}
    assert all(c.note and c.prompt_style for c in load_claims())


def test_a_user_adds_rows_and_the_catalog_notices(warehouse: Path) -> None:
    rewrite_catalog(warehouse)
    sql = "select benchmark, score from claims where source = 'our wiki'"
    assert run_sql(warehouse, sql).rows == []
    users_file(warehouse).write_text(OWN, encoding="utf-8")
    assert run_sql(warehouse, sql).rows == [("Tickets", 0.715)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN.replace("71.5", "171.5"), "171.5 is not a provider/name with a score in percent"),
        (OWN.replace("openai/gpt-4o", "gpt-4o"), "is not a provider/name"),
        (OWN.replace("comparable = true\n", ""), "comparable"),
        ("[[claim", "this is no table of claims"),
    ],
)
def test_a_file_that_is_none_is_named(warehouse: Path, text: str, words: str) -> None:
    users_file(warehouse).write_text(text, encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"claims\.toml") as caught:
        load_claims(warehouse)
    assert words in str(caught.value)
