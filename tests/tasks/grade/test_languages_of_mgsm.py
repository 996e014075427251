"""Every target of MGSM is read out of a sentence in the language of its question and in its digits."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from tasks.grade.letters import stated_letter

SENTENCE = {
    "bn": "সুতরাং, উত্তর হল {n}।",
    "de": "Die Antwort ist also {n} Dollar.",
    "en": "So the answer is ${n}.",
    "es": "Por lo tanto, la respuesta es {n} dólares.",
    "fr": "La réponse est donc {n} euros.",
    "ja": "したがって、答えは{n}個です。",
    "ru": "Следовательно, ответ: {n} рублей.",
    "sw": "Kwa hivyo, jibu ni {n}.",
    "te": "కాబట్టి, సమాధానం {n}.",
    "th": "ดังนั้นคำตอบคือ {n} บาท",
    "zh": "因此，答案是{n}颗。",
}
DIGITS = {"bn": "০১২৩৪৫৬৭৮৯", "th": "๐๑๒๓๔๕๖๗๘๙", "te": "౦౧౨౩౪౫౬౭౮౯", "ja": "０１２３４５６７８９"}
GROUPS = {"de": ".", "es": ".", "fr": "\u202f", "ru": "\u00a0"}


UNITS = r"\$| (Dollar|dólares|euros|рублей|บาท)|個|颗"  # a letter is counted in nothing


def _targets(shared_data: Path, language: str) -> list[str]:
    with (shared_data / "mgsm" / f"mgsm_{language}.tsv").open(encoding="utf-8", newline="") as file:
        return [row[1] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _written(target: str, language: str) -> str:
    grouped = f"{int(target.replace(',', '')):,}".replace(",", GROUPS.get(language, ","))
    own = DIGITS.get(language)
    return grouped.translate(str.maketrans("0123456789", own)) if own else grouped


@pytest.mark.parametrize("language", SENTENCE)
def test_answers_in_the_language_of_the_question(
    language: str, shared_data: Path, a_sample: Any, a_grader: Any
) -> None:
    targets = _targets(shared_data, language)
    assert len(targets) == 250
    grader = a_grader("numeric", dot_groups=True)
    for target in targets:
        sample = a_sample(target)
        grader.check(sample)
        right = SENTENCE[language].format(n=_written(target, language))
        assert grader.grade(sample, f"16 - 3 = 13\n{right}").passed, right
        wrong = SENTENCE[language].format(n=_written(str(int(target.replace(",", "")) + 1), language))
        assert not grader.grade(sample, wrong).passed, wrong


@pytest.mark.parametrize("language", SENTENCE)
def test_letters_in_the_same_sentences(language: str) -> None:
    sentence = re.sub(UNITS, "", SENTENCE[language])
    assert stated_letter("A, B, C...\n" + sentence.format(n="C")) == "C"
