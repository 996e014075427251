"""The budget of a run: what is refused before, what was spent already, which calls go together."""

from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tasks.call.journal_reader import JournalState
from tasks.call.purse import ZERO, Fund, Group, Purse, RunBudget
from tasks.call.till import Till
from tasks.call.worst_case import output_bound, worst_usd
from tasks.estimate import estimate_plan
from tasks.model import Call
from tasks.plan import Plan
from tasks.pricing import cost_of
from warehouse.errors import SpecError


def check_budget(plan: Plan, warehouse: Path) -> None:
    """Refuse what a budget cannot hold.

    Raises: SpecError: a call whose worst case nobody knows; with on_budget = "refuse", a plan that is
        expected to cost more.
    """
    budget = plan.spec.budget_usd
    if budget is None:
        return
    for shard in plan.shards:
        call = next(plan.calls(shard), None)
        if call is not None and worst_usd(call, datetime.now(UTC)) is None:
            raise SpecError(_unbounded(call))
    if plan.spec.on_budget == "refuse":
        expected = estimate_plan(plan, warehouse).as_dict()["usd"]
        if isinstance(expected, Decimal) and expected > budget:
            raise SpecError(
                f"the plan is expected to cost ${expected:.2f}, more than budget_usd = {budget}, and "
                f'on_budget is "refuse". Nothing was sent. Raise the budget, ask less (--limit), or set '
                f'on_budget = "stop" to go as far as it reaches.'
            )


def make_till(plan: Plan, known: JournalState, *, retry_failed: bool, funds: tuple[Fund, ...] = ()) -> Till:
    """The till of a run, with what earlier processes of the run have spent; `funds` are further bounds."""
    spec = plan.spec
    own: tuple[Fund, ...] = ()
    if spec.budget_usd is not None:
        own = (RunBudget(spec.budget_usd, spent_before(plan, known)),)
    if not spec.spend_evenly or not (own or funds):
        return Till(Purse(*own, *funds), cost_of)
    groups = _groups(plan, lambda call: is_kept(known, call, retry_failed=retry_failed))
    return Till(Purse(*own, *funds, groups=groups), cost_of, group_of)


def spent_before(plan: Plan, known: JournalState) -> Decimal:
    """What the attempts in the journal cost, or may have cost where nobody saw their end."""
    return sum((usd for _, usd in spent_by_attempt(plan, known)), ZERO)


def spent_by_attempt(plan: Plan, known: JournalState) -> Iterator[tuple[datetime, Decimal]]:
    """Start and cost of every attempt in the journal, for the calls of a plan."""
    till = Till(Purse(), cost_of)
    if known.is_empty:
        return
    for call in every_call(plan):
        if known.next_attempt_number(call.call_key) == 1:
            continue
        outcome = known.outcome(call.call_key)
        served = outcome.answer.served_model if outcome and outcome.answer else None
        for attempt in known.attempts(call.call_key):
            worst = worst_usd(call, attempt.started_at)
            yield attempt.started_at, till.spent(call, worst, attempt, served)


def is_kept(known: JournalState, call: Call, *, retry_failed: bool) -> bool:
    """Whether an earlier process of the run saw the end of the call, so that it is not asked."""
    return call.call_key in known.answered or (not retry_failed and call.call_key in known.failed)


def every_call(plan: Plan) -> Iterator[Call]:
    """The calls of all shards, rendered one after another."""
    for shard in plan.shards:
        yield from plan.calls(shard)


def group_of(call: Call) -> Hashable:
    """What is paid for together: a sample's calls to all variants, an epoch at a time."""
    return call.suite, call.sample_id, call.epoch


def _groups(plan: Plan, kept: Callable[[Call], bool]) -> dict[Hashable, Group]:
    found: dict[Hashable, Group] = {}
    now = datetime.now(UTC)
    for call in every_call(plan):
        if not kept(call):
            before = found.get(group_of(call), Group(0, ZERO))
            found[group_of(call)] = Group(before.n + 1, before.usd + (worst_usd(call, now) or ZERO))
    return found


def _unbounded(call: Call) -> str:
    if call.priced_as is None or output_bound(call) is not None:
        return (
            f'variant "{call.variant}": {call.priced_as or call.model} has no price, and a budget over an '
            f"unknown price cannot be kept. Nothing was sent. Name a price with priced_as, or leave out "
            f"budget_usd."
        )
    return (
        f'variant "{call.variant}": nothing bounds how much {call.model} may write, so a budget cannot be '
        f"kept. Nothing was sent. Set max_tokens in its params."
    )
