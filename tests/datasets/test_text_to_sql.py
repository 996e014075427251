"""The suite text_to_sql: every gold query is right, and variants made wrong by a program are wrong."""

import csv
import re
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from bench.sql_variants import KINDS, Verdict, table, variants, verdicts
from tasks.grade.base import Grader
from tasks.grade.registry import make_graders
from tasks.load.definition import read_definition
from tasks.load.discover import BUILT_IN
from tasks.load.pull import pull
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Suite

NAME = "text_to_sql"
DATABASES = {
    **{"academic": 25, "geography": 25, "restaurants": 25, "broker": 31, "car_dealership": 31},
    **{"derm_treatment": 31, "ewallet": 31},
}
PAGE = BUILT_IN.parent / "docs" / "grading.md"


@pytest.fixture(scope="module")
def suite(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    home = tmp_path_factory.mktemp("home") / "cache"
    pull(read_definition(BUILT_IN / NAME), home, from_dir=shared_data)
    return load_suite(BUILT_IN / NAME, home)


@pytest.fixture(scope="module")
def grader(suite: Suite) -> Grader:
    (made,) = make_graders(suite.graders, NAME)
    return made


@pytest.fixture(scope="module")
def found(suite: Suite, grader: Grader) -> list[Verdict]:
    now = datetime.fromisoformat(suite.graders[0].options["now"])
    return list(verdicts(suite.samples, grader, now))


def test_it_holds_every_question_on_the_seven_databases(suite: Suite, shared_data: Path) -> None:
    assert Counter(sample.cluster for sample in suite.samples) == DATABASES
    questions = []
    for name in ("instruct_advanced", "instruct_basic", "questions_gen"):
        with (shared_data / "sql" / f"{name}_sqlite.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        questions += [
            (f"{name}-{n}", row["query_category"], row["query"].strip().rstrip(";"))
            for n, row in enumerate(rows, 1)
            if row["db_name"] in DATABASES
        ]
    assert [
        (sample.sample_id, sample.category, ";".join(sample.row["right_queries"]).strip())
        for sample in suite.samples
    ] == questions


def test_every_gold_query_is_right(suite: Suite, grader: Grader) -> None:
    n = 0
    for sample in suite.samples:
        grader.check(sample)
        for query in sample.row["right_queries"]:
            got = grader.grade(sample, f"```sql\n{query}\n```")
            assert got.passed, (sample.sample_id, query, got.explanation)
            n += 1
    assert n == 249


def test_no_gold_query_returns_nothing(suite: Suite, grader: Grader) -> None:
    """Else every query that returns nothing would be right."""
    for sample in suite.samples:
        for query in ("select 1 where 1 = 0", "select null, null, null, null, null"):
            assert not grader.grade(sample, query).passed, sample.sample_id


def test_what_is_made_wrong_is_wrong_save_where_its_rows_are_the_right_ones(found: list[Verdict]) -> None:
    assert [verdict for verdict in found if verdict.passed and verdict.told_apart] == []
    counts = Counter((verdict.kind, verdict.passed) for verdict in found)
    for kind in KINDS:
        assert counts[kind, False] >= 70
        assert counts[kind, True] <= 20


def test_the_page_has_the_figures(found: list[Verdict]) -> None:
    assert table(found) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("query", "ordered", "wrong"),
    [
        pytest.param(
            "SELECT a FROM t JOIN u ON t.i = u.i",
            False,
            [(KINDS[0], "SELECT a FROM t CROSS JOIN u")],
            id="a join without its condition",
        ),
        pytest.param(
            "SELECT a FROM t LEFT JOIN u USING (i)",
            False,
            [(KINDS[0], "SELECT a FROM t CROSS JOIN u")],
            id="an outer join without its condition",
        ),
        pytest.param("SELECT SUM(a) FROM t", False, [(KINDS[1], "SELECT AVG(a) FROM t")], id="an average"),
        pytest.param(
            "SELECT COUNT(DISTINCT a) FROM t", False, [(KINDS[1], "SELECT MAX(a) FROM t")], id="the largest"
        ),
        pytest.param("SELECT COUNT(*) FROM t", False, [], id="a count of rows has no other"),
        pytest.param("SELECT a FROM t WHERE a > 1", False, [(KINDS[2], "SELECT a FROM t")], id="no filter"),
        pytest.param("SELECT a FROM t ORDER BY a", False, [], id="an order that nobody asked for"),
        pytest.param(
            "SELECT a FROM t ORDER BY a", True, [(KINDS[3], "SELECT a FROM t ORDER BY a DESC")], id="an order"
        ),
        pytest.param(
            "SELECT a FROM t ORDER BY a LIMIT 1",
            False,
            [(KINDS[3], "SELECT a FROM t ORDER BY a DESC LIMIT 1")],
            id="the other end",
        ),
    ],
)
def test_a_variant_is_wrong_in_one_way(query: str, ordered: bool, wrong: list[tuple[str, str]]) -> None:
    made = [
        (kind, re.sub(r" NULLS (?:FIRST|LAST)", "", text)) for kind, text in variants(query, ordered=ordered)
    ]
    assert made == wrong


def test_a_prompt_shows_every_table_and_what_is_taken_for_granted(suite: Suite) -> None:
    for sample in suite.samples:
        (message,) = render_messages(suite, sample, system=None, prompt=None)
        tables = re.findall(r"(?i)create table (?:public\.)?(\w+)", sample.row["schema_sql"])
        assert tables
        assert all(re.search(rf"(?i)create table {name}\b", message["content"]) for name in tables)
        assert str(sample.input) in message["content"]
        assert (sample.row["instructions"] or "") in message["content"]
        assert "None" not in message["content"]
        assert "insert into" not in message["content"].lower(), "no rows"
