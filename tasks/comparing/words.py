"""A comparison in a sentence that needs no statistics to be read, and cannot be read wrongly."""

import math
from collections.abc import Sequence

from tasks.comparing.contests import Contest, Entry
from tasks.comparing.results import Result


def verdict(result: Result, *, of: int = 1) -> str:
    """What may be said of one contest; `of` is how many were looked at together."""
    contest = result.contest
    b = contest.label_b
    if result.difference is None or result.ci_low is None or result.ci_high is None or result.p is None:
        return f"on {contest.name}: nothing to compare, because there is no sample that both answered"
    if result.differs:
        better, sign = (b, 1.0) if result.difference > 0 else (contest.label_a, -1.0)
        low, high = sorted((sign * result.ci_low, sign * result.ci_high))
        return (
            f"on {contest.name} {better} is better by {points(abs(result.difference))} points (from "
            f"{points(low)} to {points(high)}), p = {p_value(result.p)}{_corrected(result, of)}"
        )
    interval = f"95 % from {signed(result.ci_low)} to {signed(result.ci_high)}"
    figures = f"{b} {signed(result.difference)} points, {interval}"
    if result.p < 0.05:
        return (
            f"on {contest.name}: no difference that holds beside the other {of - 1} comparisons ({figures}; "
            f"p = {p_value(result.p)} by itself, {p_value(result.p_holm)} of {of})"
        )
    return f"on {contest.name}: no difference that {result.n:,} samples could show ({figures})"


def outlook(result: Result) -> str:
    """What these samples could have shown, and how many more would settle it; empty where it is settled."""
    if result.differs or result.smallest_detectable is None or result.difference is None:
        return ""
    seen = f"a difference of {points(result.smallest_detectable)} points would have been seen 8 times in 10"
    if not result.more_samples:
        return seen
    return (
        f"{seen}; if {points(abs(result.difference))} points is what there is, {result.more_samples:,} more "
        "samples would show it"
    )


def price_of_right(result: Result) -> str:
    """What a right answer costs on either side, with its interval; empty where a side has no known cost."""
    a = _per_correct(result.usd_per_correct_a, result.usd_per_correct_a_low, result.usd_per_correct_a_high)
    b = _per_correct(result.usd_per_correct_b, result.usd_per_correct_b_low, result.usd_per_correct_b_high)
    if not (a and b):
        return ""
    return f"a right answer costs {a} with {result.contest.label_a}, {b} with {result.contest.label_b}"


def _per_correct(usd: float | None, low: float | None, high: float | None) -> str:
    if usd is None:
        return ""
    if low is None or high is None:
        return f"${usd:.3g}"
    digits = max(0, 2 - math.floor(math.log10(usd))) if usd > 0 else 2
    return f"${usd:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def compared(contest: Contest) -> str:
    """Which two things were compared, and what is not whole of them."""
    a, b = _side(contest.a, contest.label_a), _side(contest.b, contest.label_b)
    return f"{contest.name} ({contest.b.suite_version}): {a} against {b}"


def caveats(results: Sequence[Result]) -> list[str]:
    """What a reader must know: parts, simulated models, changed variants, clusters."""
    notes: list[str] = []
    for result in results:
        a, b = result.contest.a, result.contest.b
        partial = [e for e in (a, b) if not e.full_length or e.status != "complete"]
        if partial:
            words = ", ".join(
                f"{e.run_id} asked {e.n_asked:,} of {e.n_samples or 0:,} and is {e.status}" for e in partial
            )
            notes.append(
                f"{result.contest.name}: only the {result.n:,} samples that both answered ({words})."
            )
        if a.variant == b.variant and a.variant_version != b.variant_version:
            notes.append(
                f"{result.contest.name}: {a.variant} was changed between the two (model, params or prompt): "
                f"{a.variant_version} and {b.variant_version}. What changed is ours as well as the model's."
            )
        if a.suite_version != b.suite_version:
            notes.append(
                f"{result.contest.name}: two versions of the suite, {a.suite_version} and {b.suite_version}, "
                "paired by sample_id: a question may have changed."
            )
        if result.n and result.n_clusters < result.n:
            notes.append(
                f"{result.contest.name}: its {result.n:,} samples are of {result.n_clusters:,} clusters, and "
                "the interval is as wide as that."
            )
    if any(result.contest.a.simulated for result in results):
        notes.append("Simulated models: this says nothing of real ones.")
    return list(dict.fromkeys(notes))


def points(share: float) -> str:
    """A share as percentage points, one decimal; two where one would say nothing."""
    value = 100 * share
    return f"{value:.1f}" if abs(value) >= 0.05 or value == 0 else f"{value:.2f}"


def signed(share: float) -> str:
    """Points with their sign; 0.0 has none."""
    text = points(share)
    return text if text.startswith("-") or float(text) == 0 else f"+{text}"


def p_value(p: float | None) -> str:
    """A probability with as many digits as tell something."""
    if p is None:
        return "?"
    if p < 0.0001:
        return "0.0001 or less" if p > 0.00005 else f"{p:.0e}".replace("e-0", "e-")
    return f"{p:.4f}" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def _corrected(result: Result, of: int) -> str:
    return "" if of == 1 else f" ({p_value(result.p_holm)} of {of} comparisons)"


def _side(entry: Entry, label: str) -> str:
    run = "" if entry.run_id in label.split() else f" in {entry.run_id}"
    return f"{label}{run} of {entry.started_at:%Y-%m-%d}"
