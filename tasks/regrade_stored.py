"""What the warehouse has of a run that is graded again: its row, suites, answers with their samples."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from tasks.model import Answer, Sample, StoredCall
from warehouse.errors import SpecError

AT_ONCE = 2_000  # answers in memory
KINDS = ("evaluate", "import", "rehearsal")
KEPT = ("input", "target", "targets", "category", "cluster", "scored", "metadata")  # of a sample
SEALED = re.compile(r"sha256:[0-9a-f]{64}\Z")  # what stands in place of a sealed suite's text

SUITES = """
select suite, suite_version, count(*), count(distinct sample_id)
from calls
where run_id = ? and role = 'answer' and status = 'answered'
group by suite, suite_version
order by suite, suite_version
"""
OF_SUITE = """
from calls
left join samples
    on samples.suite = calls.suite
    and samples.suite_version = calls.suite_version
    and samples.sample_id = calls.sample_id
where calls.run_id = ? and calls.suite = ? and calls.suite_version = ?
    and calls.role = 'answer' and calls.status = 'answered'
"""
SAMPLES = f"""
select distinct on (calls.sample_id) calls.sample_id, {", ".join(f"samples.{name}" for name in KEPT)},
    samples.sample_id is not null
{OF_SUITE}
"""
ANSWERS = f"""
select calls.call_key, calls.sample_id, calls.epoch, calls.variant, calls.variant_version, calls.model,
    calls.response, calls.stop_reason, calls.error_kind, calls.error, samples.input, samples.target,
    samples.targets, samples.category, samples.cluster, samples.scored, samples.metadata,
    samples.sample_id is not null
{OF_SUITE}
"""


@dataclass(frozen=True)
class StoredRun:
    """The row of a committed run, as far as it matters here."""

    run_id: str
    kind: str
    status: str
    spec: Mapping[str, Any]
    simulated: bool


@dataclass(frozen=True)
class StoredSuite:
    """One suite version that a run has answers to."""

    name: str
    version: str
    answers: int
    samples: int

    @property
    def sealed(self) -> bool:
        """Sealed ones are refused before anything is judged."""
        return False


@dataclass(frozen=True)
class StoredAnswer:
    """An answer of a model with the sample that it answers."""

    call: StoredCall
    sample: Sample
    answer: Answer


def read_stored_run(connection: duckdb.DuckDBPyConnection, run_id: str) -> StoredRun:
    """The row of the run.

    Raises: SpecError: no such run is committed, or its answers are not for grading.
    """
    sql = "select kind, status, spec, simulated from runs where run_id = ?"
    row = connection.execute(sql, [run_id]).fetchone()
    if row is None:
        raise SpecError(
            f'run "{run_id}" is not in the warehouse. Nothing was graded. `nightbench runs` lists what is.'
        )
    kind, status, spec, simulated = row
    fields = json.loads(spec)
    if kind == "regrade":
        graded = fields.get("regrade", {}).get("run_id", "another run")
        raise SpecError(
            f'run "{run_id}" is a regrade and holds no answers itself. Nothing was graded. It graded '
            f'those of "{graded}": nightbench regrade {graded}'
        )
    if kind not in KINDS:
        raise SpecError(
            f'run "{run_id}" is of kind {kind}, and its answers have no graders. Nothing was graded. '
            f"Runs of kind {', '.join(KINDS)} can be graded again."
        )
    if fields.get("store_text") is False:
        raise SpecError(
            f'run "{run_id}" has no text (store_text = false, or its text was forgotten), so nothing can be '
            "judged again. Nothing was graded. Ask it anew in a run of its own."
        )
    return StoredRun(run_id, kind, status, fields, bool(simulated))


def read_stored_suites(connection: duckdb.DuckDBPyConnection, run: StoredRun) -> list[StoredSuite]:
    """The suite versions that the run has answers to.

    Raises: SpecError: there is no answer.
    """
    found = [StoredSuite(*row) for row in connection.execute(SUITES, [run.run_id]).fetchall()]
    if not found:
        raise SpecError(f'run "{run.run_id}" has no answers, so there is nothing to grade.')
    return found


def stored_samples(
    connection: duckdb.DuckDBPyConnection, run: StoredRun, suite: StoredSuite
) -> Iterator[Sample]:
    """Each sample that the run has an answer to, as it was asked; one batch of them in memory.

    Raises: SpecError: the suite is sealed, or a sample is not there.
    """
    cursor = connection.cursor().execute(SAMPLES, [run.run_id, suite.name, suite.version])
    while rows := cursor.fetchmany(AT_ONCE):
        for sample_id, *kept, there in rows:
            yield _sample(suite, sample_id, kept, there=there)


def _sample(
    suite: StoredSuite, sample_id: str, kept: Sequence[Any], *, there: bool, hashed: bool = False
) -> Sample:
    """A sample as it was asked. Raises: SpecError: it is not there, or its suite is sealed."""
    if not there:
        raise SpecError(
            f'suite "{suite.name}" {suite.version}: its sample "{sample_id}" is not in the warehouse. '
            f"Nothing was graded. The run's files are not whole: bring them back from a backup."
        )
    sample = make_sample(sample_id, kept)
    if not hashed and is_sealed(sample):
        raise sealed_error(suite.name)
    return sample


def is_sealed(sample: Sample) -> bool:
    """Whether the warehouse holds hashes in place of the sample's text."""
    texts = [text for text in (sample.input, sample.target, *sample.targets) if text is not None]
    return bool(texts) and all(SEALED.match(text) for text in texts)


def sealed_error(suite: str) -> SpecError:
    """Of a suite whose answers cannot be judged again."""
    return SpecError(
        f'suite "{suite}" is sealed here (by its definition, by store_text = false, or its text was '
        "forgotten): neither its text nor what models said to it is kept, so nothing can be judged again. "
        "Nothing was graded. Ask it anew in a run of its own."
    )


def stored_answers(
    connection: duckdb.DuckDBPyConnection, run: StoredRun, suite: StoredSuite, *, hashed: bool = False
) -> Iterator[Sequence[StoredAnswer]]:
    """The answers of a run to a suite, batch by batch; `hashed` lets hashes stand in place of its text.

    Raises: SpecError: the suite is sealed, or a sample is not there.
    """
    cursor = connection.cursor().execute(ANSWERS, [run.run_id, suite.name, suite.version])
    while rows := cursor.fetchmany(AT_ONCE):
        yield [_answer(suite, row, hashed=hashed) for row in rows]


def make_sample(sample_id: str, kept: Sequence[Any]) -> Sample:
    """A sample of what the table keeps, in the order of KEPT; its row has nothing else."""
    text, target, targets, category, cluster, scored, metadata = kept
    return Sample(
        sample_id=sample_id,
        row=dict(zip(("sample_id", *KEPT), (sample_id, *kept), strict=True)),
        input=text,
        target=target,
        targets=tuple(targets or ()),
        category=category,
        cluster=cluster,
        scored=scored is not False,
        metadata=json.loads(metadata) if metadata else {},
    )


def _answer(suite: StoredSuite, row: Sequence[Any], *, hashed: bool) -> StoredAnswer:
    key, sample_id, epoch, variant, variant_version, model, text, stop, error_kind, error, *kept, there = row
    return StoredAnswer(
        StoredCall(key, suite.name, suite.version, sample_id, epoch, variant, variant_version, model),
        _sample(suite, sample_id, kept, there=there, hashed=hashed),
        Answer(
            text=text,
            stop_reason=stop,
            raw_stop_reason=None,
            usage=None,
            error_kind=error_kind,
            error=error,
        ),
    )
