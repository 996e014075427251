"""Which of four queries, statements or patterns does what is asked; all four are run on rows made to tell."""

import re
from collections.abc import Callable

from bench.multiple_choice.case import Case, chosen
from bench.multiple_choice.run import rows_of

ORDERS = """
create table orders (id integer, customer_id integer, placed_at timestamp, amount integer);
insert into orders values
    (1, 1, '2024-01-05', 10), (2, 1, '2024-02-01', 99), (3, 1, '2024-02-01', 30),
    (4, 2, '2024-01-07', 5), (5, null, '2024-03-01', 7), (6, 3, '2024-02-02', 8), (7, 3, '2024-01-01', 80);
create table customers (id integer);
insert into customers values (1), (2), (3), (4), (5);
"""
PRICES = """
create table prices (product integer, price integer, valid_from date, valid_to date);
insert into prices values
    (1, 10, '2024-01-01', '2024-02-01'), (1, 12, '2024-02-01', '2024-03-01'), (1, 15, '2024-03-01', null),
    (2, 7, '2024-01-01', null);
create table sales (id integer, product integer, sold_on date);
insert into sales values
    (1, 1, '2024-01-31'), (2, 1, '2024-02-01'), (3, 1, '2024-03-01'), (4, 2, '2024-05-05'),
    (5, 1, '2024-06-01');
"""
SALES = """
create table sales (id integer, region varchar, day date, amount integer);
insert into sales values
    (1, 'east', '2024-01-01', 10), (2, 'west', '2024-01-01', 7), (3, 'east', '2024-01-02', 5),
    (4, 'east', '2024-01-02', 20), (5, 'west', '2024-01-04', 13), (6, 'east', '2024-01-03', 15);
"""
PEOPLE = """
create table people (id integer, email varchar);
insert into people values
    (1, 'a@x.org'), (2, 'b@x.org'), (3, 'a@x.org'), (4, 'c@x.org'), (5, 'a@x.org'), (6, 'c@x.org');
"""
DAILY = """
create table raw (day integer, amount integer);
insert into raw values (1, 5), (1, 6), (2, 7), (3, 8);
create table daily (day integer primary key, total integer);
insert into daily values (1, 4), (2, 7);
"""
SENSORS = """
create table readings (sensor varchar, minute integer, celsius integer);
insert into readings values
    ('a', 1, 20), ('a', 2, null), ('a', 3, null), ('a', 4, 19), ('b', 1, null), ('b', 2, 18), ('b', 3, null);
"""
EVENTS = """
create table events (id integer, happened timestamp);
insert into events values
    (1, '2024-02-29 23:59:59.999'), (2, '2024-03-01 00:00:00'), (3, '2024-03-31 23:59:59.5'),
    (4, '2024-04-01 00:00:00'), (5, '2025-03-10 10:00:00'), (6, '2024-03-31 00:00:00');
"""
NAMES = {
    "sales_2024-05-01.csv": True,
    "sales_2024-12-31.csv": True,
    "sales_2024-05-01.csv.bak": False,
    "old_sales_2024-05-01.csv": False,
    "sales_2024-05-01xcsv": False,
    "sales_2024-5-1.csv": False,
    "sales_2024-13-01.csv": False,
    "sales_2024-00-10.csv": False,
}


def returns(template: str, setup: str, *wanted: tuple[object, ...]) -> Callable[[str], bool]:
    """A test of what stands in a query's place `{}`: the query returns these rows, in any order."""
    return lambda part: rows_of(template.format(part), setup) == sorted(wanted, key=repr)


def leaves(look: str, setup: str, *wanted: tuple[object, ...]) -> Callable[[str], bool]:
    """A test of a statement: after it, `look` returns these rows."""
    return lambda statement: rows_of(look, setup, statement) == sorted(wanted, key=repr)


def twice(statement: str) -> bool:
    """Whether the day's totals are right after a first and after a second run."""
    look, wanted = "from daily", [(1, 11), (2, 7), (3, 8)]
    return all(rows_of(look, DAILY, *[statement] * times) == wanted for times in (1, 2))


def matches(pattern: str) -> bool:
    """Whether a pattern tells the names of daily files from others."""
    return all(bool(re.search(pattern, name)) == wanted for name, wanted in NAMES.items())


LATEST = ((3, 1, 30), (4, 2, 5), (6, 3, 8))
PRICED = ((1, 10), (2, 12), (3, 15), (4, 7), (5, 15))
RUNNING = ((1, 10), (2, 7), (3, 15), (4, 35), (5, 20), (6, 50))
FILLED = (("a", 1, 20), ("a", 2, 20), ("a", 3, 20), ("a", 4, 19), ("b", 1, None), ("b", 2, 18), ("b", 3, 18))

CASES: tuple[Case, ...] = (
    chosen(
        "medium",
        "In `orders (id, customer_id, placed_at, amount)` the id is unique and no value is NULL; two orders "
        "of a customer can have the same placed_at, and an order can be entered late, so that a higher id "
        "need not be placed later. Which query returns one row a customer: the latest order, and of several "
        "latest ones that with the highest id?",
        returns("{}", f"{ORDERS} delete from orders where customer_id is null", *LATEST),
        """select id, customer_id, amount from orders
qualify row_number() over (partition by customer_id order by placed_at desc, id desc) = 1""",
        """select id, customer_id, amount from orders
qualify dense_rank() over (partition by customer_id order by placed_at desc) = 1""",
        """select id, customer_id, amount from orders
qualify row_number() over (partition by customer_id order by id desc, placed_at desc) = 1""",
        """select id, customer_id, amount from orders o
where placed_at = (select max(placed_at) from orders where customer_id = o.customer_id)""",
    ),
    chosen(
        "medium",
        "In `orders (id, customer_id, ...)` the customer_id is NULL for some orders. Which query returns "
        "the id of every row of `customers (id)` without an order?",
        returns("{}", ORDERS, (4,), (5,)),
        "select id from customers c where not exists (select 1 from orders where customer_id = c.id)",
        "select id from customers where id not in (select customer_id from orders)",
        "select distinct c.id from customers c join orders o on o.customer_id <> c.id",
        "select c.id from customers c left join orders o on o.customer_id = c.id and o.id is null",
    ),
    chosen(
        "hard",
        "In `prices (product, price, valid_from, valid_to)` a price is valid from valid_from on, that day "
        "included, until valid_to, that day not included; valid_to is NULL for the price that is valid now. "
        "`sales s` and `prices p` are joined on the product and on one more condition. Which gives each "
        "sale the one price of its day, s.sold_on?",
        returns(
            "select s.id, p.price from sales s join prices p on p.product = s.product and ({})",
            PRICES,
            *PRICED,
        ),
        "s.sold_on >= p.valid_from and (s.sold_on < p.valid_to or p.valid_to is null)",
        "s.sold_on between p.valid_from and coalesce(p.valid_to, date '9999-12-31')",
        "s.sold_on >= p.valid_from and s.sold_on < p.valid_to",
        "s.sold_on > p.valid_from and s.sold_on <= coalesce(p.valid_to, date '9999-12-31')",
    ),
    chosen(
        "hard",
        "`sales (id, region, day, amount)` can have several rows of one region on one day; the id is unique. "
        "Which expression gives the running total of each region by day, growing with every row?",
        returns("select id, {} from sales", SALES, *RUNNING),
        "sum(amount) over (partition by region order by day, id)",
        "sum(amount) over (partition by region order by day)",
        "sum(amount) over (partition by region, day order by id)",
        "sum(amount) over (order by region, day, id)",
    ),
    chosen(
        "medium",
        "`people (id, email)` has no NULLs and some e-mail addresses several times. Which statement leaves "
        "exactly one row of each address, the one with the smallest id?",
        leaves("select id from people", PEOPLE, (1,), (2,), (4,)),
        "delete from people where id not in (select min(id) from people group by email)",
        "delete from people where id in (select max(id) from people group by email having count(*) > 1)",
        "delete from people where email in (select email from people group by email having count(*) > 1)",
        "delete from people p where exists (select 1 from people where email = p.email and id <> p.id)",
    ),
    chosen(
        "hard",
        "`daily (day primary key, total)` shall hold the sum of `raw (day, amount)` for each day of raw; "
        "raw has also days that daily has not yet, and rows that came late for days it has. The statement "
        "must bring daily up to date and may be run again by a retry. Which one does?",
        twice,
        """insert into daily select day, sum(amount) from raw group by day
on conflict (day) do update set total = excluded.total""",
        """insert into daily select day, sum(amount) from raw group by day
on conflict (day) do update set total = daily.total + excluded.total""",
        """insert into daily select day, sum(amount) from raw group by day
on conflict (day) do nothing""",
        """update daily set total = (select sum(amount) from raw where raw.day = daily.day)
where exists (select 1 from raw where raw.day = daily.day)""",
    ),
    chosen(
        "hard",
        "In `readings (sensor, minute, celsius)` celsius is NULL where a sensor sent nothing, also several "
        "times running. Which expression gives each row the last temperature that its sensor had sent by "
        "then, and NULL before the first?",
        returns("select sensor, minute, {} from readings", SENSORS, *FILLED),
        "last_value(celsius ignore nulls) over (partition by sensor order by minute)",
        "last_value(celsius ignore nulls) over (order by sensor, minute)",
        "coalesce(celsius, lag(celsius) over (partition by sensor order by minute))",
        "max(celsius) over (partition by sensor order by minute rows unbounded preceding)",
    ),
    chosen(
        "easy",
        "`events (id, happened)` has timestamps of several years, with fractions of seconds. Which condition "
        "finds exactly the events of March 2024?",
        returns("select id from events where {}", EVENTS, (2,), (3,), (6,)),
        "happened >= timestamp '2024-03-01' and happened < timestamp '2024-04-01'",
        "happened between timestamp '2024-03-01' and timestamp '2024-03-31'",
        "happened >= timestamp '2024-03-01' and happened <= timestamp '2024-04-01'",
        "month(happened) = 3 and happened > timestamp '2023-12-31'",
    ),
    chosen(
        "medium",
        "Daily files are called sales_YYYY-MM-DD.csv. Which pattern, used with Python's re.search on names "
        "without line breaks, finds every such name whose month is 01 to 12, whatever the two digits of the "
        "day, and no other name?",
        matches,
        r"^sales_\d{4}-(0[1-9]|1[0-2])-\d\d\.csv$",
        r"^sales_\d{4}-[01]\d-\d\d\.csv$",
        r"^sales_\d{4}-(0[1-9]|1[0-2])-\d\d\.csv",
        r"^sales_\d{4}-(0\d|1[0-2])-\d\d.csv$",
    ),
)
