"""What a night has to say, as sentences; each a pure function of what is known of it.

A statement that comes first says what a person may have to act on; of many of a kind the worst are said and
the rest is counted, with the command that shows it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tasks.comparing.gating import Checked, Gate
from tasks.comparing.words import p_value, points, signed
from tasks.hostile import on_a_line
from tasks.night.drift import Alarm, Drift
from tasks.night.facts import INTERRUPTED, RUNNING, Bill, Failure, Night, Score, Silence

About = Literal["night", "look", "changed", "ran", "cost", "more"]
LONGEST = 120  # of an example that a provider wrote
SURE = 0.01  # of nights in which nothing changed: what `regressions` promises, too
NEARLY = Decimal("0.8")  # of a budget: from here on it is something to look at


@dataclass(frozen=True)
class Statement:
    """One line. `command` shows more of it, or goes on; `alarm`: a drop was shown."""

    about: About
    words: str
    command: str = ""
    alarm: bool = False

    @property
    def text(self) -> str:
        """The line as a person reads it."""
        return f"{self.words}: {self.command}" if self.command else self.words


@dataclass(frozen=True)
class Before:
    """What the baseline's run cost; `is_alike` where it asked the same samples of the same suites."""

    run_id: str
    bill: Bill
    is_alike: bool = True


def whole(night: Night) -> Iterator[Statement]:
    """Why the run is not whole, with the command to go on; nothing where it is."""
    so_far = f"{night.answered:,} of {night.planned:,} calls were answered"
    resume = f"nightbench resume {night.run_id}" if night.kind != "import" else ""
    if night.status == RUNNING:
        yield Statement("look", f"it is still at work: {so_far}")
    elif night.status == INTERRUPTED:
        words = f"it was interrupted, for its process died: {so_far}; to go on, asking none of them again"
        yield Statement("look", words, resume)
    elif night.status == "budget_stopped":
        words = f"its budget stopped it: {so_far}; to go on with more"
        yield Statement("look", words, f"{resume} --budget-usd MORE" if resume else "")
    elif night.status == "failed":
        words = f"it has failed: {so_far}, {night.failed:,} failed for good; to ask those again"
        yield Statement("look", words, f"{resume} --retry-failed" if resume else "")
    elif not night.is_whole:
        how = "cancelled" if night.status == "cancelled" else "partial"
        yield Statement("look", f"it is {how}: {so_far}, {night.missing:,} were not; to go on", resume)
    elif night.planned and not night.answered:
        yield Statement("look", f"no answer came: all {night.failed:,} calls failed")


def silent(silences: Sequence[Silence]) -> Iterator[Statement]:
    """Providers that were away, with since when."""
    for one in silences:
        since = f"since {_clock(one.first_at)} UTC" if one.answered_at else "from the beginning on"
        n = _many(one.n, "attempt")
        yield Statement("look", f"{one.model} gave no answer {since} ({n}, the last {_clock(one.last_at)})")


def failed(night: Night) -> Iterator[Statement]:
    """Failures by kind, the most frequent first, with an example each."""
    for one in night.failures:
        yield Statement("look", f"{_many(one.n, 'call')} failed for good, {_kind(one)}{_example(one)}")


def alarms(drift: Drift) -> Iterator[Statement]:
    """Drops that the drift check shows, new ones first."""
    for one in drift.alarms:
        yield Statement("changed", _alarm(one), alarm=True)


def drops(gate: Gate | None, drift: Drift) -> Iterator[Statement]:
    """Drops beyond the margin that the baseline shows, but for those that raised an alarm already."""
    said = {(one.moved.suite, one.moved.variant) for one in drift.alarms}
    for checked in _by_difference(gate):
        if gate is not None and checked.drop == "shown" and _key(checked) not in said:
            yield Statement("changed", checked.sentence(gate.max_drop), alarm=True)


def differences(gate: Gate | None, drift: Drift) -> Iterator[Statement]:
    """The other differences to the baseline that are shown, in either direction."""
    said = {(one.moved.suite, one.moved.variant) for one in drift.alarms}
    for checked in _by_difference(gate):
        fell = _key(checked) in said and (checked.result.difference or 0) < 0
        if gate is not None and is_shown(checked) and checked.drop != "shown" and not fell:
            yield Statement("changed", _difference(checked, of=len(gate.checked)))


def quieted(drift: Drift, scores: Sequence[Score]) -> Iterator[Statement]:
    """Alarms of the night before that this night alone does not raise, with how it stands."""
    now = {(score.suite, score.variant): score.accuracy for score in scores}
    for one in drift.quieted:
        accuracy = now.get((one.suite, one.variant))
        if accuracy is not None:
            words = (
                f"{one.suite}, {one.variant}: the alarm of the night before is not raised again, which is no "
                f"recovery yet ({points(accuracy)} % now, {points(one.accuracy_then)} % then, "
                f"{points(one.accuracy_before)} % before)"
            )
            yield Statement("look", words)


def served(drift: Drift) -> Iterator[Statement]:
    """Models that the provider serves otherwise than in the night before."""
    others: dict[tuple[str, str, str], list[str]] = {}
    for one in drift.newest:
        if one.served_another:
            key = (one.variant, _name(one.served_model), _name(one.baseline_served_model))
            others.setdefault(key, []).append(one.suite)
    for (variant, now, before), suites in others.items():
        words = f"{variant}: the provider serves {now}, after {before} ({_listed(suites, 3)})"
        yield Statement("changed", words)
    systems = sorted({one.variant for one in drift.newest if one.another_system})
    if systems:
        words = f"another system fingerprint, of the same model: {_listed(systems, 3)}"
        yield Statement("changed", words)


def unchanged(gate: Gate | None, drift: Drift, night: Night, why: str) -> Iterator[Statement]:
    """What was compared and shows nothing; or why nothing was compared, which is `why`."""
    known = [each for each in gate.checked if each.result.n] if gate is not None else []
    said = {(one.moved.suite, one.moved.variant) for one in drift.alarms}
    quiet = [each for each in known if not is_shown(each) and each.drop != "shown" and _key(each) not in said]
    if not known:
        yield Statement("changed", why)
    elif quiet:
        rest = "nothing" if len(quiet) == len(known) else "nothing else"
        widest = max(quiet, key=lambda each: abs(each.result.difference or 0)).result
        where = f"{widest.contest.b.suite}, {widest.contest.b.variant}"
        sizes = _range([each.result.n for each in quiet])
        words = (
            f"{rest} that {sizes} samples could show, {_against(known)} "
            f"({_many(len(quiet), 'comparison')}, the largest difference "
            f"{signed(widest.difference or 0)} points on {where})"
        )
        yield Statement("changed", words)
    if night.is_whole and night.kind != "rehearsal" and not drift.alarms:
        if drift.looked:
            n = _many(drift.looked, "suite and variant", "suites and variants")
            words = f"the drift check raises no alarm: {n} against up to 14 nights before"
        else:
            words = "drift is looked for from the fourth whole night of the same suites and variants on"
        yield Statement("changed", words)


def noted(gate: Gate | None) -> Iterator[Statement]:
    """What limits the comparison: parts, changed variants, what the baseline lacks."""
    known = [each.result for each in gate.checked if each.result.n] if gate is not None else []
    parts = [
        f"{r.contest.b.suite}, {r.contest.b.variant} ({r.n:,})"
        for r in known
        if r.contest.a.n_asked != r.contest.b.n_asked
    ]
    if parts:
        yield Statement("changed", f"only samples that both answered are compared: {_listed(parts, 3)}")
    changed = {
        f"{r.contest.b.variant} ({r.contest.a.variant_version}, now {r.contest.b.variant_version})"
        for r in known
        if r.contest.a.variant_version != r.contest.b.variant_version
    }
    if changed:
        words = f"we changed model, params or prompt: {_listed(sorted(changed), 3)}, so that is no drift"
        yield Statement("changed", words)
    if gate is not None and gate.notes:
        more = f" (and {len(gate.notes) - 1} more)" if len(gate.notes) > 1 else ""
        yield Statement("changed", f"{gate.notes[0].rstrip('.')}{more}")


def ran(night: Night) -> Iterator[Statement]:
    """What ran: suites, models, calls, how long."""
    made_up = "; its models are simulated, and say nothing of real ones" if night.simulated else ""
    took = f" in {_duration(night.started_at, night.finished_at)}" if night.finished_at is not None else ""
    words = (
        f"{_many(len(night.suites), 'suite')} ({_listed(night.suites, 4)}) put to "
        f"{_many(len(night.variants), 'model')} ({_listed(night.variants, 3)}): {night.answered:,} of "
        f"{night.planned:,} calls answered, {night.failed:,} failed{took}{made_up}"
    )
    yield Statement("ran", words)


def scored(scores: Sequence[Score]) -> Iterator[Statement]:
    """How the variants did, a suite a line."""
    known = [score for score in scores if score.accuracy is not None]
    for suite in dict.fromkeys(score.suite for score in known):
        of_suite = [_score(score) for score in known if score.suite == suite]
        yield Statement("ran", f"{suite}, % right: {_listed(of_suite, 3)}")


def cost(
    night: Night, budget_usd: Decimal | None, spent_usd: Decimal | None, before: Before | None
) -> Iterator[Statement]:
    """What it cost, beside budget and baseline; `spent_usd` is what the caller knows better."""
    bill = night.bill
    if bill is None and spent_usd is None:
        yield Statement("cost", "what it cost so far is in no table yet")
        return
    usd = spent_usd if spent_usd is not None else bill.usd if bill is not None else Decimal(0)
    unknown = bill is not None and bill.n_unpriced > 0
    if night.simulated:
        words = f"nothing was paid; at the prices of the simulated models it is {dollars(usd)}"
    elif bill is not None and unknown:
        words = (
            f"it cost at least {dollars(usd)}: {bill.n_unpriced:,} of {_many(bill.n_calls, 'call')} have no "
            f"price ({bill.unpriced_models})"
        )
    else:
        words = f"it cost {dollars(usd)}"
    if budget_usd is not None and not night.simulated:
        share = f"{100 * usd / budget_usd:.0f} %" if budget_usd else "all"
        words += f", {share} of its budget of {dollars(budget_usd)}"
    if before is not None and before.bill.n_unpriced == 0 and before.bill.n_calls:
        words += f"; {before.run_id} cost {dollars(before.bill.usd)}"
        if before.is_alike and night.is_whole and not unknown and before.bill.usd:
            words += f" ({100 * (usd / before.bill.usd - 1):+.1f} %)"
    if bill is not None and bill.n_unsettled:
        words += (
            f"; at most {dollars(bill.usd_unsettled)} more for {_many(bill.n_unsettled, 'attempt')} whose "
            "end nobody saw"
        )
    yield Statement("cost", words)


def used(night: Night, budget_usd: Decimal | None, usd: Decimal | None) -> Iterator[Statement]:
    """That a budget is nearly used, where the run was not stopped by it."""
    if budget_usd and usd is not None and not night.simulated and night.status != "budget_stopped":
        share = usd / budget_usd
        if share >= NEARLY:
            yield Statement("look", f"{100 * share:.0f} % of the budget of {dollars(budget_usd)} is used")


def is_shown(checked: Checked) -> bool:
    """Whether a difference to the baseline is shown, so surely that one quiet night in a hundred errs."""
    return checked.result.p_holm is not None and checked.result.p_holm < SURE


def dollars(usd: Decimal) -> str:
    """An amount with as many decimals as tell something."""
    return (
        f"${usd:,.2f}" if usd >= 1 or usd == 0 else f"${usd:.4f}" if usd >= Decimal("0.01") else f"${usd:.6f}"
    )


def _alarm(one: Alarm) -> str:
    moved = one.moved
    window = "" if moved.nights == 1 else f"in its newest {moved.nights} nights "
    where = ", ".join(f"{part.category} ({signed(part.difference)})" for part in one.categories[:2])
    more = f" and {len(one.categories) - 2} more" if len(one.categories) > 2 else ""
    low, high = signed(moved.ci_low or 0), signed(moved.ci_high or 0)
    model = "; the provider serves the same model as before"
    if moved.served_another:
        model = (
            f"; the provider serves {_name(moved.served_model)}, after {_name(moved.baseline_served_model)}"
        )
    elif moved.served_model is None or moved.baseline_served_model is None:
        model = ""
    return (
        f"{moved.suite}, {moved.variant}: {window}{points(-moved.difference)} points lower than in the "
        f"{_many(moved.baseline_nights, 'night')} before ({points(moved.accuracy)} % after "
        f"{points(moved.baseline_accuracy)} %, 95 % from {low} to {high}, n = {moved.n:,}, "
        f"p = {p_value(moved.p_holm)})"
        f"{f'; most in {where}{more}' if where else ''}{model}"
        f"{'; the night before raised this alarm, too' if one.again else ''}"
    )


def _difference(checked: Checked, *, of: int) -> str:
    r = checked.result
    gain = r.difference or 0.0
    low, high = sorted((abs(r.ci_low or 0), abs(r.ci_high or 0)))
    among = f" of {of} comparisons" if of > 1 else ""
    return (
        f"{r.contest.b.suite}, {r.contest.b.variant}: {points(abs(gain))} points "
        f"{'better' if gain > 0 else 'worse'} than in {r.contest.a.run_id} (from {points(low)} to "
        f"{points(high)}, n = {r.n:,}, p = {p_value(r.p_holm)}{among})"
    )


def _by_difference(gate: Gate | None) -> list[Checked]:
    """The comparisons that there are, the largest drop first."""
    known = [each for each in gate.checked if each.result.difference is not None] if gate else []
    return sorted(known, key=lambda each: each.result.difference or 0)


def _key(checked: Checked) -> tuple[str, str]:
    return checked.result.contest.b.suite, checked.result.contest.b.variant


def _against(known: Sequence[Checked]) -> str:
    runs = sorted({each.result.contest.a.run_id for each in known})
    return f"against {runs[0]}" if len(runs) == 1 else f"against {len(runs)} runs before"


def _kind(one: Failure) -> str:
    return f"{one.kind} ({_listed(list(one.models), 2)})"


def _example(one: Failure) -> str:
    return f': "{on_a_line(one.example, LONGEST)}"' if one.example else ""


def _score(score: Score) -> str:
    low, high = 100 * (score.ci_low or 0), 100 * (score.ci_high or 0)
    return f"{score.variant} {points(score.accuracy or 0)} ({low:.1f} to {high:.1f})"


def _name(text: str | None) -> str:
    return on_a_line(text or "?", LONGEST)


def _listed(names: Sequence[str], most: int) -> str:
    """The first names, and how many there are more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _many(n: int, one: str, several: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def _range(sizes: Sequence[int]) -> str:
    low, high = min(sizes), max(sizes)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def _duration(start: datetime, end: datetime) -> str:
    seconds = max(0.0, (end - start).total_seconds())
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
