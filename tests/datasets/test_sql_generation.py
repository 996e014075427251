"""The suite sql_generation: every query is run, and the rows tell right from wrong."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.make_sql_generation import SAMPLES, TOPICS, balance, everything, render, turns
from bench.sql_generation.case import Case, Topic
from bench.sql_generation.run import Result, fresh, result_of
from tasks.grade.base import Grader, UnjudgedError
from tasks.grade.registry import make_graders
from tasks.grade.sql.grader import SqlResult
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "sql_generation"
IDS = [json.loads(line)["sample_id"] for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
CASES: dict[str, tuple[Topic, Case]] = {sample_id: (topic, case) for sample_id, topic, case in turns()}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def samples(suite: Suite) -> dict[str, Sample]:
    return {sample.sample_id: sample for sample in suite.samples}


@pytest.fixture(scope="module")
def grader(suite: Suite) -> Grader:
    """The first grader, which is the suite's score."""
    return make_graders(suite.graders, "suite.toml")[0]


@pytest.fixture
def sample(samples: dict[str, Sample], sample_id: str) -> Sample:
    return samples[sample_id]


def sent(query: str) -> str:
    """A query as a simulated model sends it."""
    return f"Here it is.\n\n```sql\n{query}\n```"


def prompt_of(suite: Suite, sample: Sample) -> str:
    return render_messages(suite, sample, system=None, prompt=None)[-1]["content"]


def expected_of(sample: Sample) -> Result:
    rows = json.loads(sample.metadata["expected"])
    return Result(tuple(sample.metadata["columns"]), tuple(rows))


def test_the_committed_file_is_what_the_cases_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_every_row_has_all_columns_and_ids_and_questions_are_unique(samples: dict[str, Sample]) -> None:
    assert list(samples) == IDS == list(CASES)
    assert len(IDS) >= 40
    assert len({sample.input for sample in samples.values()}) == len(IDS)
    for sample in samples.values():
        empty = [name for name, value in sample.row.items() if value in (None, "", [])]
        assert empty == [], sample.sample_id


def test_every_file_of_cases_is_in_the_suite() -> None:
    folder = FOLDER.parents[1] / "bench" / "sql_generation"
    assert {path.stem for path in folder.glob("*.toml")} == set(TOPICS)


@pytest.mark.parametrize("sample_id", IDS)
def test_duckdbs_query_of_each_case_returns_the_expected_rows_on_fresh_tables(
    sample: Sample, sample_id: str
) -> None:
    with fresh(sample.row["schema_sql"]) as connection:
        found = result_of(connection, CASES[sample_id][1].target)
    expected = expected_of(sample)
    assert found.columns == expected.columns
    assert found.same_rows(expected, ordered=sample.row["ordered"])
    assert found.rows


@pytest.mark.parametrize("sample_id", IDS)
def test_queries_built_another_way_return_the_same(sample: Sample, sample_id: str) -> None:
    for query in CASES[sample_id][1].also:
        with fresh(sample.row["schema_sql"]) as connection:
            found = result_of(connection, query)
        assert found.same_rows(expected_of(sample), ordered=sample.row["ordered"]), query


@pytest.mark.parametrize("sample_id", IDS)
def test_every_wrong_query_runs_and_returns_other_rows(sample: Sample, sample_id: str) -> None:
    wrong = CASES[sample_id][1].wrong
    if sample.row["dialect"] == "duckdb":
        assert sample.row["wrong"] == [query.strip() for query in wrong]
    for query in wrong:
        with fresh(sample.row["schema_sql"]) as connection:
            found = result_of(connection, query)
        assert not found.same_rows(expected_of(sample), ordered=sample.row["ordered"]), query


@pytest.mark.parametrize("sample_id", IDS)
def test_the_order_of_the_stored_rows_changes_nothing(sample: Sample, sample_id: str) -> None:
    case = CASES[sample_id][1]
    with fresh(sample.row["schema_sql"]) as connection:
        for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            connection.execute(f"create or replace table {name} as from {name} order by rowid desc")
        for query in (case.target, *case.also):
            found = result_of(connection, query)
            assert found.same_rows(expected_of(sample), ordered=sample.row["ordered"]), query


@pytest.mark.parametrize("sample_id", IDS)
def test_the_grader_passes_the_target_and_refuses_the_wrong_answers(
    sample: Sample, sample_id: str, grader: Grader
) -> None:
    grader.check(sample)
    assert grader.grade(sample, sent(str(sample.target))).passed
    for query in sample.row["wrong"]:
        got = grader.grade(sample, sent(query))
        assert (got.passed, got.reason) == (False, "wrong"), query
    if sample.row["dialect"] == "duckdb":
        for query in CASES[sample_id][1].also:
            assert grader.grade(sample, sent(query)).passed, query


@pytest.mark.parametrize("sample_id", IDS)
def test_what_the_prompt_says_does_not_pass(sample: Sample, grader: Grader) -> None:
    topic = CASES[sample.sample_id][0]
    for text in (str(sample.input), topic.script, everything(topic), "select 1", ""):
        try:
            assert not grader.grade(sample, sent(text)).passed, text
        except UnjudgedError:  # in T-SQL, what cannot be translated: no grade, so no pass
            if sample.row["dialect"] != "tsql":
                raise


@pytest.mark.parametrize("sample_id", IDS)
def test_the_prompt_holds_the_schema_the_columns_and_the_order(sample: Sample) -> None:
    topic, case = CASES[sample.sample_id]
    text = str(sample.input)
    assert topic.shown_ddl(case.dialect) in text
    assert re.search(f"Return the columns? {', '.join(sample.metadata['columns'])}[.]", text)
    assert ("Order the rows by" in text) == bool(sample.row["ordered"]) == bool(case.order)
    assert bool(re.search(r"(?m)^order by\b", str(sample.target))) == bool(case.order)
    if re.search(r"\bround\(", case.target):
        assert re.search(r"Round to \d decimal", text)


def test_categories_and_difficulties_are_spread(samples: dict[str, Sample]) -> None:
    categories = Counter(sample.category for sample in samples.values())
    difficulties = Counter(sample.metadata["difficulty"] for sample in samples.values())
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["hard"] >= len(samples) / 3
    assert difficulties["easy"] >= len(samples) / 10
    assert max(categories.values()) <= len(samples) / 5
    asked = {"running_total", "gaps_and_islands", "top_n", "scd", "percent_of_total", "null_trap"}
    assert all(categories[name] >= 3 for name in asked)
    by_region = [s for s in samples.values() if "running total" in str(s.input) and "region" in str(s.input)]
    assert len(by_region) >= 3


def test_a_third_is_asked_in_t_sql(samples: dict[str, Sample], suite: Suite) -> None:
    asked = [sample for sample in samples.values() if sample.row["dialect"] == "tsql"]
    assert len(asked) >= len(samples) / 3
    assert {sample.metadata["difficulty"] for sample in asked} >= {"easy", "medium"}
    for sample in asked:
        text = prompt_of(suite, sample)
        assert "for Azure Synapse (T-SQL)" in text
        assert not re.search(r"(?m)^    \w+ (?:varchar|timestamp|integer)\b(?!\()", text), "types of T-SQL"
    assert "for DuckDB" in prompt_of(suite, samples["sql-001"])


def test_nothing_is_had_without_an_idea() -> None:
    figures = {name: value for name, value in balance().items() if value.endswith("%")}
    share = {name: float(value.rstrip("%")) for name, value in figures.items()}
    assert share["always `select *` of every table"] == 0
    assert share["always the right query of another question on the tables"] <= 2
    assert share["of these, passing"] == 0


def test_the_grader_runs_queries(suite: Suite) -> None:
    (grader,) = make_graders(suite.graders, "suite.toml")
    assert isinstance(grader, SqlResult)


@pytest.mark.parametrize(
    ("left", "right", "ordered", "same"),
    [
        pytest.param([[1, "a"], [2, "b"]], [[2, "b"], [1, "a"]], False, True, id="any order"),
        pytest.param([[1, "a"], [2, "b"]], [[2, "b"], [1, "a"]], True, False, id="order counts"),
        pytest.param([[1], [1]], [[1]], False, False, id="a row twice"),
        pytest.param([[0.1 + 0.2]], [[0.3]], True, True, id="to nine decimals"),
        pytest.param([[None]], [[0]], True, False, id="NULL is not 0"),
        pytest.param([["1"]], [[1]], True, False, id="text is no number"),
    ],
)
def test_rows_are_compared_by_value(
    left: list[list[Any]], right: list[list[Any]], ordered: bool, same: bool
) -> None:
    assert Result((), tuple(left)).same_rows(Result((), tuple(right)), ordered=ordered) == same


def test_a_database_with_a_schema_reads_no_file() -> None:
    with fresh("create table t (a integer)") as connection, pytest.raises(Exception, match="disabled"):
        result_of(connection, f"select * from read_text('{FOLDER / 'suite.toml'}')")
