"""Changes about time zones."""

import time
from datetime import UTC, date, datetime
from typing import Any

from bench.code_review.case import Case
from bench.code_review.probe import load, query, zone

CHICAGO = "America/Chicago"


def stamped(code: str) -> Any:
    with zone(CHICAGO):
        return load(code)["row_of"]({"ts": 1_709_300_000, "n": 1})


def daily(code: str) -> Any:
    return query(
        code,
        "set timezone = 'UTC'; create table sale as select * from (values (timestamptz '2024-03-01 "
        "22:30:00+00', 5), (timestamptz '2024-03-01 23:30:00+00', 7), (timestamptz '2024-07-01 "
        "22:30:00+00', 9)) t(sold_at, amount)",
    )


def signed(code: str) -> Any:
    with zone(CHICAGO):
        made = load(code)["expiry"](60)
        return abs(made - (time.time() + 60)) < 5


def due(code: str) -> Any:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    starts = [datetime(2024, 3, 30, 12, tzinfo=berlin), datetime(2024, 5, 1, 12, tzinfo=berlin)]
    return [load(code)["deadline"](start).astimezone(UTC).isoformat() for start in starts]


def elapsed(code: str) -> Any:
    with zone(CHICAGO):
        return load(code)["minutes"]({"started": "2024-03-10T07:30:00", "ended": "2024-03-10T08:45:00"})


def parsed(code: str) -> Any:
    with zone(CHICAGO):
        return load(code)["partition"](1_709_337_599), load(code)["partition"](1_709_337_600)


CASES = (
    Case(
        "time_zone",
        "medium",
        "Store when an event happened as a time with zone. `ts` is in seconds since 1970. The workers run "
        "in several regions, with the machines' local zones.",
        '''
def row_of(event):
    """What is stored of an event."""
    return {"n": event["n"]}
''',
        '''
from datetime import datetime, timezone


def row_of(event):
    """What is stored of an event."""
    happened = datetime.fromtimestamp(event["ts"])  <<<
    happened = happened.replace(tzinfo=timezone.utc)  <<~
    return {"n": event["n"], "happened": happened}
''',
        stamped,
        {"n": 1, "happened": datetime(2024, 3, 1, 13, 33, 20, tzinfo=UTC)},
        (('fromtimestamp(event["ts"])', 'fromtimestamp(event["ts"], tz=timezone.utc)'),),
    ),
    Case(
        "time_zone",
        "hard",
        "Show turnover by day of the shop, which is in Berlin, and how many sales there were. sale "
        "(sold_at timestamptz, amount). The session's time zone is UTC. DuckDB.",
        """
select
    cast(timezone('Europe/Berlin', sold_at) as date) as day,
    sum(amount) as turnover
from sale
group by 1
order by 1
""",
        """
with dated as (
    select
        date_trunc('day', sold_at) as midnight,  <<<
        amount
    from sale
)
select
    cast(midnight as date) as day,  <<~
    count(*) as n_sales,
    sum(amount) as turnover
from dated
group by 1
order by 1
""",
        daily,
        [(date(2024, 3, 1), 1, 5), (date(2024, 3, 2), 1, 7), (date(2024, 7, 2), 1, 9)],
        (("date_trunc('day', sold_at)", "date_trunc('day', timezone('Europe/Berlin', sold_at))"),),
    ),
    Case(
        "time_zone",
        "hard",
        "Let links expire: the link carries the expiry in seconds since 1970, and the server compares it "
        "with time.time(). Python 3.11; the machines have various local zones.",
        '''
from datetime import datetime, timedelta


def expiry(seconds):
    """When a link made now expires."""
    return None
''',
        '''
from datetime import datetime, timedelta


def expiry(seconds):
    """When a link made now expires, in seconds since 1970."""
    if seconds <= 0:
        raise ValueError(seconds)
    now = datetime.utcnow()  <<<
    end = now + timedelta(seconds=seconds)
    return int(end.timestamp())  <<~
''',
        signed,
        True,
        (("datetime.utcnow()", "datetime.now().astimezone()"),),
    ),
    Case(
        "time_zone",
        "hard",
        "A claim must be answered within exactly 24 hours of elapsed time, whatever clocks do in between. "
        '`received` is aware, with a zone such as ZoneInfo("Europe/Berlin"); the result may be in any zone.',
        '''
from datetime import timedelta, timezone


def deadline(received):
    """When the answer is due."""
    return received.astimezone(timezone.utc) + timedelta(hours=48)
''',
        '''
from datetime import timedelta

HOURS = 24


def deadline(received):
    """When the answer is due."""
    if received.tzinfo is None:
        raise ValueError("a time without zone")
    return received + timedelta(hours=HOURS)  <<<
''',
        due,
        ["2024-03-31T11:00:00+00:00", "2024-05-02T10:00:00+00:00"],
        (
            ("from datetime import timedelta\n", "from datetime import timedelta, timezone\n"),
            ("return received + ", "return received.astimezone(timezone.utc) + "),
        ),
    ),
    Case(
        "none",
        "medium",
        "Add how long a run took. Both texts are in UTC, without offset: the scheduler writes them so.",
        '''
def minutes(run):
    """How long a run took."""
    raise NotImplementedError
''',
        '''
from datetime import datetime


def minutes(run):
    """How long a run took."""
    started = datetime.fromisoformat(run["started"])
    ended = datetime.fromisoformat(run["ended"])
    return (ended - started).total_seconds() / 60
''',
        elapsed,
        75.0,
        bait="time_zone",
    ),
    Case(
        "none",
        "hard",
        "Name the partition by the UTC day of an event. `ts` is in seconds since 1970; the machines have "
        "various local zones.",
        '''
import time


def partition(ts):
    """The partition of an event."""
    return time.strftime("day=%Y-%m-%d", time.gmtime(ts))
''',
        '''
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def partition(ts):
    """The partition of an event."""
    day = (EPOCH + timedelta(seconds=ts)).date()
    return f"day={day:%Y-%m-%d}"
''',
        parsed,
        ("day=2024-03-01", "day=2024-03-02"),
        bait="time_zone",
        same=True,
    ),
)
