"""Schedules, stock, and work: who does what when, and what is left on the shelf."""

from fractions import Fraction
from heapq import heappop, heappush
from itertools import count
from math import ceil, lcm
from random import Random

from bench.word_problems.draft import Draft, Template, clock, count_of, listed, money, people


def list_scheduling(rng: Random, nth: int) -> Draft | None:
    place, machines, jobs = (
        ("A bindery has", "presses", "books"),
        ("A garage has", "lifts", "cars"),
        ("A kiln hall has", "kilns", "batches"),
    )[nth % 3]
    n, workers, setup = rng.choice([10, 11, 12]), 3, rng.randrange(4, 9)
    minutes = [rng.randrange(11, 58) for _ in range(n)]
    free = [(0, k) for k in range(workers)]
    for job in minutes:
        at, k = heappop(free)
        heappush(free, (at + job + (setup if at else 0), k))
    loads = [0] * workers
    for job in minutes:
        k = loads.index(min(loads))
        loads[k] += job + (setup if loads[k] else 0)
    return Draft(
        f"{place} three {machines}, all free at the start. {n} {jobs} wait in a fixed order and need "
        f"{listed([str(m) for m in minutes])} minutes. Whenever one of the {machines} is free, the next in "
        f"the order goes there. Each time one of the {machines} takes something that is not its first, it "
        f"must be cleaned for {setup} minutes before the work on it begins. How many minutes after the "
        f"start is the last of the {jobs} finished? (No cleaning is needed at the end.)",
        solved=max(at for at, _ in free),
        checked=max(loads),
    )


def weekly_pay(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    job = ("bakery", "nursing home", "cannery")[nth % 3]
    rate = rng.choice([1440, 1500, 1620, 1680, 1800])
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
    starts = [rng.randrange(5 * 60, 9 * 60, 15) for _ in days]
    lengths = [rng.randrange(6 * 60, 11 * 60, 15) for _ in days]
    rest, limit = rng.choice([30, 45]), rng.choice([35, 36, 37])
    worked = sum(1 for length in lengths for _ in range(length - rest))
    over = max(0, worked - limit * 60)
    if not over:
        return None
    pay = Fraction((worked - over) * rate, 60) + Fraction(over * rate * 3, 120)
    hours = sum((Fraction(length - rest, 60) for length in lengths), Fraction(0))
    lines = listed([f"{d} {clock(s)}-{clock(s + m)}" for d, s, m in zip(days, starts, lengths, strict=True)])
    return Draft(
        f"{who} works in a {job} for {money(rate)} an hour. Each working day contains one unpaid break of "
        f"{rest} minutes. Hours beyond {limit} in a week are paid at one and a half times the rate. Last "
        f"week's clock times were: {lines}. How many dollars did {who} earn, to the cent?",
        solved=pay / 100,
        checked=(limit * rate + (hours - limit) * rate * Fraction(3, 2)) / 100,
        places=2,
    )


def best_connection(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    a, b, c = (
        ("Tarn", "Millbridge", "Easthaven"),
        ("Loch Row", "Saddle", "Vinter"),
        ("Quarry", "Fenby", "Roke"),
    )[nth % 3]
    arrive, walk = rng.randrange(400, 700, 1), rng.randrange(3, 9)
    bus_at, bus_every, bus_time = rng.randrange(2, 20), rng.choice([25, 35, 40]), rng.randrange(31, 58)
    train_at, train_every, train_time = rng.randrange(3, 40), rng.choice([45, 50]), rng.randrange(22, 49)
    change, direct_at, direct_time = rng.randrange(4, 9), rng.randrange(5, 50), rng.randrange(120, 170)
    departures = range(360 + bus_at, 1440, bus_every)
    bus = next(t for t in departures if t >= arrive + walk)
    train = next(t for t in range(360 + train_at, 1440, train_every) if t >= bus + bus_time + change)
    coach = next(t for t in range(360 + direct_at, 1440, 60) if t >= arrive + walk)
    via, straight = train + train_time, coach + direct_time
    if via == straight:
        return None

    def following(first: int, every: int, ready: int) -> int:
        return first + max(0, ceil(Fraction(ready - first, every))) * every

    ready = arrive + walk
    leg = following(360 + bus_at, bus_every, ready) + bus_time + change
    check = min(
        following(360 + train_at, train_every, leg) + train_time,
        following(360 + direct_at, 60, ready) + direct_time,
    )
    return Draft(
        f"At {clock(arrive)} {who} gets off the ferry in {a} and needs {walk} minutes to reach the stop "
        f"there. Buses from {a} to {b} leave every {bus_every} minutes from {clock(360 + bus_at)} on and "
        f"take {bus_time} minutes. Trains from {b} to {c} leave every {train_every} minutes from "
        f"{clock(360 + train_at)} on and take {train_time} minutes; changing in {b} takes {change} minutes. "
        f"There is also a coach from the stop in {a} straight to {c}, every hour from "
        f"{clock(360 + direct_at)} on, which takes {direct_time} minutes. A bus, train or coach that leaves "
        f"at the very minute of arrival is caught. How many minutes after getting off the ferry can {who} "
        f"be in {c} at the earliest?",
        solved=min(via, straight) - arrive,
        checked=check - arrive,
    )


def three_signals(rng: Random, nth: int) -> Draft | None:
    things = ("lighthouses", "fountains", "irrigation valves")[nth % 3]
    verb = ("flash", "rise", "open")[nth % 3]
    a, b, c = rng.sample([12, 14, 15, 18, 20, 21, 24, 28, 30, 35, 36], 3)
    hours = rng.choice([2, 3, 4, 5])
    together = [s for s in range(0, hours * 3600 + 1) if not s % a and not s % b and not s % c]
    if lcm(a, b, c) > 1500 or len(together) < 6:
        return None
    return Draft(
        f"Three {things} {verb} together exactly at noon. After that the first does so every {a} seconds, "
        f"the second every {b} seconds and the third every {c} seconds. Counting noon itself and the last "
        f"moment as well, how many times do all three {verb} together in the {hours} hours from noon on?",
        solved=len(together),
        checked=hours * 3600 // lcm(a, b, c) + 1,
    )


def building_plan(rng: Random, nth: int) -> Draft | None:
    what = ("a footbridge", "a bandstand", "a seed store")[nth % 3]
    d = {letter: rng.randrange(3, 15) for letter in "ABCDEFG"}
    need = {"A": "", "B": "", "C": "A", "D": "AB", "E": "C", "F": "CD", "G": "EF"}
    wait = rng.randrange(3, 7)
    done: dict[str, int] = {}
    day = 0
    for day in count(0):
        for letter in d:
            ready = all(
                p in done and done[p] + (wait if (p, letter) == ("D", "F") else 0) <= day
                for p in need[letter]
            )
            if letter not in done and ready:
                done[letter] = day + d[letter]
        if "G" in done and done["G"] == day:
            break
    chains = ("ACEG", "ACFG", "ADFG", "BDFG")
    longest = max(sum(d[x] for x in chain) + (wait if "DF" in chain else 0) for chain in chains)
    steps = ", ".join(f"{x} takes {d[x]} days" for x in d)
    return Draft(
        f"Building {what} has seven steps: {steps}. A and B can start at once. C needs A to be finished, D "
        f"needs A and B, E needs C, F needs C and D, and G needs E and F. Between the end of D and the "
        f"start of F the concrete must also rest for {wait} days. There are enough hands to do any number "
        f"of steps side by side. What is the smallest number of days in which all of it can be done?",
        solved=day,
        checked=longest,
    )


def one_counter(rng: Random, nth: int) -> Draft | None:
    place, people_word = (("ticket office", "travellers"), ("post room", "callers"), ("dairy", "customers"))[
        nth % 3
    ]
    gaps = [rng.randrange(1, 6) for _ in range(6)]
    times = [0]
    for gap in gaps:
        times.append(times[-1] + gap)
    serve = [rng.randrange(2, 8) for _ in times]
    opening = 9 * 60
    waiting, now = 0, 0
    queue = list(zip(times, serve, strict=True))
    while queue:
        if queue[0][0] <= now:
            _, need = queue.pop(0)
            for _ in range(need):
                waiting += sum(1 for at, _ in queue if at <= now)
                now += 1
        else:
            now += 1
    total = gap_wait = 0
    for gap, served in zip(gaps, serve[:-1], strict=True):
        gap_wait = max(0, gap_wait + served - gap)
        total += gap_wait
    came = listed([clock(opening + t) for t in times])
    return Draft(
        f"A {place} with a single counter opens at 09:00. {len(times)} {people_word} arrive at {came} and "
        f"are served in that order. Serving them takes {listed([str(s) for s in serve])} minutes "
        f"respectively, and each is served as soon as everyone before is done. How many minutes do the "
        f"{len(times)} {people_word} spend waiting before they are served, added up over all of them?",
        solved=waiting,
        checked=total,
    )


def first_in_first_out(rng: Random, nth: int) -> Draft | None:
    goods = ("lamps", "kettles", "saddles")[nth % 3]
    bought = [rng.randrange(20, 60) for _ in range(3)]
    cost = rng.sample(range(11, 40), 3)
    sold, broken = rng.randrange(30, bought[0] + bought[1]), rng.randrange(3, 9)
    again = rng.randrange(10, 30)
    if sold + again + broken >= sum(bought) or sold <= bought[0] or sold > bought[0] + bought[1]:
        return None
    shelf = [cost[0]] * bought[0] + [cost[1]] * bought[1]
    shelf = shelf[sold:] + [cost[2]] * bought[2]
    left = shelf[broken + again :]
    gone = sold + broken + again
    worth = sum(b * c for b, c in zip(bought, cost, strict=True))
    for b, c in zip(bought, cost, strict=True):
        used = min(b, gone)
        worth, gone = worth - used * c, gone - used
    return Draft(
        f"A shop keeps its stock of {goods} strictly in the order in which they came, and whatever leaves "
        f"the shop, sold or broken, is always the oldest. It buys {bought[0]} {goods} at ${cost[0]} each "
        f"and then {bought[1]} at ${cost[1]} each, and sells {sold} at ${max(cost) + 15} each. It buys "
        f"{bought[2]} more at ${cost[2]} each; {broken} are broken, and {again} are sold at "
        f"${max(cost) + 18} each. What did the {goods} that are now in the shop cost it, in dollars?",
        solved=sum(left),
        checked=worth,
    )


def reorder_point(rng: Random, nth: int) -> Draft | None:
    item = ("sacks of flour", "gas bottles", "bales of straw")[nth % 3]
    stock, daily, level = rng.randrange(60, 110), rng.randrange(11, 24), rng.randrange(35, 60)
    order, delay, days = rng.randrange(60, 130, 5), rng.choice([2, 3]), rng.choice([14, 15, 18, 20])

    def run(start: int) -> int | None:
        held, due = start, 0
        for today in range(1, days + 1):
            if due and due == today:
                held, due = held + order, 0
            held -= daily
            if held < 0:
                return None
            if held < level and not due:
                due = today + delay
        return held

    end = run(stock)
    if end is None:
        return None
    # a second reckoning: days until the next order, then what came in less what went out
    held, today, deliveries, arrives = stock, 0, 0, 0
    while today < days:
        need = max(1, (held - level) // daily + 1)
        ordered = today + need
        arrives = ordered + delay
        if arrives > days:
            break
        deliveries += 1
        held, today = held - daily * (arrives - today) + order, arrives
        if held < level:
            return None
    return Draft(
        f"A depot opens on the morning of day 1 with {stock} {item} and hands out {daily} every day. Each "
        f"evening it counts: if fewer than {level} are left and no delivery is on its way, it orders "
        f"{order} more. An order placed in the evening of one day arrives in the morning {delay} days "
        f"later, before anything is handed out that day. How many {item} are left on the evening of day "
        f"{days}?",
        solved=end,
        checked=stock + deliveries * order - days * daily,
    )


def market_stall(rng: Random, nth: int) -> Draft | None:
    who, other = people(rng, 2)
    fruit = ("pears", "figs", "quinces")[nth % 3]
    crates, each, bad = rng.randrange(6, 15), rng.randrange(18, 44), rng.randrange(7, 30)
    bags, per_bag, gift = rng.randrange(12, 30), rng.randrange(4, 9), rng.randrange(3, 12)
    left = crates * each - bad - bags * per_bag - gift
    if left < 20:
        return None
    box = [1] * (crates * each)
    for taken in [bad, gift, *[per_bag] * bags]:
        del box[:taken]
    return Draft(
        f"{who} brings {crates} crates of {each} {fruit} to market, {bad} of which turn out to be bruised "
        f"and are thrown away. By noon {bags} bags with {per_bag} {fruit} each have been sold at $3 a bag, "
        f"and {gift} {fruit} have been given to {other}, who has the stall {rng.randrange(4, 20)} metres "
        f"further on and sells {rng.randrange(20, 60)} jars of jam. How many {fruit} does {who} still have?",
        solved=len(box),
        checked=left,
    )


def pack_boxes(rng: Random, nth: int) -> Draft | None:
    goods = ("tiles", "candles", "bulbs")[nth % 3]
    big, mid, small = rng.choice([48, 60, 72]), rng.choice([15, 18, 20]), rng.choice([4, 6, 7])
    total, sold = rng.randrange(900, 2600), rng.randrange(150, 400)
    rest, boxes = total - sold, 0
    for size in (big, mid, small):
        while rest >= size:
            rest, boxes = rest - size, boxes + 1
    if not rest:
        return None
    n = total - sold
    whole = n // big + n % big // mid + n % big % mid // small
    return Draft(
        f"Of {total:,} {goods} a workshop sells {sold} loose. The others are packed: first as many boxes of "
        f"{big} as can be filled, then from what is left as many boxes of {mid} as can be filled, then "
        f"likewise boxes of {small}. The last few {goods} go into a bag. How many boxes are filled?",
        solved=boxes,
        checked=whole,
    )


def team_leaves(rng: Random, nth: int) -> Draft | None:
    a, b, c = people(rng, 3)
    work = ("mow the common", "paint the sea wall", "copy the parish register")[nth % 3]
    ta, tb, tc = rng.sample([12, 15, 18, 20, 24, 30, 36, 40], 3)
    first, second = rng.randrange(2, 5), rng.randrange(1, 4)
    done = first * (Fraction(1, ta) + Fraction(1, tb) + Fraction(1, tc)) + second * (
        Fraction(1, tb) + Fraction(1, tc)
    )
    last = (1 - done) * tc
    if last <= 0 or last.denominator != 1:
        return None
    left, hours = Fraction(1), 0
    while left > 0:
        at_work = (ta, tb, tc) if hours < first else (tb, tc) if hours < first + second else (tc,)
        left -= sum((Fraction(1, t) for t in at_work), Fraction(0))
        hours += 1
    return Draft(
        f"To {work} alone, {a} would need {ta} hours, {b} {tb} hours and {c} {tc} hours. They begin "
        f"together. After {count_of(first, 'hour')} {a} leaves; {count_of(second, 'hour')} later {b} leaves "
        f"as well, and {c} finishes alone. How many hours does the whole job take from beginning to end?",
        solved=hours,
        checked=first + second + last,
    )


def crew_size(rng: Random, nth: int) -> Draft | None:
    job = ("pave a square", "lay a hedge", "dig a drainage ditch")[nth % 3]
    crew, days, after, sick = (
        rng.randrange(8, 20),
        rng.randrange(18, 40),
        rng.randrange(6, 14),
        rng.randrange(2, 5),
    )
    hours, longer, finish = rng.choice([6, 7, 8]), rng.choice([8, 9, 10]), rng.randrange(4, 12)
    if longer <= hours or after + finish >= days:
        return None
    left = crew * days * hours - crew * after * hours
    extra = next(x for x in range(500) if (crew - sick + x) * finish * longer >= left)
    if extra < 2:
        return None
    return Draft(
        f"A crew of {crew} was to {job} in {days} days, working {hours} hours a day. After {after} days, "
        f"with the work exactly on plan, {sick} of them fall ill, and the rest is now wanted in only "
        f"{finish} more days. Everyone will work {longer} hours a day, and all work equally fast. What is "
        f"the smallest number of extra workers that must be hired?",
        solved=extra,
        checked=-(-left // (finish * longer)) - crew + sick,
    )


TEMPLATES = (
    Template(list_scheduling, "scheduling", "hard", 3),
    Template(weekly_pay, "scheduling", "medium"),
    Template(best_connection, "scheduling", "hard", 3),
    Template(three_signals, "scheduling", "easy"),
    Template(building_plan, "scheduling", "medium"),
    Template(one_counter, "scheduling", "hard", 3),
    Template(first_in_first_out, "inventory", "medium"),
    Template(reorder_point, "inventory", "hard", 3),
    Template(market_stall, "inventory", "easy"),
    Template(pack_boxes, "inventory", "easy"),
    Template(team_leaves, "work", "medium"),
    Template(crew_size, "work", "medium"),
)
