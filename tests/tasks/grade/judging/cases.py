"""A rubric, a sample and a judge's answers for the tests of judges."""

import json
from typing import Any

from tasks.grade.judging.judge import Judge
from tasks.model import Answer, Message, Sample

QUESTION = (Message(role="user", content="Why does the import fail?"),)
SAMPLE = Sample("s1", {}, target="The module is not installed.")
CRITERIA: list[dict[str, Any]] = [
    {
        "name": "accuracy",
        "description": "Is it true?",
        "scale": {"1": "no", "2": "in part", "3": "yes"},
        "weight": 3,
    },
    {
        "name": "brevity",
        "description": "Is it short?",
        "scale": {"0": "no", "1": "yes"},
        "passes_from": 0,
    },
]
JUDGE = Judge(criteria=CRITERIA)


def verdict(accuracy: Any = 3, brevity: Any = 1, evidence: str = "not installed") -> dict[str, Any]:
    """A verdict as a judge's tool is given it."""
    return {
        name: {"evidence": evidence, "explanation": "It is.", "score": score}
        for name, score in (("accuracy", accuracy), ("brevity", brevity))
    }


def answer(said: object, stop_reason: Any = "tool") -> Answer:
    """A judge's answer."""
    text = said if isinstance(said, str) else json.dumps(said)
    return Answer(text, stop_reason, None, None)
