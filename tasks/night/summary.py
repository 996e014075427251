"""A night in at most fifteen lines: the most important first, the rest counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from tasks.comparing.contests import read_entries
from tasks.comparing.gating import LAST, Gate, check_gate, find_gated
from tasks.home import Home
from tasks.hostile import in_code, in_markdown, on_a_line
from tasks.night import words
from tasks.night.drift import Drift, read_drift
from tasks.night.facts import NONE, Night, read_night, total_of
from tasks.night.words import About, Before, Statement
from tasks.runs import check_run_id, list_runs
from warehouse.errors import SpecError

MOST = 15  # lines
LABELS: dict[About, str] = {
    "night": "Night",
    "look": "Look at",
    "changed": "Changed",
    "ran": "Ran",
    "cost": "Cost",
    "more": "More",
}
ALARM = "ALARM"
NEWEST = """
select run_id, started_at from runs where kind in ('evaluate', 'import')
order by started_at desc, run_id desc limit 1
"""


@dataclass(frozen=True)
class NightSummary:
    """What there is to say of a night: `lines` are what a person reads, made of `statements`."""

    run_id: str
    status: str
    statements: Sequence[Statement]
    baseline_runs: Sequence[str] = ()
    usd: Decimal | None = None  # what its calls with a price cost
    budget_usd: Decimal | None = None
    folded: int = 0
    drift: Drift = field(default_factory=Drift)

    @property
    def lines(self) -> list[str]:
        """At most fifteen, without what could steer a terminal."""
        return [f"{_label(each)}: {on_a_line(each.text)}" for each in self.statements]

    @property
    def alarms(self) -> list[str]:
        """The drops that were shown."""
        return [on_a_line(each.text) for each in self.statements if each.alarm]

    @property
    def to_look_at(self) -> list[str]:
        """What else a person may have to act on."""
        return [on_a_line(each.text) for each in self.statements if each.about == "look"]

    @property
    def budget_share(self) -> float | None:
        """How much of the budget was used; None where there is none, or the cost is not known."""
        return float(self.usd / self.budget_usd) if self.budget_usd and self.usd is not None else None

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "baseline_runs": list(self.baseline_runs),
            "lines": self.lines,
            "alarms": self.alarms,
            "look_at": self.to_look_at,
            "usd": self.usd,
            "budget_usd": self.budget_usd,
            "budget_share": self.budget_share,
            "folded": self.folded,
        }


def summarize_night(
    home: Home,
    run_id: str,
    *,
    baseline: str | None = None,
    max_drop: float = 0.02,
    budget_usd: Decimal | None = None,
    spent_usd: Decimal | None = None,
) -> NightSummary:
    """Everything that is to be said of a night.

    `baseline` is a run, "last" (the newest whole run before) or "none"; None: what the run's spec says. A
    drop beyond `max_drop` (0.02: two points) is an alarm. Budget and cost are the spec's
    and the catalog's where they are not given. A baseline that is not there is said, and no error.

    Raises: SpecError: there is no such run, or it is none that puts suites to models.
    """
    night = read_night(home, run_id)
    wanted = night.baseline if baseline is None else None if baseline == NONE else baseline
    gate, why = _compare(home, night, wanted, max_drop)
    drift = read_drift(home.warehouse, night)
    runs = sorted({each.result.contest.a.run_id for each in gate.checked}) if gate is not None else []
    before = _cost_before(home, night, gate, runs)
    budget = budget_usd if budget_usd is not None else night.budget_usd
    usd = spent_usd if spent_usd is not None else night.bill.usd if night.bill is not None else None
    said = list(_say(night, gate, why, drift, budget, usd, spent_usd, before))
    kept, folded = fold([_headline(night, said), *said], run_id)
    return NightSummary(run_id, night.status, kept, runs, usd, budget, folded, drift)


def night_markdown(summary: NightSummary) -> str:
    """The same lines as a page of markdown, in which nothing that others wrote is markup."""
    head, *rest = summary.statements
    page = [f"### {_markdown(head)}", *(f"- **{_label(each)}** {_markdown(each)}" for each in rest)]
    return "\n".join(page) + "\n"


def newest_night(home: Home) -> str:
    """The run that began last, whether it came to its end or died on the way.

    Raises: SpecError: there is none.
    """
    from warehouse.query import run_sql

    begun = [(row[1], str(row[0])) for row in run_sql(home.warehouse, NEWEST).rows]
    begun += [(record.started, record.run_id) for record in list_runs(home) if record.kind == "evaluate"]
    if not begun:
        raise SpecError(f"there is no run in {home.root}. `nightbench run --help` shows how to start one.")
    return max(begun)[1]


def check_baseline(home: Home, baseline: str) -> str:
    """The baseline itself.

    Raises: SpecError: it is neither "last" nor "none" nor a run with answers.
    """
    if baseline in {LAST, NONE}:
        return baseline
    if check_run_id(baseline) not in {entry.run_id for entry in read_entries(home.warehouse)}:
        raise SpecError(f'there is no run "{baseline}" with answers. `nightbench runs` lists them.')
    return baseline


def fold(said: Sequence[Statement], run_id: str) -> tuple[list[Statement], int]:
    """At most MOST of what was said, in its order; what ran and what it cost stay, the last of others go."""
    over = len(said) - MOST
    if over <= 0:
        return list(said), 0
    first_ran = next((each for each in said if each.about == "ran"), None)
    free = [each for each in said if each.about not in {"night", "cost"} and each is not first_ran]
    gone = {id(each) for each in free[-(over + 1) :]}
    kept = [each for each in said if id(each) not in gone]
    return [*kept, Statement("more", f"and {len(gone)} more", f"nightbench report {run_id}")], len(gone)


def _say(
    night: Night,
    gate: Gate | None,
    why: str,
    drift: Drift,
    budget: Decimal | None,
    usd: Decimal | None,
    spent: Decimal | None,
    before: Before | None,
) -> Iterator[Statement]:
    run = night.run_id
    yield from words.whole(night)
    yield from _first(3, words.alarms(drift), 'nightbench sql "select * from regressions where alarm"')
    yield from _first(3, words.drops(gate, drift), f"nightbench gate --run {run}")
    yield from _first(2, words.quieted(drift, night.scores), f"nightbench gate --run {run}")
    yield from _first(2, words.silent(night.silences), f"nightbench report {run}")
    errors = f"nightbench sql \"select * from errors where run_id = '{run}'\""
    yield from _first(3, words.failed(night), errors)
    yield from words.used(night, budget, usd)
    yield from _first(3, words.differences(gate, drift), f"nightbench gate --run {run}")
    yield from _first(2, words.served(drift), 'nightbench sql "select * from nightly where served_changed"')
    yield from words.unchanged(gate, drift, night, why)
    yield from words.noted(gate)
    yield from words.ran(night)
    yield from _first(3, words.scored(night.scores), f"nightbench report {run}")
    yield from words.cost(night, budget, spent, before)


def _first(most: int, said: Iterator[Statement], command: str) -> Iterator[Statement]:
    """So many of a kind; of more, one less, and how many there are."""
    statements = list(said)
    if len(statements) <= most:
        yield from statements
        return
    yield from islice(statements, most - 1)
    rest = statements[most - 1 :]
    alarm = any(each.alarm for each in rest)
    yield Statement(rest[0].about, f"and {len(rest)} more like this", command, alarm=alarm)


def _headline(night: Night, said: Sequence[Statement]) -> Statement:
    n_alarms = sum(each.alarm for each in said)
    n_look = sum(each.about == "look" for each in said)
    alarms = f"{n_alarms} alarm{'s' if n_alarms > 1 else ''}" if n_alarms else ""
    look = f"{n_look} thing{'s' if n_look > 1 else ''} to look at" if n_look else ""
    told = " and ".join(filter(None, (alarms, look))) or "nothing to look at"
    status = night.status.replace("_", " ")
    return Statement("night", f"{night.run_id}, {night.started_at:%Y-%m-%d}, {status}: {told}")


def _compare(home: Home, night: Night, baseline: str | None, max_drop: float) -> tuple[Gate | None, str]:
    """The comparison with the baseline, and why there is nothing in it, should there not be."""
    first = "there is no earlier run of these suites and variants: later nights are compared with this one"
    if baseline is None:
        return None, "no baseline was named, and nothing is compared"
    if night.bill is None or not night.scores:
        return None, "nothing is compared, because no answer is in the tables"
    try:
        found = find_gated(read_entries(home.warehouse), night.run_id, baseline)
    except SpecError as error:
        return None, f"nothing is compared: {str(error).rstrip('.')}"
    if not found.contests:
        found.notes.clear()  # of each variant: the baseline does not have it
        return None, first
    gate = check_gate(home.warehouse, found, max_drop=max_drop)
    return gate, "nothing is compared, because this run and its baseline have no graded sample in common"


def _cost_before(home: Home, night: Night, gate: Gate | None, runs: Sequence[str]) -> Before | None:
    """What the baseline cost, where it is one whole run."""
    if gate is None or len(runs) != 1:
        return None
    pairs = [(each.result.contest.a, each.result.contest.b) for each in gate.checked]
    if any(a.status != "complete" for a, _ in pairs):
        return None
    same = len(pairs) == len(night.scores) and all(a.n_asked == b.n_asked for a, b in pairs)
    of_run = sum(entry.run_id == runs[0] for entry in read_entries(home.warehouse))
    return Before(runs[0], total_of(home.warehouse, runs[0]), same and of_run == len(pairs))


def _label(each: Statement) -> str:
    return ALARM if each.alarm else LABELS[each.about]


def _markdown(each: Statement) -> str:
    return in_markdown(each.words) + (f": {in_code(each.command)}" if each.command else "")
