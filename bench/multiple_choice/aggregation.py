"""Grouping, aggregate functions and their filters."""

from bench.multiple_choice.case import Case, sql

RETURNS = "What does this query return?"

CASES: tuple[Case, ...] = (
    sql(
        "easy",
        RETURNS,
        """
with logins(person, ok) as (
    values ('ada', true), ('ada', false), ('bo', true), ('bo', true), ('cy', false), ('cy', false))
select person from logins
where ok group by person having count(*) > 1 order by person;
""",
        "ada, bo, cy",
        "bo, cy",
        "no rows",
    ),
    sql(
        "medium",
        RETURNS,
        """
with sales(region, product, amount) as (
    values ('north', 'tea', 5), ('north', 'rice', 7), ('south', 'tea', 3), ('north', 'tea', 1))
select count(*)
from (select region, product, sum(amount) from sales group by rollup (region, product));
""",
        "3",
        "4",
        "5",
    ),
    sql(
        "hard",
        "One sale has no region. What does this query return?",
        """
with sales(region, amount) as (values ('north', 5), ('south', 3), (null, 2), ('north', 4))
select count(*), max(total)
from (select region, sum(amount) as total from sales group by rollup (region))
where region is null;
""",
        "(1, 14)",
        "(1, 2)",
        "(2, 2)",
    ),
    sql(
        "medium",
        RETURNS,
        """
with tickets(team, hours) as (values ('a', 10), ('a', 20), ('a', 30), ('b', 100))
select (select avg(mean) from (select avg(hours) as mean from tickets group by team)),
       avg(hours)
from tickets;
""",
        "(40.0, 40.0)",
        "(40.0, 60.0)",
        "(60.0, 60.0)",
    ),
    sql(
        "medium",
        RETURNS,
        """
with jobs(state) as (values ('failed'), ('done'), ('done'), ('failed'), ('done'))
select count(case when state = 'failed' then 1 else 0 end),
       sum(case when state = 'failed' then 1 else 0 end),
       count(case when state = 'failed' then 1 end)
from jobs;
""",
        "(2, 2, 2)",
        "(5, 2, 5)",
        "(2, 2, 5)",
    ),
    sql(
        "medium",
        "The versions are stored as text. What does this query return?",
        """
with releases(version) as (values ('1.2'), ('1.10'), ('1.9'), ('1.10.1'))
select max(version), min(version) from releases;
""",
        "(1.10.1, 1.2)",
        "(1.9, 1.2)",
        "(1.10.1, 1.10)",
    ),
    sql(
        "hard",
        RETURNS,
        """
with waits(seconds) as (values (1), (2), (3), (10))
select median(seconds), quantile_disc(seconds, 0.5), avg(seconds) from waits;
""",
        "(2.0, 2, 2.5)",
        "(2.5, 3, 2.5)",
        "(4.0, 2, 2.5)",
    ),
    sql(
        "hard",
        "Two invoices happen to have the same amount, and the join repeats one of the three. "
        "What does this query return?",
        """
with invoices(id, amount) as (values (1, 50), (2, 50), (3, 30)),
     reminders(invoice_id) as (values (1), (3), (3))
select sum(distinct i.amount)
from invoices i left join reminders r on r.invoice_id = i.id;
""",
        "130",
        "160",
        "190",
    ),
    sql(
        "hard",
        RETURNS,
        """
with visits(day, visitor) as (
    values (1, 'ada'), (1, 'bo'), (2, 'ada'), (2, 'cy'), (2, 'ada'), (3, 'bo'))
select sum(daily), max(daily), (select count(distinct visitor) from visits)
from (select day, count(distinct visitor) as daily from visits group by day);
""",
        "(6, 3, 3)",
        "(3, 2, 3)",
        "(3, 3, 3)",
    ),
)
