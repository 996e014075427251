"""Types, casts, text and dates in SQL."""

from bench.multiple_choice.case import Case, sql

RETURNS = "What does this query return?"
IN_DUCKDB = "What does this query return in DuckDB?"

CASES: tuple[Case, ...] = (
    sql(
        "easy",
        "The dates are stored as text, day first. What does this query return?",
        """
with invoices(due) as (values ('15.06.2024'), ('02.12.2024'), ('31.01.2023'), ('09.08.2022'))
select max(due), min(due) from invoices;
""",
        "(02.12.2024, 09.08.2022)",
        "(02.12.2024, 02.12.2024)",
        "(31.01.2023, 09.08.2022)",
    ),
    sql(
        "hard",
        IN_DUCKDB,
        """
select cast(date '2024-01-31' + interval 1 month + interval 1 month as date),
       cast(date '2024-01-31' + interval 2 months as date);
""",
        "(2024-03-31, 2024-03-31)",
        "(2024-03-29, 2024-03-29)",
        "(2024-03-31, 2024-03-29)",
    ),
    sql(
        "medium",
        "A report for March. What does this query return?",
        """
with events(happened) as (values
    (timestamp '2024-02-29 23:59:59'), (timestamp '2024-03-01 00:00:00'),
    (timestamp '2024-03-15 12:00:00'), (timestamp '2024-03-31 00:00:00'),
    (timestamp '2024-03-31 08:30:00'), (timestamp '2024-04-01 00:00:00'))
select count(*) from events
where happened between date '2024-03-01' and date '2024-03-31';
""",
        "4",
        "5",
        "6",
    ),
    sql(
        "hard",
        "`date_diff` counts the boundaries that are crossed, `date_sub` the complete units. "
        "What does this query return?",
        """
with t(a, b) as (values (timestamp '2023-12-31 23:00:00', timestamp '2024-01-30 22:00:00'))
select date_diff('year', a, b), date_diff('month', a, b), date_sub('month', a, b),
       date_diff('day', a, b), date_sub('day', a, b)
from t;
""",
        "(0, 0, 0, 29, 29)",
        "(1, 1, 1, 30, 29)",
        "(1, 0, 0, 29, 30)",
    ),
    sql(
        "medium",
        "In DuckDB a literal like 0.1 is a DECIMAL. What does this query return?",
        """
select 0.1 + 0.2 = 0.3,
       cast(0.1 as double) + cast(0.2 as double) = cast(0.3 as double);
""",
        "(true, true)",
        "(false, false)",
        "(false, true)",
    ),
    sql(
        "medium",
        "30 December 2024 was a Monday. In DuckDB %Y is the calendar year, %G the year of the ISO week and "
        "%V that week. What does this query return?",
        """
select strftime(date '2024-12-30', '%Y-W%V'), strftime(date '2024-12-30', '%G-W%V');
""",
        "(2024-W52, 2024-W52)",
        "(2025-W01, 2025-W01)",
        "(2024-W53, 2025-W01)",
    ),
    sql(
        "medium",
        IN_DUCKDB,
        """
select cast(2147483647 as integer) + cast(1 as integer);
""",
        "2147483648",
        "-2147483648",
        "NULL",
    ),
    sql(
        "medium",
        RETURNS,
        """
with files(name) as (values ('day_1.csv'), ('day_12.csv'), ('dayX1.csv'), ('day-1.csv'), ('daily_1.csv'))
select count(*) from files where name like 'day_1.csv';
""",
        "1",
        "2",
        "4",
    ),
    sql(
        "medium",
        "A key is made of two columns. What does this query return?",
        """
with parts(a, b) as (values ('12', '3'), ('1', '23'), ('123', ''), ('1', '2'), ('12', '3'))
select count(distinct a || b), count(distinct a || '|' || b) from parts;
""",
        "(3, 5)",
        "(3, 4)",
        "(2, 5)",
    ),
)
