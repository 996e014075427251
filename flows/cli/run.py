"""`run` and `resume`: from options to a spec, and from a spec to a run."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli import ask
from flows.cli.ask_first import ask_first
from flows.cli.options import (
    AskOption,
    BudgetOption,
    DeadlineOption,
    DirOption,
    EpochsOption,
    EvenlyFlag,
    JudgeOption,
    LimitOption,
    MaxFailedOption,
    ModelOption,
    ModeOption,
    OnBudgetOption,
    RehearseFlag,
    RetryFlag,
    ReuseOption,
    SeedOption,
    ShardOption,
    SpecFile,
    StoreTextFlag,
    SuiteOption,
    UnsafeFlag,
    YesFlag,
)
from flows.cli.rehearse import add_seen, begin_rehearsal, rehearsal_report, say_rehearsal
from flows.cli.show import JsonFlag, note, print_json, print_short, print_table, say
from flows.failures import explain, interrupted, with_way_on
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.runs import RunRecord, begin_run, check_run_id, forget_unsent, new_run_id, read_run, run_lock
from tasks.spec import EvalSpec, make_spec
from tasks.spec_file import read_spec_file
from warehouse.errors import BudgetStopped, NightbenchError, SpecError, StoppedShort


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench run nightly.toml   |   nightbench run --suite json_only "
        "--model anthropic/claude-haiku-5-5 --model openai/gpt-6-luna --limit 50   |   "
        "nightbench run nightly.toml --rehearse"
    )(run)
    app.command(epilog="Example:  nightbench resume 20260102-030405-x7k2 --retry-failed")(resume)


def run(
    spec_file: SpecFile = None,
    suite: SuiteOption = None,
    model: ModelOption = None,
    limit: LimitOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    max_failed: MaxFailedOption = None,
    shard_size: ShardOption = None,
    mode: ModeOption = None,
    deadline: DeadlineOption = None,
    budget_usd: BudgetOption = None,
    on_budget: OnBudgetOption = None,
    spend_evenly: EvenlyFlag = None,
    store_text: StoreTextFlag = None,
    run_id: Annotated[str | None, typer.Option("--run-id", help="An id of yours; again: resumes it.")] = None,
    retry_failed: RetryFlag = False,
    reuse: ReuseOption = None,
    judge: JudgeOption = None,
    ask_above_usd: AskOption = None,
    yes: YesFlag = False,
    rehearse: RehearseFlag = False,
    unsafe_local_code: UnsafeFlag = False,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Put suites to models, grade the answers, and land everything in the warehouse."""
    let_code_run(unsafe_local_code)
    options = {
        "limit": limit,
        "epochs": epochs,
        "seed": seed,
        "max_failed": max_failed,
        "shard_size": shard_size,
        "mode": mode,
        "deadline": deadline,
        "budget_usd": budget_usd,
        "on_budget": on_budget,
        "spend_evenly": spend_evenly,
        "store_text": store_text,
        "ask_above_usd": ask_above_usd,
        "reuse": reuse,
    }
    spec = spec_of(spec_file, suite, model, options, judge)
    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    if rehearse:
        spec = begin_rehearsal(settings, spec, chosen)
    execute(settings, spec, chosen, retry_failed=retry_failed, as_json=as_json, yes=yes)


def resume(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help="As `nightbench runs` lists it.")],
    retry_failed: RetryFlag = False,
    budget_usd: BudgetOption = None,
    unsafe_local_code: UnsafeFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Go on with a run: only what its journal lacks is asked. A run at its budget needs a larger one."""
    let_code_run(unsafe_local_code)
    settings = Settings.read(os.environ)
    record = read_run(settings.home, run_id)
    settings = Settings.read(os.environ, tuple(Path(folder) for folder in record.suite_folders))
    if record.kind == "ask":
        ask.resume(settings, record, retry_failed=retry_failed, as_json=as_json)
        return
    if record.kind not in {"evaluate", "rehearsal"}:
        raise SpecError(
            f'run "{run_id}" is of kind {record.kind}, which `resume` cannot go on with. Nothing was sent. '
            f"Where it was not finished, the command that began it goes on with it: "
            f"{way_on(record)} --run-id {run_id}"
        )
    fields = record.spec if budget_usd is None else {**record.spec, "budget_usd": budget_usd}
    spec = make_spec(fields, f"runs/{run_id}.json")
    execute(settings, spec, run_id, retry_failed=retry_failed, as_json=as_json)


def way_on(record: RunRecord) -> str:
    """The command that began a run of another kind, as far as its record has it."""
    if record.regrade is not None:
        judge = record.spec.get("judge")
        judges = judge if isinstance(judge, list) else [judge]
        named = [one["model"] if isinstance(one, dict) else one for one in judges if one is not None]
        words = [f"--grader {name}" for name in record.regrade["graders"]]
        words += [f"--judge {model}" for model in named]
        if "labels" in record.regrade:
            words = ["--labels FILE"]
        return " ".join(["nightbench regrade", record.regrade["run_id"], *words])
    if record.calibrate is not None:
        return f"nightbench calibrate {record.calibrate['judge']} --labels {record.calibrate['labels']}"
    return "nightbench import FILE"


def let_code_run(unsafe: bool) -> None:
    """Where a person says so, code runs without a sandbox if there can be none, and it is said."""
    if not unsafe:
        return
    from tasks.grade.sandbox.launch import allow_unsafe, best_launch

    allow_unsafe()
    if best_launch().kind == "none":
        note("There is no sandbox here: answers' code runs with nothing between it and this machine.")


def spec_of(
    spec_file: Path | None,
    suites: list[str] | None,
    models: list[str] | None,
    options: dict[str, Any],
    judges: list[str] | None = None,
) -> EvalSpec:
    """The spec of a file with the options over it.

    Raises: SpecError: every problem, with its field.
    """
    fields = read_spec_file(spec_file) if spec_file else {}
    if suites:
        fields["suites"] = _chosen(fields.get("suites"), suites, "name")
    if models:
        fields["models"] = _chosen(fields.get("models"), models, "model")
    if judges:
        judge = fields.get("judge")
        chosen = _chosen(judge if isinstance(judge, list) else [judge], judges, "model", alone=True)
        fields["judge"] = chosen[0] if len(chosen) == 1 else chosen
    fields.update({name: value for name, value in options.items() if value is not None})
    return make_spec(fields, str(spec_file) if spec_file else "the command line")


def _chosen(entries: Any, names: list[str], key: str, *, alone: bool = False) -> list[Any]:
    """What an option picks of a spec's list: every entry of each name with its options, or a new one.

    `alone`: a new one is its name.
    """
    listed = entries if isinstance(entries, list) else []
    chosen: list[Any] = []
    for name in names:
        of_name = [e for e in listed if isinstance(e, dict) and e.get(key) == name]
        chosen += of_name or [name if alone or key == "name" else {key: name}]
    return chosen


def execute(
    settings: Settings,
    spec: EvalSpec,
    run_id: str,
    *,
    retry_failed: bool = False,
    as_json: bool = False,
    yes: bool = True,
) -> None:
    """Run a spec to its end in this process, show it live, and print its result.

    Raises: NightbenchError: what ended the run; what was received is kept.
    """
    from flows.keys import at_hand
    from tasks.work import check_spec

    settings.home.make()
    keys = at_hand(settings.home.root, spec.entries, os.environ)
    try:
        check_spec(settings, spec, keys)
    except SpecError:
        note_doubtful_names(spec)
        raise
    try:
        _run(settings, spec, run_id, keys, retry_failed=retry_failed, yes=yes)
    except KeyboardInterrupt:
        stopped = StoppedShort(
            f"stopped before the first call; nothing was sent. `nightbench resume {run_id}` starts it."
        )
        if as_json:
            print_short(run_id, stopped)
        raise stopped from None
    except NightbenchError as error:
        rehearsed = isinstance(error, BudgetStopped) and _kind_of(settings.home, run_id) == "rehearsal"
        if as_json or rehearsed:  # where a rehearsal stops is what was asked
            print_stopped(settings.home, run_id, error, as_json=as_json)
        raise
    print_result(settings.home, run_id, as_json=as_json)


def _run(
    settings: Settings, spec: EvalSpec, run_id: str, keys: Mapping[str, str], *, retry_failed: bool, yes: bool
) -> None:
    from tasks.work import prepare

    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        stack.enter_context(run_lock(settings.home, run_id))
        kind, folders = _kind_of(settings.home, run_id), settings.suite_folders[1:]
        record = begin_run(settings.home, spec, run_id, trigger="cli", kind=kind, suite_folders=folders)
        from flows.server.engine import Engine

        engine = Engine(settings.home.root)
        stack.callback(engine.close)
        engine.start()
        note_doubtful_names(spec)  # here it costs no time: the server is coming up
        try:
            work = prepare(settings, record, environ=keys)
            ask_first(work.plan.spec, work.estimate, yes=yes)
        except NightbenchError:
            forget_unsent(settings.home, run_id)
            raise
        note(f"run {run_id}")
        for sentence in work.notes:
            note(sentence)
        interrupts.check()
        try:
            import flows.evaluate  # noqa: F401 - two seconds of Prefect, while its server is coming up

            engine.wait()
        except Exception:
            interrupts.check()  # pydantic makes an error of its own of a second Ctrl-C
            raise
        if engine.notice:
            note(engine.notice)
        interrupts.check()
        try:
            _run_flow(settings, record, work, interrupts, retry_failed=retry_failed)
        finally:
            for sentence in (*work.damage, *work.said):
                note(sentence)
            if record.kind == "rehearsal":
                add_seen(settings.home, record, work.progress.calling_s)


def _kind_of(home: Home, run_id: str) -> str:
    """Whether a rehearsal has been begun under the id, or what is begun is an evaluation."""
    begun = (home.runs / f"{run_id}.json").exists()
    return "rehearsal" if begun and read_run(home, run_id).kind == "rehearsal" else "evaluate"


def note_doubtful_names(spec: EvalSpec) -> None:
    """Say of models without a price which known names are near: it may be a slip."""
    from tasks.call.sdk_models import doubtful_names, sdk_models
    from warehouse.prices import prices_of, resolve_priced_as

    unpriced = [
        entry.model
        for entry in spec.entries
        if not prices_of(resolve_priced_as(entry.model, None, None) or entry.model)
    ]
    for doubt in doubtful_names(unpriced, sdk_models()) if unpriced else ():
        note(doubt)


def _run_flow(
    settings: Settings, record: RunRecord, work: Any, interrupts: Interrupts, *, retry_failed: bool
) -> None:
    from flows.cli.live import watching
    from flows.evaluate import evaluate
    from tasks.identity import Start, starting

    start = Start(
        settings,
        run_id=record.run_id,
        trigger=record.trigger,
        kind=record.kind,
        retry_failed=retry_failed,
        holds_lock=True,
        prepared=work,
        interrupts=interrupts,
    )

    async def run() -> None:
        interrupts.in_loop()
        await evaluate(record.eval_spec())

    try:
        with starting(start), watching(work.progress):
            asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise interrupted(record.run_id) from None
    except Exception as error:
        ours = error if isinstance(error, NightbenchError) else explain(error, settings.home.root)
        if ours is None:
            raise
        raise with_way_on(ours, record.run_id) if isinstance(ours, StoppedShort) else ours from None


def print_stopped(home: Home, run_id: str, error: NightbenchError, *, as_json: bool) -> None:
    """The result of a run that was stopped: what it has, with the reason; nothing where it never began."""
    try:
        print_result(home, run_id, as_json=as_json, error=str(error))
    except NightbenchError:  # it is not in the warehouse
        if as_json and isinstance(error, StoppedShort):
            print_short(run_id, error)


def print_result(
    home: Home,
    run_id: str,
    *,
    as_json: bool = False,
    error: str | None = None,
    advice: Sequence[Mapping[str, object]] | None = None,
) -> None:
    """The leaderboard, the bill, and where the files are; `error` is what stopped the run."""
    from flows.cli.judged import judged_json, say_judged
    from flows.pages.summary import run_summary

    summary = run_summary(home, run_id)
    rehearsal = None
    if summary.run["kind"] == "rehearsal":
        rehearsal = rehearsal_report(home, run_id, summary.run)
    if as_json:
        print_json(
            {
                "run_id": run_id,
                "status": summary.run["status"],
                **({} if error is None else {"error": error}),
                "run": summary.run,
                "leaderboard": summary.leaderboard,
                "costs": summary.costs,
                "decisions": summary.decided,
                **judged_json(home, run_id),
                **({} if rehearsal is None else {"rehearsal": rehearsal}),
                **({} if advice is None else {"advice": advice}),
            }
        )
        for sentence in summary.notes():
            note(sentence)
        return
    run_row = summary.run
    made_up = " (of simulated models: it says nothing of real ones)" if run_row["simulated"] else ""
    rows = summary.leaderboard_rows()
    print_table(f"Leaderboard{made_up}", rows, right=list(rows[0])[2:] if rows else [])
    for sentence in (*summary.notes(), *summary.decision_notes()):
        say(sentence)
    say_judged(home, run_id)
    costs = summary.cost_rows()
    print_table("Cost", costs, right=list(costs[0])[1:] if costs else [])
    for sentence in (*summary.cache_notes(), *summary.prediction_notes()):
        say(sentence)
    if rehearsal is not None:
        say_rehearsal(rehearsal)
    answered = f"{run_row['answered_calls']} of {run_row['planned_calls']} answered"
    say(f"run {run_id}: {run_row['status']}, {answered}")
    say(f"tables:  {home.warehouse}/*/run_date=*/run_id={run_id}/")
    say(f"catalog: {home.warehouse / 'catalog.duckdb'}")
