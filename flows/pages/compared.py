"""A comparison as a line of a table: of the command `compare` and of the flow's page."""

from tasks.comparing.results import Result
from tasks.comparing.words import p_value, points, signed


def result_row(result: Result, *, several: bool) -> dict[str, object]:
    """A contest's figures as a line of a table."""
    contest = result.contest
    sides = {"a": contest.label_a, "b": contest.label_b} if several else {}
    known = result.usd_a is not None or result.usd_b is not None
    return {
        "suite": contest.name,
        **sides,
        "n": result.n,
        "a %": None if result.accuracy_a is None else points(result.accuracy_a),
        "b %": None if result.accuracy_b is None else points(result.accuracy_b),
        "b - a": None if result.difference is None else signed(result.difference),
        "95 % from": None if result.ci_low is None else signed(result.ci_low),
        "to": None if result.ci_high is None else signed(result.ci_high),
        "p": None if result.p is None else p_value(result.p),
        "p (Holm)": None if result.p_holm is None else p_value(result.p_holm),
        "test": result.test,
        "only a": result.only_a,
        "only b": result.only_b,
        **({"usd a call": _usd(result)} if known else {}),
    }


def _usd(result: Result) -> str:
    return " / ".join("?" if usd is None else f"{usd:.6f}" for usd in (result.usd_a, result.usd_b))
