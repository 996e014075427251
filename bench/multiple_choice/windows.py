"""Window functions: frames, ties, and when a window is looked at."""

from bench.multiple_choice.case import Case, sql

RETURNS = "What does this query return?"

CASES: tuple[Case, ...] = (
    sql(
        "easy",
        RETURNS,
        """
with results(team, points) as (values ('a', 90), ('b', 80), ('c', 80), ('d', 70))
select rank() over (order by points desc),
       dense_rank() over (order by points desc),
       row_number() over (order by points desc)
from results qualify team = 'd';
""",
        "(3, 3, 4)",
        "(3, 3, 3)",
        "(3, 2, 4)",
    ),
    sql(
        "hard",
        "Two sales fall on the same day. What does this query return?",
        """
with sales(id, day, amount) as (values (1, 1, 10), (2, 2, 20), (3, 2, 5), (4, 3, 1))
select sum(amount) over (order by day) from sales order by id;
""",
        "10, 30, 35, 36",
        "10, 25, 25, 1",
        "36, 36, 36, 36",
    ),
    sql(
        "hard",
        RETURNS,
        """
with prices(day, price) as (values (1, 8), (2, 9), (3, 7))
select last_value(price) over (order by day),
       first_value(price) over (order by day desc)
from prices order by day;
""",
        "(7, 7), (7, 7), (7, 7)",
        "(8, 8), (9, 9), (7, 7)",
        "(7, 8), (7, 8), (7, 8)",
    ),
    sql(
        "hard",
        "Days 3 and 4 are missing. What does this query return?",
        """
with visits(day, n) as (values (1, 10), (2, 20), (5, 30), (6, 40))
select sum(n) over (order by day rows between 2 preceding and current row),
       sum(n) over (order by day range between 2 preceding and current row)
from visits order by day;
""",
        "(10, 10), (30, 30), (60, 60), (90, 90)",
        "(10, 10), (30, 30), (30, 60), (70, 90)",
        "(30, 30), (50, 50), (90, 70), (70, 70)",
    ),
    sql(
        "hard",
        "One person has two rows for day 2. What does this query, meant to find streaks of days, return?",
        """
with visits(day) as (values (1), (2), (2), (3), (4), (7))
select count(distinct streak), max(n)
from (select streak, count(*) as n
      from (select day - row_number() over (order by day) as streak from visits)
      group by streak);
""",
        "(2, 5)",
        "(2, 4)",
        "(3, 4)",
    ),
    sql(
        "medium",
        RETURNS,
        """
with orders(id, customer, placed) as (values (1, 'a', 3), (2, 'a', 5), (3, 'b', 4))
select count(*) from orders
where row_number() over (partition by customer order by placed desc) = 1;
""",
        "2",
        "1",
        "3",
    ),
    sql(
        "medium",
        "The ten rows are dealt into four buckets. What does this query return?",
        """
select list(n order by bucket)
from (select bucket, count(*) as n
      from (select ntile(4) over (order by i) as bucket from range(10) t(i))
      group by bucket);
""",
        "[2, 2, 3, 3]",
        "[3, 3, 3, 1]",
        "[2, 3, 3, 2]",
    ),
    sql(
        "medium",
        RETURNS,
        """
with t(x) as (values (1), (2), (3), (4), (5))
select count(*) over () from t where x > 1 order by x limit 2;
""",
        "2, 2",
        "5, 5",
        "1, 2",
    ),
    sql(
        "hard",
        RETURNS,
        """
with sales(region, amount) as (values ('east', 5), ('west', 1), ('east', 2), ('north', 4))
select region, sum(sum(amount)) over (order by region) from sales
group by region order by region;
""",
        "(east, 7), (north, 4), (west, 1)",
        "an error",
        "(east, 12), (north, 5), (west, 1)",
    ),
)
