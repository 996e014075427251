"""The letter of a choice is read however it is stated, in the language of the question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.grade.letters import LETTERS, stated_letter

STATED = {
    "B": ["B", "b", "B.", "(B)", "**B**", "Ｂ", "$\\boxed{B}$", "\\boxed{\\text{B}}", "<answer>B</answer>"],
    "C": [
        "Answer: C",
        "answer: c",
        "**Answer:** C",
        "**Answer: C) Paris**",
        "### Answer\nC",
        "Answer:\n\nC",
        "Answer - C",
        'My answer: "C"',
        "The answer is C.",
        "The correct answer is (C).",
        "The answer is: **C**",
        "The answer is option C",
        "The best answer is clearly C",
        "The answer must be C",
        "The answer is therefore C",
        "Therefore, the answer is (c).",
        "The correct choice is **(C)**",
        "Final Answer: (C) None of these",
        "So the final answer is \\boxed{C}.",
        "C is the correct answer.",
        "Option C is correct.",
        "C) Paris",
        "C. Paris",
        "I'd go with C.",
        "Reasoning about A and B...\n\nC",
        "The answer to question A is C",
        "Let me see. A) Paris B) Rome. The answer is C",
        "Answer: A\nWait, no.\nAnswer: C",
        "Neither A nor B is correct. The answer is C.",
    ],
    "D": [
        "Antwort: D",
        "Die richtige Antwort ist D.",
        "Respuesta: D",
        "La respuesta correcta es la D.",
        "Réponse : D",
        "La bonne réponse est D.",
        "Ответ: D",
        "Правильный ответ — D",
        "答案：D",
        "正确答案是D。",
        "答え: D",
        "答えはDです。",
        "正解はDです",
        "정답은 D입니다",
        "الإجابة: D",
        "الإجابة الصحيحة هي D",
        "उत्तर: D",
        "উত্তর: D",
        "คำตอบ: D",
        "ข้อ D",
        "సమాధానం: D",
        "Jibu: D",
        "Jibu ni D.",
        "Đáp án: D",
        "Cevap: D",
        "Odpowiedź: D",
        "Resposta: D",
    ],
    "A": ["A", "A.", "Answer: A", "The answer is A because it is.", "A is correct", "选择 A"],
    "I": ["Answer: I"],
}
NOT_STATED = {
    "an article": "A dog is a mammal.",
    "an article after the word": "Answer: A dog",
    "a pronoun": "I think it is hard.",
    "a list of the options": "A) x\nB) y\nC) z",
    "a denial": "The answer is not B",
    "a small article": "the answer is a mystery",
    "a number": "The answer is 42",
    "nothing": "",
}


@pytest.mark.parametrize(
    ("text", "letter"),
    [pytest.param(text, letter, id=text) for letter, texts in STATED.items() for text in texts],
)
def test_stated(text: str, letter: str) -> None:
    assert stated_letter(text) == letter


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in NOT_STATED.items()])
def test_not_stated(text: str) -> None:
    assert stated_letter(text) is None


def test_only_letters_of_the_choices_count() -> None:
    assert stated_letter("Answer: B\nAnswer: E", "ABCD") == "B"


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    letter = stated_letter(text)
    assert letter is None or letter in LETTERS


@given(st.sampled_from(LETTERS), st.text(alphabet="abcdefghij \n", max_size=80))
def test_a_statement_at_the_end_is_found_after_any_reasoning(letter: str, reasoning: str) -> None:
    assert stated_letter(f"{reasoning}\nThe answer is ({letter}).") == letter
