"""The loopback server that answers for `simulated/` models: what it is told of a plan, and its life.

Of a rehearsal (tasks/rehearse.py) it is told which limits, latencies and lengths of answers are real ones.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import Settings, make_settings, read_settings
from tasks.model import Sample, Suite
from tasks.plan import Plan

ROWS_AT_ONCE = 1_000
FORMS = {
    "numeric": "number",
    "choice": "letter",
    "json_only": "json_only",
    "json_present": "json",
    "json_schema": "json",
}


@dataclass(frozen=True)
class Rehearsal:
    """What is kept of a rehearsal with its run's record."""

    compression: float
    minutes: float  # that the night is predicted to take
    n_calls: int
    server: Mapping[str, Any]  # settings of the simulated server
    counts_all: tuple[str, ...] = ()  # simulated models that stand for ones that count max_tokens ahead
    seen_s: float = 0.0  # what the rehearsed calls have taken so far
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> "Rehearsal":
        """As a run's record has it."""
        return cls(**{**fields, "counts_all": tuple(fields["counts_all"]), "notes": tuple(fields["notes"])})

    def as_json(self) -> dict[str, Any]:
        """As a run's record keeps it."""
        return asdict(self)

    def server_settings(self, base: Settings) -> Settings:
        """The server's settings; what they leave open (faults, a seed) is the base's."""
        changes = make_settings(self.server)
        return base.model_copy(update={name: getattr(changes, name) for name in changes.model_fields_set})


def answer_form(suite: Suite) -> str:
    """What a right answer of the suite looks like, read off its first grader."""
    if not suite.graders:
        return "text"  # a question of one's own
    first = suite.graders[0]
    extract = str(first.options.get("extract", ""))
    if extract.startswith("json."):
        return extract
    if extract in {"boxed", "code", "sql"}:
        return extract
    if first.type == "json_schema" and any(sample.row.get("wrong") for sample in suite.samples):
        return "text"  # a fence or a word around the JSON spoils it for json_only, and not here
    return FORMS.get(first.type, "text")


def simulated_rows(plan: Plan) -> Iterator[dict[str, object]]:
    """A row a distinct prompt: which sample it puts, and what a right answer is."""
    seen: set[str] = set()
    for shard in plan.shards:
        if not shard.variant.entry.model.startswith("simulated/"):
            continue
        samples: dict[str, Sample] = {sample.sample_id: sample for sample, _ in shard.asked}
        for call in plan.calls(shard):
            prompt_hash = str(call.prompt_hash)
            if prompt_hash not in seen:
                seen.add(prompt_hash)
                sample = samples[call.sample_id]
                yield {
                    "prompt_hash": prompt_hash,
                    "suite": call.suite,
                    "sample_id": call.sample_id,
                    "category": sample.category,
                    "form": answer_form(shard.suite),
                    "target": sample.target
                    if sample.target is not None
                    else next(iter(sample.targets), None),
                    "wrong": _wrong_answers(sample),
                }


def _wrong_answers(sample: Sample) -> list[str] | None:
    """A suite's own wrong answers (the column `wrong`), where it has some."""
    wrong = sample.row.get("wrong")
    return [str(answer) for answer in wrong] if isinstance(wrong, list | tuple) and wrong else None


@asynccontextmanager
async def simulated_server(plan: Plan, rehearsal: Rehearsal | None = None) -> AsyncIterator[str]:
    """Start the server for a plan; yields its base URL; it ends with the block, or with this process.

    NIGHTBENCH_SIMULATED may name a settings file (latency, rate limits, faults) of the server; a rehearsal
    has the last word.
    """
    settings = os.environ.get("NIGHTBENCH_SIMULATED")
    with tempfile.TemporaryDirectory(prefix="nightbench-simulated-") as folder:
        told = Path(folder) / "plan.jsonl"
        sealed = {suite.name for suite in plan.suites if suite.sealed}
        with told.open("w", encoding="utf-8") as file:
            for row in simulated_rows(plan):
                if row["suite"] not in sealed:
                    file.write(json.dumps(row, ensure_ascii=True) + "\n")
        chosen = read_settings(Path(settings) if settings else None)
        if rehearsal is not None:
            chosen = rehearsal.server_settings(chosen)
        server = await asyncio.to_thread(start_server, told, chosen)
        try:
            if sealed:  # told over the loopback address, because a file would hold it in clear
                rows = [row for row in simulated_rows(plan) if row["suite"] in sealed]
                for at in range(0, len(rows), ROWS_AT_ONCE):
                    await asyncio.to_thread(server.add_plan, rows[at : at + ROWS_AT_ONCE])
            yield server.base_url
        finally:
            await asyncio.to_thread(server.stop)
