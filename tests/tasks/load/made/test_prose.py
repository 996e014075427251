"""The prose around what is hidden is varied, plain ASCII, and says nothing that a fact says."""

import re

import pytest

from tasks.load.made.draw import Draw
from tasks.load.made.prose import _grammar, draw_people, names, write_sentence

N = 5_000


@pytest.fixture(scope="module")
def sentences() -> list[str]:
    draw = Draw("prose")
    return [write_sentence(draw) for _ in range(N)]


def test_hardly_a_sentence_is_there_twice(sentences: list[str]) -> None:
    assert len(set(sentences)) >= 0.995 * N


def test_neighbouring_words_are_varied(sentences: list[str]) -> None:
    words = " ".join(sentences).split()
    fives = [tuple(words[at : at + 5]) for at in range(len(words) - 5)]
    assert len(set(fives)) >= 0.5 * len(fives)


def test_a_sentence_begins_with_a_capital_ends_with_a_stop_and_has_no_slot(sentences: list[str]) -> None:
    for sentence in sentences:
        assert re.fullmatch(r"[A-Z][ -z]+\.", sentence), sentence
        assert not re.search(r"[{}]|  |\b[Aa] [aeiou]", sentence), sentence
        assert 20 <= len(sentence) <= 320, sentence


def test_nothing_of_a_fact_stands_in_it(sentences: list[str]) -> None:
    text = "\n".join(sentences)
    assert not re.search(r"\d", text)
    lists = names()
    for fact in (*lists["first"], *lists["last"], *lists["place"], *lists["keepsake"], *lists["fund"]):
        assert not re.search(rf"\b{re.escape(fact)}\b", text), fact


def test_every_rule_is_used_and_there(sentences: list[str]) -> None:
    grammar = _grammar()
    named = {inner for phrases in grammar.values() for parts in phrases for _, inner in parts if inner}
    assert named | {"sentence"} == set(grammar)


def test_people_are_different_ones() -> None:
    people = draw_people(Draw("people"), 300)
    assert len(set(people)) == 300
    assert people == draw_people(Draw("people"), 300)
