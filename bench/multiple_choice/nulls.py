"""NULL and three-valued logic."""

from bench.multiple_choice.case import Case, sql

RETURNS = "What does this query return?"

CASES: tuple[Case, ...] = (
    sql(
        "easy",
        RETURNS,
        """
with payments(amount) as (values (1), (null), (3))
select count(*), count(amount), sum(amount) from payments;
""",
        "(3, 3, 4)",
        "(2, 3, 4)",
        "(3, 3, NULL)",
    ),
    sql(
        "medium",
        "Three customers, two blocked ids. What does this query return?",
        """
with customers(id) as (values (1), (2), (3)),
     blocked(customer_id) as (values (2), (null))
select count(*) from customers
where id not in (select customer_id from blocked);
""",
        "1",
        "2",
        "an error",
    ),
    sql(
        "easy",
        RETURNS,
        """
with jobs(status) as (values ('done'), ('open'), (null), ('failed'), (null))
select count(*) from jobs where status <> 'done';
""",
        "4",
        "0",
        "3",
    ),
    sql(
        "hard",
        RETURNS,
        """
with t(a, b) as (values (0, null), (2, null), (null, null), (2, 2), (1, 5))
select count(*) from t where not (a > 1 and b > 1);
""",
        "1",
        "3",
        "4",
    ),
    sql(
        "medium",
        RETURNS,
        """
with scores(x) as (values (10), (20), (null), (30))
select avg(x), sum(x) / count(*), avg(coalesce(x, 0)) from scores;
""",
        "(15.0, 20.0, 15.0)",
        "(20.0, 20.0, 15.0)",
        "(20.0, 20.0, 20.0)",
    ),
    sql(
        "medium",
        "What does this query return in DuckDB, as in PostgreSQL?",
        """
select 'a' || null || 'b', concat('a', null, 'b'), concat_ws('-', 'a', null, 'b');
""",
        "(ab, ab, a-b)",
        "(ab, NULL, a-b)",
        "(ab, ab, NULL)",
    ),
    sql(
        "medium",
        RETURNS,
        """
with t(x) as (values (1), (null), (null), (1), (2))
select count(distinct x),
       (select count(*) from (select distinct x from t)),
       count(*) filter (where x = null)
from t;
""",
        "(3, 3, 2)",
        "(2, 2, 0)",
        "(2, 3, 2)",
    ),
    sql(
        "hard",
        "A change detector compares the old value with the new one. What does this query return?",
        """
with pairs(old, new) as (values (1, 1), (1, 2), (1, null), (null, null), (null, 3))
select count(*) filter (where old is distinct from new),
       count(*) filter (where old <> new),
       count(*) filter (where not (old = new))
from pairs;
""",
        "(4, 1, 1)",
        "(3, 3, 3)",
        "(3, 1, 3)",
    ),
    sql(
        "hard",
        "No reading is above 100. What does this query return?",
        """
with readings(sensor, x) as (values ('a', 7), ('b', 12))
select sensor, coalesce(sum(x), 0), count(*)
from readings where x > 100 group by sensor;
""",
        "(a, 0, 0), (b, 0, 0)",
        "(NULL, 0, 0)",
        "(a, NULL, 0), (b, NULL, 0)",
    ),
)
