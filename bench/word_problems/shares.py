"""Percentages, discounts and averages: shares of shares, and what a mean hides."""

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from random import Random

from bench.word_problems.draft import Draft, Template, fits, money, people


def stacked_discounts(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    item = ("folding kayak", "loom", "telescope")[nth % 3]
    price = rng.randrange(180, 900, 20)
    sale, member, tax = rng.choice([15, 20, 25, 30]), rng.choice([5, 10, 20]), rng.choice([5, 8, 10, 12])
    coupon, days = rng.randrange(10, 50, 5), rng.randrange(3, 9)
    cents = Fraction(price * 100)
    for step in (-sale, None, -member, tax):
        cents = cents - coupon * 100 if step is None else cents * (100 + step) / 100
    return Draft(
        f"A {item} is listed at ${price}. For {days} days the shop takes {sale}% off the list price. {who} "
        f"also has a voucher for ${coupon}, which is taken off after the sale discount, and a membership "
        f"that then takes {member}% off what is left. Finally {tax}% sales tax is added. How many dollars "
        f"does {who} pay, to the cent?",
        solved=cents / 100,
        checked=(Fraction(price * (100 - sale), 100) - coupon)
        * Fraction(100 - member, 100)
        * Fraction(100 + tax, 100),
        places=2,
    )


def price_before(rng: Random, nth: int) -> Draft | None:
    thing = ("a season ticket", "a used harpsichord", "a plot in the allotments")[nth % 3]
    start = rng.randrange(200, 1600, 20)
    up, down, last = rng.choice([10, 15, 20, 25]), rng.choice([10, 15, 20, 30]), rng.choice([4, 5, 8, 10])
    now = Fraction(start) * (100 + up) / 100 * (100 - down) / 100 * (100 + last) / 100
    if not fits(now, 2):
        return None
    found = [
        p for p in range(1, 4000) if Fraction(p * (100 + up) * (100 - down) * (100 + last), 10**6) == now
    ]
    return Draft(
        f"The price of {thing} went up by {up}% in the first year, came down by {down}% in the second and "
        f"went up by {last}% in the third, each time counted from the price of the year before. It is now "
        f"{money(int(now * 100))}. What was it, in dollars, before the first change?",
        solved=found[0],
        checked=start,
    )


def nested_survey(rng: Random, nth: int) -> Draft | None:
    place, yes, then, other = (
        ("market town", "own a bicycle", "ride it to work", "take the tram"),
        ("harbour district", "keep bees or hens", "sell what they produce", "would like to start"),
        ("mountain village", "speak two languages", "teach one of them", "are learning a second"),
    )[nth % 3]
    asked = rng.randrange(1200, 6000, 200)
    sent = asked + rng.randrange(150, 800, 50)
    p, q, r = rng.choice([35, 40, 45, 55, 60]), rng.choice([15, 20, 30, 35]), rng.choice([12, 16, 24, 25])
    said = Fraction(asked * p, 100)
    subset, rest = said * q / 100, (asked - said) * r / 100
    if any(part.denominator != 1 for part in (said, subset, rest)):
        return None
    groups = [i < said for i in range(asked)]
    walked = sum(groups) * q // 100 + (asked - sum(groups)) * r // 100
    return Draft(
        f"In a {place}, {sent:,} questionnaires went out and {asked:,} came back. Of those who answered, "
        f"{p}% {yes}, and {q}% of these {then}. Of the others who answered, {r}% {other}. How many people "
        f"in the two smaller groups together - those who {then} and those who {other} - are there?",
        solved=walked,
        checked=subset + rest,
    )


def dried_fruit(rng: Random, nth: int) -> Draft | None:
    crop = ("mushrooms", "apricots", "plums")[nth % 3]
    fresh, wet, dry = rng.randrange(60, 400, 10), rng.choice([84, 88, 90, 92]), rng.choice([10, 12, 20, 25])
    spoiled = rng.randrange(4, 20, 2)
    left = Fraction((fresh - spoiled) * (100 - wet), 100 - dry)
    if not fits(left, 2):
        return None
    found = [
        Fraction(g, 100) for g in range(1, 40_000) if g * (100 - dry) == (fresh - spoiled) * 100 * (100 - wet)
    ]
    return Draft(
        f"A cooperative gathers {fresh} kg of fresh {crop}, sorts out {spoiled} kg that have spoiled and "
        f"dries the rest. Fresh {crop} are {wet}% water; the dried ones still hold {dry}% water. How many "
        f"kilograms of dried {crop} are there in the end?",
        solved=found[0],
        checked=left,
        places=2,
    )


def savings_rounded_down(rng: Random, nth: int) -> Draft | None:
    club = ("village savings club", "sailors' mutual", "choir fund")[nth % 3]
    start, deposit = rng.randrange(240, 800, 10), rng.randrange(35, 95, 5)
    rate, months = rng.choice([125, 150, 175, 225]), rng.choice([4, 5])
    cents = start * 100
    exact = Decimal(start)
    dropped = 0
    for _ in range(months):
        dropped += cents * rate % 10_000 > 0
        cents += cents * rate // 10_000
        cents += deposit * 100
        grown = exact * (1 + Decimal(rate) / 10_000)
        exact = grown.quantize(Decimal("0.01"), rounding=ROUND_DOWN) + deposit
    if dropped < 2:
        return None
    return Draft(
        f"The {club} holds ${start}. At the end of each month it first adds interest of {rate / 100:g}% on "
        f"the balance, dropping any fraction of a cent of the interest, and then pays in ${deposit}. How "
        f"many dollars are in the fund after {months} months, to the cent?",
        solved=Fraction(cents, 100),
        checked=Fraction(exact),
        places=2,
    )


def commission_tiers(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    goods = ("rugs", "orchard ladders", "hearing aids")[nth % 3]
    base, first, second = (
        rng.randrange(900, 1500, 50),
        rng.randrange(3000, 6000, 500),
        rng.randrange(3000, 6000, 500),
    )
    low, mid, top = sorted(rng.sample([3, 4, 5, 6, 8, 9, 12], 3))
    sales = first + second + rng.randrange(500, 9000, 100)

    def pay(amount: int) -> Fraction:
        steps = ((low, first), (mid, second), (top, 10**9))
        total, left = Fraction(base), amount
        for percent, width in steps:
            total, left = total + Fraction(min(left, width) * percent, 100), left - min(left, width)
        return total

    earned = pay(sales)
    if not fits(earned, 0):
        return None
    found = [amount for amount in range(0, 40_000, 10) if pay(amount) == earned]
    beyond = (earned - base - Fraction(first * low + second * mid, 100)) * 100 / top
    return Draft(
        f"{who} sells {goods} for a fixed ${base:,} a month and a commission: {low}% on the first "
        f"${first:,} of sales, {mid}% on the next ${second:,}, and {top}% on everything beyond. In October "
        f"{who} was paid ${int(earned):,} in all. What were the sales of that month, in dollars?",
        solved=found[0],
        checked=first + second + beyond,
    )


def spoiled_ballots(rng: Random, nth: int) -> Draft | None:
    office = ("mayor", "harbour master", "chair of the cooperative")[nth % 3]
    winner, loser = people(rng, 2)
    cast = rng.randrange(2000, 18_000, 200)
    spoiled, share, turnout = (
        rng.choice([2, 4, 5, 8]),
        rng.choice([53, 54, 56, 58, 62]),
        rng.choice([40, 50, 64, 80]),
    )
    valid = Fraction(cast * (100 - spoiled), 100)
    margin = valid * (2 * share - 100) / 100
    roll = Fraction(cast * 100, turnout)
    if margin.denominator != 1 or roll.denominator != 1 or valid * share % 100:
        return None
    found = [
        n
        for n in range(100, 50_000, 100)
        if Fraction(n * turnout * (100 - spoiled) * (2 * share - 100), 10**6) == margin
    ]
    return Draft(
        f"Two people stood for {office}. {turnout}% of those on the electoral roll voted, and {spoiled}% of "
        f"the ballots cast were spoiled. {winner} received {share}% of the valid ballots, {loser} all the "
        f"other valid ones, and {winner} won by {int(margin):,} ballots. How many people are on the "
        f"electoral roll?",
        solved=found[0] if found else roll,
        checked=roll,
    )


def misread_mean(rng: Random, nth: int) -> Draft | None:
    what, unit = (("jars of honey", "grams"), ("rope samples", "newtons"), ("river gauges", "millimetres"))[
        nth % 3
    ]
    n, mean = rng.randrange(12, 36), rng.randrange(300, 600)
    values = [mean + rng.randrange(-40, 41) for _ in range(n - 1)]
    values.append(mean * n - sum(values))
    wrong = [values[0] + rng.choice([-36, 27, 45, 63]), values[1] + rng.choice([-54, 18, 90])]
    if abs(values[-1] - mean) > 90:
        return None
    reported = Fraction(sum(values) - sum(values[:2]) + sum(wrong), n)
    if reported.denominator != 1 or reported == mean:
        return None
    return Draft(
        f"A trainee measures {n} {what} and reports a mean of {int(reported)} {unit}. On checking, two "
        f"readings turn out to have been noted wrongly: one was noted as {wrong[0]} but was {values[0]}, "
        f"the other was noted as {wrong[1]} but was {values[1]}. What is the true mean of all {n} readings, "
        f"in {unit}?",
        solved=Fraction(sum(values), n),
        checked=reported + Fraction(values[0] + values[1] - sum(wrong), n),
    )


def marks_needed(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    course = ("Surveying", "Beekeeping", "Marine Radio")[nth % 3]
    marks = [rng.randrange(48, 92) for _ in range(5)]
    goal = rng.randrange(66, 84)
    kept = sorted(marks)[1:]
    need = [m for m in range(101) if sum(kept) + 2 * m >= goal * (len(kept) + 2)]
    if not need or need[0] <= min(marks) or need[0] < 50:
        return None
    gap = goal * 6 - sum(kept)
    return Draft(
        f"In {course} the five tests of the year count once each and the final counts twice, but the lowest "
        f"of the five tests is dropped. {who} has {marks[0]}, {marks[1]}, {marks[2]}, {marks[3]} and "
        f"{marks[4]} in the tests. All marks are whole numbers from 0 to 100. What is the lowest final mark "
        f"with which {who} reaches an average of at least {goal}?",
        solved=need[0],
        checked=-(-gap // 2),
    )


def age_of_club(rng: Random, nth: int) -> Draft | None:
    club = ("rowing crew", "string orchestra", "rescue team")[nth % 3]
    n, mean, years = rng.randrange(9, 20), rng.randrange(24, 44), rng.randrange(2, 6)
    leaver, joiners = rng.randrange(50, 68), rng.choice([2, 3])
    total = n * mean + n * years - leaver
    members = n - 1 + joiners
    new_mean = rng.randrange(24, 44)
    each = Fraction(new_mean * members - total, joiners)
    if each.denominator != 1 or not 18 <= each <= 40:
        return None
    found = [a for a in range(16, 90) if total + a * joiners == new_mean * members]
    word = {2: "two", 3: "three"}[joiners]
    return Draft(
        f"The {n} members of a {club} had an average age of {mean} years. Exactly {years} years later, with "
        f"nobody having come or gone, the oldest member, aged {leaver}, retired, and {word} new members of "
        f"one and the same age joined. The average age is now {new_mean}. How old is each of the new "
        f"members?",
        solved=found[0],
        checked=each,
    )


TEMPLATES = (
    Template(stacked_discounts, "discounts", "medium", 3),
    Template(price_before, "percentages", "medium"),
    Template(nested_survey, "percentages", "easy"),
    Template(dried_fruit, "mixtures", "medium"),
    Template(savings_rounded_down, "percentages", "hard", 3),
    Template(commission_tiers, "percentages", "hard"),
    Template(spoiled_ballots, "percentages", "hard"),
    Template(misread_mean, "averages", "medium"),
    Template(marks_needed, "averages", "medium"),
    Template(age_of_club, "ages", "hard"),
)
