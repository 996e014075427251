"""What can be named in SQL on the catalog: for completion, `.tables` and `.schema` of the prompt."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from warehouse.query import Found, run_all, run_sql

QUESTIONS = Path(__file__).with_name("questions.sql")
KEYWORDS = "select keyword_name from duckdb_keywords() where keyword_category = 'reserved' order by 1"
COLUMNS = "select distinct column_name from duckdb_columns() where not internal order by 1"
RELATIONS = """
select table_name as name, 'table' as kind, comment from duckdb_tables() where not internal
union all select view_name, 'view', comment from duckdb_views() where not internal
union all select distinct function_name, 'macro', null from duckdb_functions()
where not internal and function_type in ('macro', 'table_macro')
order by kind, name
"""


@dataclass(frozen=True)
class Question:
    """What an analyst asks, and the SQL that answers it."""

    text: str
    sql: str


@cache
def questions() -> tuple[Question, ...]:
    """The examples, as questions.sql has them."""
    parts = QUESTIONS.read_text(encoding="utf-8").split("-- question: ")[1:]
    return tuple(Question(text, sql.strip()) for text, _, sql in (part.partition("\n") for part in parts))


def words(warehouse: Path) -> tuple[str, ...]:
    """Tables, views, macros, columns and keywords, sorted, each once."""
    found = run_all(warehouse, (RELATIONS, COLUMNS, KEYWORDS))
    return tuple(sorted({str(row[0]) for part in found for row in part.rows}))


def relations(warehouse: Path) -> Found:
    """Every table, view and macro with the first line of its meaning."""
    found = run_sql(warehouse, RELATIONS)
    return Found(
        found.columns,
        [(name, kind, (comment or "").partition("\n")[0]) for name, kind, comment in found.rows],
    )


def schema_of(warehouse: Path, name: str) -> Found:
    """Columns of a table or view, with types and meanings; of a macro its parameters; no row: unknown."""
    quoted = name.replace("'", "''")
    columns, macros = run_all(
        warehouse,
        (
            "select column_name, data_type, comment as meaning from duckdb_columns() "
            f"where not internal and table_name = lower('{quoted}') order by column_index",
            "select function_name, parameters from duckdb_functions() "
            f"where not internal and function_name = lower('{quoted}')",
        ),
    )
    return columns if columns.rows else macros


def completions(known: tuple[str, ...], text: str) -> list[str]:
    """The words that begin as `text` does, whatever its case; nothing begins with nothing."""
    return [word for word in known if text and word.startswith(text.lower())]
