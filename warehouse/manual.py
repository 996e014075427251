"""The page docs/sql.md: tables, views and macros in their files' own words, and ten questions answered."""

import re
from collections.abc import Iterator, Mapping, Sequence

from warehouse.catalog import DUCKDB_TYPES
from warehouse.columns import COLUMNS, MEANINGS
from warehouse.sqlfiles import HERE, SqlFile, load_views
from warehouse.vocabulary import questions

OPENING = """<!-- Made by "make docs" of warehouse/: edit columns.py, views/, macros/, questions.sql. -->
# Everything in SQL
`warehouse/catalog.duckdb` in the home opens in any DuckDB from 1.1 on, also while runs are written: on its
command line (`duckdb -readonly catalog.duckdb`), in Python (`duckdb.connect(path, read_only=True)`), through
ADBC (`access_mode` `read_only`) and JDBC (`jdbc:duckdb:PATH`, with the property `duckdb.read_only`).
`nightbench sql` brings it up to date first.
```sh
nightbench sql "select suite, model, n, accuracy, ci_low, ci_high from leaderboard"
```
Without a statement it is a prompt: Tab completes, `.schema NAME` says what a table has, `.examples` shows the
questions below, `.help` the rest. Accuracy is between 0 and 1, money is USD in decimals, times are UTC.
"""
MACRO = re.compile(r"create or replace macro (?P<call>\w+\([^)]*\)) as(?P<table> table)?", re.IGNORECASE)


def page(answers: Mapping[str, str]) -> str:
    """The page; `answers` has for each question its table in Markdown."""
    parts = [OPENING, "## Ten questions\n"]
    for n, question in enumerate(questions(), 1):
        parts.append(f"### {n}. {question.text}\n```sql\n{question.sql}\n```\n{answers[question.text]}")
    parts.append("The answers are those of a small warehouse made up for the tests.\n\n## Tables\n")
    parts += [_table(name) for name in COLUMNS]
    parts.append("## Views\n")
    parts += [_view(view) for view in load_views()]
    parts.append(
        "## Macros\nThose that give rows are called as a table: `select * from compare('gsm8k', 'a', 'b')`.\n"
    )
    parts += list(_macros())
    return "\n".join(parts)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as a table of Markdown: ratios to four digits, NULL as nothing."""
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [_line([_shown(value) for value in row]) for row in rows]
    return "\n".join(lines) + "\n"


def _table(name: str) -> str:
    rows = [
        (f"`{column}`", DUCKDB_TYPES[kind], MEANINGS.get(f"{name}.{column}", ""))
        for column, kind in COLUMNS[name].items()
    ]
    return f"### `{name}`\n{MEANINGS[name]}\n\n{markdown(('column', 'type', 'meaning'), rows)}"


def _view(view: SqlFile) -> str:
    rows = [(f"`{column.name}`", column.type, column.meaning) for column in view.columns]
    listed = f"\n{markdown(('column', 'type', 'meaning'), rows)}" if rows else ""
    comment = re.sub(r"\n(?=Grain:|Reads:|Kept:)", "  \n", view.comment)
    return f"### `{view.name}`\n{comment}\n{listed}"


def _macros() -> Iterator[str]:
    for path in sorted((HERE / "macros").glob("*.sql")):
        text = path.read_text("utf-8")
        comment = "\n".join(
            re.findall(r"^-- ?(.*)$", text.partition("create or replace macro")[0], re.MULTILINE)
        )
        found = MACRO.search(text)
        if found is None:
            raise ValueError(f"{path}: makes no macro. Begin it with: create or replace macro NAME(...) as")
        yield f"### `{' '.join(found['call'].split())}`\n{'Rows. ' if found['table'] else ''}{comment}\n"


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _shown(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
