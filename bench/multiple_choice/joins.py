"""Joins: how many rows come out, and what that does to sums."""

from bench.multiple_choice.case import Case, sql

RETURNS = "What does this query return?"

CASES: tuple[Case, ...] = (
    sql(
        "easy",
        RETURNS,
        """
with customers(id) as (values (1), (2), (3)),
     orders(id, customer_id) as (values (10, 1), (11, 1), (12, 3))
select count(*), count(o.id)
from customers c left join orders o on o.customer_id = c.id;
""",
        "(3, 3)",
        "(2, 2)",
        "(3, 2)",
    ),
    sql(
        "medium",
        "The same filter stands in the ON clause first and in the WHERE clause second. What does this query "
        "return?",
        """
with customers(id) as (values (1), (2), (3)),
     orders(customer_id, status) as (values (1, 'paid'), (1, 'open'), (2, 'open'))
select (select count(*) from customers c
        left join orders o on o.customer_id = c.id and o.status = 'paid'),
       (select count(*) from customers c
        left join orders o on o.customer_id = c.id where o.status = 'paid');
""",
        "(1, 1)",
        "(4, 4)",
        "(4, 1)",
    ),
    sql(
        "hard",
        "An order of two lines was paid in three instalments. What does this query return?",
        """
with orders(id) as (values (1)),
     lines(order_id, amount) as (values (1, 40), (1, 20)),
     payments(order_id, amount) as (values (1, 30), (1, 20), (1, 10))
select sum(l.amount), sum(p.amount)
from orders o
join lines l on l.order_id = o.id
join payments p on p.order_id = o.id;
""",
        "(60, 60)",
        "(120, 180)",
        "(360, 360)",
    ),
    sql(
        "medium",
        RETURNS,
        """
with a(k) as (values (1), (null), (null)),
     b(k) as (values (1), (null))
select count(*) from a full outer join b on a.k = b.k;
""",
        "1",
        "2",
        "3",
    ),
    sql(
        "medium",
        RETURNS,
        """
with teams(name) as (values ('ash'), ('birch'), ('cedar'), ('dogwood'), ('elm'))
select count(*) from teams a join teams b on a.name < b.name;
""",
        "20",
        "15",
        "25",
    ),
    sql(
        "hard",
        RETURNS,
        """
with users(id, name, updated_on) as (
         values (1, 'ana', '2024-05-01'), (2, 'ben', '2024-05-02'), (3, 'cy', '2024-05-03')),
     accounts(id, balance, updated_on) as (
         values (1, 50, '2024-05-01'), (2, 70, '2024-05-09'), (4, 10, '2024-05-03'))
select count(*), sum(balance) from users natural join accounts;
""",
        "(2, 120)",
        "(3, 130)",
        "an error",
    ),
    sql(
        "medium",
        RETURNS,
        """
with customers(id, credit) as (values (1, 100), (2, 50), (3, 25)),
     orders(customer_id) as (values (1), (1), (1), (2))
select (select sum(credit) from customers c
        where exists (from orders o where o.customer_id = c.id)),
       (select sum(credit) from customers c join orders o on o.customer_id = c.id);
""",
        "(150, 150)",
        "(350, 350)",
        "(350, 150)",
    ),
    sql(
        "hard",
        "A reconciliation compares a source with its copy. What does this query return?",
        """
with source(id, amount) as (values (1, 10), (2, 20), (3, null), (4, 40), (5, 50)),
     copied(id, amount) as (values (1, 10), (2, 25), (3, 30), (4, null), (6, 60))
select count(*)
from source s full outer join copied c on c.id = s.id
where s.id is null or c.id is null or s.amount <> c.amount;
""",
        "5",
        "4",
        "1",
    ),
    sql(
        "hard",
        "Each trade takes the latest quote that is not after it. What does this query return?",
        """
with trades(trade, minute) as (values ('t1', 5), ('t2', 10), ('t3', 17)),
     quotes(minute, price) as (values (6, 100), (10, 103), (12, 101), (18, 99))
select trade, price
from trades asof left join quotes on trades.minute >= quotes.minute
order by trade;
""",
        "(t1, 100), (t2, 103), (t3, 101)",
        "(t1, NULL), (t2, 100), (t3, 101)",
        "(t1, NULL), (t2, 103), (t3, 99)",
    ),
)
