"""What persons said of answers, as a judge is held against it: read from a file, pairs or single answers.

Pairs have the columns sample_id, input, answer_a, answer_b, label (a, b or tie), and where a judge was asked
already verdict and verdict_swapped, which name the answer and not its place. Single answers have sample_id,
input, answer, passed, where there is one target, and verdict_passed. LLMBar's own files are read as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.model import Winner, short_hash
from tasks.source import DEFAULT_MAP, read_source
from warehouse.errors import SpecError

STATE = "Nothing was calibrated."
PAIR_COLUMNS = ("sample_id", "input", "answer_a", "answer_b", "label")
ANSWER_COLUMNS = ("sample_id", "input", "answer", "passed")
LLMBAR_COLUMNS = ("input", "output_1", "output_2", "label")
WINNERS: Mapping[str, Winner] = {"a": "a", "b": "b", "tie": "tie", "1": "a", "2": "b"}
CLAIMS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

Fields = Mapping[str, object]


@dataclass(frozen=True)
class LabelledPair:
    """Two answers and which a person prefers; a recorded judge's verdicts, where the file has them."""

    sample_id: str
    input: str
    answer_a: str
    answer_b: str
    label: Winner
    verdict: Winner | None = None  # a was shown first
    verdict_swapped: Winner | None = None  # b was


@dataclass(frozen=True)
class LabelledAnswer:
    """An answer and whether a person finds it right."""

    sample_id: str
    input: str
    answer: str
    passed: bool
    target: str | None = None
    verdict_passed: bool | None = None


@dataclass(frozen=True)
class Labels:
    """What a file holds: pairs or answers, never both; `recorded` names its columns of verdicts, if any."""

    file: Path
    pairs: tuple[LabelledPair, ...]
    answers: tuple[LabelledAnswer, ...]
    recorded: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pairs) + len(self.answers)

    @property
    def hash(self) -> str:
        """Of the labels and what they are of, in whatever order; verdicts have no part in it."""
        pairs = [[p.sample_id, p.input, p.answer_a, p.answer_b, p.label] for p in self.pairs]
        answers = [[a.sample_id, a.input, a.answer, a.target, a.passed] for a in self.answers]
        return short_hash([sorted(pairs), sorted(answers, key=repr)])


def read_judge_labels(file: Path, map_sql: str = DEFAULT_MAP) -> Labels:
    """The labels of a file, as the map gives them.

    Raises: SpecError: names the file, the row and the column, and what to do.
    """
    columns, rows = read_source(file, map_sql, STATE)
    found: list[Fields] = [dict(zip(columns, row, strict=True)) for row in rows]
    if not found:
        raise SpecError(f"{file}: there is no label in it. {STATE} {_wanted()}")
    if _has(columns, LLMBAR_COLUMNS) and not _has(columns, PAIR_COLUMNS):
        found = [_llmbar(file, number, fields) for number, fields in enumerate(found, start=1)]
        columns = list(found[0])
    is_pairs = _has(columns, PAIR_COLUMNS)
    if not is_pairs and not _has(columns, ANSWER_COLUMNS):
        near = PAIR_COLUMNS if {"answer_a", "answer_b"} & set(columns) else ANSWER_COLUMNS
        missing = next(name for name in near if name not in columns)
        raise SpecError(f'{file}: no column "{missing}"; it has {", ".join(columns)}. {STATE} {_wanted()}')
    pairs: list[LabelledPair] = []
    answers: list[LabelledAnswer] = []
    seen: dict[str, int] = {}
    for number, fields in enumerate(found, start=1):
        place = f"{file}, row {number}"
        sample_id = _text(place, "sample_id", fields)
        if sample_id in seen:
            raise SpecError(
                f'{place}, column "sample_id": "{sample_id}" stands in row {seen[sample_id]} already. '
                f"{STATE} Give each label an id of its own."
            )
        seen[sample_id] = number
        if is_pairs:
            pairs.append(_pair(place, sample_id, fields))
        else:
            answers.append(_answer(place, sample_id, fields))
    verdicts = ("verdict", "verdict_swapped") if is_pairs else ("verdict_passed",)
    return Labels(file, tuple(pairs), tuple(answers), tuple(name for name in verdicts if name in columns))


def _wanted() -> str:
    return (
        f"Pairs have {', '.join(PAIR_COLUMNS)}; single answers {', '.join(ANSWER_COLUMNS)}. Name others with "
        "--map 'select id as sample_id, ... from source'."
    )


def _has(columns: Sequence[str], wanted: Sequence[str]) -> bool:
    return all(name in columns for name in wanted)


def _pair(place: str, sample_id: str, fields: Fields) -> LabelledPair:
    label = _winner(place, "label", fields)
    if label is None:
        raise SpecError(
            f'{place}, column "label": there is none. {STATE} Write a, b or tie, or leave it out.'
        )
    return LabelledPair(
        sample_id,
        _text(place, "input", fields),
        _text(place, "answer_a", fields, empty=True),
        _text(place, "answer_b", fields, empty=True),
        label,
        _winner(place, "verdict", fields),
        _winner(place, "verdict_swapped", fields),
    )


def _answer(place: str, sample_id: str, fields: Fields) -> LabelledAnswer:
    passed = _claim(place, "passed", fields)
    if passed is None:
        raise SpecError(
            f'{place}, column "passed": there is none. {STATE} Write true or false, or leave it out.'
        )
    target = fields.get("target")
    return LabelledAnswer(
        sample_id,
        _text(place, "input", fields),
        _text(place, "answer", fields, empty=True),
        passed,
        None if target is None else str(target),
        _claim(place, "verdict_passed", fields),
    )


def _text(place: str, name: str, fields: Fields, *, empty: bool = False) -> str:
    value = fields.get(name)
    if value is None and empty:
        return ""
    if not isinstance(value, str | int | float) or (value == "" and not empty):
        said = "is empty" if value in {None, ""} else f"is {type(value).__name__}, not text"
        raise SpecError(f'{place}, column "{name}": {said}. {STATE} Fill it in, or leave the row out.')
    return str(value)


def _winner(place: str, name: str, fields: Fields) -> Winner | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    winner = WINNERS.get(str(value).strip().lower())
    if winner is None:
        raise SpecError(
            f'{place}, column "{name}": is "{str(value)[:60]}", which is no verdict. {STATE} Write a (or 1), '
            f"b (or 2) or tie; nothing for a verdict that failed."
        )
    return winner


def _claim(place: str, name: str, fields: Fields) -> bool | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    claim = CLAIMS.get(str(value).strip().lower())
    if claim is None:
        raise SpecError(
            f'{place}, column "{name}": is "{str(value)[:60]}", which is neither true nor false. {STATE} '
            f"Write true or false (or 1 or 0, yes or no)."
        )
    return claim


def _llmbar(file: Path, number: int, fields: Fields) -> Fields:
    """A row of LLMBar (arXiv:2310.07641) under our names; what its judge said of it, where it was asked."""
    row = {
        "sample_id": str(number),
        "input": fields["input"],
        "answer_a": fields["output_1"],
        "answer_b": fields["output_2"],
        "label": fields["label"],
    }
    results = fields.get("results")
    if not results:
        return row
    try:
        first = results[0]  # type: ignore[index] # checked by trying
        said = {name: first[f"swap = {swap}"]["winner"] for name, swap in _SWAPS.items()}
    except (LookupError, TypeError) as error:
        raise SpecError(
            f'{file}, row {number}, column "results": is not LLMBar\'s ({type(error).__name__}: {error}). '
            f"{STATE} Name the verdicts with --map: ... as verdict, ... as verdict_swapped."
        ) from error
    # a reply that LLMBar could not read has no winner of its two
    return row | {name: winner if str(winner) in {"1", "2"} else None for name, winner in said.items()}


_SWAPS = {"verdict": False, "verdict_swapped": True}
