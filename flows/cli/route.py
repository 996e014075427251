"""`route`: which tasks go to which model, what that costs, and whether it is worth it."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Settings

if TYPE_CHECKING:  # numpy takes a third of a second, which other commands need not wait for
    from tasks.routing.measure import Measured
    from tasks.routing.paired import Against
    from tasks.routing.routed import Routed


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog='Examples:  nightbench route --profile "1M calls a month, 10k in, 300 out"   |   nightbench '
        "route --model A --model B --suite gsm8k --policy prompt --export policy.json"
    )(route)


def route(
    suite: Annotated[
        list[str] | None, typer.Option("--suite", metavar="S", help="Only this suite; may be repeated.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", "--variant", metavar="NAME", help="A model or variant; repeat (all)."),
    ] = None,
    run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="ID", help="Use these runs instead; simulated and limited ones too."),
    ] = None,
    worth: Annotated[
        float, typer.Option("--worth", metavar="USD", min=0, help="What a right answer is worth (0.10).")
    ] = 0.10,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="TEXT", help="A workload; may be repeated. See the example."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option("--policy", metavar="suite|category|prompt", help="Which policy --export writes."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write the policy for a Router.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", metavar="DIR", help="Write the frontier (PNG) into a folder.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of folds and intervals.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Send each task to the cheaper model where it will do: policies, measured out of sample."""
    from rich.console import Console

    from tasks.routing.data import read_samples
    from tasks.routing.export import policy_document
    from tasks.routing.prompts import need_scikit_learn
    from tasks.routing.routed import as_document, best_kind
    from tasks.routing.routed import route as find
    from tasks.routing.workload import read_profile

    if policy not in {None, "suite", "category", "prompt"}:
        raise typer.BadParameter("suite, category or prompt", param_hint="--policy")
    if policy == "prompt":
        need_scikit_learn()
    profiles = [read_profile(text) for text in profile or ()]
    warehouse = Settings.read(os.environ).home.warehouse
    samples = read_samples(warehouse, suites=suite or (), variants=model or (), runs=run or ())
    console = Console(stderr=True)
    with console.status("fitting the policies, and 50 times anew for their intervals: some seconds"):
        found = find(warehouse, samples, worth, profiles, seed)
    if export is not None:
        kind = policy or best_kind(found)
        measured = next((m for m in found.policies if m.policy == kind), None)
        document = policy_document(samples, samples.usd, kind, worth, measured)
        export.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        note(f"policy ({kind}): {export}")
    if plots is not None:
        from flows.pages.frontier import draw_frontier

        plots.mkdir(parents=True, exist_ok=True)
        draw_frontier(found, plots / "route.png")
        note(f"picture: {plots / 'route.png'}")
    if as_json:
        print_json(as_document(found))
    else:
        _print(found)


def _print(found: "Routed") -> None:
    samples = found.samples
    if samples.simulated:
        say("SIMULATED: some answers are the simulated server's; nothing here says anything of real models.")
    say(f"{len(samples.keys):,} samples of {', '.join(sorted(set(samples.suites)))}; a right answer is worth "
        f"{found.worth_usd} USD")  # fmt: skip
    say(found.verdict)
    rows = [_row(m, samples.names) for m in found.policies]
    print_table("policies, out of sample (95 %)", rows, right=list(rows[0])[1:])
    rows = [
        {"policy": a.policy, "against": f"{a.role}: {a.model}", "points": _range(a, "points", 1, 1),
         "USD a call": _range(a, "usd", 1, 6), "saved %": _range(a, "saved", 100, 1)}
        for a in found.against
    ]  # fmt: skip
    print_table("policies less one model alone, on the same samples (95 %)", rows, right=list(rows[0])[2:])
    rows = [
        {"policy": m.policy, "worth USD": f"{m.worth_usd:.6f}", "right %": _range(m, "accuracy", 100, 1),
         "USD a call": _range(m, "usd", 1, 6)}
        for m in found.frontier
    ]  # fmt: skip
    print_table("frontier: what a right answer is worth decides how far a policy goes", rows)
    if found.profiles:
        names = [m.policy for m in found.profiles[0][1]]
        rows = [
            {"policy": name, **{p.text: f"{p.calls * own[i].usd:,.2f} ({100 * own[i].accuracy:.1f} %)"
                                for p, own in found.profiles}}
            for i, name in enumerate(names)
        ]  # fmt: skip
        print_table("USD a month at today's prices (right)", rows, right=list(rows[0])[1:])
    _print_month(found)
    for line in found.notes:
        say(f"note: {line}")


def _print_month(found: "Routed") -> None:
    priced = [s for s in found.savings if s.n_calls > s.n_unpriced]
    if not priced:
        say("last month: there are no calls of these variants with a known cost in the last 30 days.")
        return
    rows = [
        {"calls of": s.variant, "policy": s.policy, "n": s.n_calls, "unpriced": s.n_unpriced,
         "USD": f"{s.usd:.6f}", "routed": f"{s.usd_routed:.6f}", "saved": f"{s.usd - s.usd_routed:.6f}"}
        for s in priced
    ]  # fmt: skip
    print_table("last 30 days, had they been routed", rows, right=list(rows[0])[2:])


def _row(m: "Measured", names: tuple[str, ...]) -> dict[str, object]:
    return {
        "policy": m.policy,
        "right %": _range(m, "accuracy", 100, 1),
        "USD a call": _range(m, "usd", 1, 6),
        "above a mixture": _range(m, "gain", 100, 1),
        **{f"to {name}": f"{100 * share:.0f} %" for name, share in zip(names, m.share, strict=True)},
    }


def _range(m: "Measured | Against", name: str, times: float, digits: int) -> str:
    middle, low, high = (times * getattr(m, name + end) for end in ("", "_low", "_high"))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
