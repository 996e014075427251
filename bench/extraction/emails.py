"""E-mails and notes: threads that change their mind, signatures, and who does what by when."""

from datetime import date, timedelta
from random import Random

from bench.extraction.draft import (
    COUNTS,
    DAYS,
    MONTHS,
    SURNAMES,
    Draft,
    Template,
    a_day,
    day_in_words,
    listed,
    monday_of,
    names,
    weekday,
)
from bench.word_problems.draft import ordinal

GOODS = (
    "cable reels",
    "rack rails",
    "patch panels",
    "label rolls",
    "fan trays",
    "power strips",
    "drive caddies",
)


def order_thread(rng: Random, nth: int) -> Draft | None:
    """The newest message stands on top; each changes what the one below said."""
    buyer, seller = names(rng, 2)
    goods = rng.sample(GOODS, 4)
    counts = [rng.randrange(4, 40) for _ in goods]
    more, gone, instead = rng.randrange(2, 9), goods[1], rng.randrange(3, 20)
    day = a_day(rng)
    final = {goods[0]: counts[0] + more, goods[2]: counts[2], goods[3]: instead}
    if instead == counts[3] or day.month == 12:
        return None
    wanted = day + timedelta(days=rng.randrange(12, 25))
    later = wanted + timedelta(days=rng.randrange(2, 6))
    first = "\n".join(f">> {n} {thing}" for n, thing in zip(counts, goods, strict=True))

    def found(order: dict[str, int], on: date) -> dict[str, object]:
        return {
            "order": {thing: order[thing] for thing in sorted(order)},
            "pieces": sum(order.values()),
            "deliver_on": on.isoformat(),
        }

    middle = {**dict(zip(goods, counts, strict=True)), goods[0]: counts[0] + more}
    return Draft(
        f"From: {buyer}\nTo: {seller}\nDate: {day_in_words(day + timedelta(days=3))}\n\n"
        f"{seller}, thanks for asking. We can wait, {later.day} {MONTHS[later.month - 1]} is fine. As you "
        f"have no {gone} in stock, we go without them. And of the {goods[3]} we need {instead} altogether, "
        "not what I wrote.\n\n"
        f"> From: {seller}\n> Date: {day_in_words(day + timedelta(days=1))}\n>\n"
        f"> {buyer}, noted: {COUNTS[more]} {goods[0]} on top of those you had ordered. There are no {gone} "
        "left; shall we wait or leave them out? Is it all right if everything comes a few days after the "
        f"{ordinal(wanted.day)}?\n>\n"
        f">> From: {buyer}\n>> Date: {day_in_words(day)}\n>>\n>> Hello {seller}, please send us by "
        f"{day_in_words(wanted)}:\n{first}\n>> P.S. Sent too early, I shall phone you about more "
        f"{goods[0]}.\n",
        'What is ordered in the end? Give "order" (an object from each article, as it is called in the '
        'thread, to the number of pieces; articles that are not ordered any more are left out), "pieces" '
        '(all of them) and "deliver_on" (the date that was agreed on last).',
        found(final, later),
        (found(dict(zip(goods, counts, strict=True)), wanted), found(middle, later)),
    )


def signature(rng: Random, nth: int) -> Draft | None:
    """A signature in an odd order, and somebody else's number above it."""
    who, other = names(rng, 2)
    last = rng.choice(SURNAMES)
    place, code, domain = (
        ("Rotterdam", "31", "havenlab.example"),
        ("Graz", "43", "murwerk.example"),
        ("Aarhus", "45", "bytedok.example"),
    )[nth % 3]
    role = rng.choice(
        ["Lead, Data Platform", "Senior Analyst", "Head of Billing, interim", "Site Reliability"]
    )
    digits = "".join(str(rng.randrange(1, 10)) for _ in range(9))
    theirs = "".join(str(rng.randrange(1, 10)) for _ in range(9))
    extension = rng.randrange(11, 99)
    mail = f"{who.lower()}.{last.lower()}@{domain}"

    def found(number: str, address: str) -> dict[str, object]:
        return {
            "name": f"{who} {last}",
            "role": role,
            "city": place,
            "phone": f"+{code}{number}",
            "extension": extension,
            "email": address,
        }

    return Draft(
        f"... so please do not call me but {other} in the office on +{code} {theirs[:2]} {theirs[2:5]} "
        f"{theirs[5:]}, who has the keys until Friday. From Monday on I am back under the number "
        f"below.\n\nBest\n{who}\n-- \n"
        f"{last.upper()}, {who}  |  {role}\n{domain.split('.')[0].capitalize()}, {place}\n"
        f"tel 00{code} (0){digits[:2]} / {digits[2:5]}-{digits[5:]}   ext. {extension}\n"
        f"{who.lower()} [dot] {last.lower()} [at] {domain.replace('.', ' [dot] ')}\n",
        'From the signature of the sender: "name" (first name and surname, in usual capitals), "role", '
        '"city", "phone" (as + and digits alone, with the country code, without the (0) and without the '
        'extension), "extension" (a number) and "email" (as an address).',
        found(digits, mail),
        (found(theirs, mail), found("0" + digits, mail)),
    )


def action_items(rng: Random, nth: int) -> Draft | None:
    """Tasks that are handed on, put off and dropped within the notes."""
    people = names(rng, 4)
    tasks = rng.sample(["backup drill", "cost report", "schema review", "vendor call", "access audit"], 4)
    met = a_day(rng, 2025)
    if met.weekday() > 2 or met.month == 12:
        return None
    friday = monday_of(met) + timedelta(days=4)
    month_end = date(met.year, met.month + 1, 1) - timedelta(days=1)
    in_days = rng.choice([5, 8, 9, 10])
    after = met + timedelta(days=in_days)
    if month_end - met < timedelta(days=12):
        return None

    def found(handed: str, until: date) -> dict[str, object]:
        return {
            "tasks": [
                {"task": tasks[0], "owner": people[0], "due": friday.isoformat()},
                {"task": tasks[1], "owner": handed, "due": month_end.isoformat()},
                {"task": tasks[3], "owner": people[3], "due": until.isoformat()},
            ],
            "dropped": [tasks[2]],
        }

    right = found(people[2], after)
    return Draft(
        f"Minutes, {weekday(met)} {day_in_words(met)}. Present: {listed(people)}\n\n"
        f"1. {people[0]} does the {tasks[0]} by Friday this week.\n"
        f"2. {people[1]} to write the {tasks[1]}, due on the last day of the month.\n"
        f"3. {people[2]} takes the {tasks[2]}, by Friday too.\n"
        f"4. {people[3]} asked who could make the {tasks[3]}; nobody, so {people[3]} does it, by Friday.\n"
        f"5. Any other business: {people[1]} has no time, {people[2]} takes over no. 2 with the same date "
        f"and in return no. 3 is not needed any more. No. 4 can wait until {in_days} days from today.\n",
        'What has to be done? Give "tasks", in the order of the minutes, each with "task" (as it is called '
        'there), "owner" and "due" (the date that holds in the end), and "dropped", the list of the tasks '
        "that are not "
        "needed any more.",
        right,
        (found(people[1], after), found(people[2], friday)),
    )


def access_request(rng: Random, nth: int) -> Draft | None:
    """A request, with an older one quoted below it."""
    who, boss, old = names(rng, 3)
    data = rng.sample(["sales_eu", "hr_pay", "web_clicks", "claims_raw", "ledger_2024"], 3)
    level, other = rng.sample(["read", "write", "admin"], 2)
    until, approved = a_day(rng, 2025), nth % 2 == 1
    said = "approved this by phone, and is" if approved else "should approve this but is"
    ticket, earlier = rng.sample(range(10000, 99999), 2)

    def found(sets: list[str], how: str, number: int) -> dict[str, object]:
        return {
            "user": who.lower(),
            "datasets": sets,
            "level": how,
            "until": until.isoformat(),
            "approved_by": boss if approved else None,
            "ticket": number,
        }

    return Draft(
        f"Subject: RE: FW: access (was: #{earlier})\n\nHi,\n\nthis is ticket {ticket} now. {who} (user "
        f"{who.lower()}) needs {level} access to {data[0]} and, only if that is possible without a new "
        f"contract, which it is, to {data[1]}; not to {data[2]} any more. It ends with "
        f"{day_in_words(until)}. {boss} {said} away until next "
        f"week{'' if approved else ' and has not answered so far'}.\n\n-----Original message-----\nTicket "
        f"#{earlier}: {old} (user {old.lower()}) needs {other} access to {data[2]}. "
        f"{'Rejected' if approved else 'Approved'} by {boss}.\n",
        'Of the request that is made now: "user", "datasets" (in the order of the text), "level", "until" '
        '(the last day), "approved_by" (who has approved it) and "ticket" (a number).',
        found(data[:2], level, ticket),
        (
            {**found(data[:2], level, ticket), "approved_by": None if approved else boss},
            found([data[0]], level, ticket),
        ),
    )


def shift_swaps(rng: Random, nth: int) -> Draft | None:
    """A duty roster for a week, and messages that change it one after the other."""
    people = names(rng, 5)
    roster = dict(zip(DAYS[:5], people, strict=True))
    a, b, c = rng.sample(DAYS[:5], 3)
    first, second = roster[a], roster[b]
    after = {**roster, a: second, b: first}
    third = after[c]
    helper = first if after[b] == first else second
    final = {**after, c: helper}
    if third == helper:
        return None
    start = monday_of(a_day(rng, 2025))
    plan = "\n".join(
        f"{day[:3]} {(start + timedelta(days=at)).day:>2}: {roster[day]}" for at, day in enumerate(DAYS[:5])
    )

    def found(who: dict[str, str]) -> dict[str, object]:
        shifts = {person: sum(on == person for on in who.values()) for person in people}
        return {
            "roster": {day.lower(): person for day, person in who.items()},
            "twice": [person for person, n in shifts.items() if n == 2],
            "never": [person for person, n in shifts.items() if n == 0],
        }

    right = found(final)
    wrong = {**roster, c: helper}
    return Draft(
        f"On call, week of Monday {day_in_words(start)}\n{plan}\n\n"
        f"[09:02] {first}: {second}, can we swap {a} and {b}?\n"
        f"[09:05] {second}: yes, done\n"
        f"[09:40] {third}: I am ill on {c}, who can do it?\n"
        f"[09:41] {rng.choice([p for p in people if p not in (first, second, third)])}: not me, sorry\n"
        f"[09:52] {helper}: I take it on top of my own\n"
        f"[10:10] {third}: great, thank you\n",
        'Who is on call? Give "roster" (an object from monday, tuesday, ... to the name), "twice" (who has '
        'two days) and "never" (who has none), both as lists in the order of the first plan.',
        right,
        (found(after), found(wrong)),
    )


TEMPLATES = (
    Template(order_thread, "e-mails", "hard"),
    Template(signature, "e-mails", "easy"),
    Template(action_items, "e-mails", "hard", 3),
    Template(access_request, "e-mails", "easy"),
    Template(shift_swaps, "e-mails", "medium"),
)
