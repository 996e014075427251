"""Outputs that exist already: read from a file, matched with a suite's samples, graded and landed."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tasks.closing import commit_work, grade_calls, measure_calls
from tasks.home import Settings
from tasks.land.landing import Landing
from tasks.model import Answer, Attempt, Call, Outcome, StopReason, Usage, short_hash
from tasks.plan import Plan
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.runs import RunRecord, pin_asked
from tasks.source import DEFAULT_MAP, read_source
from tasks.work import (
    Work,
    check_samples,
    load_suites,
    make_graders,
    plan_run,
)
from warehouse.commit import Manifest
from warehouse.errors import SpecError

log = logging.getLogger(__name__)

STATE = "Nothing was imported."
STOPS: dict[str, StopReason] = {
    "stop": "stop", "end_turn": "stop", "stop_sequence": "stop", "length": "length", "max_tokens": "length",
    "refusal": "refusal", "content_filter": "content_filter", "tool_calls": "tool", "tool_use": "tool",
}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """One output of a file: the default map's columns."""

    sample_id: str
    output: str | None
    epoch: int = 1
    latency_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    stop_reason: str | None = None


def read_outputs(file: Path, map_sql: str = DEFAULT_MAP) -> list[Recorded]:
    """Read the file as the view `source` and put the map to it; text stays text.

    JSON, JSONL, CSV, TSV and Parquet, also gzipped. Files of other places cannot be read by the map.
    Raises: SpecError: the file, the map or its columns are not what they must be; names the remedy.
    """
    columns, rows = read_source(file, map_sql, STATE)
    return _recorded(file, map_sql, columns, rows)


def import_outputs(
    settings: Settings,
    record: RunRecord,
    outputs: Sequence[Recorded],
    *,
    say: Callable[[str], None] = log.warning,
) -> Manifest:
    """Grade and land outputs as a run of kind `import`; `say` takes what a person should know of it.

    Raises: SpecError: ids that the suite does not know (they are named), or twice the same.
    """
    spec = record.eval_spec()
    suite = load_suites(settings, spec)[0]
    graders = make_graders(suite, spec.suite_entries[0])
    for grader in graders:
        if grader.asks:
            say(
                f'suite "{suite.name}": the grader "{grader.name}" asks a judge, and an import asks nobody. '
                f"Its grades come with: nightbench regrade {record.run_id} --grader {grader.name} "
                f"--judge provider/model"
            )
    pin_asked(settings.home, record, {"the imported outputs": short_hash([*map(asdict, outputs)])})
    by_place = _by_place(outputs, {sample.sample_id for sample in suite.samples}, suite.name)
    asked = {sample_id for sample_id, _ in by_place}
    plan = plan_run(record.run_id, spec, [suite], only=asked)
    work = Work(
        settings.home,
        record,
        plan,
        {suite.name: graders},
        Progress(record.run_id, cost_of),
    )
    answered = [outcome for shard in plan.shards for outcome in _outcomes(plan, shard.index, by_place)]
    samples = {sample.sample_id: sample for sample in suite.samples}
    check_samples(suite, graders, (samples[sample_id] for sample_id in asked), "Nothing was imported.")
    with Landing(settings.home.warehouse, record.run_id, record.started.date()) as files:
        size = spec.shard_size
        for at in range(0, len(answered), size):
            ended = [(call, samples[call.sample_id], outcome) for call, outcome in answered[at : at + size]]
            graded = grade_calls(graders, ended)
            files.land(suite, graded, measured=measure_calls(suite, graded))
        return commit_work(work, files, planned=len(answered), fatal=None, flow_run_id=None)


def _outcomes(
    plan: Plan, index: int, by_place: dict[tuple[str, int], Recorded]
) -> list[tuple[Call, Outcome]]:
    found = []
    for call in plan.calls(plan.shards[index]):
        recorded = by_place.get((call.sample_id, call.epoch))
        if recorded is not None:
            found.append((call, _outcome(call, recorded)))
    return found


def _outcome(call: Call, recorded: Recorded) -> Outcome:
    now = datetime.now(UTC)
    counts = recorded.input_tokens, recorded.output_tokens
    usage = None if counts[0] is None or counts[1] is None else Usage(counts[0], counts[1])
    stop = STOPS.get(recorded.stop_reason, "other") if recorded.stop_reason else "stop"
    return Outcome(
        status="answered",
        started_at=now,
        queued_s=0.0,
        latency_s=recorded.latency_s,
        answer=Answer(
            text=recorded.output, stop_reason=stop, raw_stop_reason=recorded.stop_reason, usage=usage
        ),
        error_kind=None,
        error=None,
        endpoint="recorded",
        attempts=(Attempt(call.call_key, 1, now, recorded.latency_s, None, None, "answered", usage),),
    )


def _recorded(file: Path, map_sql: str, columns: list[str], rows: list[tuple[object, ...]]) -> list[Recorded]:
    missing = [name for name in ("sample_id", "output") if name not in columns]
    if missing:
        raise SpecError(
            f'{file}: the map {map_sql!r} gives no column "{missing[0]}"; it gives {", ".join(columns)}. '
            f"Nothing was imported. Give a map: --map 'select id as sample_id, ... as output from source'."
        )
    known = [name for name in columns if name in Recorded.__dataclass_fields__]
    places = {name: columns.index(name) for name in known}
    found = []
    for number, row in enumerate(rows, start=1):
        fields = {name: row[at] for name, at in places.items()}
        try:
            found.append(_one(fields))
        except (TypeError, ValueError) as error:
            raise SpecError(f"{file}: row {number} of the map: {error}. Nothing was imported.") from error
    if not found:
        raise SpecError(f"{file}: the map {map_sql!r} gives no rows. Nothing was imported.")
    return found


def _one(fields: dict[str, object]) -> Recorded:
    sample_id, output = fields["sample_id"], fields["output"]
    if sample_id is None:
        raise ValueError("sample_id is NULL")
    if not isinstance(output, str | int | float | None):
        raise TypeError(f"output is {type(output).__name__}, not text; name the element, as in output[1]")
    epoch = fields.get("epoch")
    latency, stop = fields.get("latency_s"), fields.get("stop_reason")
    return Recorded(
        sample_id=str(sample_id),
        output=None if output is None else str(output),
        epoch=1 if epoch is None else int(str(epoch)),
        latency_s=None if latency is None else float(str(latency)),
        input_tokens=_count(fields.get("input_tokens"), "input_tokens"),
        output_tokens=_count(fields.get("output_tokens"), "output_tokens"),
        stop_reason=None if stop is None else str(stop),
    )


def _count(value: object, name: str) -> int | None:
    if value is None or value == "":
        return None
    number = int(str(value))
    if number < 0:
        raise ValueError(f"{name} is {number}, less than nothing")
    return number


def _by_place(outputs: Sequence[Recorded], known: set[str], suite: str) -> dict[tuple[str, int], Recorded]:
    strange = sorted({recorded.sample_id for recorded in outputs} - known)
    if strange:
        named = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
        raise SpecError(f'suite "{suite}" does not know the sample_id {named}. Nothing was imported.')
    found: dict[tuple[str, int], Recorded] = {}
    for recorded in outputs:
        place = (recorded.sample_id, recorded.epoch)
        if recorded.epoch < 1:
            raise SpecError(f"sample_id {recorded.sample_id}: epoch {recorded.epoch}; the first is 1.")
        if place in found:
            raise SpecError(
                f"sample_id {recorded.sample_id} is there twice (epoch {recorded.epoch}). Nothing was "
                f"imported. Several answers to one sample need a column epoch: 1, 2, ..."
            )
        found[place] = recorded
    return found
