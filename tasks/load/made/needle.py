"""`needle`: numbers hidden at many depths of long prose, and questions that only who finds them can answer.

A context is prose (prose.py) with all of its needles in it; every question on it is asked with the whole of
it in front, so that a vendor's cache reads it once. At each depth lies one fact, `P's box at PLACE is opened
with 481763`, which two kinds of question ask for:

    single   by name: which number opens P's box at PLACE
    pair     by way of a second needle, a quarter of the context or more away: who has an object in keeping
    sum      the payments of one person to one fund, three of them spread over the context, added up

Distractors: at one depth's question the other depths' facts are similar facts about others; besides, there
are facts of people with the same surname, of the same person elsewhere, and payments of others to the fund.
The depth of a fact is where it begins, as a share of the document; that of a pair is its number's.

Source of the idea: G. Kamradt, "Needle in a haystack" (2023); several needles as in RULER (arXiv:2404.06654).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tasks.load.made.base import Generator, Length, Options, Row, check_size, different, document_chars
from tasks.load.made.draw import Draw
from tasks.load.made.prose import draw_people, names, write_sentence

Kind = Literal["single", "pair", "sum"]
Depth = Annotated[int, Field(ge=0, le=100)]

FULL = 85  # of a hundred characters at most this many are facts
APART = 25  # percent of the context that at least lie between the two needles of a pair
PARAGRAPH = 18  # of a hundred sentences so many end a paragraph
SUMS = 2  # questions of that kind on a context
PAYMENTS = 3

HOLDS = (
    "{person}'s box at {place} is opened with the number {number}.",
    "The box of {person} at {place} opens with the number {number}.",
    "At {place}, the box that belongs to {person} is set to the number {number}.",
)
KEEPS = (
    "The {object} was given into the keeping of {person}.",
    "It is {person} who keeps the {object}.",
    "Since the inventory, {person} has kept the {object}.",
)
PAYS = (
    "{person} paid {amount} crowns into {fund}.",
    "Into {fund} went {amount} crowns from {person}.",
    "A sum of {amount} crowns was received by {fund} from {person}.",
)
SINGLE = "Which number opens the box of {person} at {place}?"
PAIR = "The person who keeps the {object} has a box at {place}. Which number opens that box?"
SUM = "How many crowns did {person} pay into {fund} altogether?"
PROMPT = """{{ document }}

-----

The text above is a chronicle. Answer this question from it, and from nothing else:
{{ input }}

Reply with the number alone, in digits.
"""


class NeedleOptions(Options):
    """Which contexts are made and what is asked of them."""

    lengths: Annotated[tuple[Length, ...], AfterValidator(different)] = (
        1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000,
    )  # fmt: skip
    depths: Annotated[tuple[Depth, ...], AfterValidator(different)] = tuple(range(0, 101, 10))
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("single", "pair", "sum")
    contexts: Annotated[int, Field(ge=1, le=1_000)] = 1  # of each length
    distractors: Annotated[int, Field(ge=0, le=1_000)] = 12  # besides the other questions' facts


@dataclass(frozen=True)
class Needle:
    """A sentence and where it is to lie, in percent of the document."""

    depth: float
    text: str


@dataclass
class Question:
    """A question with its answer, and the needles without which nobody has it."""

    kind: Kind
    name: str  # within its context
    text: str
    number: int
    needles: tuple[Needle, ...]
    depth: int | None = None
    parts: tuple[int, ...] = ()  # of a sum


def make_needle(seed: int, options: NeedleOptions) -> Iterator[Row]:
    """The rows of the suite, context by context.

    Raises: ValueError: a length is too short for so many depths, or all of them are too much.
    """
    check_size(sum(options.lengths) * options.contexts)
    if "pair" in options.kinds and len(options.depths) > (most := len(names()["keepsake"])):
        raise ValueError(f'depths: with the kind "pair" there are at most {most}')
    for length in options.lengths:
        for number in range(1, options.contexts + 1):
            yield from _context(seed, options, length, number)


def lay_out(needles: Sequence[Needle], n_chars: int, draw: Draw) -> tuple[str, dict[Needle, float]]:
    """A document of about so many characters with each needle where it is to lie, and where it came to lie.

    Raises: ValueError: the needles alone would nearly fill it.
    """
    room = n_chars - sum(len(needle.text) + 1 for needle in needles)
    if room * 100 < n_chars * (100 - FULL):
        raise ValueError("is too short for its needles; take fewer depths or kinds, or none as short")
    prose: list[str] = []
    while room > 0:
        prose.append(write_sentence(draw))
        room -= len(prose[-1]) + 1
    if len(prose) > 1 and -room > len(prose[-1]) // 2:
        prose.pop()
    pieces: list[str] = []
    found: dict[Needle, float] = {}
    at, left = 0, iter(prose)
    following = next(left, None)
    for needle in sorted(needles, key=lambda needle: needle.depth):
        wanted = needle.depth * (n_chars - len(needle.text)) / 100
        last = needle.depth == 100  # nothing follows it but what lies as deep
        while following is not None and (last or at + len(following) / 2 <= wanted):
            at += _put(pieces, following, draw)
            following = next(left, None)
        found[needle] = at
        at += _put(pieces, needle.text, draw)
    while following is not None:
        at += _put(pieces, following, draw)
        following = next(left, None)
    text = "".join(pieces).rstrip()
    return text, {needle: round(100 * start / len(text), 1) for needle, start in found.items()}


def _put(pieces: list[str], sentence: str, draw: Draw) -> int:
    piece = sentence + ("\n\n" if draw.chance(PARAGRAPH) else " ")
    pieces.append(piece)
    return len(piece)


def _context(seed: int, options: NeedleOptions, length: int, number: int) -> Iterator[Row]:
    draw = Draw("needle", seed, length, number)
    cast = _Cast(draw, options)
    questions = cast.questions(options)
    distractors = cast.distractors(options.distractors)
    n_chars = document_chars(length)
    needed = list(dict.fromkeys(needle for question in questions for needle in question.needles))
    most = n_chars // 10 // 80  # of a short document no more than a tenth
    try:
        document, places = lay_out([*needed, *distractors[:most]], n_chars, draw)
    except ValueError as error:
        raise ValueError(f"lengths: {length:,} tokens: the document {error}") from error
    cluster = f"{length}-{number}"
    for question in questions:
        depths = [places[needle] for needle in question.needles]
        metadata: dict[str, object] = {
            "kind": question.kind,
            "length_tokens": length,
            "needles_percent": depths,
            "document_chars": len(document),
        }
        if question.depth is not None:
            metadata["depth_percent"] = question.depth
        yield {
            "sample_id": f"{cluster}-{question.kind}-{question.name}",
            "document": document,
            "input": question.text,
            "target": str(question.number),
            "wrong": cast.wrong(question),
            "category": question.kind,
            "cluster": cluster,
            "metadata": metadata,
        }


class _Cast:
    """The people, places and numbers of one context."""

    def __init__(self, draw: Draw, options: NeedleOptions) -> None:
        n = len(options.depths)
        self._draw = draw
        self._people = draw_people(draw, n + 2 * SUMS + options.distractors)
        self._numbers = _numbers(draw, n + options.distractors)
        self._objects = draw.shuffled(names()["keepsake"])
        self._places = names()["place"]
        self._boxes = [(person, draw.pick(self._places)) for person in self._people[:n]]
        self._payers = self._people[n : n + 2 * SUMS]
        self._others = self._people[n + 2 * SUMS :]
        self._fund = draw.pick(names()["fund"])
        self._depths = options.depths

    def questions(self, options: NeedleOptions) -> list[Question]:
        """All that is asked of the context."""
        found: list[Question] = []
        for place, depth in enumerate(options.depths):
            person, where = self._boxes[place]
            number = self._numbers[place]
            text = self._draw.pick(HOLDS).format(person=person, place=where, number=number)
            holds = Needle(depth, text)
            if "single" in options.kinds:
                asked = SINGLE.format(person=person, place=where)
                found.append(Question("single", f"{depth:03}", asked, number, (holds,), depth))
            if "pair" in options.kinds:
                object_ = self._objects[place]
                text = self._draw.pick(KEEPS).format(person=person, object=object_)
                keeps = Needle(self._far_from(depth), text)
                asked = PAIR.format(object=object_, place=where)
                found.append(Question("pair", f"{depth:03}", asked, number, (keeps, holds), depth))
        if "sum" in options.kinds:
            found += [self._sum(person, nth) for nth, person in enumerate(self._payers[:SUMS], 1)]
        return found

    def distractors(self, n: int) -> list[Needle]:
        """Similar facts, in turn: a namesake's box, another box of a person, payments of others."""
        found: list[Needle] = []
        for nth in range(n):
            other, number = self._others[nth], self._numbers[len(self._depths) + nth]
            person, where = self._draw.pick(self._boxes)
            if nth % 3 == 0:
                namesake = f"{other.partition(' ')[0]} {person.rpartition(' ')[2]}"
                other = namesake if namesake not in self._people else other
            elif nth % 3 == 1:
                elsewhere = [place for place in self._places if place != where]
                other, where = person, self._draw.pick(elsewhere)
            else:
                payer = self._draw.pick(self._payers[SUMS:])
                amount = self._draw.between(12, 999)
                text = self._draw.pick(PAYS).format(person=payer, amount=amount, fund=self._fund)
                found.append(Needle(self._anywhere(), text))
                continue
            text = self._draw.pick(HOLDS).format(person=other, place=where, number=number)
            found.append(Needle(self._anywhere(), text))
        return found

    def wrong(self, question: Question) -> list[str]:
        """What a careless reader says: another's number, or a part of the sum."""
        if question.parts:
            return [str(question.number - part) for part in question.parts]
        others = [number for number in self._numbers if number != question.number]
        return [str(number) for number in self._draw.some(others, min(4, len(others)))]

    def _sum(self, person: str, nth: int) -> Question:
        amounts = [self._draw.between(101, 999) for _ in range(PAYMENTS)]
        thirds = self._draw.shuffled(range(PAYMENTS))
        needles = tuple(
            Needle(
                self._draw.between(1000 * third // PAYMENTS, 1000 * (third + 1) // PAYMENTS) / 10,
                self._draw.pick(PAYS).format(person=person, amount=amount, fund=self._fund),
            )
            for third, amount in zip(thirds, amounts, strict=True)
        )
        asked = SUM.format(person=person, fund=self._fund)
        return Question("sum", str(nth), asked, sum(amounts), needles, parts=tuple(amounts))

    def _far_from(self, depth: int) -> float:
        below, above = max(0, depth - APART), max(0, 100 - depth - APART)
        drawn = self._draw.below(10 * (below + above) + 1) / 10
        return drawn if drawn <= below and below else depth + APART + drawn - below

    def _anywhere(self) -> float:
        return self._draw.between(1, 999) / 10


def _numbers(draw: Draw, n: int) -> list[int]:
    found: dict[int, None] = {}
    while len(found) < n:
        found[draw.between(100_000, 999_999)] = None
    return list(found)


NEEDLE = Generator("needle", 1, NeedleOptions, PROMPT, make_needle)
