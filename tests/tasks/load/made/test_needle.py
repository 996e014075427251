"""Needles lie where they are said to lie, and who reads the text alone finds the answers that are graded."""

import hashlib
import re
from collections import Counter, defaultdict
from typing import Any

import pytest

from tasks.load.made.registry import make_made
from tasks.model import canonical_json

BOX = re.compile(
    r"(?:^|(?<=[.\n] )|(?<=\n))(?:(?P<a>[A-Z]\w+ [A-Z]\w+)'s box at (?P<ap>the [^.]+?) is opened with"
    r"|The box of (?P<b>[A-Z]\w+ [A-Z]\w+) at (?P<bp>the [^.]+?) opens with"
    r"|At (?P<cp>the [^.]+?), the box that belongs to (?P<c>[A-Z]\w+ [A-Z]\w+) is set to)"
    r" the number (?P<number>\d{6})\."
)
KEEPER = re.compile(
    r"The (?P<a>[^.]+?) was given into the keeping of (?P<ap>[A-Z]\w+ [A-Z]\w+)\."
    r"|It is (?P<bp>[A-Z]\w+ [A-Z]\w+) who keeps the (?P<b>[^.]+)\."
    r"|Since the inventory, (?P<cp>[A-Z]\w+ [A-Z]\w+) has kept the (?P<c>[^.]+)\."
)
PAID = re.compile(
    r"(?P<a>[A-Z]\w+ [A-Z]\w+) paid (?P<an>\d+) crowns into (?P<af>the [^.]+)\."
    r"|Into (?P<bf>the [^.]+?) went (?P<bn>\d+) crowns from (?P<b>[A-Z]\w+ [A-Z]\w+)\."
    r"|A sum of (?P<cn>\d+) crowns was received by (?P<cf>the [^.]+?) from (?P<c>[A-Z]\w+ [A-Z]\w+)\."
)


def rows_of(seed: int = 0, **options: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in make_made("needle", seed, options).rows()]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The suite as it ships."""
    return rows_of()


def named(match: re.Match[str], *ends: str) -> list[str]:
    """The groups of the alternative that matched."""
    letter = next(letter for letter in "abc" if match[letter])
    return [match[letter + end] for end in ends]


def read(document: str, question: str) -> int:
    """The answer, by somebody who has the document and the question and nothing else."""
    boxes = {tuple(named(m, "", "p")): int(m["number"]) for m in BOX.finditer(document)}
    keepers = {thing: person for m in KEEPER.finditer(document) for thing, person in [named(m, "", "p")]}
    if asked := re.fullmatch(r"Which number opens the box of (.+) at (the .+)\?", question):
        return boxes[asked[1], asked[2]]
    if asked := re.fullmatch(r"The person who keeps the (.+) has a box at (the .+)\. Which .+\?", question):
        return boxes[keepers[asked[1]], asked[2]]
    asked = re.fullmatch(r"How many crowns did (.+) pay into (the .+) altogether\?", question)
    assert asked, question
    paid = [named(m, "", "n", "f") for m in PAID.finditer(document)]
    return sum(int(amount) for person, amount, fund in paid if (person, fund) == (asked[1], asked[2]))


def test_who_reads_the_text_finds_every_answer(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert str(read(row["document"], row["input"])) == row["target"], row["sample_id"]
        assert row["target"] not in row["wrong"]
        assert row["wrong"]


def test_without_one_of_its_needles_a_question_has_no_answer(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["metadata"]["length_tokens"] != 8_000:
            continue
        pattern = KEEPER if row["category"] == "pair" else PAID if row["category"] == "sum" else BOX
        blind = pattern.sub("", row["document"])
        try:
            assert str(read(blind, row["input"])) != row["target"], row["sample_id"]
        except KeyError:
            continue


def test_every_length_and_depth_has_its_cell(rows: list[dict[str, Any]]) -> None:
    cells = Counter(
        (row["metadata"]["length_tokens"], row["metadata"].get("depth_percent"), row["category"])
        for row in rows
    )
    lengths, depths = [1000 * 2**n for n in range(8)], range(0, 101, 10)
    wanted = {
        (length, depth, kind): 1 for length in lengths for depth in depths for kind in ("single", "pair")
    }
    assert cells == wanted | {(length, None, "sum"): 2 for length in lengths}
    assert len({row["sample_id"] for row in rows}) == len(rows)


@pytest.mark.parametrize(("at_least", "points"), [(1_000, 7), (4_000, 3), (16_000, 1)])
def test_a_needle_lies_at_its_depth(rows: list[dict[str, Any]], at_least: int, points: float) -> None:
    for row in rows:
        if row["category"] != "single" or row["metadata"]["length_tokens"] < at_least:
            continue
        document, metadata = row["document"], row["metadata"]
        start = (
            max(document.rfind(". ", 0, place), document.rfind("\n", 0, place)) + 2
            if (place := document.index(row["target"]))
            else 0
        )
        percent = 100 * start / len(document)
        assert abs(percent - metadata["depth_percent"]) <= points, row["sample_id"]
        assert abs(percent - metadata["needles_percent"][0]) <= 3, row["sample_id"]


def test_depth_0_begins_and_depth_100_ends_the_document(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["category"] == "single" and row["metadata"]["depth_percent"] in (0, 100):
            first = row["metadata"]["depth_percent"] == 0
            end = row["document"][:120] if first else row["document"][-120:]
            assert row["target"] in end


def test_the_needles_of_a_pair_lie_apart(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["category"] == "pair" and row["metadata"]["length_tokens"] >= 4_000:
            one, other = row["metadata"]["needles_percent"]
            assert abs(one - other) >= 20


def test_a_document_is_as_long_as_it_says(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        length, n_chars = row["metadata"]["length_tokens"], len(row["document"])
        assert n_chars == row["metadata"]["document_chars"]
        assert 0.84 * length <= n_chars / 4 <= length - 120
        assert row["document"].isascii()


def test_questions_on_a_document_are_a_cluster_and_share_its_text(rows: list[dict[str, Any]]) -> None:
    by_cluster = defaultdict(set)
    for row in rows:
        by_cluster[row["cluster"]].add(id(row["document"]))
    assert len(by_cluster) == 8
    assert all(len(texts) == 1 for texts in by_cluster.values())


def test_each_number_is_there_once_and_others_like_it_beside(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        if row["category"] != "sum":
            assert row["document"].count(row["target"]) == 1
        place = re.search(r" at (the [A-Z].+?)[.?]", row["input"])
        if place and row["metadata"]["length_tokens"] >= 8_000:
            assert len(BOX.findall(row["document"])) >= 11 + 7


def test_contexts_and_seeds_are_different_texts() -> None:
    options = {"lengths": [1_000], "contexts": 2}
    one, two = rows_of(0, **options), rows_of(1, **options)
    assert len({row["document"] for row in (*one, *two)}) == 4
    assert [row["sample_id"] for row in one] == [row["sample_id"] for row in two]


def test_a_shorter_list_of_lengths_makes_the_same_texts(rows: list[dict[str, Any]]) -> None:
    assert rows_of(lengths=[4_000]) == [row for row in rows if row["metadata"]["length_tokens"] == 4_000]


def test_what_is_made_does_not_change_without_a_new_version(rows: list[dict[str, Any]]) -> None:
    """Who changes the rows raises NEEDLE.version: nights before and after are then not compared."""
    found = hashlib.sha256(b"".join(map(canonical_json, rows))).hexdigest()[:16]
    assert {make_made("needle", 0, {}).generator.version: found} == DIGESTS


DIGESTS = {1: "299d5d93244393a3"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lengths": [500]}, "lengths: 500 tokens: the document is too short for its needles"),
        ({"lengths": [100]}, "lengths.0: Input should be greater than or equal to 500 (it is 100)"),
        ({"lengths": [1000, 1000]}, "lengths: give a list of one or more different numbers"),
        ({"lengths": []}, "lengths: give a list of one or more different numbers"),
        ({"depths": [101]}, "depths.0: Input should be less than or equal to 100"),
        ({"depths": list(range(50))}, 'depths: with the kind "pair" there are at most 33'),
        ({"kinds": ["double"]}, "kinds.0: Input should be 'single', 'pair' or 'sum'"),
        ({"lenghts": [1000]}, 'lenghts: there is no such option; did you mean "lengths"?'),
        ({"contexts": "2"}, "contexts: Input should be a valid integer (it is '2')"),
        ({"lengths": [2_000_000], "contexts": 100}, "lengths: its documents have 200,000,000 tokens"),
    ],
)
def test_options_that_cannot_be_met_are_named(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is checked below
        rows_of(**options)
    assert said in str(caught.value)
