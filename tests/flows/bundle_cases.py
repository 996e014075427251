"""A run to be bundled: four answers to a suite of the project, four to the author's own, half right."""

from pathlib import Path

from tasks.closing import commit_work, grade_calls
from tasks.home import Settings
from tasks.land.landing import Landing
from tasks.model import Answer, Outcome, Sample, Usage
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.runs import RunRecord, begin_run, run_lock
from tasks.spec import make_spec
from tasks.work import Work, load_suites, plan_run, run_graders

MODEL = "recorded/gpt-4o-2024-05-13"
CARD = """
name = "mine"
[[graders]]
type = "numeric"
"""
SQL = """
select 'q' || n as sample_id, 'secret question ' || n as input, 'secret target ' || n as target
from range(1, 5) as numbers(n)
"""


def import_run(folder: Path) -> Settings:
    """A home in the folder with the committed run `r`."""
    suite = folder / "suites" / "mine"
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(CARD)
    (suite / "samples.sql").write_text(SQL)
    settings = Settings.read(
        {"NIGHTBENCH_HOME": str(folder / "home"), "NIGHTBENCH_SUITES": str(folder / "suites")}
    )
    settings.home.make()
    spec = make_spec({"suites": ["word_problems", "mine"], "models": [{"model": MODEL}], "limit": 4})
    with run_lock(settings.home, "r"):
        record = begin_run(settings.home, spec, "r", trigger="cli", kind="import")
        _land(settings, record)
    return settings


def _land(settings: Settings, record: RunRecord) -> None:
    spec = record.eval_spec()
    suites = load_suites(settings, spec)
    plan = plan_run(record.run_id, spec, suites)
    graders = run_graders(spec, suites)
    work = Work(settings.home, record, plan, graders, Progress(record.run_id, cost_of))
    with Landing(settings.home.warehouse, record.run_id, record.started.date()) as files:
        for suite in suites:
            samples = {sample.sample_id: sample for sample in suite.samples}
            calls = [call for shard in plan.shards for call in plan.calls(shard) if call.suite == suite.name]
            ended = [
                (call, samples[call.sample_id], _outcome(record, samples[call.sample_id], right=n % 2 == 0))
                for n, call in enumerate(calls)
            ]
            files.land(suite, grade_calls(graders[suite.name], ended))
        commit_work(work, files, planned=8, fatal=None, flow_run_id=None)


def _outcome(record: RunRecord, sample: Sample, *, right: bool) -> Outcome:
    said = (sample.target or "").removeprefix("secret target ") if right else "-17.25"
    return Outcome(
        status="answered",
        started_at=record.started,
        queued_s=0.0,
        latency_s=1.5,
        answer=Answer(said, "stop", None, Usage(input_tokens=100, output_tokens=10)),
        error_kind=None,
        error=None,
        endpoint="",
        attempts=(),
    )
