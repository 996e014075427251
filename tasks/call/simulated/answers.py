"""Believable text: some reasoning around an answer, in the form that the question asks for.

The same draws write the same text. A right answer is always where its form's extractor finds it: the number
last, the letter named, the value under its key or in its box, the code and the SQL in a fence, the text
alone.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from math import gcd
from pathlib import Path

from pydantic import TypeAdapter

from tasks.call.simulated.draws import Draw, lognormal
from tasks.call.simulated.families import Family, Wrap
from tasks.call.simulated.mistakes import wrong_answer, wrong_document
from tasks.call.simulated.plan import PlanEntry

PHRASES = Path(__file__).with_name("phrases.toml")
_quote = json.JSONEncoder(ensure_ascii=False).encode
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
DOCUMENTS = {"json", "json_only"}
_READ = 600  # characters of the prompt that are searched for numbers


def write_answer(entry: PlanEntry | None, prompt: str, family: Family, draw: Draw, *, right: bool) -> str:
    """The model's text for a planned prompt; for an unknown one, something that fits any."""
    if entry is None or (entry.target is None and entry.form not in DOCUMENTS):
        return " ".join([_opening(draw), *_some("unknown", family, draw)])
    if entry.form in DOCUMENTS:
        spoils = [(wrap, share) for wrap, share in family.spoils if wrap != "other" or entry.form == "json"]
        return _document(entry.target, spoils, draw, right=right)
    answer = str(entry.target) if right else wrong_answer(entry, draw)
    match entry.form:
        case "text":
            return answer
        case "code" | "sql":
            language = "python" if entry.form == "code" else "sql"
            return f"{draw.pick(_phrases()[entry.form])}\n\n```{language}\n{answer.strip(chr(10))}\n```"
        case "boxed":
            return f"{write_reasoning(prompt, family, draw)}\n\n\\[\\boxed{{{answer}}}\\]"
        case "number" | "letter":
            last = draw.pick(_phrases()[entry.form]).format(answer=answer)
            return f"{write_reasoning(prompt, family, draw)}\n\n{last}"
        case _:
            key = entry.form.removeprefix("json.")
            return _keyed(key, answer, write_reasoning(prompt, family, draw), family, draw)


def write_reasoning(prompt: str, family: Family, draw: Draw) -> str:
    """Some sentences as a model writes them on the way to an answer."""
    numbers = _NUMBER.findall(prompt[:_READ])
    sentences = [_opening(draw)]
    for sentence in _some("steps", family, draw):
        if len(numbers) > 1 and draw.chance(0.4):
            place = draw.below(len(numbers) - 1)
            with_numbers = draw.pick(_phrases()["steps_with_numbers"])
            sentences.append(with_numbers.format(a=numbers[place], b=numbers[place + 1]))
        else:
            sentences.append(sentence)
    return " ".join(sentences)


def write_refusal(draw: Draw) -> str:
    """What a model says that will not answer."""
    return draw.pick(_phrases()["refusals"])


def _document(target: str | None, spoils: Sequence[tuple[Wrap, float]], draw: Draw, *, right: bool) -> str:
    """JSON and nothing else where right; else spoiled in one of these ways."""
    text = _laid_out(target if target is not None else '{"answer": null}', draw)
    if right:
        return text
    match draw.weighted(spoils):
        case "fenced":
            return _fenced(text)
        case "prose":
            return _amid_prose(text, draw)
        case "invalid":
            return _broken(text, draw)
        case _:
            return wrong_document(text, draw)


def _keyed(key: str, answer: str, reasoning: str, family: Family, draw: Draw) -> str:
    """An object with reasoning and answer, wrapped as the family likes it; the answer is always readable."""
    first = "reasoning" if key != "reasoning" else "thoughts"
    # Laid out by hand: with an indent, json.dumps leaves its fast encoder (20 microseconds more).
    text = f"{{\n    {_quote(first)}: {_quote(reasoning)},\n    {_quote(key)}: {_quote(answer)}\n}}"
    match draw.weighted(family.wraps):
        case "bare":
            return text
        case "fenced":
            return _fenced(text)
        case "invalid":
            # A line break inside a string, as models write it: no JSON, but the value can be read.
            return _fenced(text.replace(". ", ".\n", 1))
        case _:
            return f"{draw.pick(_phrases()['json'])}\n\n{_fenced(text)}"


def _laid_out(text: str, draw: Draw) -> str:
    try:
        document = json.loads(text)
    except ValueError:
        return text
    return json.dumps(document, ensure_ascii=False, indent=draw.pick((None, 2, 2, 4)))


def _fenced(text: str) -> str:
    return f"```json\n{text}\n```"


def _amid_prose(text: str, draw: Draw) -> str:
    before = draw.pick(_phrases()["json"])
    after = f"\n\n{draw.pick(_phrases()['after_json'])}" if draw.chance(0.5) else ""
    return f"{before}\n\n{_fenced(text) if draw.chance(0.6) else text}{after}"


def _broken(text: str, draw: Draw) -> str:
    """No JSON any more, in one of the ways models break it."""
    cut = text[: max(1, len(text) - 1 - draw.below(3))]
    if text.endswith(("}", "]")):
        return draw.pick((cut, f"{text[:-1].rstrip()},{text[-1]}", f"{text}{text[-1]}"))
    return f"{text},"


def _some(kind: str, family: Family, draw: Draw) -> Sequence[str]:
    """As many sentences of a kind as the family's distribution says, none twice before all were there."""
    median, sigma = family.sentences
    n = min(40, max(1, round(lognormal((draw.below(2**32) + 0.5) / 2**32, median, sigma))))
    phrases = _phrases()[kind]
    place = draw.below(len(phrases))
    stride = draw.pick(_strides(len(phrases)))
    return [phrases[(place + i * stride) % len(phrases)] for i in range(n)]


def _opening(draw: Draw) -> str:
    return draw.pick(_phrases()["openings"])


@cache
def _strides(n: int) -> list[int]:
    """The steps that visit all of n places before they come back to one."""
    return [stride for stride in range(1, n) if gcd(stride, n) == 1]


@cache
def _phrases() -> dict[str, list[str]]:
    phrases = tomllib.loads(PHRASES.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, list[str]]).validate_python(phrases)
