"""The full list of calls of a run, as shards that are rendered when they are needed.

A plan is small: it names samples, not prompts, so that a million calls do not lie in memory. The same plan
renders the same calls (and keys) every time; that is what a resumed run relies on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tasks.model import Api, Call, Message, Sample, SharedPrefix, Suite, hash_uuid, short_hash
from tasks.spec import EvalSpec, ModelEntry
from warehouse.errors import SpecError

Render = Callable[[Suite, Sample, str | None, str | None], tuple[Message, ...]]
Merge = Callable[[ModelEntry, Mapping[str, Any]], Mapping[str, Any]]  # the suite's under the entry's
Pick = Callable[[Sequence[Sample], int | None, int], Sequence[Sample]]


@dataclass(frozen=True)
class Tools:
    """What planning needs of the other steps: how to pick, render, merge parameters, and name a price."""

    pick: Pick
    render: Render
    merge: Merge
    priced_as: Callable[[str, str | None], str | None]
    api: Callable[[ModelEntry], Api]


@dataclass(frozen=True)
class Variant:
    """A competitor in a suite: the model entry with the parameters that hold for that suite."""

    entry: ModelEntry
    params: Mapping[str, Any]
    prompt: str | None  # the text that replaces the suite's
    version: str
    priced_as: str | None
    api: Api = "chat"

    @property
    def name(self) -> str:
        """The variant's name."""
        return self.entry.variant


@dataclass(frozen=True)
class Shard:
    """A slice of a run's calls: one suite, one variant, up to `shard_size` calls."""

    index: int
    suite: Suite
    variant: Variant
    asked: tuple[tuple[Sample, int], ...]  # sample and epoch

    @property
    def history_place(self) -> str:
        """Under which name earlier nights are kept (tasks/past.py)."""
        return self.suite.name


@dataclass(frozen=True)
class Plan:
    """Every call of a run, shard by shard."""

    run_id: str
    spec: EvalSpec
    shards: tuple[Shard, ...]
    tools: Tools = field(repr=False)
    prefixes: Mapping[tuple[str, str], SharedPrefix] = field(default_factory=dict)  # by suite and variant
    group_prefixes: Mapping[tuple[str, str, str], SharedPrefix] = field(default_factory=dict)  # and cluster

    @cached_property
    def titles(self) -> Mapping[int, str]:
        """How a Prefect task of a shard is called, by its index: `gsm8k x gpt-4o, shard 3 of 14`."""
        alike: dict[tuple[str, str], list[int]] = {}
        for shard in self.shards:
            alike.setdefault((shard.suite.name, shard.variant.name), []).append(shard.index)
        return {
            index: f"{suite} x {variant}" + (f", shard {nth} of {len(indexes)}" if len(indexes) > 1 else "")
            for (suite, variant), indexes in alike.items()
            for nth, index in enumerate(indexes, 1)
        }

    @property
    def n_calls(self) -> int:
        """Planned calls."""
        return sum(len(shard.asked) for shard in self.shards)

    @property
    def suites(self) -> list[Suite]:
        """The suites of the run, each once."""
        return list({shard.suite.name: shard.suite for shard in self.shards}.values())

    def asked_samples(self, suite: Suite) -> list[Sample]:
        """The samples of a suite that the run asks, each once, in the order asked."""
        found = {
            sample.sample_id: sample
            for shard in self.shards
            if shard.suite is suite
            for sample, _ in shard.asked
        }
        return list(found.values())

    def prefix_of(self, shard: Shard, sample: Sample) -> SharedPrefix | None:
        """What the call of a sample shares with others: its cluster's beginning, else that of all."""
        place = (shard.suite.name, shard.variant.name)
        own = self.group_prefixes.get((*place, sample.cluster)) if sample.cluster is not None else None
        return own or self.prefixes.get(place)

    def shared(self, shards: Sequence[Shard]) -> dict[SharedPrefix, int]:
        """The prefixes of some shards, with how many calls have each."""
        found: dict[SharedPrefix, int] = {}
        for shard in shards:
            for sample, _ in shard.asked:
                if prefix := self.prefix_of(shard, sample):
                    found[prefix] = found.get(prefix, 0) + 1
        return found

    def calls(self, shard: Shard) -> Iterator[Call]:
        """The calls of one shard, rendered.

        Raises: SuiteError: a template does not fit a sample.
        """
        suite, variant = shard.suite, shard.variant
        model, params, over = variant.entry.model, dict(variant.params), named_api(variant.api)
        asked_params = params_that_count(params)
        for sample, epoch in shard.asked:
            messages = self.tools.render(suite, sample, variant.entry.system, variant.prompt)
            yield Call(
                call_key=hash_uuid(
                    [
                        suite.name,
                        suite.version,
                        sample.sample_id,
                        epoch,
                        "answer",
                        variant.name,
                        model,
                        asked_params,
                        messages,
                        *over,
                    ]
                ),
                request_hash=hash_uuid([model, asked_params, messages, *over]),
                prompt_hash=hash_uuid(list(messages)),
                suite=suite.name,
                suite_version=suite.version,
                sample_id=sample.sample_id,
                epoch=epoch,
                role="answer",
                variant=variant.name,
                variant_version=variant.version,
                model=model,
                priced_as=variant.priced_as,
                params=params,
                messages=messages,
                prefix=self.prefix_of(shard, sample),
            )


def make_plan(
    run_id: str, spec: EvalSpec, suites: Sequence[Suite], prompts: Mapping[str, str], tools: Tools
) -> Plan:
    """Lay out the shards: suite by suite, the variants taking turns so that they progress together.

    With `spend_evenly` the suites take turns too, so that each has come as far as the others at any time.

    `prompts` holds the text of each prompt file that a model entry names.
    Raises: SpecError: a parameter that the model refuses.
    """
    parts: list[tuple[float, Suite, list[Variant], tuple[tuple[Sample, int], ...]]] = []
    for suite, options in zip(suites, spec.suite_entries, strict=True):
        limit = options.limit if options.limit is not None else spec.limit
        picked, epochs = tools.pick(suite.samples, limit, spec.seed), range(1, spec.epochs + 1)
        asked = (
            [(sample, epoch) for epoch in epochs for sample in picked]
            if spec.stop is None
            else [(sample, epoch) for sample in picked for epoch in epochs]  # compared when all are there
        )
        variants = [_variant(entry, suite, prompts, tools) for entry in spec.models]
        for start in range(0, len(asked), spec.shard_calls):
            part = tuple(asked[start : start + spec.shard_calls])
            parts.append((start / len(asked), suite, variants, part))
    if spec.spend_evenly:
        parts.sort(key=lambda part: part[0])
    shards = [
        Shard(index=turn * len(spec.models) + i, suite=suite, variant=variant, asked=part)
        for turn, (_, suite, variants, part) in enumerate(parts)
        for i, variant in enumerate(variants)
    ]
    return Plan(run_id=run_id, spec=spec, shards=tuple(shards), tools=tools)


def params_that_count(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that keys, hashes and versions are made of: all but `stream`.

    It changes how an answer comes and not which: an answer is reused, and nights are compared, whether they
    were streamed or not. What was sent is in `calls.params`.
    """
    return {name: value for name, value in params.items() if name != "stream"}


def _variant(entry: ModelEntry, suite: Suite, prompts: Mapping[str, str], tools: Tools) -> Variant:
    try:
        api = tools.api(entry)
        params = tools.merge(entry, suite.params)
    except SpecError as error:
        raise SpecError(f'variant "{entry.variant}" on suite "{suite.name}": {error}') from error
    prompt = prompts[entry.prompt] if entry.prompt else None
    asked = prompt if prompt is not None else suite.prompt
    version = short_hash([entry.model, params_that_count(params), entry.system, asked, *named_api(api)])
    return Variant(
        entry=entry,
        params=params,
        prompt=prompt,
        version=version,
        priced_as=tools.priced_as(entry.model, entry.priced_as),
        api=api,
    )


def named_api(api: Api) -> tuple[Api, ...]:
    """What an API adds to a hash: chat completions nothing, so that hashes from before the choice hold.

    Hashed is the API that is used, not whether it was named: an entry that names its model's default asks
    the same, and a model whose vendor moves it to the other API is asked something else.
    """
    return () if api == "chat" else (api,)
