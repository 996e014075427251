"""A process that moves money between two accounts of a store until it is killed: the sum never changes.

python -m tests.tasks.store_cases FILE NUMBER
"""

import sys
from pathlib import Path

from tasks.store import Store

TABLE = "create table if not exists money (account text primary key, amount integer not null) strict"
SUM = 1000


def open_store(path: Path, patience_s: float = 10.0) -> Store:
    store = Store(path, patience_s)
    store.ensure(TABLE)
    with store.transaction() as connection:
        connection.execute("insert or ignore into money values ('a', ?), ('b', 0), ('n', 0)", [SUM])
    return store


def move(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute("update money set amount = amount - 1 where account = 'a'")
        connection.execute("update money set amount = amount + 1 where account = 'b'")
        connection.execute("update money set amount = amount + 1 where account = 'n'")


def amounts(store: Store) -> dict[str, int]:
    with store.transaction() as connection:
        return dict(connection.execute("select account, amount from money").fetchall())


def main() -> None:
    store = open_store(Path(sys.argv[1]))
    print("began", flush=True)
    while True:
        move(store)
        print("moved", flush=True)


if __name__ == "__main__":
    main()
