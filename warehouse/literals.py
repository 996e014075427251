"""Values as SQL writes them, for queries that are put together here and bind no parameters."""

from collections.abc import Iterable, Sequence


def text(value: str) -> str:
    """A string literal; NUL, which DuckDB's parser does not take, is dropped."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def values(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A query of rows of text, with names for the columns; typed where there is no row."""
    lines = [f"({', '.join(map(text, row))})" for row in rows]
    if not lines:
        return f"select {', '.join(f'cast(null as varchar) as {name}' for name in names)} where false"
    return f"select * from (values {', '.join(lines)}) as given({', '.join(names)})"
