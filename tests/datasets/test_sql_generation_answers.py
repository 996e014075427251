"""Answers to sql_generation as models write them, graded by hand and by the rows that they return."""

from pathlib import Path

import pytest

from tasks.grade.base import Grader
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "sql_generation"

RUNNING = "For every order, give the running total"
OUTAGES = "For every service, list its outages"
MANAGERS = "Which employees are nobody's manager?"
PRICES = "What did each product cost on 2024-02-10?"
GERMANY = "List the users who are not known to live in Germany"
MONTHS = "How many tickets were opened in each calendar month"
CITY = "For every sale, give the city that was valid"
SHARES = "What percentage of the total amount of all orders"
EARN_LESS = "List the employees who earn less"
ADA = "Give everybody who reports to Ada"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def grader(suite: Suite) -> Grader:
    return make_graders(suite.graders, "suite.toml")[0]


def asked(suite: Suite, question: str) -> Sample:
    return next(sample for sample in suite.samples if question in " ".join(str(sample.input).split()))


ANSWERS = [
    pytest.param(
        RUNNING,
        """A window does it:

```sql
SELECT region, order_id,
       SUM(COALESCE(amount, 0)) OVER (PARTITION BY region ORDER BY ordered_on, order_id) AS running_total
FROM orders
ORDER BY region, ordered_on, order_id;
```

`COALESCE` makes NULL amounts count as 0.""",
        True,
        id="capitals, prose around the fence",
    ),
    pytest.param(
        RUNNING,
        """select region, order_id, sum(ifnull(amount, 0)) over w as running_total
from orders
window w as (partition by region order by ordered_on, order_id)
order by region, ordered_on, order_id""",
        True,
        id="bare query, named window",
    ),
    pytest.param(
        RUNNING,
        "```sql\nselect region, order_id, sum(coalesce(amount, 0)) as running_total from orders\n"
        "group by region, order_id, ordered_on order by region, ordered_on, order_id\n```",
        False,
        id="a sum by group, no running one",
    ),
    pytest.param(
        RUNNING,
        "```sql\nselect region, order_id,\n"
        "sum(amount) over (partition by region order by ordered_on, order_id) as running_total\n"
        "from orders order by region, ordered_on, order_id\n```",
        False,
        id="NULL is not dealt with",
    ),
    pytest.param(
        RUNNING,
        "You can use a window function: partition by region, order by date, and coalesce the amount.",
        False,
        id="a description of the query",
    ),
    pytest.param(
        OUTAGES,
        """```
with d as (select *, day - (row_number() over (partition by service order by day))::int as grp
           from checks where status = 'down')
select service, min(day) as first_day, max(day) as last_day, count(*) as days
from d group by service, grp order by service, first_day
```""",
        True,
        id="a fence without a language",
    ),
    pytest.param(
        OUTAGES,
        "```sql\nselect service, min(day) as first_day, max(day) as last_day, count(*) as days\n"
        "from checks where status = 'down' group by service order by 1, 2\n```",
        False,
        id="one run for each service",
    ),
    pytest.param(
        OUTAGES,
        "```sql\nwith d as (select *, lag(day) over (partition by service order by day) as p from checks)\n"
        "select service, day as first_day, day as last_day, 1 as days from d where p is null\n```",
        False,
        id="does not look at the status",
    ),
    pytest.param(
        MANAGERS,
        "```sql\nselect name from employees where emp_id not in (select manager_id from employees)\n```",
        False,
        id="NOT IN with a NULL in it",
    ),
    pytest.param(
        MANAGERS,
        "```sql\nselect e.name from employees e\nwhere not exists (select 1 from employees r "
        "where r.manager_id = e.emp_id);\n```",
        True,
        id="not exists",
    ),
    pytest.param(
        MANAGERS,
        "```sql\nselect name from employees where emp_id not in\n"
        "  (select manager_id from employees where manager_id is not null)\n```",
        True,
        id="NOT IN without the NULLs",
    ),
    pytest.param(
        MANAGERS,
        "```sql\nselect name from employees where manager_id is null\n```",
        False,
        id="the wrong end",
    ),
    pytest.param(
        PRICES,
        "```sql\nselect product, max_by(price, changed_on) as price from price_changes\n"
        "where changed_on <= make_date(2024, 2, 10) group by product order by product\n```",
        True,
        id="a date made of numbers",
    ),
    pytest.param(
        PRICES,
        "```sql\nselect product, max_by(price, changed_on) as price from price_changes\n"
        "group by product order by product\n```",
        False,
        id="the newest price whatever the day",
    ),
    pytest.param(
        PRICES,
        "```sql\nselect product, price from price_changes where changed_on <= '2024-02-10'\n```",
        False,
        id="all prices until then",
    ),
    pytest.param(
        GERMANY,
        "```sql\nselect user_id from users where country != 'DE' or country is null\n```",
        True,
        id="or is null",
    ),
    pytest.param(
        GERMANY,
        "```sql\nselect user_id from users where country != 'DE'\n```",
        False,
        id="unknown countries are lost",
    ),
    pytest.param(
        MONTHS,
        "```sql\nselect date_trunc('month', opened_at)::date as month, count(*) as n_opened\n"
        "from tickets group by 1 order by 1\n```",
        False,
        id="no empty months",
    ),
    pytest.param(
        MONTHS,
        "```sql\nselect m::date as month, count(ticket_id) as n_opened\n"
        "from range(timestamp '2024-01-01', timestamp '2024-06-01', interval 1 month) r(m)\n"
        "left join tickets on opened_at >= m and opened_at < m + interval 1 month group by m order by m\n```",
        True,
        id="a series of months",
    ),
    pytest.param(
        CITY,
        "```sql\nselect s.sale_id, v.city from sales s left join customer_versions v\n"
        "on v.customer_id = s.customer_id and v.valid_from <= s.sold_on\n"
        "and s.sold_on < coalesce(v.valid_to, 'infinity'::date) order by s.sale_id\n```",
        True,
        id="half-open, with infinity",
    ),
    pytest.param(
        CITY,
        "```sql\nselect s.sale_id, v.city from sales s join customer_versions v using (customer_id)\n"
        "where s.sold_on >= v.valid_from and s.sold_on < coalesce(v.valid_to, 'infinity'::date)\n```",
        False,
        id="an inner join loses sales",
    ),
    pytest.param(
        SHARES,
        "```python\ndf.groupby('region').amount.sum() / df.amount.sum() * 100\n```",
        False,
        id="another language",
    ),
    pytest.param(
        ADA,
        "```sql\nwith recursive c as (select emp_id, name, 1 as steps from employees where manager_id =\n"
        "(select emp_id from employees where name = 'Ada') union all\n"
        "select e.emp_id, e.name, steps + 1 from employees e join c on e.manager_id = c.emp_id)\n"
        "select name, steps from c order by steps, name\n```",
        True,
        id="recursive",
    ),
    pytest.param(
        ADA,
        "```sql\nselect e.name, 1 as steps from employees e join employees m on m.emp_id = e.manager_id\n"
        "where m.name = 'Ada' order by 1\n```",
        False,
        id="direct reports only",
    ),
    pytest.param(ADA, "I'm sorry, I cannot run queries on your database.", False, id="no answer"),
    pytest.param(
        RUNNING,
        "```sql\nselect region, order_id, sum(coalesce(amount, 0)) over (order by ordered_on, order_id)\n"
        "as running_total from orders order by region, ordered_on, order_id\n```",
        False,
        id="not by region",
    ),
    pytest.param(
        SHARES,
        "```sql\nselect region, round(100 * count(*) / (select sum(amount) from orders), 1) as percent\n"
        "from orders where amount is not null group by region\n```",
        False,
        id="counts in place of amounts",
    ),
    pytest.param(
        EARN_LESS,
        "```sql\nSELECT [e].[name], [e].[salary] FROM [dbo].[employees] AS [e] CROSS APPLY (SELECT AVG(1.0 * "
        "[d].[salary]) AS [mean] FROM [dbo].[employees] AS [d] WHERE [d].[dept_id] = [e].[dept_id]) AS [m]\n"
        "WHERE [e].[salary] < [m].[mean] ORDER BY [e].[name];\n```",
        True,
        id="T-SQL in brackets, with apply",
    ),
    pytest.param(
        EARN_LESS,
        "```sql\nselect name, salary from employees where salary < (select avg(1.0*salary) from employees)\n"
        "order by name\n```",
        False,
        id="T-SQL, the average of all",
    ),
]


@pytest.mark.parametrize(("question", "answer", "passed"), ANSWERS)
def test_answers_graded_by_hand(
    suite: Suite, grader: Grader, question: str, answer: str, passed: bool
) -> None:
    assert grader.grade(asked(suite, question), answer).passed == passed
