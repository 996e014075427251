"""What the flows beside `evaluate` leave in Prefect: a table and a page, under a key of their own."""

from collections.abc import Mapping, Sequence

from prefect.artifacts import create_markdown_artifact, create_table_artifact


def publish_pages(key: str, rows: Sequence[Mapping[str, object]], page: Sequence[str], about: str) -> None:
    """The rows as a table artifact, and the lines as one in markdown. Whose text is not ours is escaped."""
    table = [{name: _plain(value) for name, value in row.items()} for row in rows]
    create_table_artifact(table=table, key=f"{key}-table", description=about)
    create_markdown_artifact(markdown="\n".join(page) + "\n", key=key, description=about)


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int | float) else str(value)
