"""`suites check NAME`: what is wrong with a suite, as a table, and as an exit code."""

from collections.abc import Sequence

import typer

from flows.cli.show import note, print_json, print_table, say
from tasks.home import Settings
from warehouse.errors import SpecError

SHOWN_IDS = 4


def check(settings: Settings, name: str | None, models: Sequence[str], *, as_json: bool) -> None:
    """Print the findings; ends with exit code 1 where one is an error or a warning.

    Raises: SpecError: no suite is named, or a model is not provider/name. SuiteError: it cannot be loaded.
    """
    from tasks.load.inspect_suite import is_bad
    from tasks.suite_check import check_suite

    if name is None:
        raise SpecError("suites check: which suite? Give its name, as in `nightbench suites check capitals`.")
    for model in models:
        if "/" not in model:
            raise SpecError(f'--model "{model}" is not of the form provider/name.')
    checked = check_suite(settings, name, models, note)
    findings = list(checked.findings)
    bad = is_bad(findings)
    suite = checked.suite
    if as_json:
        print_json(
            {
                "suite": suite.name,
                "version": suite.version,
                "samples": len(suite.samples),
                "ok": not bad,
                "findings": [vars(finding) for finding in findings],
                "contexts": checked.contexts,
                "compared": checked.compared,
            }
        )
    else:
        if findings:
            print_table(
                "",
                [
                    {
                        "severity": finding.severity,
                        "check": finding.check,
                        "samples": _ids(finding.sample_ids),
                        "column": finding.column,
                        "what": finding.what,
                        "remedy": finding.remedy,
                    }
                    for finding in findings
                ],
            )
        counts = {kind: sum(f.severity == kind for f in findings) for kind in ("error", "warning", "note")}
        said = ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if n)
        say(
            f"{suite.name} {suite.version}: {len(suite.samples):,} samples, {said or 'nothing found'}; "
            f"compared with {len(checked.compared)} other suites, contexts from "
            f"{min(checked.contexts.values()):,} tokens."
        )
    if bad:
        raise typer.Exit(1)


def _ids(sample_ids: tuple[str, ...]) -> str:
    more = len(sample_ids) - SHOWN_IDS
    return ", ".join(sample_ids[:SHOWN_IDS]) + (f" and {more} more" if more > 0 else "")
