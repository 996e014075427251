"""The options of `run`, and of the commands that share some of them."""

from pathlib import Path
from typing import Annotated

import typer

SpecFile = Annotated[
    Path | None, typer.Argument(metavar="[SPEC.toml]", help="A spec; options override its fields.")
]
SuiteOption = Annotated[
    list[str] | None, typer.Option("--suite", metavar="S", help="A suite; may be given several times.")
]
ModelOption = Annotated[
    list[str] | None,
    typer.Option("--model", metavar="P/M", help="provider/name; may be given several times."),
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", help="Samples a suite, the same for every model.")
]
EpochsOption = Annotated[int | None, typer.Option("--epochs", help="How often each sample is asked.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Decides which samples a limit takes.")]
MaxFailedOption = Annotated[
    float | None, typer.Option("--max-failed", help="Share of calls that may finally fail (0.05).")
]
ShardOption = Annotated[int | None, typer.Option("--shard-size", help="Calls a Prefect task (250).")]
ModeOption = Annotated[
    str | None, typer.Option("--mode", metavar="realtime|batch|auto", help="batch: at half price, in a day.")
]
DeadlineOption = Annotated[
    str | None, typer.Option("--deadline", metavar="8h", help="For --mode auto: when it must be over.")
]
DirOption = Annotated[
    list[Path] | None, typer.Option("--suites-dir", metavar="DIR", help="A folder of suite folders of yours.")
]
BudgetOption = Annotated[
    str | None, typer.Option("--budget-usd", metavar="USD", help="The run stops before it costs more.")
]
OnBudgetOption = Annotated[
    str | None,
    typer.Option(
        "--on-budget", metavar="stop|refuse", help="Go as far as the budget reaches, or refuse a dearer plan."
    ),
]
AskOption = Annotated[
    str | None,
    typer.Option("--ask-above-usd", metavar="USD", help="You are asked before a dearer run (5.00)."),
]
ReuseOption = Annotated[
    str | None,
    typer.Option("--reuse", metavar="never|same-spec|7d", help="Take identical answers of earlier runs."),
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--judge",
        metavar="P/M",
        help="The model that graders of type judge and pairwise ask; repeat: a panel.",
    ),
]
RehearseFlag = Annotated[
    bool,
    typer.Option("--rehearse", help="The same on simulated models, a night in a minute: no keys, no costs."),
]
YesFlag = Annotated[bool, typer.Option("--yes", help="Do not ask before a dear run.")]
EvenlyFlag = Annotated[
    bool | None,
    typer.Option("--spend-evenly", help="All suites side by side, the same samples for all models."),
]
StoreTextFlag = Annotated[
    bool | None,
    typer.Option("--store-text/--no-store-text", help="Whether prompts and responses are kept (they are)."),
]
UnsafeFlag = Annotated[
    bool,
    typer.Option(
        "--unsafe-local-code", help="Run answers' code without a sandbox where this machine has none."
    ),
]
RetryFlag = Annotated[
    bool, typer.Option("--retry-failed", help="Ask again for the calls that have finally failed.")
]
