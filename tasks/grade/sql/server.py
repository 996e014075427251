"""The PostgreSQL server that runs PostgreSQL's queries, where one is named, and whether it may."""

import os

VARIABLE = "NIGHTBENCH_POSTGRES_URL"
POWERS = """
select current_user, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or exists (
    select from pg_roles as other
    where other.rolname like 'pg\\_%' and other.rolname <> 'pg_database_owner'
      and pg_has_role(current_user, other.oid, 'member')
), has_database_privilege(current_database(), 'create')
from pg_roles where rolname = current_user
"""
REMEDY = (
    "Make one that may do no more: create role nightbench login password '...'; "
    "create database nightbench owner nightbench;"
)


def server_url() -> str:
    """The server that runs PostgreSQL's queries; empty: DuckDB does."""
    return os.environ.get(VARIABLE, "")


def refusal(url: str) -> str | None:
    """Why queries are not run on that server, with the remedy; None where they are. Never holds the URL."""
    try:
        import psycopg
    except ImportError:
        return f"{VARIABLE} is set, and psycopg is not there. Install the extra: pip install -e '.[postgres]'"
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            found = connection.execute(POWERS).fetchone()
    except psycopg.Error as error:
        kind = type(error).__name__
        return f"the server that {VARIABLE} names does not answer ({kind}). Start it, or unset it."
    assert found is not None
    role, powerful, may_create = found
    if powerful:
        return (
            f'the role "{role}" of {VARIABLE} has power over the server, which a query would have. {REMEDY}'
        )
    if not may_create:
        return f'the role "{role}" of {VARIABLE} may make no schema in its database. {REMEDY}'
    return None
