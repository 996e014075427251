"""Pipelines: delivery, lateness, retries, schedules and incremental loads, each simulated."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil

from bench.multiple_choice.case import Case, computed


def deliveries(commit_first: bool) -> str:
    """A consumer reads 400 records in batches of 100 and dies after the 250th; how often each is handled."""
    handled = [0] * 400
    committed, died = 0, False
    while committed < 400:
        batch = range(committed, committed + 100)
        if commit_first:
            committed += 100
        for record in batch:
            if sum(handled) == 250 and not died:
                died = True
                break
            handled[record] += 1
        else:
            committed = batch.stop
    lost, twice = handled.count(0), handled.count(2)
    return f"{lost} are lost and {twice} are handled twice"


def late_events() -> str:
    """Events against a watermark that is the greatest event time so far minus 2 minutes."""
    arrivals = [1, 4, 3, 6, 2, 7, 4, 9, 6, 12, 8, 11]
    watermark, dropped = -(10**6), []
    for minute in arrivals:
        end = minute // 5 * 5 + 5
        if watermark >= end:
            dropped.append(minute)
        watermark = max(watermark, minute - 2)
    return " and ".join(str(minute) for minute in dropped)


def makespan(workers: int) -> int:
    """When a small graph of tasks is done; a free worker takes the first ready task in alphabetical order."""
    takes = {"a": 3, "b": 2, "c": 4, "d": 5, "e": 1, "f": 2}
    after = {"a": "", "b": "", "c": "a", "d": "b", "e": "b", "f": "cde"}
    now, done, running = 0, set[str](), dict[str, int]()
    while len(done) < len(takes):
        ready = sorted(t for t in takes if t not in done and t not in running and set(after[t]) <= done)
        for task in ready[: workers - len(running)]:
            running[task] = now + takes[task]
        now = min(running.values())
        finished = {task for task, end in running.items() if end == now}
        done |= finished
        running = {task: end for task, end in running.items() if task not in finished}
    return now


def waiting() -> str:
    """Waits before the attempts 2 to 7: 0.5 s, doubled each time, 6 s at most."""
    return f"{sum(min(6.0, 0.5 * 2**n) for n in range(6)):g} s"


def replayed(keep_tombstones: bool) -> str:
    """A change log whose messages come out of order, applied where the version is newer than the one held."""
    log = [
        ("k1", 1, 10),
        ("k2", 1, 20),
        ("k1", 3, None),
        ("k1", 2, 15),
        ("k2", 3, 25),
        ("k2", 2, 22),
        ("k3", 2, None),
        ("k3", 1, 5),
    ]
    held: dict[str, tuple[int, int | None]] = {}
    for key, version, amount in log:
        if version > held.get(key, (0, None))[0]:
            held[key] = (version, amount)
            if amount is None and not keep_tombstones:
                del held[key]
    live = {key: amount for key, (_, amount) in held.items() if amount is not None}
    return f"{len(live)} {'key' if len(live) == 1 else 'keys'}, sum {sum(live.values())}"


def trailing_loads(append: bool) -> int:
    """Rows in the target after the runs of days 3 to 7, each of which loads three days."""
    days: dict[int, int] = {}
    for run in range(3, 8):
        for day in range(run - 2, run + 1):
            days[day] = days.get(day, 0) + 100 if append else 100
    return sum(days.values())


def high_watermark() -> str:
    """Ids that are never loaded: each run takes updated_at > the greatest one loaded so far."""
    # (id, updated_at, the minute in which the row became visible to readers)
    rows = [(1, 10, 10), (2, 12, 12), (3, 12, 16), (4, 11, 17), (5, 18, 18), (6, 14, 25), (7, 22, 22)]
    loaded, mark = set[int](), 0
    for run in (15, 20, 30, 40):
        found = [row for row in rows if row[2] <= run and row[1] > mark]
        loaded |= {row[0] for row in found}
        mark = max([mark, *(row[1] for row in found)])
    return ", ".join(str(row[0]) for row in rows if row[0] not in loaded)


def starts(minutes: range, hours: range, weekdays: range) -> Iterator[datetime]:
    """The starts in one week of a cron schedule."""
    at = datetime(2024, 4, 1)  # a Monday
    while at < datetime(2024, 4, 8):
        if at.minute in minutes and at.hour in hours and at.weekday() in weekdays:
            yield at
        at += timedelta(minutes=1)


def gaps() -> str:
    """The shortest and the longest pause of `0 */7 * * *`."""
    found = list(starts(range(1), range(0, 24, 7), range(7)))
    pauses = {(b - a) // timedelta(hours=1) for a, b in pairwise(found)}
    return f"{min(pauses)} and {max(pauses)} hours"


def slowly_changing() -> str:
    """Versions of one customer in a table that opens a row where city or tier differ from the current row."""
    feed = [
        ("Oslo", "gold", "a@x.no"),
        ("Oslo", "gold", "b@x.no"),
        ("Bergen", "gold", "b@x.no"),
        ("Oslo", "gold", "b@x.no"),
        ("Oslo", "gold", "b@x.no"),
        ("Oslo", "basic", "c@x.no"),
    ]
    versions: list[tuple[str, str]] = []
    for city, tier, _ in feed:
        if not versions or versions[-1] != (city, tier):
            versions.append((city, tier))
    return str(len(versions))


def percentile(values: list[int], share: float) -> int:
    """The nearest-rank percentile."""
    return sorted(values)[ceil(share * len(values)) - 1]


def both_shards() -> str:
    """The 95th percentile of two shards together."""
    return f"{percentile([10] * 900 + [200] * 100 + [50] * 3000, 0.95)} ms"


def busiest() -> str:
    """The most partitions that one of four consumers has, and how many of ten would have none."""
    dealt = [0] * 4
    for partition in range(7):
        dealt[partition % 4] += 1
    return f"{max(dealt)} and {max(0, 10 - 7)}"


CASES: tuple[Case, ...] = (
    computed(
        "medium",
        "A consumer reads a topic of 400 records in batches of 100. It handles the records of a batch one by "
        "one and commits its offset after the whole batch. After it has handled 250 records it is killed; it "
        "restarts from the committed offset and finishes. What happens to the records?",
        lambda: deliveries(commit_first=False),
        "50 are lost and 0 are handled twice",
        "0 are lost and 250 are handled twice",
        "0 are lost and 0 are handled twice",
    ),
    computed(
        "medium",
        "A consumer reads a topic of 400 records in batches of 100. It commits its offset when it has "
        "received a batch and then handles its records one by one. After it has handled 250 records it is "
        "killed; it restarts from the committed offset and finishes. What happens to the records?",
        lambda: deliveries(commit_first=True),
        "0 are lost and 50 are handled twice",
        "150 are lost and 0 are handled twice",
        "100 are lost and 50 are handled twice",
    ),
    computed(
        "hard",
        "A stream is aggregated in tumbling windows of five minutes: [0, 5), [5, 10), and so on. The "
        "watermark is the greatest event time seen so far minus 2 minutes. An event is dropped when, at its "
        "arrival, the watermark has already reached the end of its window. Events arrive with these event "
        "times in minutes, in this order: 1, 4, 3, 6, 2, 7, 4, 9, 6, 12, 8, 11. Which are dropped?",
        late_events,
        "4 and 6",
        "2 and 6",
        "2 and 8",
    ),
    computed(
        "hard",
        "Six tasks with their minutes: a 3, b 2, c 4 (after a), d 5 (after b), e 1 (after b), f 2 (after c, "
        "d and e). Two workers; a worker that is free takes the first ready task in alphabetical order, and "
        "a task is not interrupted. After how many minutes is everything done?",
        lambda: str(makespan(2)),
        "7",
        "8",
        "9",
    ),
    computed(
        "medium",
        "A client waits 0.5 s before its second attempt and doubles the wait before each further one, to at "
        "most 6 s. There is no jitter. How long has it waited in total when its seventh attempt starts?",
        waiting,
        "7.5 s",
        "13.5 s",
        "15.5 s",
    ),
    computed(
        "hard",
        "A change log arrives out of order, as (key, version, amount), amount NULL for a delete: (k1, 1, "
        "10), (k2, 1, 20), (k1, 3, NULL), (k1, 2, 15), (k2, 3, 25), (k2, 2, 22), (k3, 2, NULL), (k3, 1, 5). "
        "The applier holds the newest version of each key, ignores a change whose version is not newer, and "
        "on a delete forgets the key altogether, its version included. What is in the table in the end?",
        lambda: replayed(keep_tombstones=False),
        "1 key, sum 25",
        "2 keys, sum 40",
        "3 keys, sum 42",
    ),
    computed(
        "medium",
        "Every day brings 100 new rows that never change. The run of a day appends the rows of that day and "
        "of the two days before it to a target, to catch late ones, and deduplicates nothing. The target "
        "was empty before the run of day 3; the runs of the days 3 to 7 have ended. How many rows does the "
        "target have, and how many of them are different?",
        lambda: f"{trailing_loads(append=True):,} and {trailing_loads(append=False)}",
        "1,500 and 500",
        "2,100 and 500",
        "2,100 and 700",
    ),
    computed(
        "hard",
        "A loader runs in the minutes 15, 20, 30 and 40. Each run takes the visible rows with updated_at "
        "greater than the greatest updated_at it has loaded so far (0 at first). A row becomes visible when "
        "its transaction commits. Rows as (id, updated_at, visible from): (1, 10, 10), (2, 12, 12), (3, 12, "
        "16), (4, 11, 17), (5, 18, 18), (6, 14, 25), (7, 22, 22). Which ids are never loaded?",
        high_watermark,
        "3, 6",
        "3, 4",
        "3, 4, 5",
    ),
    computed(
        "medium",
        "How many times a week does the cron schedule `*/20 8-18 * * 1-5` start?",
        lambda: str(len(list(starts(range(0, 60, 20), range(8, 19), range(5))))),
        "150",
        "180",
        "231",
    ),
    computed(
        "medium",
        "A job has the cron schedule `0 */7 * * *`. What are the shortest and the longest time between two "
        "starts that follow each other?",
        gaps,
        "7 and 7 hours",
        "7 and 10 hours",
        "4 and 7 hours",
    ),
    computed(
        "medium",
        "A slowly changing dimension of type 2 tracks city and tier; e-mail is overwritten in place. The "
        "daily feed brings one customer as (Oslo, gold, a@x.no), (Oslo, gold, b@x.no), (Bergen, gold, "
        "b@x.no), (Oslo, gold, b@x.no), (Oslo, gold, b@x.no), (Oslo, basic, c@x.no). How many rows does the "
        "customer have then?",
        slowly_changing,
        "3",
        "5",
        "6",
    ),
    computed(
        "hard",
        "Percentiles are by nearest rank. Shard A served 900 requests in 10 ms each and 100 in 200 ms each; "
        "shard B served 3,000 in 50 ms each. So the 95th percentile of A is 200 ms and that of B is 50 ms. "
        "What is the 95th percentile of all 4,000 requests?",
        both_shards,
        "200 ms",
        "125 ms",
        "88 ms",
    ),
    computed(
        "easy",
        "A topic has 7 partitions, and within a group each partition belongs to one consumer, dealt as "
        "evenly as can be. How many partitions has the busiest consumer of a group of four, and how many "
        "consumers of a group of ten have none?",
        busiest,
        "2 and 0",
        "1 and 3",
        "1 and 0",
    ),
)
