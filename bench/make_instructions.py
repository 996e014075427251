"""Make datasets/instructions/samples.jsonl: seeded, so that the same call writes the same bytes.

python -m bench.make_instructions              writes the file
python -m bench.make_instructions --check      says whether the committed file is what would be written
python -m bench.make_instructions --balance    prints what can be had without reading the prompts

A prompt is a task and up to four instructions of kinds that do not exclude each other. That they can be
followed together is shown: each prompt ships with an answer that does, and with one for each instruction that
misses this one alone. What IFEval (arXiv:2311.07911) defines is followed; none of its prompts is used.
"""

import json
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from bench.committed import write_or_check
from bench.instructions.answers import Orders, missed_kinds, near_miss, reference
from bench.instructions.orders import DRAWS, Options, compatible, draw_order
from bench.instructions.prose import OPTIONS, SUBJECTS, TASKS
from tasks.grade.instructions.kinds import KINDS

SEED = 15
COPIES = 10  # prompts of which a kind is the first
TRIES = 200  # compositions until a kind is called impossible
SAMPLES = Path(__file__).parents[1] / "datasets" / "instructions" / "samples.jsonl"
Row = dict[str, Any]


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


@cache
def rows() -> tuple[Row, ...]:
    """One row a prompt; kinds take turns, so that the first rows already show all of them."""
    turns = [(kind, nth) for nth in range(COPIES) for kind in DRAWS]
    return tuple(
        {"sample_id": f"ins-{number:03d}", **compose(kind, nth)}
        for number, (kind, nth) in enumerate(turns, 1)
    )


def compose(kind: str, nth: int) -> Row:
    """The first composition of this turn's random sequence that has all of its answers.

    Raises: RuntimeError: none has; the kind's draw or its answers are wrong.
    """
    rng = Random(f"{SEED}/{kind}/{nth}")
    for _ in range(TRIES):
        subject = rng.choice(SUBJECTS)
        task = rng.choice(TASKS).format(subject=subject)
        orders: dict[str, Options] = {}
        said = []
        for one in _kinds(kind, rng):
            orders[one], wording = draw_order(one, rng)
            said.append(wording)
        if kind == "one_of":
            question, options = rng.choice(OPTIONS)
            task = question.format(subject=subject)
            orders = {kind: {"kind": kind, "options": list(options)}}
            said = [f"Answer with one of these and nothing else: {'; '.join(options)}."]
        if "repeat_prompt" in orders:
            orders["repeat_prompt"]["text"] = task
        right = reference(orders, task, subject, rng)
        if right is None:
            continue
        wrong = [near_miss(orders, one, task, subject, rng) for one in orders]
        if all(wrong):
            return _row(kind, f"{task}\n\n{' '.join(said)}", orders, right, wrong)
    raise RuntimeError(f"{kind}: no composition with all of its answers in {TRIES}")


def _kinds(first: str, rng: Random) -> list[str]:
    kinds = [first]
    others = [kind for kind in DRAWS if kind != "one_of"]
    rng.shuffle(others)
    wanted = rng.choice((1, 2, 2, 3, 3, 4))
    for other in others:
        if len(kinds) < wanted and other not in kinds and compatible({*kinds, other}):
            kinds.append(other)
    return kinds


def _row(kind: str, asked: str, orders: Orders, right: str, wrong: list[str | None]) -> Row:
    return {
        "input": asked,
        "instructions": json.dumps(list(orders.values()), ensure_ascii=False),
        "target": right,
        "wrong": wrong,
        "category": KINDS[kind].__module__.rpartition(".")[2],
        "kinds": list(orders),
    }


def balance() -> dict[str, str | int | float]:
    """What one answer to every prompt scores."""
    every = rows()
    orders = [{one["kind"]: one for one in json.loads(row["instructions"])} for row in every]

    def always(answer: str) -> float:
        return sum(not missed_kinds(asked, answer) for asked in orders) / len(every)

    n = sum(map(len, orders))
    plain = "The plan is simple. Ask first and then write it down."
    return {
        "samples": len(every),
        "kinds": len(DRAWS),
        "instructions": n,
        "prompts with one instruction": sum(len(asked) == 1 for asked in orders) / len(every),
        "always `Yes`: by prompt": always("Yes"),
        "always two plain sentences: by prompt": always(plain),
        "always two plain sentences: by instruction": 1
        - sum(len(missed_kinds(a, plain)) for a in orders) / n,
        "the best of 31 right answers, always: by prompt": max(
            always(row["target"]) for row in every[: len(DRAWS)]
        ),
    }


def main() -> int:
    """What is asked on the command line."""
    what = f"prompts of {len(DRAWS)} kinds"
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, what, balance)


if __name__ == "__main__":
    sys.exit(main())
