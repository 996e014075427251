"""A comparison for a pipeline: is there a drop beyond the margin, is one excluded, or is it not known?

A drop is shown where the 95 % interval lies below the margin whole, and the one-sided test of "no worse than
the margin" says so of all suites together (Holm). It is excluded where the interval lies above the margin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.comparing.contests import Contest, Entry, Found
from tasks.comparing.results import Result, measure
from tasks.comparing.words import points, signed
from warehouse.errors import SpecError
from warehouse.literals import values

LAST = "last"
WORST = 0.025  # one side of a 95 % interval
DROPS = """
with given as ({given}),
measured as (
    select
        contest,
        samples_to_exclude(n::bigint, difference::double, se::double, {margin}) as more_samples,
        case
            when se::double = 0 then case when difference::double < -{margin} then 0e0 else 1e0 end
            when difference::double + {margin} < 0
                then student_p((difference::double + {margin}) / se::double, n_clusters::bigint - 1) / 2
            else 1 - student_p((difference::double + {margin}) / se::double, n_clusters::bigint - 1) / 2
        end as p
    from given
)
select contest, more_samples, p, p_holm from holm('measured')
"""


@dataclass(frozen=True)
class Checked:
    """One contest with the gate's word: `a` is the baseline, `b` what is to pass."""

    result: Result
    drop: Literal["shown", "excluded", "unknown"]
    more_samples: int | None  # that would exclude a drop beyond the margin, were the difference what it seems
    dearer: (
        bool | None
    )  # whether the cost rose beyond what is allowed; None: nobody asked, or it is not known

    @property
    def name(self) -> str:
        """The suite and the variant."""
        return f"{self.result.contest.b.suite}, {self.result.contest.b.variant}"

    def sentence(self, max_drop: float) -> str:
        """What the gate found, for a person."""
        r, margin = self.result, points(max_drop)
        name = (
            f"{r.contest.name} ({r.contest.b.variant})"
            if r.contest.name == r.contest.b.suite
            else r.contest.name
        )
        if r.difference is None or r.ci_low is None or r.ci_high is None:
            return f"{name}: no sample that both answered"
        figures = (
            f"{signed(r.difference)} points, 95 % from {signed(r.ci_low)} to {signed(r.ci_high)}, n = {r.n:,}"
        )
        if self.drop == "shown":
            return f"{name}: a drop of more than {margin} points is shown ({figures})"
        if self.drop == "excluded":
            return f"{name}: a drop of more than {margin} points is excluded ({figures})"
        more = (
            "it cannot be excluded by more samples if the difference is what it seems"
            if self.more_samples is None
            else f"{self.more_samples:,} more samples would exclude it"
        )
        return (
            f"{name}: a drop of more than {margin} points is neither shown nor excluded ({figures}); {more}"
        )

    def usd_sentence(self) -> str:
        """What the cost did; empty where nobody asked."""
        r = self.result
        if self.dearer is None or r.usd_rise is None:
            return ""
        return (
            f"{self.name}: a call costs {100 * r.usd_rise:+.1f} % "
            f"(${r.usd_b:.6f} after ${r.usd_a:.6f}, on the same samples)"
        )


@dataclass(frozen=True)
class Gate:
    """What a gate found, and whether it opens."""

    checked: Sequence[Checked]
    notes: Sequence[str]
    max_drop: float
    require_decision: bool

    @property
    def refusals(self) -> list[str]:
        """Why it does not open; nothing where it does."""
        why = [c.sentence(self.max_drop) for c in self.checked if self.refuses(c)]
        why += [c.usd_sentence() for c in self.checked if c.dearer]
        if not self.checked and self.require_decision:
            why.append("there is nothing to compare with, and a decision is required")
        return why

    def refuses(self, checked: Checked) -> bool:
        """Whether the accuracy of one contest keeps the gate shut."""
        return checked.drop == "shown" or (self.require_decision and checked.drop == "unknown")


def check_gate(
    warehouse: Path,
    found: Found,
    *,
    max_drop: float,
    max_usd_rise: float | None = None,
    require_decision: bool = False,
) -> Gate:
    """Compare each contest's b with its a; `max_drop` (0.02 is two points) and `max_usd_rise` are shares."""
    from warehouse.query import run_sql

    results = measure(warehouse, found.contests)
    known = [(at, r) for at, r in enumerate(results) if r.n and r.se is not None]
    given = values(
        ("contest", "n", "n_clusters", "difference", "se"),
        ((str(at), str(r.n), str(r.n_clusters), repr(r.difference), repr(r.se)) for at, r in known),
    )
    rows = run_sql(warehouse, DROPS.format(given=given, margin=repr(float(max_drop)))).rows
    tests = {int(at): (more, p_holm) for at, more, _, p_holm in rows}
    notes = list(found.notes)
    checked = []
    for at, r in enumerate(results):
        more, p_holm = tests.get(at, (None, None))
        dearer = None
        if max_usd_rise is not None:
            dearer = None if r.usd_rise is None else r.usd_rise > max_usd_rise
            if dearer is None and r.n:
                notes.append(
                    f"{r.contest.name}: what a call costs is not known, so that a rise is not either."
                )
        checked.append(Checked(r, _drop(r, max_drop, p_holm), more, dearer))
    return Gate(checked, notes, max_drop, require_decision)


def _drop(r: Result, max_drop: float, p_holm: float | None) -> Literal["shown", "excluded", "unknown"]:
    if r.ci_low is None or r.ci_high is None:
        return "unknown"
    if r.ci_high < -max_drop and p_holm is not None and p_holm < WORST:
        return "shown"
    return "excluded" if r.ci_low > -max_drop else "unknown"


def find_gated(entries: Sequence[Entry], run_id: str | None, baseline: str) -> Found:
    """Each variant of a run against its baseline: that of a named run, or the last before it.

    Raises: SpecError: there is no such run, or nothing in the baseline is comparable.
    """
    run = _run(entries, run_id)
    own = [e for e in entries if e.run_id == run]
    found = Found()
    named = [] if baseline == LAST else [e for e in entries if e.run_id == _run(entries, baseline)]
    for b in own:
        if baseline == LAST:
            earlier = [e for e in entries if _is_like(e, b) and e.started_at < b.started_at]
            whole = [e for e in earlier if e.status == "complete" and (e.full_length or not b.full_length)]
            a = max(whole or earlier, key=lambda e: e.started_at, default=None)
        else:
            a = next((e for e in named if _is_like(e, b)), None)
        if a is None:
            found.notes.append(f"{b.suite} {b.suite_version}, {b.variant}: the baseline does not have it.")
        else:
            found.contests.append(Contest(a, b, f"{a.variant} in {a.run_id}", f"{b.variant} in {b.run_id}"))
    if not found.contests and baseline != LAST:
        raise SpecError(
            f'run "{run}" and its baseline "{baseline}" share no suite and variant. {found.notes[0]}'
        )
    return found


def _is_like(a: Entry, b: Entry) -> bool:
    """The same competitor on the same suite, in another run, real where the other is."""
    return (
        a.run_id != b.run_id
        and (a.suite, a.suite_version, a.variant, a.simulated)
        == (b.suite, b.suite_version, b.variant, b.simulated)
        and a.kind == b.kind
    )


def _run(entries: Sequence[Entry], run_id: str | None) -> str:
    if run_id is None:
        newest = next((e.run_id for e in entries), None)
        if newest is None:
            raise SpecError("there is no run yet. `nightbench run --help` shows how to start one.")
        return newest
    if not any(e.run_id == run_id for e in entries):
        raise SpecError(f'there is no run "{run_id}" with answers. `nightbench runs` lists them.')
    return run_id


def percent(text: str, option: str) -> float:
    """`20%` or `20` as the share 0.2.

    Raises: SpecError: it is no percentage, or below 0.
    """
    try:
        value = float(text.strip().removesuffix("%").strip())
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise SpecError(f"{option} {text}: this is no percentage. Write it as 20%. Nothing was compared.")
    return value / 100
