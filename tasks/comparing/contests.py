"""What is compared: two words of a person become pairs of results on the same suite.

A word is a run id, a variant, a model, `VARIANT@RUN`, or `SUITE@VERSION`. Of a variant's runs the one that
counts is taken (whole, complete, not simulated); where there is none, the newest that there is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path

from warehouse.errors import SpecError

ENTRIES = """
select run_id, started_at, kind, status, suite, suite_version, variant, variant_version, model, simulated,
    n_asked, n_samples, full_length
from run_variants
where kind in ('evaluate', 'import', 'rehearsal')
order by started_at desc, run_id desc
"""
AT = "@"


@dataclass(frozen=True)
class Entry:
    """A variant's answers to a suite in one run: a row of `run_variants`."""

    run_id: str
    started_at: datetime
    kind: str
    status: str
    suite: str
    suite_version: str
    variant: str
    variant_version: str
    model: str
    simulated: bool
    n_asked: int
    n_samples: int | None
    full_length: bool

    @property
    def counts(self) -> bool:
        """Whether a run like this is one that counts in the leaderboard."""
        return (
            self.full_length and self.status == "complete" and not self.simulated and self.kind != "rehearsal"
        )


@dataclass(frozen=True)
class Contest:
    """Two entries to compare; `a` and `b` are what they are called where that tells them apart."""

    a: Entry
    b: Entry
    label_a: str
    label_b: str

    @property
    def name(self) -> str:
        """What it is about: the suite, and the variant where both sides have one and the same."""
        same = self.a.variant == self.b.variant and self.label_a != self.a.variant
        return f"{self.b.suite}, {self.a.variant}" if same else self.b.suite


@dataclass
class Found:
    """The contests, and what was left out and why."""

    contests: list[Contest] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_entries(warehouse: Path, suites: Sequence[str] = ()) -> list[Entry]:
    """Every variant's answers to every suite in every run, the newest run first.

    Raises: SpecError: one of the suites is in no run.
    """
    from warehouse.query import run_sql  # brings DuckDB, which `--help` does not need

    entries = [Entry(*row) for row in run_sql(warehouse, ENTRIES).rows]
    known = {entry.suite for entry in entries}
    for suite in suites:
        if suite not in known:
            raise SpecError(f'suite "{suite}": no run has it. {_near(suite, known)}Nothing was compared.')
    return [entry for entry in entries if not suites or entry.suite in suites]


def find_contests(entries: Sequence[Entry], word_a: str, word_b: str) -> Found:
    """The contests that two words mean, a suite (and variant) each, in the order of their names.

    Raises: SpecError: a word is nothing that was run, or there is nothing that both sides have.
    """
    side_a, side_b = select(entries, word_a), select(entries, word_b)
    found = Found()
    if side_a.by_variant and side_b.by_variant:
        pairs = _of_runs(side_a, side_b, found)
    else:
        pairs = _of_variants(side_a, side_b, found)
    found.contests = [
        Contest(a, b, *_labels(side_a, side_b, a, b))
        for a, b in sorted(pairs, key=lambda pair: _order(pair[1]))
    ]
    if not found.contests:
        why = " ".join(found.notes) or f"{word_a} has {_has(side_a)}; {word_b} has {_has(side_b)}."
        raise SpecError(f"{word_a} and {word_b}: there is no suite that both were put to. {why}")
    return found


def find_all(entries: Sequence[Entry], words: Sequence[str]) -> Found:
    """The contests of every two of several words."""
    found = Found()
    for word_a, word_b in combinations(words, 2):
        of_two = find_contests(entries, word_a, word_b)
        found.contests += of_two.contests
        found.notes += [note for note in of_two.notes if note not in found.notes]
    return found


@dataclass(frozen=True)
class Side:
    """What one word means."""

    word: str
    entries: list[Entry]
    by_variant: bool  # of several variants, each against its own like: a run, or a version of a suite
    label: str


def select(entries: Sequence[Entry], word: str) -> Side:
    """The entries that a word means.

    Raises: SpecError: there are none, or it is a model with several variants.
    """
    runs = {entry.run_id for entry in entries}
    if word in runs:
        return Side(word, [entry for entry in entries if entry.run_id == word], True, word)
    named = [entry for entry in entries if entry.variant == word]
    if not named:
        named = [entry for entry in entries if entry.model == word]
        variants = sorted({entry.variant for entry in named})
        if len(variants) > 1:
            raise SpecError(
                f'model "{word}": it was run as several variants: {", ".join(variants)}. Nothing was '
                "compared. Name one of them, or VARIANT@RUN."
            )
    if named:
        return Side(word, named, False, named[0].variant)
    left, at, right = word.rpartition(AT)
    if at and right in runs:
        inner = [entry for entry in entries if entry.run_id == right and left in (entry.variant, entry.model)]
        if inner:
            return Side(word, inner, False, f"{inner[0].variant} in {right}")
    versions = {e.suite_version for e in entries if e.suite == left and e.suite_version.startswith(right)}
    if at and right and len(versions) == 1:
        of_version = [e for e in entries if e.suite == left and e.suite_version in versions]
        return Side(word, of_version, True, f"{left} {versions.pop()}")
    if at and len(versions) > 1:
        raise SpecError(
            f'"{word}": there are several such versions of {left}: {", ".join(sorted(versions))}. '
            "Nothing was compared. Write more of it."
        )
    known = {name for e in entries for name in (e.run_id, e.variant, e.model)}
    raise SpecError(
        f'"{word}" is no run, variant or model that was run. {_near(word, known)}Nothing was compared. '
        "A word is a run id, a variant, a model, VARIANT@RUN or SUITE@VERSION; `nightbench runs` lists runs."
    )


def _of_variants(side_a: Side, side_b: Side, found: Found) -> list[tuple[Entry, Entry]]:
    """Of each suite the newest version that both have; of each side the run that counts, else the newest."""
    pairs: list[tuple[Entry, Entry]] = []
    for suite in sorted({e.suite for e in side_a.entries} & {e.suite for e in side_b.entries}):
        of_a = _by(lambda e: (e.suite_version,), (e for e in side_a.entries if e.suite == suite))
        of_b = _by(lambda e: (e.suite_version,), (e for e in side_b.entries if e.suite == suite))
        choices = [
            pair for version in of_a.keys() & of_b.keys() for pair in _alike(of_a[version], of_b[version])
        ]
        if choices:
            pairs.append(max(choices, key=lambda pair: _worth(*pair)))
        elif of_a.keys() & of_b.keys():
            found.notes.append(f"{suite}: one side's answers are simulated and the other's are not.")
        else:
            found.notes.append(
                f"{suite}: they were put to different versions of it ({_newest(of_a)} and {_newest(of_b)})."
            )
    return pairs


def _of_runs(side_a: Side, side_b: Side, found: Found) -> list[tuple[Entry, Entry]]:
    """Each variant of one run (or suite version) against the same variant of the other."""
    same_suite = side_a.label.split(" ")[0] == side_b.label.split(" ")[0] and " " in side_a.label
    of_a, of_b = _by(_suite_variant, side_a.entries), _by(_suite_variant, side_b.entries)
    if not of_a.keys() & of_b.keys():  # one variant each: these two are meant
        of_a, of_b = _by(lambda e: (e.suite,), side_a.entries), _by(lambda e: (e.suite,), side_b.entries)
        if any(len({e.variant for e in some}) > 1 for some in (*of_a.values(), *of_b.values())):
            return []
    pairs: list[tuple[Entry, Entry]] = []
    for key in sorted(of_a.keys() & of_b.keys()):
        choices = [
            (a, b)
            for a in of_a[key]
            for b in of_b[key]
            if (a.suite_version == b.suite_version or same_suite) and a.simulated == b.simulated
        ]
        if choices:
            pairs.append(max(choices, key=lambda pair: _worth(*pair)))
        else:
            a, b = of_a[key][0], of_b[key][0]
            found.notes.append(
                f"{a.suite}: its versions differ ({a.suite_version} and {b.suite_version}), or one side is "
                f"simulated; to compare two versions, name them: {a.suite}@{a.suite_version}."
            )
    return pairs


def _alike(of_a: Sequence[Entry], of_b: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Pairs that are both of real models or both simulated, each side's best first."""
    return [
        (max(a, key=_rank), max(b, key=_rank))
        for simulated in (False, True)
        if (a := [e for e in of_a if e.simulated == simulated])
        and (b := [e for e in of_b if e.simulated == simulated])
    ]


def _rank(entry: Entry) -> tuple[bool, bool, datetime, str]:
    return entry.counts, entry.status == "complete", entry.started_at, entry.run_id


def _worth(a: Entry, b: Entry) -> tuple[bool, bool, datetime]:
    return not a.simulated, a.counts and b.counts, min(a.started_at, b.started_at)


def _labels(side_a: Side, side_b: Side, a: Entry, b: Entry) -> tuple[str, str]:
    """What the two are called: their variants where these differ, else what was written."""
    return (a.variant, b.variant) if a.variant != b.variant else (side_a.label, side_b.label)


def _suite_variant(entry: Entry) -> tuple[str, str]:
    return entry.suite, entry.variant


def _by(
    key: Callable[[Entry], tuple[str, ...]], entries: Iterable[Entry]
) -> dict[tuple[str, ...], list[Entry]]:
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _newest(by_version: dict[tuple[str, ...], list[Entry]]) -> str:
    entry = max((e for some in by_version.values() for e in some), key=lambda e: e.started_at)
    return entry.suite_version


def _order(entry: Entry) -> tuple[str, str]:
    return entry.suite, entry.variant


def _has(side: Side) -> str:
    return ", ".join(sorted({f"{e.suite} {e.suite_version}" for e in side.entries}))


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, sorted(known), n=3)
    return f"Near it: {', '.join(near)}. " if near else ""
