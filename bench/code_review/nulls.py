"""Changes about missing values."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load, query


def not_in(code: str) -> Any:
    return query(
        code,
        "create table customer as select * from (values (1, 'Ana'), (2, 'Bo'), (3, 'Cy')) t(id, "
        "name);create table orders as select * from (values (10, 1), (11, null)) t(id, customer_id)",
    )


def status(code: str) -> Any:
    return query(
        code,
        "create table orders as select * from (values (1, 'north', 'paid', 10), (2, 'north', null, 5), (3, "
        "'south', 'cancelled', 7), (4, 'south', null, 9)) t(id, region, status, total)",
    )


def retries(code: str) -> Any:
    read = load(code)["read_settings"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.json"
        seen = []
        for text in ("{}", '{"retries": null}', '{"retries": 0}', '{"retries": 5, "timeout_s": null}'):
            path.write_text(text, encoding="utf-8")
            seen.append(read(path))
    return seen


def survey(code: str) -> Any:
    return query(
        code,
        "create table answer as select * from (values ('a', 4), ('a', null), ('a', 2), ('b', null), ('c', "
        "5)) t(question, score)",
    )


def discounts(code: str) -> Any:
    price = load(code)["price"]
    return [price({"net": 200, "discount": d}, 10) for d in (None, 0, 25)] + [price({"net": 50}, 10)]


CASES = (
    Case(
        "null_handling",
        "hard",
        "Find the customers without an order in a way that reads like the question. customer (id primary "
        "key, name), orders (id primary key, customer_id); orders of guests have no customer_id. DuckDB.",
        """
select c.id, c.name
from customer as c
left join orders as o on o.customer_id = c.id
where o.id is null
order by c.id
""",
        """
select c.id, c.name
from customer as c
where c.id not in (  <<<
    select o.customer_id  <<~
    from orders as o  <<~
)
order by c.id
""",
        not_in,
        [(2, "Bo"), (3, "Cy")],
        (("    from orders as o", "    from orders as o\n    where o.customer_id is not null"),),
    ),
    Case(
        "null_handling",
        "medium",
        "Show open turnover by region. Cancelled orders do not count, all others do. orders (id, region, "
        "status, total): status is NULL until an order is processed. DuckDB.",
        """
select sum(total) as open_total
from orders
where status is distinct from 'cancelled'
""",
        """
select
    region,
    count(*) as n_orders,
    sum(total) as open_total
from orders
where status <> 'cancelled'  <<<
group by region
order by region
""",
        status,
        [("north", 2, 15), ("south", 1, 9)],
        (("status <> 'cancelled'", "status is distinct from 'cancelled'"),),
    ),
    Case(
        "null_handling",
        "hard",
        "Shorten the reading of settings and add a time-out. A key that is absent or null means the "
        "default; 0 means 0.",
        '''
import json


def read_settings(path):
    """The settings of a JSON file, defaults filled in."""
    given = json.loads(path.read_text(encoding="utf-8"))
    retries = given.get("retries")
    if retries is None:
        retries = 3
    return {"retries": retries}
''',
        '''
import json


def read_settings(path):
    """The settings of a JSON file, defaults filled in."""
    given = json.loads(path.read_text(encoding="utf-8"))
    timeout = given.get("timeout_s")
    return {
        "timeout_s": 30 if timeout is None else timeout,
        "retries": given.get("retries", 3),  <<<
    }
''',
        retries,
        [
            {"timeout_s": 30, "retries": 3},
            {"timeout_s": 30, "retries": 3},
            {"timeout_s": 30, "retries": 0},
            {"timeout_s": 30, "retries": 5},
        ],
        (
            (
                '    timeout = given.get("timeout_s")\n',
                '    timeout, retries = given.get("timeout_s"), given.get("retries")\n',
            ),
            ('given.get("retries", 3),', "3 if retries is None else retries,"),
        ),
    ),
    Case(
        "null_handling",
        "hard",
        "Add the mean score of each question, over the people who answered it. answer (question, score): a "
        "score is NULL where somebody left the question out; a question that nobody answered has the mean "
        "NULL. DuckDB.",
        """
select
    question,
    count(*) as asked,
    count(score) as answered
from answer
group by question
order by question
""",
        """
select
    question,
    count(*) as asked,
    count(score) as answered,
    max(score) as best,
    sum(score) / count(*) as mean_score  <<<
from answer
group by question
order by question
""",
        survey,
        [("a", 3, 2, 4, 3.0), ("b", 1, 0, None, None), ("c", 1, 1, 5, 5.0)],
        (("sum(score) / count(*)", "avg(score)"),),
    ),
    Case(
        "none",
        "hard",
        "Find the customers without an order with NOT IN. customer (id primary key, name), orders (id "
        "primary key, customer_id); orders of guests have no customer_id. DuckDB.",
        """
select c.id, c.name
from customer as c
left join orders as o on o.customer_id = c.id
where o.id is null
order by c.id
""",
        """
select c.id, c.name
from customer as c
where c.id not in (
    select o.customer_id
    from orders as o
    where o.customer_id is not null
)
order by c.id
""",
        not_in,
        [(2, "Bo"), (3, "Cy")],
        bait="null_handling",
        same=True,
    ),
    Case(
        "none",
        "medium",
        "Let an order carry its own discount in percent. Where it carries none (absent or null) the "
        "customer's standard discount applies; 0 means no discount.",
        '''
def price(order, standard):
    """The net price after discount."""
    return order["net"] * (100 - standard) / 100
''',
        '''
def price(order, standard):
    """The net price after discount."""
    discount = order.get("discount")
    if discount is None:
        discount = standard
    return order["net"] * (100 - discount) / 100
''',
        discounts,
        [180, 200, 150, 45],
        bait="null_handling",
    ),
)
