"""The budget of a run: what is refused before, what was spent already, which calls go together."""

from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from tasks.call.journal_reader import JournalState
from tasks.call.purse import ZERO, Amounts, Fund, Group, Purse, RunBudget
from tasks.call.till import Till
from tasks.call.worst_case import output_bound, worst_usd
from tasks.home import Home
from tasks.model import Call, Mode
from tasks.month import MonthFund
from tasks.plan import Plan
from tasks.pricing import cost_of
from tasks.shares import month_of, spent_in_month
from tasks.slices import Part, SharedBudget
from warehouse.errors import SpecError


def check_budget(plans: Sequence[Plan], expected_usd: Decimal | None, monthly_usd: Decimal | None) -> None:
    """Refuse what a budget cannot hold; `expected_usd` is what is planned will probably cost, where known.

    Raises: SpecError: a call whose worst case nobody knows; with on_budget = "refuse", a plan that is
        expected to cost more.
    """
    spec = plans[0].spec
    budget = spec.budget_usd
    for plan, shard in ((each, shard) for each in plans for shard in each.shards):
        bounded = budget is not None or (monthly_usd is not None and is_real(shard.variant.entry.model))
        call = next(plan.calls(shard), None) if bounded else None
        if call is not None and worst_usd(call, datetime.now(UTC)) is None:
            raise SpecError(
                _unbounded(call, "budget_usd" if budget is not None else "NIGHTBENCH_MONTHLY_USD")
            )
    if spec.on_budget != "refuse" or budget is None or expected_usd is None:
        return
    if expected_usd > budget:
        raise SpecError(
            f"the plan is expected to cost ${expected_usd:.2f}, more than budget_usd = {budget}, and "
            f'on_budget is "refuse". Nothing was sent. Raise the budget, ask less (--limit), or set '
            f'on_budget = "stop" to go as far as it reaches.'
        )


def make_till(
    plan: Plan,
    known: JournalState,
    month: MonthFund | None,
    *,
    retry_failed: bool,
    budget: SharedBudget | None = None,
) -> Till:
    """The till of a run; what its journal holds is spent already. `month` is what the home may spend.

    `budget` is this process's part in the run's, where the run has workers.
    """
    spec = plan.spec
    funds: list[Fund] = []
    counts: list[Callable[[Call], bool]] = []
    if spec.budget_usd is not None:
        funds.append(budget or RunBudget(spec.budget_usd, sum((usd for _, _, usd in known.spent()), ZERO)))
        counts.append(lambda call: True)
    if month is not None:
        funds.append(month)
        counts.append(lambda call: is_real(call.model))

    def amounts(call: Call, usd: Decimal) -> Amounts:
        return tuple(usd if counted(call) else ZERO for counted in counts)

    if not spec.spend_evenly or not funds:
        return Till(Purse(*funds), cost_of, amounts)
    asked = [
        call
        for shard in plan.shards
        for call in plan.calls(shard)
        if not known.has_ended(call.call_key, retry_failed=retry_failed)
    ]
    groups = _groups(asked, amounts, lambda call: "batch" if spec.plans_batches(call.model) else "realtime")
    return Till(Purse(*funds, groups=groups), cost_of, amounts, group_of)


def join_month(
    home: Home,
    plans: Sequence[Plan],
    monthly_usd: Decimal | None,
    known: JournalState,
    part: Part | None = None,
) -> MonthFund | None:
    """The run's part in what the home may spend this month; None where there is no such bound.

    Raises: WarehouseError: the store of the home cannot be used.
    """
    if not counts_in_month(plans, monthly_usd):
        return None
    assert monthly_usd is not None, "it counts"
    # a process of a run with workers has what its own file says
    spent = (
        ZERO if part is not None else spent_in_month(known, month_of(datetime.now(UTC)), real_calls(plans))
    )
    return MonthFund.open(home, plans[0].run_id, monthly_usd, spent, part)


def join_budget(plan: Plan, part: Part) -> SharedBudget | None:
    """What this process holds of the budget of a run with workers; None where it has none.

    Raises: WarehouseError: the store of the home cannot be used.
    """
    if plan.spec.budget_usd is None:
        return None
    fund = SharedBudget(plan.spec.budget_usd, part)
    fund.begin()
    return fund


def counts_in_month(plans: Sequence[Plan], monthly_usd: Decimal | None) -> bool:
    """Whether the home has a bound of the month that a run of these plans counts against."""
    return monthly_usd is not None and any(is_real(entry.model) for entry in plans[0].spec.entries)


def real_calls(plans: Sequence[Plan]) -> Callable[[UUID], bool]:
    """Says of a call whether it asks a model that costs money."""
    simulated: set[UUID] = set()
    if not all(is_real(entry.model) for entry in plans[0].spec.entries):
        simulated = {
            call.call_key
            for plan in plans
            for shard in plan.shards
            if not is_real(shard.variant.entry.model)
            for call in plan.calls(shard)
        }
    return lambda key: key not in simulated


def group_of(call: Call) -> Hashable:
    """What is paid for together: a sample's calls to all variants, an epoch at a time; not its judges."""
    return None if call.role == "judge" else (call.suite, call.sample_id, call.epoch)


def is_real(model: str) -> bool:
    """Whether asking it costs money: simulated models never count against the home's month."""
    return not model.startswith("simulated/")


def _groups(
    calls: Sequence[Call], amounts: Callable[[Call, Decimal], Amounts], mode_of: Callable[[Call], Mode]
) -> dict[Hashable, Group]:
    found: dict[Hashable, Group] = {}
    now = datetime.now(UTC)
    for call in calls:
        worst = amounts(call, worst_usd(call, now, mode_of(call)) or ZERO)
        before = found.get(group_of(call))
        total = worst if before is None else tuple(a + b for a, b in zip(before.usd, worst, strict=True))
        found[group_of(call)] = Group(1 if before is None else before.n + 1, total)
    return found


def _unbounded(call: Call, budget: str) -> str:
    if call.priced_as is None or output_bound(call) is not None:
        return (
            f'variant "{call.variant}": {call.priced_as or call.model} has no price, and a budget over an '
            f"unknown price cannot be kept. Nothing was sent. Name a price with priced_as, or leave out "
            f"{budget}."
        )
    return (
        f'variant "{call.variant}": nothing bounds how much {call.model} may write, so {budget} cannot be '
        f"kept. Nothing was sent. Set max_tokens in its params."
    )
