"""Combinatorics and remainders: how many ways, and what is left over."""

from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import comb, factorial, prod
from random import Random

from bench.word_problems.draft import Draft, Template, count_of, listed, ordinal, people


def committee(rng: Random, nth: int) -> Draft | None:
    body, one, other = (
        ("A choir", "altos", "basses"),
        ("A climbing club", "guides", "novices"),
        ("A town council", "farmers", "shopkeepers"),
    )[nth % 3]
    a, b = people(rng, 2)
    ones, others, size, least = rng.randrange(5, 8), rng.randrange(5, 8), rng.choice([4, 5]), 2
    # member 0 is a (one of the first kind), member `ones` is b (of the second kind)
    ways = 0
    for group in combinations(range(ones + others), size):
        of_first = sum(1 for m in group if m < ones)
        ways += of_first >= least and size - of_first >= 1 and not (0 in group and ones in group)
    both = sum(comb(ones, k) * comb(others, size - k) for k in range(least, size))
    paired = sum(comb(ones - 1, k - 1) * comb(others - 1, size - k - 1) for k in range(least, size))
    return Draft(
        f"{body} of {ones} {one} and {others} {other} sends {size} of its members to a congress. At least "
        f"{least} of those sent must be {one} and at least one must be from the {other}. {a}, one of the "
        f"{one}, and {b}, one of the {other}, refuse to travel together, though either would go without the "
        f"other. In how many ways can the {size} be chosen?",
        solved=ways,
        checked=both - paired,
    )


def lock_codes(rng: Random, nth: int) -> Draft | None:
    where = ("bicycle shed", "pantry", "boat locker")[nth % 3]
    length, divisor, banned = rng.choice([4, 5]), rng.choice([3, 4, 9]), rng.randrange(1, 10)
    ways = 0
    for code in product(range(10), repeat=length):
        if banned in code or code[0] == 0 or any(x == y for x, y in pairwise(code)):
            continue
        ways += sum(code) % divisor == 0
    # the same by digits: how many prefixes end in a digit with a given remainder of the sum
    table = {(d, d % divisor): 1 for d in range(1, 10) if d != banned}
    for _ in range(length - 1):
        nxt: dict[tuple[int, int], int] = {}
        for (last, rest), n in table.items():
            for d in range(10):
                if d not in (last, banned):
                    key = (d, (rest + d) % divisor)
                    nxt[key] = nxt.get(key, 0) + n
        table = nxt
    return Draft(
        f"The code of a {where} has {length} digits. It does not begin with 0, does not contain the digit "
        f"{banned}, has no two equal digits next to each other, and the sum of its digits is divisible by "
        f"{divisor}. How many such codes are there?",
        solved=ways,
        checked=sum(n for (_, rest), n in table.items() if rest == 0),
    )


def seating_row(rng: Random, nth: int) -> Draft | None:
    names = people(rng, 6 + nth % 3)
    a, b, c, d = names[:4]
    order, verb, where = (
        ("sit", "sits", "on a bench in a rowing boat"),
        ("stand", "stands", "in the front row of a choir"),
        ("sit", "sits", "in a row of theatre seats"),
    )[nth % 3]
    n = len(names)
    ways = 0
    for row in permutations(range(n)):
        if abs(row[0] - row[1]) == 1 and abs(row[2] - row[3]) != 1 and row[2] not in (0, n - 1):
            ways += 1
    # the same with the pair as one block, which can stand in two orders
    blocks = 0
    for row in permutations(range(n - 1)):  # item 0 is the pair, item 1 is c, item 2 is d
        at_end = row[1] in (0, n - 2)
        near = abs(row[1] - row[2]) == 1
        blocks += not at_end and not near
    return Draft(
        f"{listed(names)} {order} side by side {where}. {a} and {b} must be next to each other, {c} and "
        f"{d} must not be next to each other, and {c} never {verb} at either end. In how many orders, read "
        f"from left to right, is that possible?",
        solved=ways,
        checked=2 * blocks,
    )


def street_grid(rng: Random, nth: int) -> Draft | None:
    who = ("A postwoman", "A chimney sweep", "A lamplighter")[nth % 3]
    east, north = rng.choice([6, 7, 8]), rng.choice([5, 6])
    via = (rng.randrange(2, 4), rng.randrange(1, 3))
    shut = (rng.randrange(via[0] + 1, east), rng.randrange(via[1] + 1, north))
    ways = {(0, 0): 1}
    for x in range(east + 1):
        for y in range(north + 1):
            if (x, y) == (0, 0):
                continue
            open_here = (x, y) != shut and not (x > via[0] and y < via[1]) and not (x < via[0] and y > via[1])
            ways[x, y] = (ways.get((x - 1, y), 0) + ways.get((x, y - 1), 0)) if open_here else 0

    def paths(start: tuple[int, int], end: tuple[int, int]) -> int:
        return comb(end[0] - start[0] + end[1] - start[1], end[0] - start[0])

    goal = (east, north)
    closed = paths((0, 0), via) * (paths(via, goal) - paths(via, shut) * paths(shut, goal))
    return Draft(
        f"The streets of a new town form a square grid. {who} walks from one crossing to another that lies "
        f"{east} blocks further east and {north} blocks further north, only ever going east or north. The "
        f"way must pass the crossing {count_of(via[0], 'block')} east and {count_of(via[1], 'block')} north "
        f"of the start, where there is a kiosk, and must avoid the crossing {count_of(shut[0], 'block')} "
        f"east and {count_of(shut[1], 'block')} north of the start, which is flooded. How many different "
        f"ways are there?",
        solved=ways[goal],
        checked=closed,
    )


def coin_purse(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    coins = sorted(rng.sample([2, 3, 5, 7, 8, 10, 12, 15, 20], 4), reverse=True)
    have = [rng.randrange(3, 8) for _ in coins]
    amount = rng.randrange(40, 90)
    things = ("stamps", "tokens", "weights")[nth % 3]
    unit = ("cents", "points", "grams")[nth % 3]
    ways = sum(
        1
        for used in product(*(range(h + 1) for h in have))
        if sum(u * c for u, c in zip(used, coins, strict=True)) == amount
    )
    poly = [1] + [0] * amount
    for c, h in zip(coins, have, strict=True):
        poly = [sum(poly[t - k * c] for k in range(h + 1) if t >= k * c) for t in range(amount + 1)]
    if not 8 <= ways <= 40:
        return None
    owned = listed([f"{h} of {c}" for h, c in zip(have, coins, strict=True)])
    return Draft(
        f"{who} has {things} of four values: {owned} {unit}. In how many ways can exactly {amount} {unit} "
        f"be put together from them, if {things} of the same value are not told apart and their order does "
        f"not matter?",
        solved=ways,
        checked=poly[amount],
    )


def tournament(rng: Random, nth: int) -> Draft | None:
    game = ("chess", "table tennis", "backgammon")[nth % 3]
    groups, size, through = rng.choice([4, 8]), rng.randrange(5, 8), 2
    minutes, boards = rng.choice([20, 25, 40]), rng.choice([4, 6])
    matches = groups * len(list(combinations(range(size), 2)))
    left = groups * through
    knock = 0
    while left > 1:
        knock += left // 2
        left //= 2
    total = matches + knock + 1
    return Draft(
        f"At a {game} tournament {groups * size} players are drawn into {groups} groups of {size}. Within a "
        f"group everyone plays everyone else once. The best {through} of each group go on to knock-out "
        f"rounds, in which the loser of each match is out, until one is left; the two losers of the "
        f"semi-finals play one more match for third place. There are {boards} tables, and a match lasts up "
        f"to {minutes} minutes. How many matches are played in all?",
        solved=total,
        checked=groups * size * (size - 1) // 2 + groups * through - 1 + 1,
    )


def flags(rng: Random, nth: int) -> Draft | None:
    what, verb = (("flag", "sewn"), ("scarf", "knitted"), ("fence", "painted"))[nth % 3]
    colours, stripes = rng.choice([5, 6]), rng.choice([5, 6, 7])
    names = rng.sample(["red", "white", "green", "blue", "black", "gold", "violet"], 2)
    ways = 0
    for pattern in product(range(colours), repeat=stripes):
        apart = all(x != y for x, y in pairwise(pattern))
        ways += apart and pattern[0] != pattern[-1] and 0 in pattern and 1 in pattern

    def rings(k: int) -> int:  # cyclic colourings with k colours, neighbours differ
        sign = -1 if stripes % 2 else 1
        return int((k - 1) ** stripes) + sign * (k - 1)

    parts = f"{stripes} stripes" if what != "fence" else f"{stripes} boards"
    return Draft(
        f"A {what} of {parts} side by side is {verb} in {colours} colours that can be had, {names[0]} and "
        f"{names[1]} among them. Neighbouring ones must differ in colour, the first and the last must "
        f"differ too, and both {names[0]} and {names[1]} must occur; the other colours need not. How many "
        f"colour sequences are possible?",
        solved=ways,
        checked=rings(colours) - 2 * rings(colours - 1) + rings(colours - 2),
    )


def egg_basket(rng: Random, nth: int) -> Draft | None:
    goods, place = (("eggs", "basket"), ("beads", "casket"), ("chestnuts", "sack"))[nth % 3]
    mods = rng.choice([(7, 8, 9), (5, 7, 9), (7, 9, 11), (8, 9, 11), (5, 8, 11)])
    low, number = rng.randrange(300, 900, 50), 0
    rest = [rng.randrange(1, m) for m in mods]
    number = next(n for n in range(low + 1, low + prod(mods) + 1) if [n % m for m in mods] == rest)
    base, whole = 0, prod(mods)
    for m, r in zip(mods, rest, strict=True):
        others = whole // m
        base += r * others * pow(others, -1, m)
    base %= whole
    closed = base + whole * max(0, -(-(low + 1 - base) // whole))
    clues = listed([f"{r} over when counted by {m}s" for m, r in zip(mods, rest, strict=True)])
    return Draft(
        f"A {place} holds more than {low} {goods}. There {'is' if rest[0] == 1 else 'are'} {clues}. What is "
        f"the smallest number of {goods} that the {place} can hold?",
        solved=number,
        checked=closed,
    )


def lamp_pattern(rng: Random, nth: int) -> Draft | None:
    string, item = (("garland", "lamps"), ("necklace", "beads"), ("hedge", "shrubs"))[nth % 3]
    parts = [(rng.randrange(2, 5), c) for c in rng.sample(["red", "white", "blue", "yellow", "green"], 4)]
    cycle = [c for n, c in parts for _ in range(n)]
    total, every = rng.randrange(180, 420), rng.choice([4, 6, 9])
    wanted = parts[1][1]
    seen = [cycle[i % len(cycle)] for i in range(total)]
    left = [c for i, c in enumerate(seen, 1) if i % every]
    removed = sum(1 for i in range(every, total + 1, every) if cycle[(i - 1) % len(cycle)] == wanted)
    whole, over = divmod(total, len(cycle))
    count = whole * parts[1][0] + cycle[:over].count(wanted) - removed
    run = listed([f"{n} {c}" for n, c in parts])
    return Draft(
        f"Along a {string} of {total} {item} the colours repeat in the order {run}, over and over from the "
        f"first one on. Then every {ordinal(every)} of the {item}, counted from the beginning, is taken "
        f"away for repair. How many {wanted} {item} are left?",
        solved=left.count(wanted),
        checked=count,
    )


def page_digits(rng: Random, nth: int) -> Draft | None:
    book = ("A ship's log", "An atlas", "A cookery book")[nth % 3]
    first, last, digit = rng.randrange(9, 40), rng.randrange(420, 1300), rng.randrange(1, 10)
    used = sum(str(page).count(str(digit)) for page in range(first, last + 1))

    def upto(n: int) -> int:  # by places
        total, place = 0, 1
        while place <= n:
            high, low = n // (place * 10), n % place
            here = n // place % 10
            total += high * place + (place if here > digit else low + 1 if here == digit else 0)
            place *= 10
        return total

    return Draft(
        f"{book} has {last:,} pages. Its page numbers are stamped by hand with single-digit stamps, from "
        f"page {first} to the last; the pages before carry no number. How many times is the stamp with the "
        f"digit {digit} used?",
        solved=used,
        checked=upto(last) - upto(first - 1),
    )


def bus_seats(rng: Random, nth: int) -> Draft | None:
    event = ("a school outing", "a regatta", "a pilgrimage")[nth % 3]
    seats, vans, van_seats = rng.randrange(41, 58), rng.randrange(2, 5), rng.choice([7, 8])
    going, ill = rng.randrange(260, 700), rng.randrange(5, 25)
    helpers = rng.randrange(12, 30)
    total = going - ill + helpers
    rest = total - vans * van_seats
    buses = 0
    while buses * seats < rest:
        buses += 1
    empty = buses * seats - rest
    if empty < 3:
        return None
    return Draft(
        f"{going} people have signed up for {event}; {ill} of them fall ill and stay at home, and {helpers} "
        f"helpers come along. {vans} vans with room for {van_seats} passengers each are filled first, and "
        f"the others go by buses of {seats} seats, as few buses as possible. How many bus seats stay empty?",
        solved=empty,
        checked=-rest % seats,
    )


def letters_with_rule(rng: Random, nth: int) -> Draft | None:
    word = ("BANANA", "COFFEE", "PEPPER", "LEVEE", "TATTOO")[rng.randrange(5)]
    repeated = max(set(word), key=lambda c: (word.count(c), c))
    arrangements = set(permutations(word))
    ways = sum(1 for a in arrangements if not any(x == y == repeated for x, y in pairwise(a)))
    others = [c for c in word if c != repeated]
    k = word.count(repeated)
    closed = Fraction(factorial(len(others)), prod(factorial(others.count(c)) for c in set(others)))
    return Draft(
        f"A sign painter has the {len(word)} wooden letters of the word {word}; equal letters look exactly "
        f"alike. In how many different orders can all of them be put in a row so that no two letters "
        f"{repeated} are next to each other?",
        solved=ways,
        checked=closed * comb(len(others) + 1, k),
    )


TEMPLATES = (
    Template(committee, "combinatorics", "hard", 3),
    Template(lock_codes, "combinatorics", "hard", 3),
    Template(seating_row, "combinatorics", "hard", 3),
    Template(street_grid, "combinatorics", "medium"),
    Template(coin_purse, "combinatorics", "hard", 3),
    Template(tournament, "combinatorics", "easy"),
    Template(flags, "combinatorics", "hard"),
    Template(letters_with_rule, "combinatorics", "medium"),
    Template(egg_basket, "remainders", "hard", 3),
    Template(lamp_pattern, "remainders", "medium"),
    Template(page_digits, "remainders", "hard"),
    Template(bus_seats, "remainders", "easy"),
)
