"""Ages, units, mixtures, currencies and work: quantities that are linked by an equation."""

from fractions import Fraction
from random import Random

from bench.word_problems.draft import Draft, Template, fits, people


def ages_in_years(rng: Random, nth: int) -> Draft | None:
    older, younger, pet = people(rng, 3)
    kind = ("tortoise", "parrot", "carp")[nth % 3]
    old, young, ahead, back = (
        rng.randrange(28, 60),
        rng.randrange(6, 20),
        rng.randrange(3, 15),
        rng.randrange(2, 6),
    )
    now = Fraction(old + ahead, young + ahead)
    if now.denominator != 1 or now < 2 or old - back == 0:
        return None
    earlier = old - back + young - back
    found = [
        a
        for a in range(back, 120)
        for b in range(back, 120)
        if a + ahead == now * (b + ahead) and a - back + b - back == earlier
    ]
    if len(found) != 1:
        return None
    times = {2: "twice", 3: "three times", 4: "four times"}.get(int(now))
    if times is None:
        return None
    total = earlier + 2 * back + 2 * ahead
    return Draft(
        f"{back} years ago the ages of {older} and {younger} added up to {earlier}. In {ahead} years "
        f"{older} will be {times} as old as {younger} is then. Their {kind}, {pet}, is "
        f"{rng.randrange(31, 60)} years old. How old is {older} now?",
        solved=found[0],
        checked=total * now / (now + 1) - ahead,
    )


def ages_by_product(rng: Random, nth: int) -> Draft | None:
    names = people(rng, 3)
    what = ("cousins", "apprentices", "choristers")[nth % 3]
    ages = sorted(rng.randrange(3, 19) for _ in range(3))
    if ages[1] == ages[2] or ages[0] == ages[1]:
        return None
    product, total = ages[0] * ages[1] * ages[2], sum(ages)
    gap = ages[2] - ages[0]
    found = [
        (a, b, c)
        for a in range(1, 40)
        for b in range(a + 1, 40)
        for c in range(b + 1, 40)
        if a * b * c == product and c - a == gap
    ]
    if len(found) != 1 or total < 20:
        return None
    return Draft(
        f"{names[0]}, {names[1]} and {names[2]} are {what} of three different ages, in whole years. "
        f"Multiplied together their ages give {product:,}, and the oldest is {gap} years older than the "
        f"youngest. What do their three ages add up to?",
        solved=sum(found[0]),
        checked=total,
    )


def old_units(rng: Random, nth: int) -> Draft | None:
    place, big, mid, small = (
        ("a harbour's old books", "keg", "flask", "gill"),
        ("a mill's ledger", "load", "peck", "scoop"),
        ("an apothecary's notes", "stone jar", "phial", "grain"),
    )[nth % 3]
    per_big, per_mid = rng.randrange(14, 26), rng.randrange(11, 19)
    kept, used, days = rng.randrange(7, 19), rng.randrange(23, 61), rng.randrange(9, 20)
    extra = rng.randrange(3, per_big)
    total = (kept * per_big + extra) * per_mid
    left = total
    for _ in range(days):
        left -= used
    if left <= per_mid:
        return None
    return Draft(
        f"In {place} one {big} is {per_big} {mid}s and one {mid} is {per_mid} {small}s. A store begins with "
        f"{kept} {big}s and {extra} {mid}s and gives out {used} {small}s a day for {days} days. The store "
        f"next door has {kept + 3} {big}s. How many {small}s has the first store left?",
        solved=left,
        checked=kept * per_big * per_mid + extra * per_mid - used * days,
    )


def fuel_abroad(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    vehicle = ("camper van", "estate car", "horse box")[nth % 3]
    use, miles = rng.choice([64, 75, 80, 96, 120]), rng.randrange(150, 600, 25)
    price, rate = rng.choice([150, 160, 180, 175]), rng.choice([80, 85, 90])
    km = Fraction(miles * 8, 5)
    pounds = km / 100 * Fraction(use, 10) * Fraction(price, 100) * Fraction(rate, 100)
    litres = sum((Fraction(use, 1000) * Fraction(8, 5) for _ in range(miles)), Fraction(0))
    return Draft(
        f"{who}'s {vehicle} uses {use / 10:g} litres of fuel for 100 km. A trip abroad is {miles} miles "
        f"long; take a mile as 1.6 km. Fuel costs {price / 100:.2f} euros a litre there, and a euro is "
        f"worth {rate / 100:.2f} pounds. What does the fuel for the trip cost in pounds, to the penny?",
        solved=litres * price * rate / 10_000,
        checked=pounds,
        places=2,
    )


def roof_rain(rng: Random, nth: int) -> Draft | None:
    building = ("barn", "chapel", "boathouse")[nth % 3]
    length, width = rng.randrange(8, 30), rng.randrange(5, 14)
    rain, lost, butt = rng.randrange(6, 40), rng.choice([10, 15, 20, 25]), rng.choice([150, 180, 200, 240])
    litres = Fraction(length * width * rain * (100 - lost), 100)
    filled, left = 0, litres
    while left >= butt:
        filled, left = filled + 1, left - butt
    if not fits(left, 0) or filled < 3:
        return None
    return Draft(
        f"Rain falling on the flat roof of a {building}, {length} m by {width} m, runs into a row of butts "
        f"that hold {butt} litres each; the next is filled when the last is full. In one night {rain} mm of "
        f"rain fall, but {lost}% of it splashes or evaporates away. One millimetre of rain on one square "
        f"metre is one litre. How many litres are in the one butt that is only partly filled?",
        solved=left,
        checked=litres - butt * (litres // butt),
    )


def download_time(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    what = ("a set of satellite images", "the recordings of a festival", "a backup of a library catalogue")[
        nth % 3
    ]
    speed, share, answer = rng.choice([40, 48, 64, 80]), rng.choice([25, 50, 75]), rng.randrange(260, 900, 10)
    switch = rng.randrange(60, 200, 20)
    slow = Fraction(speed * share, 100)
    megabytes = (Fraction(speed) * switch + slow * (answer - switch)) / 8
    if megabytes.denominator != 1:
        return None
    got, seconds = Fraction(0), 0
    while got < megabytes:
        got += (speed if seconds < switch else slow) / Fraction(8)
        seconds += 1
    return Draft(
        f"{who} downloads {what}, {int(megabytes):,} megabytes in all, over a line of {speed} megabits a "
        f"second; a byte is 8 bits. After {switch} seconds a neighbour starts a film, and from then on only "
        f"{share}% of the line is left for the download. How many seconds does it take from beginning to "
        f"end?",
        solved=seconds,
        checked=answer,
    )


def map_area(rng: Random, nth: int) -> Draft | None:
    land = ("vineyard", "salt marsh", "airfield")[nth % 3]
    scale, a, b = rng.choice([5000, 10_000, 20_000, 25_000]), rng.randrange(24, 80), rng.randrange(15, 60)
    share = rng.choice([20, 25, 35, 40])
    metres_a, metres_b = Fraction(a * scale, 1000), Fraction(b * scale, 1000)
    whole = metres_a * metres_b / 10_000
    return Draft(
        f"On a map of scale 1:{scale:,} a rectangular {land} measures {a / 10:g} cm by {b / 10:g} cm. "
        f"{share}% of it is let to a neighbour. A hectare is 10,000 square metres. How many hectares are "
        f"not let?",
        solved=whole * (100 - share) / 100,
        checked=Fraction(a * b * scale * scale, 10**6) / 10_000 * Fraction(100 - share, 100),
        places=2,
    )


def recipe_scaled(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    dish, part = (("flatbread", "flour"), ("lentil soup", "lentils"), ("oat bars", "oats"))[nth % 3]
    serves, grams, guests = rng.choice([4, 6, 8]), rng.randrange(240, 720, 60), rng.randrange(35, 95)
    bag, have = rng.choice([750, 800, 1200]), rng.randrange(2, 5)
    need = Fraction(grams * guests, serves)
    bags = 0
    while (bags + have) * bag < need:
        bags += 1
    if bags < 2:
        return None
    return Draft(
        f"A recipe for {dish} that serves {serves} needs {grams} g of {part} and takes 35 minutes. "
        f"{who} cooks for {guests} guests and wants exactly the same portion for each. The shop sells "
        f"{part} in bags of {bag} g, and {have} full bags are in the cupboard already. How many bags must "
        f"{who} buy?",
        solved=bags,
        checked=-(-need // bag) - have,
    )


def drain_and_refill(rng: Random, nth: int) -> Draft | None:
    vessel, stuff = (("cooling circuit", "antifreeze"), ("barrel", "vinegar"), ("dye bath", "woad extract"))[
        nth % 3
    ]
    volume, start = rng.choice([20, 25, 40, 50]), rng.choice([40, 50, 60, 75, 80])
    out = [rng.choice([4, 5, 8, 10]) for _ in range(3)]
    pure = volume * Fraction(start, 100)
    for litres in out:
        pure -= pure * litres / volume
    percent = pure * 100 / volume
    product = Fraction(start)
    for litres in out:
        product *= Fraction(volume - litres, volume)
    return Draft(
        f"A {vessel} holds {volume} litres of a mixture that is {start}% {stuff} by volume. Three times in "
        f"a row some of it is drained, replaced by the same amount of pure water, and the whole is stirred: "
        f"first {out[0]} litres, then {out[1]} litres, then {out[2]} litres. What percentage of the mixture "
        f"is {stuff} in the end?",
        solved=percent,
        checked=product,
        places=2,
    )


def coffee_blend(rng: Random, nth: int) -> Draft | None:
    goods = ("coffee", "tea", "rice")[nth % 3]
    cheap, dear = rng.randrange(600, 1100, 20), rng.randrange(1300, 2200, 20)
    total, loss = rng.randrange(40, 160, 5), rng.choice([4, 5, 10])
    low = rng.randrange(10, total - 9)
    cost = Fraction(low * cheap + (total - low) * dear, total)
    if not fits(cost, 0):
        return None
    found = [x for x in range(1, total) if x * cheap + (total - x) * dear == cost * total]
    lost = Fraction(total * loss, 100)
    if lost.denominator != 1:
        return None
    return Draft(
        f"A merchant mixes two sorts of {goods}, one at ${cheap / 100:.2f} and one at ${dear / 100:.2f} a "
        f"kilogram, into {total} kg of a blend whose ingredients cost ${int(cost) / 100:.2f} a kilogram. In "
        f"packing {int(lost)} kg of the blend are spilled. How many kilograms of the cheaper sort went into "
        f"the mixing?",
        solved=found[0],
        checked=(dear - cost) * total / (dear - cheap),
    )


def three_alloys(rng: Random, nth: int) -> Draft | None:
    maker, metal = (("bell founder", "tin"), ("jeweller", "silver"), ("instrument maker", "zinc"))[nth % 3]
    masses = [rng.randrange(6, 40) for _ in range(2)]
    shares = rng.sample([8, 10, 12, 15, 20, 25, 30, 35], 3)
    goal_mass = rng.randrange(8, 50)
    parts = sum((Fraction(m * s, 100) for m, s in zip(masses, shares, strict=False)), Fraction(0))
    whole = sum(masses) + goal_mass
    goal = (parts + Fraction(goal_mass * shares[2], 100)) * 100 / whole
    if goal.denominator != 1 or goal == shares[2]:
        return None
    found = [
        x for x in range(1, 400) if (parts + Fraction(x * shares[2], 100)) * 100 == goal * (sum(masses) + x)
    ]
    return Draft(
        f"A {maker} melts {masses[0]} kg of an alloy with {shares[0]}% {metal} together with {masses[1]} kg "
        f"of one with {shares[1]}% {metal}. How many kilograms of a third alloy, with {shares[2]}% {metal}, "
        f"must be added so that the melt as a whole has exactly {int(goal)}% {metal}?",
        solved=found[0],
        checked=(goal * sum(masses) - parts * 100) / (shares[2] - goal),
    )


def currency_chain(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    start = rng.randrange(600, 2400, 50)
    first, back = rng.choice([150, 160, 175, 180]), rng.choice([120, 125, 128])
    fee, spent, commission = rng.randrange(3, 9), rng.randrange(150, 700, 10), rng.choice([1, 2, 3, 4])
    purse = Fraction(start - fee) * first / 100
    purse -= spent
    home = purse * 100 / back * (100 - commission) / 100
    if purse < 100:
        return None
    names = (
        ("crowns", "marks", "mark"),
        ("dinars", "pounds", "pound"),
        ("pesos", "francs", "franc"),
    )[nth % 3]
    return Draft(
        f"{who} changes {start:,} dollars at a rate of {first / 100:.2f} {names[0]} for a dollar; a fee of "
        f"{fee} dollars is taken before changing. {who} spends {spent} {names[0]} and changes what is left "
        f"into {names[1]}. One {names[2]} costs {back / 100:.2f} {names[0]}, and of the {names[1]} "
        f"obtained the bureau keeps {commission}%. How many {names[1]} does {who} end up with, to two "
        f"decimals?",
        solved=home,
        checked=(Fraction((start - fee) * first - spent * 100, back)) * (1 - Fraction(commission, 100)),
        places=2,
    )


TEMPLATES = (
    Template(ages_in_years, "ages", "medium"),
    Template(ages_by_product, "ages", "hard"),
    Template(old_units, "units", "easy"),
    Template(fuel_abroad, "units", "medium"),
    Template(roof_rain, "units", "medium"),
    Template(download_time, "units", "medium"),
    Template(map_area, "units", "medium"),
    Template(recipe_scaled, "units", "easy"),
    Template(drain_and_refill, "mixtures", "medium"),
    Template(coffee_blend, "mixtures", "medium"),
    Template(three_alloys, "mixtures", "medium"),
    Template(currency_chain, "currency", "hard", 3),
)
