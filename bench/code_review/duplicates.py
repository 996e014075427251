"""Changes about rows that must come once."""

from datetime import datetime
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load, query

SHOP = """
create table customer as select * from (values (1, 'Ana'), (2, 'Bo')) t(id, name);
create table payment as select * from (values (1, 1, 30), (2, 1, 20), (3, 2, 5)) t(id, customer_id, amount);
create table refund as select * from (values (1, 1, 4), (2, 1, 6)) t(id, customer_id, amount)
"""


def shop(code: str) -> Any:
    return query(code, SHOP)


def people(code: str) -> Any:
    return query(
        code,
        "create table newsletter as select * from (values ('a@x.example'), ('b@x.example')) "
        "t(email);create table buyer as select * from (values ('b@x.example'), ('c@x.example')) t(email)",
    )


def unique(code: str) -> Any:
    rows = [("Ana@x.example", 1), ("bo@x.example", 2), ("ana@X.example", 3), ("Ana@x.example", 4)]
    return load(code)["first_of_each"](rows)


def newest(code: str) -> Any:
    return query(
        code,
        "create table reading as select * from (values (1, 7, timestamp '2024-03-01 10:00:00', 20.5), (2, "
        "7, timestamp '2024-03-01 10:00:00', 21.0), (3, 8, timestamp '2024-03-01 09:00:00', 19.0), (4, 7, "
        "timestamp '2024-03-01 08:00:00', 18.0)) t(id, device, taken, celsius)",
    )


def events(code: str) -> Any:
    return query(
        code,
        "create table event as select * from (values (1, 'web', 3), (2, 'app', 4), (3, null, 5)) t(id, "
        "source, n)",
    )


CASES = (
    Case(
        "duplicate_rows",
        "medium",
        "Show beside each customer's payments what was refunded. customer (id primary key, name), payment "
        "and refund (id primary key, customer_id, amount); a customer has any number of both. DuckDB.",
        """
select
    c.id,
    c.name,
    coalesce(sum(p.amount), 0) as paid
from customer as c
left join payment as p on p.customer_id = c.id
group by c.id, c.name
""",
        """
select
    c.id,
    c.name,
    coalesce(sum(p.amount), 0) as paid,  <<~
    coalesce(sum(r.amount), 0) as refunded  <<~
from customer as c
left join payment as p on p.customer_id = c.id
left join refund as r on r.customer_id = c.id  <<<
group by c.id, c.name
""",
        shop,
        [(1, "Ana", 50, 10), (2, "Bo", 5, 0)],
        (
            ("coalesce(sum(r.amount), 0)", "coalesce(max(r.amount), 0)"),
            (
                "left join refund as r",
                "left join (select customer_id, sum(amount) as amount from refund group by all) as r",
            ),
            ("sum(p.amount)", "max(p.amount)"),
            (
                "left join payment as p",
                "left join (select customer_id, sum(amount) as amount from payment group by all) as p",
            ),
        ),
    ),
    Case(
        "duplicate_rows",
        "easy",
        "Write to buyers as well as to the readers of the newsletter. Each address gets one message, and "
        "many buyers read the newsletter. The column email is a key of each table. DuckDB.",
        """
select email
from newsletter
order by email
""",
        """
with recipient as (
    select email from newsletter
    union all  <<<
    select email from buyer  <<~
)
select email
from recipient
order by email
""",
        people,
        [("a@x.example",), ("b@x.example",), ("c@x.example",)],
        (("union all", "union"),),
    ),
    Case(
        "duplicate_rows",
        "hard",
        "Addresses that differ only in case are one: return the first row of each, with its address in "
        "lower case.",
        '''
def first_of_each(rows):
    """The first row of each address."""
    out = {}
    for email, value in rows:
        out.setdefault(email, value)
    return list(out.items())
''',
        '''
def first_of_each(rows):
    """The first row of each address, whatever its case."""
    seen = set()
    out = []
    for email, value in rows:
        if email in seen:  <<<
            continue
        key = email.lower()  <<~
        seen.add(key)  <<~
        out.append((key, value))
    return out
''',
        unique,
        [("ana@x.example", 1), ("bo@x.example", 2)],
        (("        if email in seen:", "        if email.lower() in seen:"),),
    ),
    Case(
        "duplicate_rows",
        "hard",
        "Return the newest reading of every device, exactly one row for each; of readings of the same time "
        "the one with the larger id. reading (id primary key, device, taken, celsius). DuckDB.",
        """
select device, max(taken) as taken
from reading
group by device
""",
        """
with ranked as (
    select
        *,
        rank() over (  <<<
            partition by device
            order by taken desc  <<~
        ) as place
    from reading
)
select device, taken, celsius
from ranked
where place = 1
""",
        newest,
        [(7, datetime(2024, 3, 1, 10), 21.0), (8, datetime(2024, 3, 1, 9), 19.0)],
        (("rank() over", "row_number() over"), ("order by taken desc", "order by taken desc, id desc")),
    ),
    Case(
        "none",
        "hard",
        "Show beside each customer's payments what was refunded. customer (id primary key, name), payment "
        "and refund (id primary key, customer_id, amount); a customer has any number of both. DuckDB.",
        """
select
    c.id,
    c.name,
    coalesce(sum(p.amount), 0) as paid
from customer as c
left join payment as p on p.customer_id = c.id
group by c.id, c.name
""",
        """
with refunded as (
    select customer_id, sum(amount) as amount
    from refund
    group by customer_id
)
select
    c.id,
    c.name,
    coalesce(sum(p.amount), 0) as paid,
    coalesce(any_value(r.amount), 0) as refunded
from customer as c
left join payment as p on p.customer_id = c.id
left join refunded as r on r.customer_id = c.id
group by c.id, c.name
""",
        shop,
        [(1, "Ana", 50, 10), (2, "Bo", 5, 0)],
        bait="duplicate_rows",
    ),
    Case(
        "none",
        "medium",
        "Show events from the web first, then all others, those without a source among them. event (id "
        "primary key, source, n). DuckDB.",
        """
select id, n
from event
order by id
""",
        """
with shown as (
    select 1 as part, id, n
    from event
    where source = 'web'
    union all
    select 2 as part, id, n
    from event
    where source is distinct from 'web'
)
select id, n
from shown
order by part, id
""",
        events,
        [(1, 3), (2, 4), (3, 5)],
        bait="duplicate_rows",
        same=True,
    ),
)
