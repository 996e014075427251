"""The plan learns from the newest evaluations of the same model on the same suite, and from nothing else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.past import NIGHTS, Past, history_place, past_of, read_history
from tests.warehouse.sample_run import GPT, STARTED, key, row
from warehouse.commit import commit_run
from warehouse.files import TableWriter

DAY = timedelta(days=1)


def land(warehouse: Path, run_id: str, output: int, n: int = 10, *, run: Any = None, **call: Any) -> None:
    """A run of n answers of so many tokens each."""
    started_at = (run or {}).get("started_at", STARTED)
    runs = [row("runs", run_id=run_id, finished_at=started_at + timedelta(minutes=3), **(run or {}))]
    calls = [
        row("calls", run_id=run_id, call_key=key(run_id, i), started_at=started_at, sample_id=f"s{i}")
        | {"output_tokens": output, **call}
        for i in range(n)
    ]
    files = []
    for table, rows in (("runs", runs), ("calls", calls)):
        with TableWriter(warehouse, table, started_at.date(), run_id, "0") as writer:
            writer.write(rows)
            files.append(writer.close())
    kind, status = str(runs[0]["kind"]), str(runs[0]["status"])
    kept = [file for file in files if file is not None]
    commit_run(warehouse, run_id=run_id, kind=kind, status=status, run_date=started_at.date(), files=kept)


def learned(
    warehouse: Path, version: str = "11111111", mode: Any = "realtime", model: str = GPT
) -> Past | None:
    return past_of(read_history(warehouse, ["sums"], [model]), "sums", model, version, mode)


def mean(past: Past | None) -> float:
    assert past is not None
    return sum(night.total for night in past.nights) / sum(night.n for night in past.nights)


def test_a_new_home_knows_nothing(tmp_path: Path) -> None:
    assert read_history(tmp_path, ["sums"], [GPT]) == {}


@pytest.mark.parametrize(
    ("run", "call"),
    [
        pytest.param({"kind": "rehearsal"}, {}, id="a rehearsal"),
        pytest.param({"kind": "import"}, {"mode": None}, id="an import"),
        pytest.param({"kind": "ask"}, {}, id="a question"),
        pytest.param({}, {"reused_from": "earlier"}, id="reused answers"),
        pytest.param({}, {"status": "failed", "output_tokens": None}, id="failed calls"),
        pytest.param({}, {"role": "judge"}, id="a judge's"),
        pytest.param({}, {"model": f"simulated/{GPT}"}, id="a simulated model's"),
        pytest.param({}, {"suite": "products"}, id="another suite's"),
    ],
)
def test_what_says_nothing_of_the_next_night_does_not_count(
    tmp_path: Path, run: dict[str, Any], call: dict[str, Any]
) -> None:
    land(tmp_path, "a", 40)
    land(tmp_path, "b", 9000, run={**run, "started_at": STARTED + DAY}, **call)
    assert mean(learned(tmp_path)) == 40


def test_what_judges_wrote_teaches_of_judges(tmp_path: Path) -> None:
    land(tmp_path, "a", 40)
    land(tmp_path, "b", 300, run={"started_at": STARTED + DAY}, role="judge")
    history = read_history(tmp_path, ["sums"], [GPT])
    place = history_place("sums", judges=True)
    assert mean(past_of(history, place, GPT, "33333333", "realtime")) == 300


def test_the_newest_nights_count_and_the_same_version_before_others(tmp_path: Path) -> None:
    for day in range(NIGHTS + 2):
        land(tmp_path, f"r{day}", 100 if day >= 2 else 5000, run={"started_at": STARTED + day * DAY})
    land(tmp_path, "other", 700, run={"started_at": STARTED}, variant_version="22222222")
    assert mean(learned(tmp_path)) == 100
    assert mean(learned(tmp_path, "22222222")) == 700
    unknown = learned(tmp_path, "33333333")
    assert unknown is not None
    assert len(unknown.nights) == NIGHTS, "another version of the model learns from those there are"


def test_what_the_recent_runs_do_not_know_is_looked_for_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.past.RECENT_RUNS", 2)
    land(tmp_path, "old", 40, suite="products")
    for day in range(1, 5):
        land(tmp_path, f"r{day}", 10 * day, run={"started_at": STARTED + day * DAY})
    history = read_history(tmp_path, ["sums", "products"], [GPT])
    assert mean(past_of(history, "products", GPT, "11111111", "realtime")) == 40
    assert mean(past_of(history, "sums", GPT, "11111111", "realtime")) == 35


def test_an_answer_without_a_count_cost_nothing_and_a_mix_is_that_of_the_mode(tmp_path: Path) -> None:
    land(tmp_path, "a", 60, input_tokens=25, cached_input_tokens=75)
    land(tmp_path, "b", 0, run={"started_at": STARTED + DAY}, output_tokens=None, input_tokens=None)
    past = learned(tmp_path)
    assert mean(past) == 30
    assert past is not None
    assert past.mix is not None
    assert (past.mix["input_tokens"], past.mix["cached_input_tokens"]) == (0.25, 0.75)
    batch = learned(tmp_path, mode="batch")
    assert batch is not None
    assert (batch.mix, batch.batch_minutes, batch.latency_s) == (None, None, 1.0)
    land(tmp_path, "c", 30, run={"started_at": STARTED + 2 * DAY}, mode="batch", latency_s=None)
    batch = learned(tmp_path, mode="batch")
    assert batch is not None
    assert (batch.batch_minutes, batch.latency_s, mean(batch)) == (3.0, 1.0, 30)


def test_names_with_quotes_are_only_names(tmp_path: Path) -> None:
    model = "openai/it's"
    land(tmp_path, "a", 40, model=model)
    assert mean(learned(tmp_path, model=model)) == 40
