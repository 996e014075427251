"""The register as text: each fact in one of three wordings, entries with their dates, remarks in between."""

from collections.abc import Mapping
from datetime import date

from tasks.load.made.draw import Draw
from tasks.load.made.prose import names, write_sentence
from tasks.load.made.register.facts import Fact, Register

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
PREFACE = (
    "Register of the Board of the Harrow Basin, 2071 to 2080.\n\n"
    "Whoever reads this register should know three things. A later decision on a budget, an office, its head "
    "or the limit overrides an earlier one. A voucher above the limit that is in force on its day needs two "
    "signatures. An entry marked as late tells of a day before the one on which it was written. What the "
    "clerk remarks of the weather and the town is of no account.\n"
)
WORDINGS: Mapping[str, tuple[str, str, str]] = {
    "budget_set": (
        "The Board grants {subject} a budget of {value} crowns.",
        "A budget of {value} crowns is set for {subject}.",
        "For {subject}, {value} crowns are put into the budget.",
    ),
    "budget_to": (
        "The budget of {subject} is now {value} crowns.",
        "From today, {value} crowns is the budget of {subject}.",
        "The Board changes the budget of {subject} to {value} crowns.",
    ),
    "budget_up": (
        "The budget of {subject} is raised by {change} crowns.",
        "To the budget of {subject} are added {change} crowns.",
        "{subject} is given {change} crowns more.",
    ),
    "budget_down": (
        "The budget of {subject} is cut by {change} crowns.",
        "From the budget of {subject} are taken {change} crowns.",
        "{subject} is given {change} crowns less.",
    ),
    "office": (
        "{subject} is under {other} from today.",
        "From today {other} is in charge of {subject}.",
        "The Board puts {subject} under {other}.",
    ),
    "head": (
        "{other} becomes head of {subject}.",
        "The Board appoints {other} to head {subject}.",
        "As head of {subject}, {other} takes the oath.",
    ),
    "paid": (
        "Voucher {subject}: {value} crowns to {other} for {goods}.",
        "{other} is paid {value} crowns for {goods} (voucher {subject}).",
        "For {goods}, {value} crowns go to {other} by voucher {subject}.",
    ),
    "cancelled": (
        "Voucher {subject} is cancelled.",
        "The Board declares voucher {subject} void.",
        "Nothing is owed on voucher {subject}, which is struck out.",
    ),
    "corrected": (
        "Voucher {subject} is corrected from {other} to {value} crowns.",
        "On voucher {subject}, {other} crowns should read {value} crowns.",
        "Voucher {subject} was entered with {other} crowns in error; it is for {value} crowns.",
    ),
    "limit": (
        "The limit above which a voucher needs two signatures is {value} crowns.",
        "Two signatures are needed on vouchers above {value} crowns, from today.",
        "From today the limit for a single signature is {value} crowns.",
    ),
    "inspected": (
        "{subject} was inspected today.",
        "Today the inspectors went over {subject}.",
        "The inspection of {subject} took place today.",
    ),
    "inspected_late": (
        "Entered late: {subject} was inspected on {day}.",
        "Entered late: the inspectors went over {subject} on {day}.",
        "Entered late: the inspection of {subject} took place on {day}.",
    ),
    "depth": (
        "{subject} is reported to be {value} feet deep.",
        "The depth of {subject} is given as {value} feet.",
        "The surveyors put the depth of {subject} at {value} feet.",
    ),
    "depth_corrected": (
        "The depth of {subject}, given as {other} feet, is corrected to {value} feet.",
        "Of {subject} a depth of {other} feet was given in error; it is {value} feet.",
        "A new survey corrects the depth of {subject} from {other} to {value} feet.",
    ),
}


def write_register(register: Register, n_chars: int, draw: Draw) -> tuple[str, dict[Fact, float]]:
    """A document of about so many characters, and where in it each fact stands, in percent.

    Raises: ValueError: the facts alone fill it.
    """
    entries = [(fact, f"{in_words(fact.entered)}. {word(fact, draw)}") for fact in register.facts]
    room = n_chars - len(PREFACE) - sum(len(text) + 1 for _, text in entries)
    if room < 0:
        raise ValueError("the document is too short for its facts")
    remarks: dict[int, list[str]] = {}
    while room > 0:
        remark = write_sentence(draw)
        remarks.setdefault(draw.below(len(entries)), []).append(remark)
        room -= len(remark) + 1
    pieces, starts = [PREFACE], {}
    at = len(PREFACE)
    for nth, (fact, text) in enumerate(entries):
        starts[fact] = at
        pieces.append(" ".join((text, *remarks.get(nth, ()))))
        at += len(pieces[-1]) + 1
    document = "\n".join(pieces)
    return document, {fact: round(100 * start / len(document), 1) for fact, start in starts.items()}


def word(fact: Fact, draw: Draw) -> str:
    """The sentence that says a fact."""
    kind: str = fact.kind
    if kind == "budget_by":
        kind = "budget_up" if fact.value > 0 else "budget_down"
    if kind == "inspected" and fact.day < fact.entered:
        kind = "inspected_late"
    of_work = fact.kind not in {"paid", "cancelled", "corrected", "limit", "head"}
    text = draw.pick(WORDINGS[kind]).format(
        subject=f"the {fact.subject}" if of_work else fact.subject,
        value=fact.value,
        change=abs(fact.value),
        other=fact.other,
        day=in_words(fact.day),
        goods=draw.pick(names()["goods"]),
    )
    return text[0].upper() + text[1:]


def in_words(day: date) -> str:
    """As in 4 March 2071; no locale has a say in it."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
