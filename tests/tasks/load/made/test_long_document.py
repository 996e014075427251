"""A register says what its facts are: who reads the text alone comes to the answers that are graded."""

import hashlib
from collections import Counter, defaultdict
from typing import Any

import pytest

from tasks.load.made.draw import Draw
from tasks.load.made.register.facts import Fact, Register, budget_after, day_at, limit_on, stands_at
from tasks.load.made.register.questions import ASK
from tasks.load.made.registry import make_made
from tasks.model import canonical_json
from tests.tasks.load.made.register_reader import Reader


def rows_of(seed: int = 0, **options: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in make_made("long_document", seed, options).rows()]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The suite as it ships."""
    return rows_of()


@pytest.fixture(scope="module")
def readers(rows: list[dict[str, Any]]) -> dict[str, Reader]:
    """Who has read each document."""
    documents = {row["cluster"]: row["document"] for row in rows}
    return {cluster: Reader().read(document) for cluster, document in documents.items()}


def test_every_line_can_be_read(readers: dict[str, Reader]) -> None:
    assert {cluster: reader.unread for cluster, reader in readers.items() if reader.unread} == {}


def test_who_reads_the_text_comes_to_every_answer(
    rows: list[dict[str, Any]], readers: dict[str, Reader]
) -> None:
    found = {row["sample_id"]: readers[row["cluster"]].answer(row["input"]) for row in rows}
    assert found == {row["sample_id"]: row["target"] for row in rows}


@pytest.mark.parametrize("seed", range(1, 13))
def test_so_it_is_with_other_seeds_and_at_the_shortest(seed: int) -> None:
    for row in rows_of(seed, lengths=[8_000]):
        assert Reader().read(row["document"]).answer(row["input"]) == row["target"], row["sample_id"]


def test_no_wrong_answer_is_right(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert row["wrong"]
        assert not set(row["wrong"]) & set(row["targets"]), row["sample_id"]


def test_every_kind_is_asked_of_every_document(rows: list[dict[str, Any]]) -> None:
    counts = Counter((row["cluster"], row["category"]) for row in rows)
    assert counts == {
        (f"{length}-1", kind): 2 for length in (8000, 16000, 32000, 64000, 128000) for kind in ASK
    }


def test_no_answer_is_one_for_many(rows: list[dict[str, Any]]) -> None:
    targets = Counter(row["target"] for row in rows)
    assert max(targets.values()) <= 5


def test_the_evidence_lies_far_apart(rows: list[dict[str, Any]]) -> None:
    spans = defaultdict(list)
    for row in rows:
        places = row["metadata"]["evidence_percent"]
        assert len(places) >= 2
        spans[row["category"]].append(places[-1] - places[0])
    assert {kind: min(found) >= 10 for kind, found in spans.items()} == dict.fromkeys(ASK, True)
    assert {kind: sum(found) / len(found) >= 30 for kind, found in spans.items() if kind != "as_of"} == {
        kind: True for kind in ASK if kind != "as_of"
    }


def test_the_order_of_the_entries_does_not_give_the_order_of_events_away(
    rows: list[dict[str, Any]], readers: dict[str, Reader]
) -> None:
    asked = [row for row in rows if row["category"] == "order"]
    for row in asked:
        entered = list(readers[row["cluster"]].inspected)
        first = min((row["target"], *row["wrong"]), key=entered.index)
        assert first != row["target"], row["sample_id"]


def test_a_document_is_as_long_as_it_says(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        length, n_chars = row["metadata"]["length_tokens"], len(row["document"])
        assert n_chars == row["metadata"]["document_chars"]
        assert 0.95 * length <= n_chars / 4 <= length - 100
        assert row["document"].isascii()


def test_questions_on_a_document_are_a_cluster_and_share_its_text(rows: list[dict[str, Any]]) -> None:
    texts = defaultdict(set)
    for row in rows:
        texts[row["cluster"]].add(id(row["document"]))
    assert [len(found) for found in texts.values()] == [1] * 5


def test_a_kind_asks_the_same_whatever_else_is_asked(rows: list[dict[str, Any]]) -> None:
    alone = rows_of(lengths=[8_000], kinds=["total"])
    assert alone == [row for row in rows if row["cluster"] == "8000-1" and row["category"] == "total"]


def test_what_is_made_does_not_change_without_a_new_version(rows: list[dict[str, Any]]) -> None:
    """Who changes the rows raises LONG_DOCUMENT.version: nights before and after are then not compared."""
    found = hashlib.sha256(b"".join(map(canonical_json, rows))).hexdigest()[:16]
    assert {make_made("long_document", 0, {}).generator.version: found} == DIGESTS


DIGESTS = {1: "af92b72453918763"}


def register_of(*facts: Fact) -> Register:
    return Register(facts, ("Elm Weir",), ("Marl Masons",))


def test_a_change_by_so_much_counts_on_from_what_was_in_force() -> None:
    set_, by, to = (
        Fact(0.1, "budget_set", "Elm Weir", 500),
        Fact(0.2, "budget_by", "Elm Weir", -100),
        Fact(0.3, "budget_to", "Elm Weir", 900),
    )
    assert [budget_after(changes) for changes in ([set_], [set_, by], [set_, by, to], [set_, to, by])] == [
        *(500, 400, 900, 800)
    ]


@pytest.mark.parametrize(
    ("after", "crowns"),
    [
        ((), 300),
        ((Fact(0.2, "cancelled", "7"),), 0),
        ((Fact(0.2, "corrected", "7", 320),), 320),
        ((Fact(0.2, "corrected", "8", 320),), 300),
        ((Fact(0.2, "corrected", "7", 320), Fact(0.3, "cancelled", "7")), 0),
    ],
    ids=["nothing happens", "cancelled", "corrected", "another voucher", "both"],
)
def test_what_a_voucher_comes_to(after: tuple[Fact, ...], crowns: int) -> None:
    voucher = Fact(0.1, "paid", "7", 300, "Marl Masons")
    assert stands_at(register_of(voucher, *after), voucher) == crowns


def test_a_limit_is_in_force_from_its_day_on() -> None:
    limits = [Fact(0.0, "limit", value=500), Fact(0.5, "limit", value=700, day=day_at(0.5))]
    assert [limit_on(limits, day_at(place)) for place in (0.1, 0.499, 0.5, 0.9)] == [500, 500, 700, 700]


def test_a_question_that_cannot_be_put_is_an_error() -> None:
    with pytest.raises(
        ValueError, match=r"lengths: 8,000 tokens: the document is too short for 20 questions"
    ):
        rows_of(lengths=[8_000], kinds=["contradiction"], questions=20)
    with pytest.raises(ValueError, match="lengths: 2,000 tokens: the document is too short for its facts"):
        rows_of(lengths=[2_000])


def test_every_work_that_contradicts_itself_is_known() -> None:
    from tasks.load.made.register.facts import contradicts_itself
    from tasks.load.made.register.history import draw_register

    register = draw_register(Draw("x"), 100_000)
    mute = [work for work in register.works if contradicts_itself(register, work)]
    assert 0.1 * len(register.works) <= len(mute) <= 0.3 * len(register.works)
