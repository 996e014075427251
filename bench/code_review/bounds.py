"""Changes about boundaries."""

from datetime import date
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load, query


def batches(code: str) -> Any:
    make = load(code)["batches"]
    return [make(list(range(n)), 3) for n in (0, 2, 3, 6, 7)]


def rolling(code: str) -> Any:
    days = "select date '2024-03-01' + n::int as day, n * 10 as amount from range(10) as days(n)"
    return query(code, f"create table sales as {days}")


def next_page(code: str) -> Any:
    page_of = load(code)["page_of"]
    return [page_of(list(range(n)), page, 5)["next"] for n in (0, 5, 6, 10, 11) for page in (0, 1, 2)]


def expired(code: str) -> Any:
    days = [date(2024, 3, day) for day in range(1, 12)]
    return load(code)["expired"](days, date(2024, 3, 11), 3)


def page_count(code: str) -> Any:
    return [load(code)["urls"]("https://x.example/v1", total, 100) for total in (0, 1, 100, 101)]


def tail(code: str) -> Any:
    last = load(code)["last_lines"]
    return [last(list("abcdef"), n) for n in (0, 1, 3, 6, 9)]


CASES = (
    Case(
        "off_by_one",
        "medium",
        "Make batches by slicing instead of appending row by row. Every batch but the last has `size` "
        "rows; there are no empty batches.",
        '''
def batches(rows, size):
    """The rows in lists of at most `size`."""
    out = []
    for row in rows:
        if not out or len(out[-1]) == size:
            out.append([])
        out[-1].append(row)
    return out
''',
        '''
def batches(rows, size):
    """The rows in lists of at most `size`."""
    out = []
    count = len(rows) // size + 1  <<<
    for n in range(count):
        start = n * size
        out.append(rows[start : start + size])
    return out
''',
        batches,
        [[], [[0, 1]], [[0, 1, 2]], [[0, 1, 2], [3, 4, 5]], [[0, 1, 2], [3, 4, 5], [6]]],
        (("len(rows) // size + 1", "-(-len(rows) // size)"),),
    ),
    Case(
        "off_by_one",
        "medium",
        "Beside each day's sales, show the mean of seven days: the day itself and the six before it. The "
        "table sales (day, amount) has one row for every day. DuckDB.",
        """
select
    day,
    amount
from sales
order by day
""",
        """
select
    day,
    amount,
    round(avg(amount) over (
        order by day
        rows between 7 preceding and current row  <<<
    ), 2) as mean_7_days
from sales
order by day
""",
        rolling,
        [
            (date(2024, 3, 1 + n), n * 10, round(sum(range(max(0, n - 6), n + 1)) * 10 / min(n + 1, 7), 2))
            for n in range(10)
        ],
        (("rows between 7", "rows between 6"),),
    ),
    Case(
        "off_by_one",
        "hard",
        "Say which page comes next, so that clients need not ask for an empty one. Pages are numbered from "
        "0; `next` is None on the last page.",
        '''
def page_of(rows, page, per_page):
    """One page of the rows, the first of which is page 0."""
    first = page * per_page
    return {"rows": rows[first : first + per_page]}
''',
        '''
def page_of(rows, page, per_page):
    """One page of the rows, the first of which is page 0."""
    first = page * per_page
    more = len(rows) > first  <<<
    return {
        "rows": rows[first : first + per_page],
        "next": page + 1 if more else None,
    }
''',
        next_page,
        [
            *(None, None, None),
            *(None, None, None),
            *(1, None, None),
            *(1, None, None),
            *(1, 2, None),
        ],
        (("len(rows) > first", "len(rows) > first + per_page"),),
    ),
    Case(
        "off_by_one",
        "hard",
        "Find the partitions to delete: the last `keep` days stay, today being one of them.",
        '''
from datetime import date, timedelta


def expired(days: list[date], today: date, keep: int) -> list[date]:
    """The days whose partitions are to be deleted."""
    raise NotImplementedError
''',
        '''
from datetime import date, timedelta


def expired(days: list[date], today: date, keep: int) -> list[date]:
    """The days whose partitions are to be deleted."""
    if keep < 1:
        raise ValueError("at least today is kept")
    oldest = today - timedelta(days=keep)  <<<
    return sorted(day for day in days if day < oldest)  <<~
''',
        expired,
        [date(2024, 3, day) for day in range(1, 9)],
        (("timedelta(days=keep)", "timedelta(days=keep - 1)"),),
    ),
    Case(
        "none",
        "medium",
        "The API counts pages from 1. Make the addresses of all pages from the total that it reports, "
        "instead of asking until a page is empty.",
        '''
def urls(base, total, per_page):
    """The address of each page."""
    raise NotImplementedError
''',
        '''
def urls(base, total, per_page):
    """The address of each page."""
    pages = (total + per_page - 1) // per_page
    return [
        f"{base}?page={page}&per_page={per_page}"
        for page in range(1, pages + 1)
    ]
''',
        page_count,
        [
            [f"https://x.example/v1?page={page}&per_page=100" for page in range(1, pages + 1)]
            for pages in (0, 1, 1, 2)
        ],
        bait="off_by_one",
    ),
    Case(
        "none",
        "hard",
        "Return the last n lines without copying the list twice. n may be 0 or larger than the list.",
        '''
def last_lines(lines, n):
    """The last n lines, all of them where there are fewer."""
    out = list(reversed(lines))[:n]
    out.reverse()
    return out
''',
        '''
def last_lines(lines, n):
    """The last n lines, all of them where there are fewer."""
    first = max(len(lines) - n, 0)
    return lines[first:]
''',
        tail,
        [[], ["f"], ["d", "e", "f"], list("abcdef"), list("abcdef")],
        bait="off_by_one",
        same=True,
    ),
)
