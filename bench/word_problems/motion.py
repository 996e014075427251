"""Rates and motion: things that fill, burn, print and meet."""

from fractions import Fraction
from itertools import count
from random import Random

from bench.word_problems.draft import Draft, Template, clock, people


def leaking_tank(rng: Random, nth: int) -> Draft:
    place, first, second = (
        ("The cistern behind a greenhouse", "The spring line", "the booster pump"),
        ("A ballast tank on a museum ship", "The port valve", "the starboard valve"),
        ("The reservoir of a paper mill", "The river intake", "the well pump"),
    )[nth % 3]
    a, b, leak = rng.randrange(14, 40), rng.randrange(9, 30), rng.randrange(2, 8)
    late, total = rng.randrange(8, 25), rng.randrange(45, 120)
    capacity = (a - leak) * total + b * (total - late)
    level, minute = 0, 0
    while level < capacity:
        level += a - leak + (b if minute >= late else 0)
        minute += 1
    return Draft(
        f"{place} holds {capacity:,} litres and is empty. {first} is opened first and brings in {a} litres "
        f"a minute. After {late} minutes {second} is started as well and adds another {b} litres a minute. "
        f"From the very beginning {leak} litres a minute escape through a cracked seal that nobody notices. "
        f"How many minutes after {first[0].lower() + first[1:]} was opened is the tank full?",
        solved=minute if level == capacity else -1,
        checked=total,
    )


def catch_up(rng: Random, nth: int) -> Draft | None:
    road = ("the coast road", "the canal towpath", "the old salt route")[nth % 3]
    slow, fast = people(rng, 2)
    v1 = rng.choice([12, 15, 18])
    v2 = v1 + rng.choice([3, 6, 9])
    start, head, rest, at = rng.randrange(420, 560, 5), rng.randrange(12, 40), rng.randrange(4, 11), 12
    closed = Fraction(v2 * (head + rest), v2 - v1)
    if closed.denominator != 1 or Fraction(at, v1) * 60 >= head + Fraction(at, v2) * 60:
        return None
    for minute in count(1):
        riding = minute - head
        reached = Fraction(at, v2) * 60
        moved = riding if riding <= reached else max(reached, Fraction(riding - rest))
        if riding > reached + rest and moved * v2 >= minute * v1:
            break
    return Draft(
        f"{slow} sets out along {road} at {clock(start)}, riding at a steady {v1} km/h. {fast} leaves from "
        f"the same gate {head} minutes later and follows at {v2} km/h, but after the first {at} km stops "
        f"for {rest} minutes to mend a strap, then goes on at the same speed. {slow} does not stop at all. "
        f"How many minutes after {slow}'s departure does {fast} draw level?",
        solved=minute,
        checked=closed,
    )


def average_speed(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    vehicle = ("delivery van", "school coach", "mobile library")[nth % 3]
    speeds = rng.sample([30, 36, 40, 45, 48, 50, 60, 72, 75, 80], 3)
    minutes = [rng.randrange(20, 100, 5) for _ in speeds]
    stop = rng.randrange(10, 45, 5)
    legs = [Fraction(v * m, 60) for v, m in zip(speeds, minutes, strict=True)]
    if any(leg.denominator != 1 for leg in legs):
        return None
    driven = sum(Fraction(speeds[i], 60) for i in range(3) for _ in range(minutes[i]))
    a, b, c = (int(leg) for leg in legs)
    return Draft(
        f"{who} drives a {vehicle} {a} km at {speeds[0]} km/h, then {b} km at {speeds[1]} km/h. After a "
        f"stop of {stop} minutes the last {c} km are driven at {speeds[2]} km/h. What is the average speed "
        f"over the whole trip, the stop included, in km/h?",
        solved=driven / Fraction(sum(minutes) + stop, 60),
        checked=(a + b + c)
        / (sum(Fraction(d, v) for d, v in zip((a, b, c), speeds, strict=True)) + Fraction(stop, 60)),
    )


def trains_meet(rng: Random, nth: int) -> Draft | None:
    west, east = (("Velden", "Harrow Quay"), ("Okoma", "Stannery"), ("Pella", "Brackwater"))[nth % 3]
    v1, v2 = rng.sample([60, 72, 84, 90, 96, 108], 2)
    late, both, start = rng.randrange(10, 50, 5), rng.randrange(40, 120), rng.randrange(360, 900, 5)
    whole = Fraction(v1 * (late + both) + v2 * both, 60)
    if whole.denominator != 1 or (v1 * (late + both)) % 60:
        return None
    first, second, minute = Fraction(0), whole, 0
    while first < second:
        first += Fraction(v1, 60)
        second -= Fraction(v2, 60) if minute >= late else 0
        minute += 1
    return Draft(
        f"{west} and {east} are joined by {int(whole)} km of single track. A goods train leaves {west} for "
        f"{east} at {clock(start)} at {v1} km/h. At {clock(start + late)} a railcar leaves {east} for "
        f"{west} at {v2} km/h. The only passing loop has to be where they meet. How many kilometres from "
        f"{west} is that?",
        solved=first,
        checked=Fraction(v1 * (late + both), 60),
    )


def river_trip(rng: Random, nth: int) -> Draft | None:
    craft = ("A mail boat", "A timber barge", "A pilot launch")[nth % 3]
    current, up, down = rng.randrange(2, 6), rng.randrange(150, 400, 15), rng.randrange(90, 300, 15)
    if up <= down + 20:
        return None
    still = Fraction(current * (up + down), up - down)
    distance = (still - current) * up / 60
    if distance.denominator != 1 or not 12 <= distance <= 150:
        return None
    found = [d for d in range(1, 400) if Fraction(d * 60, down) - current == Fraction(d * 60, up) + current]
    return (
        Draft(
            f"{craft} needs {up // 60} hours and {up % 60} minutes from the estuary up to the lock, against "
            f"a current of {current} km/h, and {down // 60} hours and {down % 60} minutes for the way back "
            f"with the current. Its engine gives it the same speed through the water both ways. How many "
            f"kilometres is it from the estuary to the lock?",
            solved=found[0],
            checked=distance,
        )
        if up % 60 and down % 60 and down >= 120
        else None
    )


def printer_pauses(rng: Random, nth: int) -> Draft | None:
    item = ("concert programmes", "ballot papers", "seed packets")[nth % 3]
    per_item, cool_after = rng.choice([2, 3, 4]), rng.choice([40, 60, 80])
    cool, ink_after, ink = rng.randrange(25, 60, 5), rng.choice([70, 90, 150]), rng.randrange(70, 130, 5)
    total = rng.randrange(700, 1300, 10)
    seconds = 0
    for printed in range(1, total + 1):
        seconds += per_item
        if printed < total:
            pauses = [cool] * (printed % cool_after == 0) + [ink] * (printed % ink_after == 0)
            seconds += max(pauses, default=0)
    cooled, inked = (total - 1) // cool_after, (total - 1) // ink_after
    both = sum(1 for n in range(cool_after, total, cool_after) if n % ink_after == 0)
    return Draft(
        f"A small press prints {item}, one every {per_item} seconds. After every {cool_after} pieces it "
        f"stops for {cool} seconds to cool, and after every {ink_after} pieces it stops for {ink} seconds "
        f"to take ink. When both fall due after the same piece it cools while it takes ink, so only the "
        f"longer stop counts. After the last piece there is no stop. How many seconds does an order of "
        f"{total:,} take, from the start of the first piece to the end of the last?",
        solved=seconds,
        checked=total * per_item + cooled * cool + inked * ink - both * min(cool, ink),
    )


def two_candles(rng: Random, nth: int) -> Draft | None:
    tall, short = (("white", "red"), ("beeswax", "tallow"), ("striped", "plain"))[nth % 3]
    burn_tall, burn_short = rng.randrange(5, 12), rng.randrange(2, 5)
    times, answer = rng.choice([2, 3]), rng.randrange(12, 48)
    # tall - burn_tall * t == (short - burn_short * t) / times, in tenths of a millimetre
    short_mm = burn_short * answer + times * rng.randrange(6, 20)
    tall_mm = burn_tall * answer + (short_mm - burn_short * answer) // times
    if tall_mm <= short_mm:
        return None
    for minute in range(1, 500):
        if (tall_mm - burn_tall * minute) * times <= short_mm - burn_short * minute:
            break
    word = {2: "twice", 3: "three times"}[times]
    return Draft(
        f"A {tall} candle is {tall_mm} mm long and burns down by {burn_tall} mm a minute. A {short} candle "
        f"is {short_mm} mm long and loses {burn_short} mm a minute. Both are lit at the same moment. After "
        f"how many minutes is the {short} candle {word} as long as the {tall} one?",
        solved=minute,
        checked=Fraction(tall_mm * times - short_mm, burn_tall * times - burn_short),
    )


def shuttle_bird(rng: Random, nth: int) -> Draft | None:
    courier, north, south = (
        ("A drone", "northern", "southern"),
        ("A dispatch rider", "upper", "lower"),
        ("A cable car inspector's buggy", "eastern", "western"),
    )[nth % 3]
    v1, v2, both = rng.randrange(3, 8), rng.randrange(3, 8), rng.randrange(24, 96, 6)
    fly, idle = rng.choice([20, 24, 30, 36]), rng.randrange(2, 9)
    gap = Fraction((v1 + v2) * both, 60)
    if (gap * 10).denominator != 1 or v1 == v2:
        return None
    travelled = sum((Fraction(fly, 60) for minute in range(both) if minute >= idle), Fraction(0))
    return Draft(
        f"Two survey teams stand {float(gap):g} km apart on a straight track and walk towards each other, "
        f"the {north} team at {v1} km/h and the {south} team at {v2} km/h. {courier} waits with the {north} "
        f"team for the first {idle} minutes, going along with them, and is then sent back and forth between "
        f"the two teams without a pause at {fly} km/h until they meet. How many kilometres does it cover "
        f"under its own power, not counting the minutes in which it was carried?",
        solved=travelled,
        checked=(gap / (v1 + v2) - Fraction(idle, 60)) * fly,
        places=1,
    )


TEMPLATES = (
    Template(leaking_tank, "rates", "medium"),
    Template(catch_up, "rates", "hard"),
    Template(average_speed, "rates", "medium"),
    Template(trains_meet, "rates", "medium"),
    Template(river_trip, "rates", "hard"),
    Template(printer_pauses, "rates", "hard", 3),
    Template(two_candles, "rates", "medium"),
    Template(shuttle_bird, "rates", "hard"),
)
