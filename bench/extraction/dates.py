"""Dates and times: relative, in the wrong order, in other zones, and moved afterwards."""

from datetime import date, datetime, timedelta
from random import Random

from bench.extraction.draft import (
    COUNTS,
    DAYS,
    MONTHS,
    Draft,
    Template,
    a_day,
    day_in_words,
    monday_of,
    names,
    weekday,
    working_days_before,
)

HALVES = {
    9: "half past nine",
    10: "half past ten",
    11: "half past eleven",
    14: "half past two",
    15: "half past three",
}


def week_plan(rng: Random, nth: int) -> Draft | None:
    """A day of next week, working days before it, and a Monday after it."""
    sent = a_day(rng, 2023 + nth)
    if sent.weekday() > 4:
        return None
    place, back = rng.randrange(5), rng.choice([2, 3, 4])
    review = monday_of(sent) + timedelta(days=7 + place)
    dry_run = working_days_before(review, back)
    notes = monday_of(review) + timedelta(days=7)
    hour, who = rng.choice(list(HALVES)), names(rng, 2)
    thing = ("release review", "audit walkthrough", "budget hearing")[nth % 3]
    if dry_run <= sent or review - timedelta(days=back) == dry_run:
        return None

    def found(day: date, before: date) -> dict[str, str]:
        return {
            "review": day.isoformat(),
            "time": f"{hour:02d}:30",
            "dry_run": before.isoformat(),
            "notes": (monday_of(day) + timedelta(days=7)).isoformat(),
        }

    return Draft(
        f"Stand-up, {weekday(sent)} {day_in_words(sent)}\n\n"
        f"* {who[0]}: the {thing} is on {DAYS[place]} of next week, {HALVES[hour]}"
        f"{' in the afternoon' if hour > 12 else ' in the morning'}. Our weeks start on Monday.\n"
        f"* dry run {COUNTS[back]} working days before that (we work Monday to Friday; no holidays are "
        "near)\n"
        f"* {who[1]} sends the notes on the first Monday after the {thing}\n"
        f"* {who[1]} is away from tomorrow to the end of this week, {who[0]} covers\n",
        f'When is the {thing} ("review", and "time"), when is the dry run ("dry_run"), and when are the '
        'notes sent ("notes")?',
        {**found(review, dry_run), "notes": notes.isoformat()},
        (
            found(review, review - timedelta(days=back)),
            found(review - timedelta(days=7), working_days_before(review - timedelta(days=7), back)),
        ),
    )


def office_dates(rng: Random, nth: int) -> Draft | None:
    """The same figures mean another day in another office."""
    day_first, month_first = (("Leeds", "Boston"), ("Pune", "Denver"), ("Perth", "Tulsa"))[nth % 3]
    days = [date(2025, rng.randrange(1, 13), rng.randrange(1, 13)) for _ in range(4)]
    days += [a_day(rng, 2025), a_day(rng, 2025)]
    if len(set(days)) < 6 or any(day.day == day.month for day in days[:4]):
        return None
    things = rng.sample(
        [
            "firewall",
            "badge reader",
            "mail gateway",
            "backup robot",
            "load balancer",
            "VPN",
            "time server",
            "proxy",
        ],
        6,
    )
    offices = [month_first, day_first, month_first, day_first]
    lines = [
        f"{office}: {thing} - {day.month:02d}/{day.day:02d}/{day.year}"
        if office == month_first
        else f"{office}: {thing} - {day.day:02d}/{day.month:02d}/{day.year}"
        for office, thing, day in zip(offices, things, days, strict=False)
    ]
    year, week, place = days[4].isocalendar()
    lines.append(f"archive: {things[4]} - {year}-W{week:02d}-{place}")
    lines.append(f"lab: {things[5]} - day {days[5].timetuple().tm_yday} of {days[5].year}")
    rng.shuffle(lines)
    right = dict(zip(things, days, strict=True))
    swapped = {
        thing: date(day.year, day.day, day.month) if at < 4 and offices[at] == day_first else day
        for at, (thing, day) in enumerate(right.items())
    }

    def found(dates: dict[str, date]) -> dict[str, object]:
        ordered = sorted(dates, key=lambda thing: dates[thing])
        return {"first": ordered[0], "last": ordered[-1], "dates": {t: dates[t].isoformat() for t in ordered}}

    if len(set(swapped.values())) < 6:
        return None
    return Draft(
        "Certificates run out\n\n"
        f"(mind that {month_first} writes the month first and {day_first} the day first; the archive gives "
        "ISO week dates, in which day 1 is Monday, and the lab counts the days of the year from 1)\n\n"
        + "\n".join(lines)
        + "\n",
        'Whose certificate runs out first ("first") and last ("last")? Give also "dates", an object from '
        "each "
        "thing to its date.",
        found(right),
        (found(swapped), {**found(right), "first": found(right)["last"]}),
    )


def incident_utc(rng: Random, nth: int) -> Draft | None:
    """Three places, three offsets, and a night in between."""
    places = (
        (("Lisbon", 1), ("Osaka", 9), ("Denver", -6)),
        (("Auckland", 12), ("Nairobi", 3), ("Toronto", -4)),
        (("Mumbai", 5.5), ("Lima", -5), ("Berlin", 2)),
    )[nth % 3]
    start = datetime(2024, rng.randrange(5, 10), rng.randrange(1, 28), rng.randrange(24), rng.randrange(60))
    times = [start]
    for _ in range(2):
        times.append(times[-1] + timedelta(minutes=rng.randrange(95, 700)))
    local = [at + timedelta(hours=offset) for at, (_, offset) in zip(times, places, strict=True)]
    if len({at.date() for at in local}) < 2 or local == sorted(local):
        return None
    texts = [
        f"{at:%H:%M} on {at.day} {MONTHS[at.month - 1]} in {city} (UTC{'+' if offset > 0 else '-'}"
        f"{int(abs(offset))}{':30' if offset % 1 else ''})"
        for at, (city, offset) in zip(local, places, strict=True)
    ]

    def found(at: list[datetime]) -> dict[str, object]:
        first, second, last = (f"{moment:%Y-%m-%dT%H:%M}Z" for moment in at)
        minutes = abs(at[2] - at[0]) // timedelta(minutes=1)
        return {"alerted": first, "mitigated": second, "resolved": last, "minutes": minutes}

    other_way = [at + timedelta(hours=offset) for at, (_, offset) in zip(local, places, strict=True)]
    return Draft(
        f"Post-mortem draft, {times[0].year}. All times are local to whoever wrote them down.\n\n"
        f"The mitigation, a rollback, was done at {texts[1]}. The first alert had come at {texts[0]}; the "
        f"person on call there acknowledged it four minutes later. It was declared resolved at {texts[2]}.\n",
        'Give "alerted" (the first alert), "mitigated" and "resolved" in UTC as YYYY-MM-DDTHH:MMZ, and '
        '"minutes", the whole minutes from the first alert to the resolution.',
        found(times),
        (found(local), found(other_way)),
    )


def contract_dates(rng: Random, nth: int) -> Draft | None:
    """A term in months, and a notice counted back from its end."""
    starts = date(2022 + nth, rng.randrange(1, 13), rng.randrange(2, 28))
    months, weeks, more = (20, 15, 30)[nth % 3], (6, 10, 8)[nth % 3], (6, 3, 9)[nth % 3]
    signed = starts - timedelta(days=rng.randrange(10, 40))

    def end_after(count: int) -> date:
        at = starts.year * 12 + starts.month - 1 + count
        return date(at // 12, at % 12 + 1, starts.day) - timedelta(days=1)

    def found(first: int, second: int) -> dict[str, str]:
        return {
            "starts": starts.isoformat(),
            "ends": end_after(first).isoformat(),
            "notice_by": (end_after(first) - timedelta(weeks=weeks)).isoformat(),
            "extended_to": end_after(second).isoformat(),
        }

    what = ("hosting", "support", "licence")[nth % 3]
    return Draft(
        f"... the {what} agreement, signed on {day_in_words(signed)}, takes effect on {day_in_words(starts)} "
        f"and runs for {months} months, so that its last day is the day before the {months}-month "
        f"anniversary of taking effect. A notice has to be there on the day {COUNTS[weeks]} weeks before "
        f"that last day at the latest; without one the agreement is extended, once, by {COUNTS[more]} "
        f"months, which are counted on from the same anniversary. (An earlier draft had said {months - 3} "
        "months; that was given up.)\n",
        'Give "starts" (the day it takes effect), "ends" (its last day without an extension), "notice_by" '
        '(the last day for a notice) and "extended_to" (the last day with the extension).',
        found(months, months + more),
        (
            found(months - 3, months - 3 + more),
            {**found(months, months + more), "starts": signed.isoformat()},
        ),
    )


def maintenance_windows(rng: Random, nth: int) -> Draft | None:
    """A series of days with one left out and one moved."""
    first = a_day(rng, 2025)
    if first.weekday() > 4 or first.month > 8:
        return None
    n, every = rng.randrange(6, 9), rng.choice([2, 3])
    days = [first + timedelta(weeks=every * at) for at in range(n)]
    dropped, moved = rng.sample(days[1:-1], 2)
    by = rng.choice([1, 2, -1])
    to = moved + timedelta(days=by)
    if to.weekday() > 4 or (by == -1 and moved.weekday() == 0):
        return None
    right = sorted([day for day in days if day not in (dropped, moved)] + [to])
    how = {1: "the day after", 2: "two days later", -1: "the day before"}[by]
    without_drop = sorted([day for day in days if day != moved] + [to])

    def found(series: list[date]) -> dict[str, object]:
        return {"days": [day.isoformat() for day in series], "n": len(series)}

    return Draft(
        f"Maintenance of the {('warehouse', 'queue', 'object store')[nth % 3]}: every {COUNTS[every]} weeks "
        f"on a {weekday(first)}, the first time on {day_in_words(first)}, the last time on "
        f"{day_in_words(days[-1])}.\n\n"
        f"UPDATE  The one on {dropped.day} {MONTHS[dropped.month - 1]} falls out, nothing replaces it.\n"
        f"UPDATE  {moved.day} {MONTHS[moved.month - 1]} does not work for the tenants; we do it {how}.\n",
        'On which days does the maintenance take place? "days" is the list in order of time, "n" how many.',
        found(right),
        (found(days), found(without_drop)),
    )


TEMPLATES = (
    Template(week_plan, "dates", "hard"),
    Template(office_dates, "dates", "medium", 3),
    Template(incident_utc, "dates", "hard", 3),
    Template(contract_dates, "dates", "medium"),
    Template(maintenance_windows, "dates", "hard"),
)
