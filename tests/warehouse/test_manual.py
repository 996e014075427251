"""docs/sql.md is what the files' headers say, and its ten questions have the answers that it shows."""

from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.warehouse.sql_page import fill, made
from warehouse.query import run_sql
from warehouse.sqlfiles import load_late_macros, load_macros, load_views
from warehouse.vocabulary import Question, questions


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asked")
    fill(folder)
    return folder


def test_the_page_is_up_to_date(filled: Path) -> None:
    written = (CHECKOUT / "docs" / "sql.md").read_text(encoding="utf-8")
    assert written == made(filled), 'docs/sql.md is not what the files say. Run "make docs".'


def test_there_are_ten_questions() -> None:
    assert len(questions()) == 10


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.text)
def test_a_question_has_an_answer(filled: Path, question: Question) -> None:
    assert run_sql(filled, question.sql).rows


def test_every_view_and_macro_is_on_the_page(filled: Path) -> None:
    text = made(filled)
    assert all(f"### `{view.name}`" in text for view in load_views())
    assert all(f"### `{macro.name}(" in text for macro in (*load_macros(), *load_late_macros()))
