"""`plan`: what a run would do and cost, before anything is sent."""

import os

import typer

from flows.cli.options import (
    BudgetOption,
    DeadlineOption,
    DirOption,
    EpochsOption,
    JudgeOption,
    LimitOption,
    ModelOption,
    ModeOption,
    ReuseOption,
    SeedOption,
    SpecFile,
    SuiteOption,
)
from flows.cli.run import note_doubtful_names, spec_of
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Settings


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog="Example:  nightbench plan --suite gsm8k --model openai/gpt-6-luna --epochs 3")(plan)


def plan(
    spec_file: SpecFile = None,
    suite: SuiteOption = None,
    model: ModelOption = None,
    limit: LimitOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = None,
    budget_usd: BudgetOption = None,
    mode: ModeOption = None,
    deadline: DeadlineOption = None,
    reuse: ReuseOption = None,
    judge: JudgeOption = None,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what a run would do: calls, tokens, cost, minutes under the limits. Calls nothing.

    Costs have a range that holds 95 times of 100 where the suite was run before (--json: usd_low, usd_high).
    """
    from tasks.call.prefix import with_prefixes
    from tasks.estimate import estimate_plan
    from tasks.forecast import Learned
    from tasks.judges.plan import expected, plan_judging
    from tasks.work import load_suites, notes_on_judges, plan_run, reusable, run_graders

    options = {"limit": limit, "epochs": epochs, "seed": seed, "budget_usd": budget_usd}
    options |= {"mode": mode, "deadline": deadline, "reuse": reuse}
    spec = spec_of(spec_file, suite, model, options, judge)
    settings = Settings.read(os.environ, tuple(suites_dir or ()))
    suites = load_suites(settings, spec)
    planned = with_prefixes(plan_run("plan", spec, suites))
    note_doubtful_names(spec)
    graders = run_graders(spec, suites)
    for sentence in notes_on_judges(spec, graders):
        note(sentence)
    learned = Learned.of(settings.home.warehouse, planned)
    judging = plan_judging(planned, graders, expected(planned, learned))
    reused = reusable(settings.home, planned, os.environ)
    plans = [planned] if judging is None else [planned, judging]
    estimate = estimate_plan(plans, settings.home.warehouse, learned=learned, reused=reused)
    if as_json:
        print_json(estimate.as_dict())
        return
    rows = estimate.table()
    print_table(
        "Plan", rows, right=[name for name in (rows[0] if rows else {}) if name not in {"suite", "variant"}]
    )
    for line in (*estimate.sentences(), *estimate.reach(spec.budget_usd)):
        say(line)
    if any(not entry.model.startswith("simulated/") for entry in spec.entries):
        say("`nightbench run --rehearse` with the same words shows that in a minute, on simulated models.")
