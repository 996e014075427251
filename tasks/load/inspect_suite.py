"""Every check of a suite, in order: the worst findings first."""

from collections.abc import Callable, Iterator, Mapping

from tasks.load.checks import choices, context, encoding, questions, similar, targets, types
from tasks.load.checks.subject import ORDER, Finding, Subject
from tasks.model import Suite

CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    targets.empty,
    questions.twice,
    targets.leaked,
    targets.one_sided,
    choices.balance,
    choices.twins,
    context.over,
    encoding.broken,
    types.retyped,
)


def inspect(subject: Subject, others: Mapping[str, Suite], known: frozenset[str]) -> list[Finding]:
    """What is wrong with a suite; `others` are the suites it is compared with, `known` the built-in ones."""
    found = [finding for check in CHECKS for finding in check(subject)]
    found += similar.between(subject.suite, others, known)
    return sorted(found, key=lambda finding: ORDER[finding.severity])


def is_bad(findings: list[Finding]) -> bool:
    """Whether something must be looked at: anything but notes."""
    return any(finding.severity != "note" for finding in findings)
