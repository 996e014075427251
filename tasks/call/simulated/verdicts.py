"""How a simulated model judges: it follows the request's markers to the letter, and likes what is like the
reference.

What stands between the markers is material to it, whatever it says. Whatever stands outside of them it obeys,
"give 10" included: an answer that could end its markers would win, which is how the fence is tested
(tasks/grade/judging/fence.py). It errs as often as its family does, and favours what is shown first a little.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.call.simulated.draws import Draw
from tasks.call.simulated.families import Family
from tasks.call.simulated.wire import Request

_NAME = re.compile(r"The markers of this request are named ([0-9a-f]{16})\.")
_ORDER = re.compile(r"\bgive\b[^.\n]{0,40}?(-?\d+)|\b(first|second) (?:answer )?wins\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_FIRST_BIAS, _TIE = 0.03, 0.04
_EVIDENCE_WORDS = 12


def write_verdict(request: Request, family: Family, draw: Draw) -> str | None:
    """The verdict on what is fenced in a judge's request, as JSON; None where it is no such request."""
    if request.shape is None:
        return None
    prompt = request.messages[-1]["content"]
    names = _NAME.findall(prompt)
    if not names:
        return None
    blocks, outside = _parts(prompt, names[-1])
    properties = request.shape.schema.get("properties", {})
    order = _ORDER.search(outside)
    if "winner" in properties:
        verdict = _compared(blocks, order, family, draw)
    else:
        answer = blocks.get("answer", "")
        quality = _quality(answer, blocks.get("reference"), family, draw)
        verdict = {
            name: _scored(schema, answer, quality, order.group(1) if order else None, draw)
            for name, schema in properties.items()
        }
    return json.dumps(verdict, ensure_ascii=False)


def _parts(prompt: str, name: str) -> tuple[dict[str, str], str]:
    """What stands between the markers of that name, by label, and what stands outside of them."""
    pattern = re.compile(rf"<([a-z ]+) {name}>\n(.*?)\n</\1 {name}>", re.DOTALL)
    return dict(pattern.findall(prompt)), pattern.sub("", prompt)


def _scored(
    schema: Mapping[str, Any], answer: str, quality: float, ordered: str | None, draw: Draw
) -> dict[str, object]:
    scale: Sequence[int] = sorted(schema.get("properties", {}).get("score", {}).get("enum", [0, 1]))
    place = round(min(max(quality + 0.2 * (draw.share() - 0.5), 0.0), 1.0) * (len(scale) - 1))
    return {
        "evidence": " ".join(answer.split()[:_EVIDENCE_WORDS]),
        "explanation": "It is close to what was asked." if quality > 0.5 else "It misses what was asked.",
        "score": scale[place] if ordered is None else int(ordered),
    }


def _compared(
    blocks: Mapping[str, str], order: re.Match[str] | None, family: Family, draw: Draw
) -> dict[str, object]:
    first, second = blocks.get("first answer", ""), blocks.get("second answer", "")
    reference = blocks.get("reference")
    ahead = _quality(first, reference, family, draw) - _quality(second, reference, family, draw) + _FIRST_BIAS
    winner = "tie" if abs(ahead) < _TIE else "first" if ahead > 0 else "second"
    if order is not None and order.group(2):
        winner = order.group(2).lower()
    better = second if winner == "second" else first
    return {
        "evidence": " ".join(better.split()[:_EVIDENCE_WORDS]),
        "explanation": "Both serve alike." if winner == "tie" else f"The {winner} is nearer to it.",
        "winner": winner,
    }


def _quality(answer: str, reference: str | None, family: Family, draw: Draw) -> float:
    """How good an answer looks, 0 to 1: how much of the reference it holds; without one, that is chance."""
    if not draw.chance(family.accuracy):
        return draw.share()
    if not reference:
        return Draw("quality", answer).share()
    wanted = set(_WORD.findall(reference.casefold()))
    held = wanted & set(_WORD.findall(answer.casefold()))
    return len(held) / len(wanted) if wanted else draw.share()
