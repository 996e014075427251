"""The answers of a bundle are graded again, suite by suite, and held against the grades that it has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import duckdb

from tasks.check_judges import reread
from tasks.check_suites import MISMADE, Judging
from tasks.closing import judge_all
from tasks.grade.base import Grader
from tasks.grade.judging.judge import Judge
from tasks.grade.respond import grade_answer
from tasks.land.rows import grade_row
from tasks.model import Judged, Sample
from tasks.regrade_stored import StoredAnswer, StoredRun, StoredSuite, stored_answers
from tasks.spec import EvalSpec
from tasks.work import check_samples
from warehouse.bundled import BundledError, Row, stored_grades
from warehouse.errors import NightbenchError

HUMAN = "human"
SHOWN = 5  # answers that are named
STATE = "Nothing of it was graded again."


@dataclass
class Again:
    """The grades as they are found here, and what of them is not."""

    rows: list[Row] = field(default_factory=list)
    suites: set[str] = field(default_factory=set)  # whose programs' grades are made anew
    kept: set[tuple[UUID, str]] = field(default_factory=set)  # grades that stay as they are bundled
    lent: set[str] = field(default_factory=set)  # suites of which some grades are taken on trust
    notes: list[tuple[str, bool, str]] = field(default_factory=list)
    on_trust: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether there are grades to put in the place of the bundled ones."""
        return bool(self.suites)

    @property
    def trusted(self) -> frozenset[str]:
        """The suites whose accuracy rests on grades that nobody looked at again."""
        return frozenset(self.lent)

    def merged(self, bundled: Iterable[Row]) -> Iterator[Row]:
        """The bundled grades with ours in place of all that could be found again.

        Of a suite that was graded again, persons' labels and what is named in `kept` stay, and nothing else:
        a grade of a grader that nobody knows shall not be the score.
        """
        for row in bundled:
            if (
                row["suite"] not in self.suites
                or row["grader"] == HUMAN
                or (row["call_key"], row["grader"]) in self.kept
            ):
                yield row
        yield from self.rows


def grade_again(
    again: Again, connection: duckdb.DuckDBPyConnection, run_id: str, judging: Judging, spec: EvalSpec
) -> None:
    """Grade the answers to one suite; the notes say how many grades are as bundled."""
    name, version = judging.name, judging.version
    stored = stored_grades(connection, run_id, name, version)
    if any(grader == HUMAN for _, grader in stored):
        again.on_trust.append(f"what persons said of answers to {name}")
        again.lent.add(name)
    if judging.trusted:
        _trust(again, name, judging.trusted)
        return
    suite = StoredSuite(name, version, 0, 0)
    run = StoredRun(run_id, "evaluate", "complete", {}, simulated=False)
    graders = tuple(grader for grader in judging.graders if not grader.asks)
    score = next(
        (one.name for one in judging.graders if not one.asks or any(one.name == g for _, g in stored)), ""
    )
    rows: list[Row] = []
    kept: set[tuple[UUID, str]] = set()
    try:
        for answers in stored_answers(connection, run, suite, hashed=judging.ours):
            there = [one for one in answers if not _dropped(one, stored)]
            kept |= {key for one in answers if _dropped(one, stored) for key in _of(one, stored)}
            check_samples(
                suite,
                graders,
                _distinct(judging.sample(one) for one in there),
                STATE,
            )
            rows += _graded(run_id, judging, graders, score, there)
    except BundledError:
        raise
    except NightbenchError as error:  # no sandbox, or a sample that no grader here can judge
        _trust(again, name, str(error).splitlines()[0])
        return
    except MISMADE as error:
        _trust(again, name, f"its samples are not what its graders take ({type(error).__name__}: {error})")
        return
    for grader in graders:
        again.notes.append(_note(name, grader, rows, stored, kept))
    if kept:
        again.lent.add(name)
        again.on_trust.append(f"{len(kept):,} grades of answers to {name} whose text is not in the bundle")
    _reread(again, connection, run_id, judging, spec, score, rows)
    again.rows += rows
    again.kept |= kept
    again.suites.add(name)


def _trust(again: Again, suite: str, why: str) -> None:
    again.lent.add(suite)
    again.on_trust.append(f"the grades of {suite}: {why}")


def _graded(
    run_id: str, judging: Judging, graders: Sequence[Grader], score: str, answers: Sequence[StoredAnswer]
) -> list[Row]:
    graded_at = datetime.now(UTC)

    def rows_of(one: StoredAnswer) -> list[Row]:
        return [
            grade_row(
                run_id,
                graded_at,
                Judged(one.call, grader.name, grader.version, is_score=grader.name == score, grade=grade),
            )
            for grader, grade in grade_answer(graders, judging.sample(one), one.answer)
        ]

    return [row for rows in judge_all(graders, answers, rows_of) for row in rows]


def _note(
    suite: str,
    grader: Grader,
    rows: Sequence[Row],
    stored: dict[tuple[UUID, str], Row],
    kept: set[tuple[UUID, str]],
) -> tuple[str, bool, str]:
    """How far the grades of one grader are as bundled."""
    now = {(row["call_key"], row["grader"]): row for row in rows if row["grader"] == grader.name}
    before = {key: row for key, row in stored.items() if key[1] == grader.name and key not in kept}
    lost = len(before.keys() - now.keys())
    new = len(now.keys() - before.keys())
    other = [
        str(now[key]["sample_id"])
        for key in sorted(now.keys() & before.keys(), key=str)
        if (now[key]["passed"], now[key]["score"]) != (before[key]["passed"], before[key]["score"])
    ]
    versions = sorted({str(row["grader_version"]) for row in before.values()} - {grader.version})
    parts = [f"{len(now) - len(other) - new:,} of {len(before):,} grades as bundled"]
    if other:
        shown = ", ".join(other[:SHOWN]) + (" ..." if len(other) > SHOWN else "")
        parts.append(f"{len(other):,} otherwise ({shown})")
    if lost:
        parts.append(f"{lost:,} that this grader does not give here")
    if new:
        parts.append(f"{new:,} that the bundle does not have")
    if versions:
        parts.append(f"it graded as version {', '.join(versions)}, and is {grader.version} here")
    return f"grades of {suite} by {grader.name}", not (other or lost or new), "; ".join(parts)


def _reread(
    again: Again,
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    judging: Judging,
    spec: EvalSpec,
    score: str,
    rows: list[Row],
) -> None:
    suite = (judging.name, judging.version)
    for grader in judging.graders:
        if not isinstance(grader, Judge):
            continue
        found, wrong = reread(connection, run_id, suite, grader, max(1, len(spec.judge_entries)))
        if not found and not wrong:
            continue
        rows += [{**row, "is_score": row["grader"] == score} for row in found]
        shown = "; ".join(wrong[:SHOWN])
        again.notes.append(
            (
                f"verdicts on {judging.name} by {grader.name}",
                not wrong,
                f"{len(wrong):,} not as the judge wrote: {shown}"
                if wrong
                else f"{len(found):,} as judges wrote",
            )
        )
        again.on_trust.append(
            f"the judge itself, on {judging.name}: its words are read again, it is not asked"
        )


def _dropped(one: StoredAnswer, stored: dict[tuple[UUID, str], Row]) -> bool:
    """Whether the answer's text was left out: there is none, and its grades do not say that it was empty."""
    if one.answer.text is not None or one.answer.error_kind is not None:
        return False
    if one.answer.stop_reason in {"refusal", "content_filter", "length"}:
        return False
    return any(stored[key]["reason"] != "empty" for key in _of(one, stored))


def _of(one: StoredAnswer, stored: dict[tuple[UUID, str], Row]) -> Iterator[tuple[UUID, str]]:
    """The grades of an answer. Few graders judge a suite, so their names are tried."""
    for grader in {grader for _, grader in stored}:
        if (one.call.call_key, grader) in stored:
            yield one.call.call_key, grader


def _distinct(samples: Iterable[Sample]) -> list[Sample]:
    return list({sample.sample_id: sample for sample in samples}.values())
