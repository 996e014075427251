"""Transactions and constraints: what is seen, what is kept and what is undone."""

from bench.multiple_choice.case import Case, session

TWO = "A and B are two connections to one DuckDB database, whose transactions read a snapshot."
LAST = "What does the last statement return?"

CASES: tuple[Case, ...] = (
    session(
        "easy",
        f"One DuckDB database. {LAST}",
        """
A: create table t (id integer primary key)
A: insert into t values (1)
A: begin
A: insert into t values (2), (3)
A: delete from t where id = 1
A: rollback
A: select coalesce(sum(id), 0) from t
""",
        "0",
        "5",
        "6",
    ),
    session(
        "medium",
        f"{TWO} {LAST}",
        """
A: create table stock (item varchar, n integer)
A: insert into stock values ('bolt', 5)
A: begin
A: select sum(n) from stock
B: insert into stock values ('nut', 2)
A: insert into stock values ('pin', 1)
A: select sum(n) from stock
""",
        "5",
        "an error",
        "7",
    ),
    session(
        "hard",
        f"{TWO} A statement that conflicts with a change that was made since the snapshot fails. {LAST}",
        """
A: create table account (id integer, balance integer)
A: insert into account values (1, 100)
A: begin
A: select balance from account
B: begin
B: update account set balance = balance + 30 where id = 1
B: commit
A: update account set balance = balance + 20 where id = 1
A: rollback
A: select balance from account
""",
        "100",
        "120",
        "150",
    ),
    session(
        "hard",
        f"{TWO} At least one doctor must stay on call, so each checks that there are two and then signs off "
        f"alone. Updates of different rows do not conflict. {LAST}",
        """
A: create table doctors (name varchar, on_call boolean)
A: insert into doctors values ('ada', true), ('bo', true)
A: begin
B: begin
A: select count(*) from doctors where on_call
B: select count(*) from doctors where on_call
A: update doctors set on_call = false where name = 'ada'
B: update doctors set on_call = false where name = 'bo'
A: commit
B: commit
A: select count(*) from doctors where on_call
""",
        "1",
        "2",
        "an error",
    ),
    session(
        "medium",
        f"One DuckDB database; the second INSERT breaks the primary key. {LAST}",
        """
A: create table t (id integer primary key, v varchar)
A: insert into t values (2, 'old')
A: insert into t values (1, 'new'), (2, 'new'), (3, 'new')
A: select count(*), min(v) from t
""",
        "(2, new)",
        "(3, new)",
        "(3, old)",
    ),
    session(
        "medium",
        f"One DuckDB database. {LAST}",
        """
A: create table daily (day integer primary key, total integer, loads integer default 1)
A: insert into daily (day, total) values (1, 10), (2, 20)
A: insert into daily (day, total) values (2, 25), (3, 30)
   on conflict (day) do update set total = excluded.total, loads = daily.loads + 1
A: insert into daily (day, total) values (1, 99), (4, 40) on conflict (day) do nothing
A: select sum(total), sum(loads) from daily
""",
        "(125, 5)",
        "(125, 6)",
        "(105, 6)",
    ),
    session(
        "medium",
        f"One DuckDB database, which like PostgreSQL gives up a transaction once a statement in it has "
        f"failed. {LAST}",
        """
A: create table t (id integer primary key)
A: begin
A: insert into t values (1)
A: insert into t values (1)
A: insert into t values (2)
A: select count(*) from t
""",
        "0",
        "1",
        "2",
    ),
)
