"""Ten years of a board, drawn: so many works and firms that their facts fill a share of a document."""

from datetime import timedelta

from tasks.load.made.draw import Draw
from tasks.load.made.prose import draw_people, names
from tasks.load.made.register.facts import Fact, Register, day_at

CHARS_A_WORK = 1_010  # of the facts about one, as measured
CHARS_A_FIRM = 1_110
FACT_SHARE = 72  # of a hundred characters; the rest is prose
LEAST_WORKS, LEAST_FIRMS = 12, 8
LIMITS = 5
CONTRADICT, CORRECT = 20, 25  # of a hundred works


def draw_register(draw: Draw, n_chars: int) -> Register:
    """The facts of a document of so many characters."""
    each = n_chars * FACT_SHARE // 200
    works = _works(draw, max(LEAST_WORKS, each // CHARS_A_WORK))
    firms = _firms(draw, max(LEAST_FIRMS, each // CHARS_A_FIRM))
    offices = names()["office"]
    facts = [*_heads(draw, offices), *_limits(draw)]
    for nth, work in enumerate(works):
        facts += [*_budgets(draw, work), *_offices(draw, work, offices), _inspected(draw, work)]
        facts += _depths(draw, work, nth, len(works))
    facts += _vouchers(draw, firms)
    facts.sort(key=lambda fact: (fact.at, fact.kind, fact.subject))
    return Register(tuple(facts), tuple(works), tuple(firms))


def _works(draw: Draw, n: int) -> list[str]:
    lists = names()
    every = [f"{first} {last}" for first in lists["work_first"] for last in lists["work_last"]]
    return draw.some(every, min(n, len(every)))


def _firms(draw: Draw, n: int) -> list[str]:
    lists = names()
    every = [f"{first} {last}" for first in lists["last"] for last in lists["firm_last"]]
    return draw.some(every, min(n, len(every)))


def _place(draw: Draw, low: int, high: int) -> float:
    """A place in the register, in percent; fine enough that no two are the same."""
    return draw.between(low * 1_000_000, high * 1_000_000) / 100_000_000


def _fact(at: float, kind: str, subject: str = "", value: int = 0, other: str = "") -> Fact:
    return Fact(at, kind, subject, value, other, day_at(at))  # type: ignore[arg-type]  # words of Kind


def _heads(draw: Draw, offices: tuple[str, ...]) -> list[Fact]:
    people = draw_people(draw, 3 * len(offices))
    found = []
    for nth, office in enumerate(offices):
        for term, (low, high) in enumerate(((0, 8), (25, 55), (60, 97))):
            found.append(_fact(_place(draw, low, high), "head", office, other=people[3 * nth + term]))
    return found


def _limits(draw: Draw) -> list[Fact]:
    """A limit from the first day on, and a change in every fifth of the time."""
    found, before = [_fact(0.0, "limit", value=500)], 500
    for nth in range(1, LIMITS):
        value = draw.pick([crowns for crowns in range(300, 1_000, 50) if abs(crowns - before) >= 150])
        span = 100 // LIMITS
        found.append(_fact(_place(draw, nth * span - 5, nth * span + 5), "limit", value=value))
        before = value
    return found


def _budgets(draw: Draw, work: str) -> list[Fact]:
    crowns = 100 * draw.between(40, 400)
    found = [_fact(_place(draw, 1, 20), "budget_set", work, crowns)]
    by_first = draw.chance(50)
    for by, (low, high) in ((by_first, (28, 55)), (not by_first, (64, 97))):
        if by:
            change = 100 * draw.between(3, 35) * (1 if draw.chance(60) else -1)
            crowns += change
            found.append(_fact(_place(draw, low, high), "budget_by", work, change))
        else:
            crowns += 100 * draw.between(3, 60) * (1 if draw.chance(60) or crowns < 7_000 else -1)
            found.append(_fact(_place(draw, low, high), "budget_to", work, crowns))
    return found


def _offices(draw: Draw, work: str, offices: tuple[str, ...]) -> list[Fact]:
    first, second = draw.some(offices, 2)
    found = [_fact(_place(draw, 1, 18), "office", work, other=first)]
    if draw.chance(60):
        found.append(_fact(_place(draw, 30, 96), "office", work, other=second))
    return found


def _inspected(draw: Draw, work: str) -> Fact:
    """Four of ten are entered late, by up to two years."""
    at = _place(draw, 25, 97)
    late = draw.between(60, 700) if draw.chance(40) else 0
    return Fact(at, "inspected", work, day=day_at(at) - timedelta(days=late))


def _depths(draw: Draw, work: str, nth: int, n: int) -> list[Fact]:
    """Two reports: they agree, or the second is a correction, or nobody noticed that they do not."""
    feet = draw.between(9, 70)
    other = feet + draw.between(2, 9)
    first, second = _place(draw, 5, 40), _place(draw, 55, 97)
    share = 100 * nth // n  # by the order of works, which was drawn: so that there are some of each
    if share < CONTRADICT:
        return [_fact(first, "depth", work, feet), _fact(second, "depth", work, other)]
    if share < CONTRADICT + CORRECT:
        corrected = _fact(second, "depth_corrected", work, other, str(feet))
        return [_fact(first, "depth", work, feet), corrected]
    return [_fact(first, "depth", work, feet), _fact(second, "depth", work, feet)]


def _vouchers(draw: Draw, firms: list[str]) -> list[Fact]:
    """Seven to nine a firm, of which one is cancelled and one corrected later on; numbered as entered."""
    paid = [
        (_place(draw, 2, 90), firm, draw.between(60, 1_400))
        for firm in firms
        for _ in range(draw.between(7, 9))
    ]
    paid.sort()
    found: list[Fact] = []
    numbers: dict[str, list[Fact]] = {}
    for number, (at, firm, crowns) in enumerate(paid, 1):
        voucher = Fact(at, "paid", str(number), crowns, firm, day_at(at))
        numbers.setdefault(firm, []).append(voucher)
        found.append(voucher)
    for firm in firms:
        gone, mended = draw.some(numbers[firm], 2)
        found.append(_fact(_later(draw, gone.at), "cancelled", gone.subject))
        crowns = mended.value + draw.between(5, 300) * (1 if mended.value < 400 or draw.chance(50) else -1)
        at = _later(draw, mended.at)
        found.append(_fact(at, "corrected", mended.subject, crowns, str(mended.value)))
    return found


def _later(draw: Draw, at: float) -> float:
    return at + (0.99 - at) * draw.between(15, 100) / 100
