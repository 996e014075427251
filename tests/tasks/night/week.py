"""Seven nights of two suites and two models, as the nightly flow would have landed them; nothing is called.

Night 3: Anthropic is down from the middle on, and the run is partial. Night 5: the provider serves another
model, which is four points worse in one category. Night 6: the process is killed, and the run resumed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tasks.home import Home
from tasks.runs import RunRecord, write_json
from tests.warehouse.sample_run import key, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.durable import DataFile
from warehouse.files import TableWriter, write_shared

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SIZES = {"sums": 1_200, "words": 240}
CATEGORIES = ("carry", "times", "minus", "share")
GPT, CLAUDE = "openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620"
SPEC = {"suites": list(SIZES), "models": [{"model": GPT}, {"model": CLAUDE}], "budget_usd": "10.00"}
DROP = 0.04  # of all samples of sums
WORSE_FROM = 5
NEW_MODEL = "claude-3-5-sonnet-20241022"
OVERLOADED = "529 from api.anthropic.com: **Overloaded** [status](https://status.example/?q=1) <b>now</b>"
N_CALLS = 2 * sum(SIZES.values())
Row = dict[str, object]


@dataclass
class Week:
    """Lands night after night; `chance` is how likely each sample is passed, the same every night."""

    home: Home
    seed: int = 1

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.chance = {(s, m): self.random.beta(0.6, 0.2, n) for s, n in SIZES.items() for m in (GPT, CLAUDE)}
        sure = self.chance["sums", CLAUDE] > 0.95
        of_category = np.arange(SIZES["sums"]) % len(CATEGORIES) == 0
        self.lost = np.flatnonzero(sure & of_category)[: round(DROP * SIZES["sums"])]
        self.home.make()

    def nights(self) -> Iterator[int]:
        """Each night's number, once it has ended."""
        for n in range(1, 8):
            if n == 3:
                self.land(n, claude_stops_after=500)
            elif n == 6:
                self.die(n)
                yield -n  # killed
                self.land(n)
            else:
                self.land(n)
            yield n

    def die(self, n: int) -> None:
        """The record and the progress of a run whose process was killed at half way."""
        self._record(n)
        fields = {"planned_calls": N_CALLS, "done_calls": 1_400, "failed_calls": 0}
        write_json(self.home.progress / f"night-{n}.json", fields)

    def land(self, n: int, *, claude_stops_after: int | None = None) -> None:
        """A night's run, committed."""
        self._record(n)
        started = MONDAY + timedelta(days=n - 1)
        tables: dict[str, list[Row]] = {"calls": [], "attempts": [], "grades": []}
        left = {GPT: N_CALLS, CLAUDE: N_CALLS if claude_stops_after is None else claude_stops_after}
        for (suite, model), chance in self.chance.items():
            passes = self.random.random(len(chance)) < chance
            if n >= WORSE_FROM and (suite, model) == ("sums", CLAUDE):
                passes[self.lost] = False
            for i in range(min(len(chance), left[model])):
                self._answer(
                    tables, n, started + timedelta(seconds=i), suite, model, i, passed=bool(passes[i])
                )
            left[model] -= min(len(chance), left[model])
        answered, failed = len(tables["calls"]), 0
        if claude_stops_after is not None:
            failed = self._away(tables, n, started + timedelta(seconds=claude_stops_after))
        status = "complete" if claude_stops_after is None else "partial"
        ended = started + timedelta(minutes=30)
        run = row(
            "runs", run_id=f"night-{n}", status=status, started_at=started, finished_at=ended, kind="evaluate"
        )
        run |= {"planned_calls": N_CALLS, "answered_calls": answered, "failed_calls": failed}
        run |= {"spec": json.dumps(SPEC), "trigger": "schedule"}
        files = [*self._files(n, {"runs": [run], **tables}), *self._samples()]
        commit_run(
            self.home.warehouse,
            run_id=f"night-{n}",
            kind="evaluate",
            status=status,
            run_date=started.date(),
            files=files,
        )
        rewrite_catalog(self.home.warehouse)

    def _record(self, n: int) -> None:
        started = (MONDAY + timedelta(days=n - 1)).isoformat()
        record = RunRecord(f"night-{n}", "evaluate", "schedule", started, "0", SPEC)
        write_json(self.home.runs / f"night-{n}.json", asdict(record))

    def _answer(
        self,
        tables: dict[str, list[Row]],
        n: int,
        at: datetime,
        suite: str,
        model: str,
        i: int,
        *,
        passed: bool,
    ) -> None:
        own = _own(n, suite, model, i)
        served = NEW_MODEL if n >= WORSE_FROM and model == CLAUDE else model.split("/")[1]
        of_call: Row = {"provider": model.split("/")[0], "served_model": served, "priced_as": model}
        tables["calls"].append(row("calls", **own, **of_call, started_at=at, prompt_hash=key("prompt", i)))
        tables["attempts"].append(_try(own, 1, at, "answered"))
        grade: Row = {"grading_id": f"night-{n}", "graded_at": at, "passed": passed, "score": float(passed)}
        tables["grades"].append(row("grades", **own, **grade, reason=None if passed else "wrong"))

    def _away(self, tables: dict[str, list[Row]], n: int, at: datetime) -> int:
        """Twelve calls fail for good, and of thirty more every attempt; the rest is not asked."""
        for i in range(500, 542):
            own = _own(n, "sums", CLAUDE, i)
            tries = range(1, 4)
            tables["attempts"] += [
                _try(own, t, at + timedelta(minutes=t), "failed", "server_error") for t in tries
            ]
            if i < 512:
                of_call: Row = {"status": "failed", "error_kind": "server_error", "error": OVERLOADED}
                of_call |= {"provider": "anthropic", "priced_as": CLAUDE, "response": None, "attempts": 3}
                of_call |= {"input_tokens": None, "output_tokens": None, "prompt_hash": key("prompt", i)}
                tables["calls"].append(row("calls", **own, **of_call, started_at=at + timedelta(minutes=1)))
        return 12

    def _files(self, n: int, tables: dict[str, list[Row]]) -> Iterator[DataFile]:
        day = (MONDAY + timedelta(days=n - 1)).date()
        for table, rows in tables.items():
            with TableWriter(self.home.warehouse, table, day, f"night-{n}", "0") as writer:
                writer.write(rows)
                file = writer.close()
                assert file is not None
                yield file

    def _samples(self) -> Sequence[DataFile]:
        return [
            write_shared(
                self.home.warehouse,
                "samples",
                [row("samples", suite=suite, sample_id=f"s{i}") | _about(suite, i) for i in range(size)],
            )
            for suite, size in SIZES.items()
        ]


def _about(suite: str, i: int) -> Row:
    return {"category": CATEGORIES[i % len(CATEGORIES)] if suite == "sums" else None}


def _own(n: int, suite: str, model: str, i: int) -> Row:
    return {
        "run_id": f"night-{n}",
        "call_key": key(n, suite, model, i),
        "suite": suite,
        "sample_id": f"s{i}",
        "variant": model,
        "model": model,
    }


def _try(own: Row, t: int, at: datetime, outcome: str, error_kind: str | None = None) -> Row:
    about: Row = {"for_suite": own["suite"], "for_variant": own["variant"], "for_model": own["model"]}
    about |= {"started_at": at, "outcome": outcome, "error_kind": error_kind}
    return row("attempts", run_id=own["run_id"], call_key=own["call_key"], n=t, **about)
