"""The samples that all compared variants answered: who was right, what it cost, and what the prompt was."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.comparing.contests import Entry, read_entries
from warehouse.errors import SpecError
from warehouse.literals import values
from warehouse.prices import price_of
from warehouse.query import run_sql

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHARS_A_TOKEN = 4.0  # where outputs were imported without counts; a rule of thumb, and said so
FEWEST = 40  # samples, below which nothing is fitted
READ = """
with chosen as ({chosen})
select suite, suite_version, sample_id, variant, category, cluster, passed, usd, input_tokens, output_tokens,
    input_chars, output_chars, messages, system, priced_as
from routing_samples('chosen') order by suite, sample_id, variant
"""


@dataclass(frozen=True)
class Samples:
    """One row a sample, one column a variant, the cheapest first; `usd` is of one call."""

    names: tuple[str, ...]
    priced_as: tuple[str, ...]
    models: tuple[str, ...]
    keys: tuple[tuple[str, str, str], ...]  # suite, suite_version, sample_id
    suites: tuple[str, ...]
    categories: tuple[str | None, ...]
    clusters: tuple[str, ...]
    texts: tuple[str | None, ...]
    passed: Floats
    usd: Floats
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = field(default=())
    folded: tuple[str, ...] = field(default=())  # in a drawing: the cluster that a copy was made of

    @property
    def kept_together(self) -> tuple[str, ...]:
        """What may not be on both sides of a fold: clusters, and in a drawing all copies of one."""
        return self.folded or self.clusters

    @property
    def places(self) -> Ints:
        """The clusters as numbers from 0."""
        return places_of(self.clusters)

    def drawn(self, rows: Ints, clusters: tuple[str, ...]) -> "Samples":
        """Some rows, with repeats, as clusters of their own."""

        def of(column: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(column[row] for row in rows)

        return replace(
            self,
            keys=of(self.keys),
            suites=of(self.suites),
            categories=of(self.categories),
            texts=of(self.texts),
            passed=self.passed[rows],
            usd=self.usd[rows],
            clusters=clusters,
            folded=of(self.clusters),
        )

    @property
    def simulated(self) -> bool:
        """Whether any of it is the simulated server's."""
        return any(entry.simulated for entry in self.entries)


@lru_cache(maxsize=16)
def places_of(names: tuple[str, ...]) -> Ints:
    """Names as numbers from 0, equal ones alike."""
    return np.unique(np.array(names), return_inverse=True)[1].astype(np.int64)


def read_samples(
    warehouse: Path, *, suites: Sequence[str] = (), variants: Sequence[str] = (), runs: Sequence[str] = ()
) -> Samples:
    """What the variants' runs that count (or the runs named) have in common.

    Raises: SpecError: nothing was run, or there are not two variants with samples in common and prices.
    """
    entries = _choose(read_entries(warehouse, suites), variants, runs)
    names = ("run_id", "suite", "suite_version", "variant")
    chosen = values(names, [(e.run_id, e.suite, e.suite_version, e.variant) for e in entries])
    found = run_sql(warehouse, READ.format(chosen=chosen))
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    variants = list(dict.fromkeys(e.variant for e in entries))
    by_sample: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for row in rows:
        key = (row["suite"], row["suite_version"], row["sample_id"])
        by_sample.setdefault(key, {})[row["variant"]] = row
    shared = {key: of for key, of in by_sample.items() if len(of) == len(variants)}
    if len(shared) < FEWEST:
        raise SpecError(
            f"{', '.join(variants)}: {len(shared)} samples were answered by all of them, and a policy needs "
            f"{FEWEST}. Nothing was fitted. Put them to the same suites, or name other variants or runs."
        )
    priced = {v: _priced_as(v, rows) for v in variants}
    notes: list[str] = []
    guessed = _guessed(shared, variants)
    if guessed:
        notes.append(
            f"{', '.join(guessed)}: outputs without counts of tokens; all costs are estimated from the "
            f"length of the texts ({CHARS_A_TOKEN:.0f} characters a token) at today's prices"
        )
    usd = np.array(
        [[_usd(of[v], priced[v], estimate=bool(guessed)) for v in variants] for of in shared.values()]
    )
    order = list(np.argsort(usd.mean(axis=0), kind="stable"))
    first = [of[variants[0]] for of in shared.values()]
    models = {e.variant: e.model for e in entries}
    return Samples(
        names=tuple(variants[i] for i in order),
        priced_as=tuple(priced[variants[i]] for i in order),
        models=tuple(models[variants[i]] for i in order),
        keys=tuple(shared),
        suites=tuple(row["suite"] for row in first),
        categories=tuple(row["category"] for row in first),
        clusters=tuple(f"{row['suite']}/{row['cluster']}" for row in first),
        texts=tuple(text_of(row["messages"], row["system"]) for row in first),
        passed=np.array([[float(of[v]["passed"]) for v in variants] for of in shared.values()])[:, order],
        usd=usd[:, order],
        entries=tuple(entries),
        notes=tuple(notes),
    )


def text_of(messages: str | None, system: str | None) -> str | None:
    """The prompt as a Router will see it; None where its text was not kept."""
    if not messages:
        return None
    parts = [system] if system else []
    for message in json.loads(messages):
        content = message.get("content")
        parts.append(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return "\n".join(parts)


def today() -> date:
    """The UTC day whose prices are meant by today's."""
    return datetime.now(UTC).date()


def rate(model: str, kind: Any, input_tokens: int = 0) -> float:
    """USD a token today.

    Raises: SpecError: the model has no such price.
    """
    price = price_of(model, today(), "realtime", kind, input_tokens)
    if price is None:
        raise SpecError(
            f'"{model}": no {kind} price is in force today. Nothing was fitted. Give its entry priced_as, or '
            "add a price to warehouse/prices.toml."
        )
    return float(price.usd_per_mtok) / 1e6


def _choose(entries: Sequence[Entry], variants: Sequence[str], runs: Sequence[str]) -> list[Entry]:
    """An entry a suite and variant; all of a suite are of one version."""
    known = {e.run_id for e in entries}
    if missing := [run for run in runs if run not in known]:
        raise SpecError(f"{', '.join(missing)}: no such run. Nothing was fitted. `nightbench runs` has them.")
    usable = [e for e in entries if (e.run_id in runs if runs else e.counts)]
    named = {e.variant for e in usable} | {e.model for e in usable}
    if missing := [one for one in variants if one not in named]:
        raise SpecError(
            f"{', '.join(missing)}: not in a whole, real run (or in the runs named). There are: "
            f"{', '.join(sorted(named)) or 'none'}. Nothing was fitted. --run RUN names a simulated or "
            "limited run."
        )
    usable = [e for e in usable if not variants or e.variant in variants or e.model in variants]
    wanted = {e.variant for e in usable}
    chosen: list[Entry] = []
    for suite in sorted({e.suite for e in usable}):
        for version in dict.fromkeys(e.suite_version for e in usable if e.suite == suite):
            of = {e.variant: e for e in reversed(usable) if (e.suite, e.suite_version) == (suite, version)}
            if of.keys() == wanted:  # the newest of each variant, in the newest version that all have
                chosen += of.values()
                break
    if len(wanted) < 2 or not chosen:
        raise SpecError(
            f"{', '.join(sorted(wanted)) or 'nothing'}: routing needs two variants with a suite in common "
            "that "
            "were run whole and not simulated. Nothing was fitted. Name them with --model, or runs with "
            "--run (simulated ones too)."
        )
    return chosen


def _priced_as(variant: str, rows: Sequence[dict[str, Any]]) -> str:
    priced = {row["priced_as"] for row in rows if row["variant"] == variant}
    one = priced.pop() if priced else None
    if one is None:
        raise SpecError(f'"{variant}": it has no price. Nothing was fitted. Give its entry priced_as.')
    return str(one)


def _guessed(
    shared: dict[tuple[str, str, str], dict[str, dict[str, Any]]], names: Sequence[str]
) -> list[str]:
    return [v for v in names if any(of[v]["usd"] is None for of in shared.values())]


def _usd(row: dict[str, Any], model: str, *, estimate: bool) -> float:
    """A call's cost; where one variant's must be estimated all are, so that they compare."""
    if not estimate:
        return float(row["usd"])
    if row["input_chars"] is None or row["output_chars"] is None:
        raise SpecError(
            f"{model}: neither tokens nor texts are kept, so no cost is known. Nothing was fitted."
        )
    sent, received = row["input_chars"] / CHARS_A_TOKEN, row["output_chars"] / CHARS_A_TOKEN
    return float(sent * rate(model, "input", int(sent)) + received * rate(model, "output", int(sent)))
