"""Calendar, clock, geometry, games and working backwards."""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

from bench.word_problems.draft import Draft, Template, clock, count_of, fits, listed, money, ordinal, people

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_text(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def weekday_by_rule(day: date) -> int:
    """Zeller's congruence, Monday as 0: a second way beside the date type's own."""
    month, year = (day.month, day.year) if day.month > 2 else (day.month + 12, day.year - 1)
    shifted = day.day + 13 * (month + 1) // 5 + year + year // 4 - year // 100 + year // 400
    return (shifted + 5) % 7


def certain_weekdays(rng: Random, nth: int) -> Draft | None:
    event = ("The herring market", "The organ recital", "The repair café")[nth % 3]
    number, weekday, first, years = (
        rng.randrange(5, 29),
        rng.randrange(7),
        rng.randrange(2023, 2031),
        rng.choice([5, 6, 7]),
    )
    days = [date(year, month, number) for year in range(first, first + years) for month in range(1, 13)]
    start = date(first, 1, 1)
    return Draft(
        f"{event} takes place whenever the {ordinal(number)} of a month is a {DAYS[weekday]}. 1 January "
        f"{first} is a {DAYS[start.weekday()]}. How many times does it take place from the beginning of "
        f"{first} to the end of {first + years - 1}?",
        solved=sum(1 for day in days if day.weekday() == weekday),
        checked=sum(1 for day in days if weekday_by_rule(day) == weekday),
    )


def days_of_storage(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    thing = ("a piano", "a sailing dinghy", "a collection of minerals")[nth % 3]
    start = date(rng.choice([2019, 2023, 2027]), rng.randrange(9, 13), rng.randrange(3, 27))
    end = start + timedelta(days=rng.randrange(160, 480))
    free, low, high, bound = (
        rng.randrange(5, 12),
        rng.randrange(2, 5),
        rng.randrange(5, 9),
        rng.randrange(60, 120, 10),
    )
    total, day, n = 0, start, 0
    while day <= end:
        n += 1
        if n > free:
            total += low if n <= free + bound else high
        day += timedelta(days=1)
    length = end.toordinal() - start.toordinal() + 1
    return Draft(
        f"{who} puts {thing} into storage on {day_text(start)} and fetches it on {day_text(end)}; both of "
        f"these days are counted. The first {free} days are free, each of the next {bound} days costs "
        f"${low}, and every day after that costs ${high}. What is the bill in dollars?",
        solved=total,
        checked=bound * low + (length - free - bound) * high,
    )


def drifting_clock(rng: Random, nth: int) -> Draft | None:
    kind = ("station clock", "grandfather clock", "marine clock")[nth % 3]
    gain, loss = rng.choice([(5, 4), (6, 3), (8, 5), (4, 6), (3, 5), (7, 4)])
    start, apart = rng.randrange(6, 11), rng.choice([6, 9, 11, 12, 13, 15, 18])
    if apart * 60 % (gain + loss):
        return None
    ahead = behind = 0
    while ahead + behind < apart * 60:
        ahead, behind = ahead + gain, behind + loss
    return Draft(
        f"Two {kind}s are both set right at {clock(start * 60)} on a Monday. One gains {gain} seconds an "
        f"hour, the other loses {loss} seconds an hour. At the moment when they differ by exactly {apart} "
        f"minutes, by how many seconds is the one that gains ahead of the true time?",
        solved=ahead,
        checked=Fraction(apart * 60 * gain, gain + loss),
    )


def bell_strikes(rng: Random, nth: int) -> Draft | None:
    tower = ("town hall", "abbey", "observatory")[nth % 3]
    start, end = (
        rng.randrange(5, 11) * 60 + rng.choice([5, 20, 40, 50]),
        rng.randrange(17, 23) * 60 + rng.choice([10, 25, 35]),
    )
    halves, silent = rng.choice([1, 2]), rng.randrange(12, 15)
    strokes = 0
    for minute in range(start, end + 1):
        hour = minute // 60
        if hour == silent:
            continue
        if minute % 60 == 0:
            strokes += (hour - 1) % 12 + 1
        elif minute % 60 == 30:
            strokes += halves
        elif minute % 60 in (15, 45):
            strokes += 1
    full = [h for h in range(start // 60 + 1, end // 60 + 1) if h != silent]
    marks = {15: 1, 30: halves, 45: 1}
    small = sum(n for h in range(24) if h != silent for m, n in marks.items() if start <= h * 60 + m <= end)
    return Draft(
        f"The clock of the {tower} strikes the number of the hour on the hour, from one to twelve strokes "
        f"as on a dial, {count_of(halves, 'stroke')} at half past and one stroke at a quarter past and a "
        f"quarter to. From {clock(silent * 60)} to {clock(silent * 60 + 59)}, both included, it is silent "
        f"every day. How many strokes are heard from {clock(start)} to {clock(end)} on one day?",
        solved=strokes,
        checked=sum(h if h <= 12 else h - 12 for h in full) + small,
    )


def stalls_backwards(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    goods = ("bread rolls", "tulips", "paper kites")[nth % 3]
    stops, extra = rng.choice([3, 4]), [rng.randrange(2, 10) for _ in range(4)]
    left = rng.randrange(5, 20)
    start = left
    for more in reversed(extra[:stops]):
        start = (start + more) * 2

    def remaining(have: int) -> int | None:
        for more in extra[:stops]:
            if have % 2 or have // 2 < more:
                return None
            have = have // 2 - more
        return have

    found = [n for n in range(1, 2000) if remaining(n) == left]
    steps = listed([f"{more} more at the {ordinal(k)}" for k, more in enumerate(extra[:stops], 1)])
    return Draft(
        f"{who} goes through the streets with a tray of {goods}. At each of {stops} houses half of what is "
        f"on the tray at that moment is sold, and after that a few more: {steps} house. In the end {left} "
        f"{goods} are left, and not one was cut or broken. How many {goods} were on the tray at the start?",
        solved=found[0],
        checked=start,
    )


def doubling_game(rng: Random, nth: int) -> Draft | None:
    a, b, c = people(rng, 3)
    token = ("shells", "buttons", "marbles")[nth % 3]
    end = [rng.randrange(2, 9) * 8 for _ in range(3)]
    total = sum(end)
    # backwards: whoever lost last gave each of the others as much as they had
    state = end[:]
    for loser in (2, 1, 0):
        state = [
            x + sum(state[k] // 2 for k in range(3) if k != loser) if i == loser else x // 2
            for i, x in enumerate(state)
        ]
    if min(state) <= 3 or any(x % 1 for x in state):
        return None
    found = []
    for x in range(1, total):
        for y in range(1, total - x):
            now = [x, y, total - x - y]
            for loser in range(3):
                paid = sum(now[k] for k in range(3) if k != loser)
                now = [n - paid if k == loser else n * 2 for k, n in enumerate(now)]
                if now[loser] < 0:
                    break
            if now == end:
                found.append(x)
    return Draft(
        f"{a}, {b} and {c} play for {token}. Whoever loses a round gives each of the two others as many "
        f"{token} as that other has at the time. {a} loses the first round, {b} the second and {c} the "
        f"third. Afterwards {a} has {end[0]} {token}, {b} has {end[1]} and {c} has {end[2]}. With how many "
        f"did {a} begin?",
        solved=found[0],
        checked=state[0],
    )


def budget_backwards(rng: Random, nth: int) -> Draft | None:
    who = people(rng, 1)[0]
    source = ("A prize", "An inheritance", "A grant")[nth % 3]
    one, part, gift = rng.choice([3, 4, 5]), rng.choice([20, 30, 40]), rng.randrange(60, 400, 20)
    start = rng.randrange(1200, 9000, 60)
    first = Fraction(start, one)
    second = (start - first) * part / 100
    left = start - first - second - gift
    if not fits(left, 0) or left < 100:
        return None
    found = [s for s in range(60, 12_000) if Fraction(s * (one - 1), one) * (100 - part) / 100 - gift == left]
    share = {3: "A third", 4: "A quarter", 5: "A fifth"}[one]
    return Draft(
        f"{source} of a certain sum comes to {who}. {share} of it goes into repairs of the roof, {part}% of "
        f"what then remains pays back a loan, and ${gift} goes to a neighbour. {money(int(left) * 100)} is "
        f"left. How many dollars was it at first?",
        solved=found[0],
        checked=start,
    )


def fence_posts(rng: Random, nth: int) -> Draft | None:
    land = ("paddock", "orchard", "playground")[nth % 3]
    gap = rng.choice([3, 4, 5])
    length, width = rng.randrange(12, 40) * gap, rng.randrange(8, 24) * gap
    gates, rails, spare = rng.randrange(2, 5), rng.choice([2, 3]), rng.randrange(5, 30)
    corners = {(x, y) for x in range(0, length + 1, gap) for y in (0, width)}
    corners |= {(x, y) for y in range(0, width + 1, gap) for x in (0, length)}
    bays = len(corners)
    return Draft(
        f"A rectangular {land}, {length} m by {width} m, is fenced all round. There is a post at each "
        f"corner and posts every {gap} m along the sides. Between neighbouring posts {rails} rails are "
        f"fixed, except at {gates} places where the space between two neighbouring posts is left open for a "
        f"gate. {spare} spare posts lie in the shed. How many posts and rails together does the fence "
        f"itself need?",
        solved=bays + (bays - gates) * rails,
        checked=2 * (length + width) // gap * (1 + rails) - gates * rails,
    )


def tiled_floor(rng: Random, nth: int) -> Draft | None:
    room = ("hall", "bathhouse", "courtyard")[nth % 3]
    side = rng.choice([20, 25, 40])
    across, along = rng.randrange(14, 36), rng.randrange(10, 26)
    border, pool_a, pool_b = rng.choice([1, 2]), rng.randrange(3, 7), rng.randrange(2, 6)
    plain = sum(
        1
        for x in range(across)
        for y in range(along)
        if border <= x < across - border
        and border <= y < along - border
        and not (border + 1 <= x < border + 1 + pool_a and border + 1 <= y < border + 1 + pool_b)
    )
    if across < pool_a + 2 * border + 3 or along < pool_b + 2 * border + 3:
        return None
    rows = {1: "one tile", 2: "two tiles"}[border]
    return Draft(
        f"A {room} measures {across * side / 100:g} m by {along * side / 100:g} m and is laid with square "
        f"tiles of {side} cm without cutting any. A border {rows} wide along all four walls is dark. Inside "
        f"the border a basin of {pool_a * side / 100:g} m by {pool_b * side / 100:g} m, fitted to the "
        f"tiles, gets no tiles. All other tiles are light. How many light tiles are needed?",
        solved=plain,
        checked=(across - 2 * border) * (along - 2 * border) - pool_a * pool_b,
    )


def painted_block(rng: Random, nth: int) -> Draft | None:
    stuff = ("cheese", "marzipan", "balsa wood")[nth % 3]
    a, b, c = sorted(rng.sample(range(4, 12), 3))
    faces = rng.choice([1, 2])
    cubes = [0] * 7
    for x in range(a):
        for y in range(b):
            for z in range(c):
                # all sides but the bottom are coated
                cubes[(x in (0, a - 1)) + (y in (0, b - 1)) + (z == c - 1)] += 1
    inner_a, inner_b = a - 2, b - 2
    ways = {
        1: inner_a * inner_b + 2 * (inner_a + inner_b) * (c - 1),
        2: 2 * (inner_a + inner_b) + 4 * (c - 1),
    }
    word = {1: "exactly one coated face", 2: "exactly two coated faces"}[faces]
    return Draft(
        f"A block of {stuff} stands on a table. It is {a} cm long, {b} cm wide and {c} cm high. Its top and "
        f"its four upright sides are coated with wax, but not its bottom. Then it is cut into cubes of 1 "
        f"cm. How many of the cubes have {word}?",
        solved=cubes[faces],
        checked=ways[faces],
    )


def counting_out(rng: Random, nth: int) -> Draft | None:
    game = ("A circle of children", "A ring of knights in a story", "A circle of drummers")[nth % 3]
    n, step, stop = rng.randrange(17, 32), rng.choice([3, 4, 5, 7]), rng.choice([1, 2])
    ring = list(range(1, n + 1))
    at = 0
    while len(ring) > stop:
        at = (at + step - 1) % len(ring)
        ring.pop(at)
    places = []
    for survivor in range(stop):
        place = survivor
        for size in range(stop + 1, n + 1):
            place = (place + step) % size
        places.append(place + 1)
    ask = (
        "What is the number of the last one in the circle?"
        if stop == 1
        else "Two are left in the end. What do their numbers add up to?"
    )
    return Draft(
        f"{game}, numbered 1 to {n} clockwise, is counted out. Counting begins with number 1 as one, goes "
        f"round clockwise, and the person on whom {step} falls leaves; then counting starts again at one "
        f"with the next person still there, and so on. {ask}",
        solved=sum(ring),
        checked=sum(places),
    )


def warehouse_robot(rng: Random, nth: int) -> Draft | None:
    robot = ("A warehouse robot", "A lawn robot", "A toy beetle")[nth % 3]
    steps = rng.sample(range(2, 12), 4)
    rounds, turn = rng.randrange(5, 19), rng.choice(["left", "right"])
    x = y = dx = 0
    dy = 1
    for _ in range(rounds):
        for s in steps[:3]:
            x, y = x + dx * s, y + dy * s
            dx, dy = (-dy, dx) if turn == "left" else (dy, -dx)
        x, y = x + dx * steps[3], y + dy * steps[3]
    position, heading = 0 + 0j, 1j
    spin = 1j if turn == "left" else -1j
    for k in range(rounds * 3 + rounds):
        position += heading * steps[k % 4]
        heading *= 1 if k % 4 == 3 else spin
    if abs(x) + abs(y) < 12:
        return None
    return Draft(
        f"{robot} starts facing north and repeats one routine {rounds} times: {steps[0]} m forward, a "
        f"quarter turn to the {turn}, {steps[1]} m forward, a quarter turn to the {turn}, {steps[2]} m "
        f"forward, a quarter turn to the {turn}, {steps[3]} m forward. It begins each repetition facing the "
        f"way it faced at the end of the one before. To go back to the start it must move only along the "
        f"north-south and east-west directions. How many metres is that at least?",
        solved=abs(x) + abs(y),
        checked=int(abs(position.real) + abs(position.imag)),
    )


def league_points(rng: Random, nth: int) -> Draft | None:
    team = ("Harbour Rovers", "the Upper Valley eleven", "the Tannery side")[nth % 3]
    won, drawn, lost = rng.randrange(8, 22), rng.randrange(3, 12), rng.randrange(4, 14)
    played, fined = won + drawn + lost, rng.choice([2, 4, 6])
    points, gap = 3 * won + drawn - fined, won - lost
    if gap < 2:
        return None
    found = [
        (w, d)
        for w in range(played + 1)
        for d in range(played + 1 - w)
        if 3 * w + d - fined == points and w - (played - w - d) == gap
    ]
    if len(found) != 1:
        return None
    return Draft(
        f"In a league a win brings 3 points, a draw 1 and a defeat none. After {played} matches {team} had "
        f"{gap} more wins than defeats and stood at {points} points, {fined} points having been taken away "
        f"for a late start. How many of the matches were draws?",
        solved=found[0][1],
        checked=Fraction(3 * (played + gap) - 2 * (points + fined)),
    )


TEMPLATES = (
    Template(certain_weekdays, "calendar", "hard", 3),
    Template(days_of_storage, "calendar", "hard"),
    Template(drifting_clock, "clock", "medium"),
    Template(bell_strikes, "clock", "hard"),
    Template(stalls_backwards, "working backwards", "easy"),
    Template(doubling_game, "working backwards", "medium"),
    Template(budget_backwards, "working backwards", "easy"),
    Template(fence_posts, "geometry", "medium"),
    Template(tiled_floor, "geometry", "medium"),
    Template(painted_block, "geometry", "medium"),
    Template(counting_out, "games", "hard", 3),
    Template(warehouse_robot, "games", "medium"),
    Template(league_points, "games", "medium"),
)
