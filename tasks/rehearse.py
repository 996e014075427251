"""The rehearsal of a night: the same plan on simulated models, under the real limits, time compressed.

Every entry is asked as `simulated/<its name>`: on the loopback server, without a key, and without a word to
its own address. What makes a night long is kept in proportion: the limits a minute are multiplied by the
compression, for us and for the server, and the server's latencies and batches divided by it. Calls in flight
stay as they are. Limits that nobody configured are those that the last headers taught, where the home knows
any. Latencies and output lengths are those of earlier nights; without any, the latency is the plan's
assumption and answers are as long as simulated models write. (The text is theirs in any case: an output that
is to be longer or shorter has another count, and not another text.)

The compression shows the predicted minutes in NIGHT_S, but for what this machine could not follow: no more
calls a second, on average, than CALLS_PER_S. A shorter night is not stretched.

Not compressed: the waits after errors (tasks/call/backoff.py), the polls of batches, and the seconds that
learning a limit from headers takes.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.call.api import api_of
from tasks.call.leases import last_told
from tasks.call.prefix import with_prefixes
from tasks.call.simulated.families import family_of
from tasks.call.tokens import counts_all
from tasks.estimate import Estimate, estimate_plan
from tasks.forecast import ASSUMED_BATCH_MINUTES, ASSUMED_LATENCY_S, NOTHING, Learned
from tasks.home import Home, Settings
from tasks.judges.plan import expected, plan_judging
from tasks.model import Mode
from tasks.past import Past, past_of
from tasks.plan import Plan
from tasks.predicted import predicted_of
from tasks.rehearsal import Rehearsal
from tasks.spec import EvalSpec, ModelEntry, judge_label, make_spec
from tasks.spread import variance_within
from tasks.work import load_suites, plan_run, run_graders
from warehouse.errors import SpecError, WarehouseError
from warehouse.prices import resolve_priced_as

NIGHT_S = 60.0  # a night is seen in so many seconds
CALLS_PER_S = 150.0  # that this machine can be trusted to make, server included
BURST_S = 5.0  # what a vendor's bucket holds, in seconds of its limit
LEAST_BURST_S = 1.0  # in compressed time; a shorter one would measure this machine's own delays
LIMITS = ("requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute")


def plan_rehearsal(
    settings: Settings, spec: EvalSpec
) -> tuple[EvalSpec, Rehearsal, dict[str, str | int | float | None]]:
    """The spec that is run in place of another, how, and what that other is predicted to take.

    Raises: SpecError, SuiteError: it cannot be rehearsed; nothing was sent.
    """
    for entry in spec.entries:
        if entry.model.startswith("recorded/"):
            raise SpecError(
                f"{entry.model}: recorded outputs are not asked for, so there is nothing to rehearse. "
                f"Nothing was sent. Leave the entry out."
            )
    spec, learned_limits = _with_known_limits(settings.home, spec)
    suites = load_suites(settings, spec)
    plan = with_prefixes(plan_run("rehearsal", spec, suites))
    notes = [f"The limits of {', '.join(learned_limits)} are those that its last responses told."] * bool(
        learned_limits
    )
    try:
        learned = Learned.of(settings.home.warehouse, plan)
    except WarehouseError as error:
        learned = NOTHING
        notes.append(f"Lengths and latencies are a guess, because earlier runs cannot be read: {error}")
    judging = plan_judging(plan, run_graders(spec, suites), expected(plan, learned))
    plans: list[Plan] = [plan] if judging is None else [plan, judging]
    estimate = estimate_plan(plans, settings.home.warehouse, learned=learned)
    if spec.reuse != "never":
        notes.append(f'reuse = "{spec.reuse}" is not rehearsed: every call is made.')
    compression = compression_of(estimate)
    rehearsed = _simulated_spec(spec, compression)
    rehearsal = Rehearsal(
        compression=compression,
        minutes=estimate.minutes,
        n_calls=sum(each.n_calls for each in plans),
        server=_server_fields(plans, rehearsed, learned, compression),
        counts_all=tuple(_simulated(entry.model) for entry in spec.entries if counts_all(entry.model)),
        notes=tuple(notes),
    )
    return (
        rehearsed,
        rehearsal,
        {**predicted_of(estimate), "predicted_minutes": estimate.minutes / compression},
    )


def compression_of(estimate: Estimate) -> float:
    """How many times faster than the night its rehearsal runs; 1 or more."""
    wanted = estimate.minutes * 60.0 / NIGHT_S
    able = CALLS_PER_S / estimate.calls_per_s if estimate.calls_per_s > 0 else math.inf
    return max(1.0, min(wanted, able))


def _simulated_spec(spec: EvalSpec, compression: float) -> EvalSpec:
    fields = spec.model_dump(mode="json")
    fields["reuse"] = "never"
    fields["models"] = [_simulated_entry(entry, compression) for entry in spec.models]
    fields["judge"] = [
        {**_simulated_entry(entry, compression), "name": judge_label(entry)} for entry in spec.judge_entries
    ] or None
    _check_accounts(spec)
    return make_spec(fields, "the rehearsed spec")


def _simulated_entry(entry: ModelEntry, compression: float) -> dict[str, Any]:
    fields = entry.model_dump(mode="json")
    fields.update(
        model=_simulated(entry.model),
        name=entry.variant,
        base_url=None,
        api_key_env=None,
        headers={},
        priced_as=resolve_priced_as(entry.model, entry.priced_as, None),
    )
    if entry.api is None and api_of(entry.model, None) == "responses":
        fields["api"] = "responses"
    for name in LIMITS:
        if fields["limits"][name] is not None:
            fields["limits"][name] = max(1, round(fields["limits"][name] * compression))
    return fields


def _check_accounts(spec: EvalSpec) -> None:
    """Refuse two accounts that would be one model of the simulated server, with limits that differ."""
    first: dict[str, ModelEntry] = {}
    for entry in spec.entries:
        other = first.setdefault(_simulated(entry.model), entry)
        if other.limits != entry.limits:
            raise SpecError(
                f'the variants "{other.variant}" and "{entry.variant}" are both {_simulated(entry.model)} in '
                f"a rehearsal, and one model has one set of limits. Nothing was sent. Rehearse them one by "
                f"one (--model), or give both the same limits."
            )


def _with_known_limits(home: Home, spec: EvalSpec) -> tuple[EvalSpec, list[str]]:
    """The spec with limits from the last headers for entries that have none of their own."""
    bare = [entry for entry in spec.entries if not any(getattr(entry.limits, name) for name in LIMITS)]
    told = last_told(home.limits, [entry.account for entry in bare])
    known = {entry.account for entry in bare if any(told.get(entry.account, ()))}
    if not known:
        return spec, []
    fields = spec.model_dump(mode="json")
    fields["judge"] = [
        {**entry.model_dump(mode="json"), "name": judge_label(entry)} for entry in spec.judge_entries
    ]
    for entry, model in zip(spec.entries, [*fields["models"], *fields["judge"]], strict=True):
        if entry.account in known:
            model["limits"].update(zip(LIMITS, told[entry.account], strict=True))
    fields["judge"] = fields["judge"] or None
    names = dict.fromkeys(entry.variant for entry in spec.entries if entry.account in known)
    return make_spec(fields, "the rehearsed spec"), list(names)


def _server_fields(
    plans: Sequence[Plan], rehearsed: EvalSpec, learned: Learned, compression: float
) -> dict[str, Any]:
    limits: dict[str, dict[str, Any]] = {}
    for entry, asked in zip(plans[0].spec.entries, rehearsed.entries, strict=True):
        limits[_name(asked.model)] = {
            **{name: getattr(asked.limits, name) for name in LIMITS},
            "burst_s": max(LEAST_BURST_S, BURST_S / compression),
            "counts_max_tokens": counts_all(entry.model),
        }
    manners, batch_minutes = _manners(plans, learned, compression)
    fields: dict[str, Any] = {"limits": limits, "manners": manners}
    if batch_minutes is not None:
        fields["batch"] = {"seconds": round(batch_minutes * 60.0 / compression, 3)}
    return fields


def _manners(
    plans: Sequence[Plan], learned: Learned, compression: float
) -> tuple[dict[str, dict[str, Any]], float | None]:
    """How each simulated model answers, as the model that it stands for does; and how long batches take."""
    pasts: dict[str, dict[str, list[Past]]] = {}
    batches: list[float] = []
    for plan, shard in ((each, shard) for each in plans for shard in each.shards):
        variant, model = shard.variant, shard.variant.entry.model
        mode: Mode = "batch" if plan.spec.plans_batches(model) else "realtime"
        past = past_of(learned.history, shard.history_place, model, variant.version, mode)
        of_model = pasts.setdefault(_name(_simulated(model)), {})
        if past is not None and past not in (known := of_model.setdefault(shard.suite.name, [])):
            known.append(past)
        if mode == "batch":
            from_past = past.batch_minutes if past is not None else None
            batches.append(from_past or ASSUMED_BATCH_MINUTES)
    found = {}
    for name, by_suite in pasts.items():
        every = [past for known in by_suite.values() for past in known]
        latencies = [past.latency_s for past in every if past.latency_s is not None]
        mean_s = sum(latencies) / len(latencies) if latencies else ASSUMED_LATENCY_S
        sigma = family_of(name).sigma
        found[name] = {
            "median_ms": round(1000.0 * mean_s / math.exp(sigma**2 / 2) / compression, 3),
            "outputs": {suite: _output(known) for suite, known in by_suite.items()},
        }
    return found, max(batches, default=None)


def _output(pasts: Iterable[Past]) -> tuple[float, float]:
    """Mean and standard deviation of the tokens of an answer."""
    nights = [night for past in pasts for night in past.nights]
    n = sum(night.n for night in nights)
    mean = sum(night.total for night in nights) / n
    return round(mean, 2), round(math.sqrt(variance_within(nights)), 2)


def _simulated(model: str) -> str:
    return f"simulated/{_name(model)}"


def _name(model: str) -> str:
    return model.partition("/")[2]
