"""`nightbench check`: which numbers of a bundle hold, found again from its rows on this machine.

Three things are done apart. Its checksums are compared. Its answers are judged again by this nightbench's
graders, and judges' verdicts are read again from what the judges wrote. Then accuracy, intervals and costs
are computed from the rows by the views that leaderboards come from, and held against what is claimed.
What cannot be found again is named: that is taken on trust.
"""

import json
import math
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from tasks.bundle_zip import MAX_BYTES, BundleReader
from tasks.check_regrade import Again, grade_again
from tasks.check_suites import MISMADE, differing_text, judging_of, local_suite
from tasks.home import Settings
from tasks.spec import EvalSpec, make_spec
from warehouse.bundled import (
    NUMBERS,
    OF_GRADES,
    TABLES,
    BundledError,
    Row,
    claims_of,
    land_rows,
    price_of_row,
    read_line,
)
from warehouse.catalog import rewrite_catalog
from warehouse.durable import sha256_of
from warehouse.errors import NightbenchError
from warehouse.prices import prices_of
from warehouse.query import open_catalog, plain

Status = Literal["holds", "differs", "trusted"]
CLOSE = 1e-9  # relative; sums of doubles may be taken in another order
ALWAYS = "that the responses, tokens and times in it are what the providers returned"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was found."""

    what: str
    holds: bool
    found: str


@dataclass(frozen=True)
class Number:
    """One claimed number, and what it is when it is found again."""

    suite: str
    variant: str
    name: str
    claimed: Any
    found: Any
    status: Status


@dataclass
class Report:
    """What came of a bundle."""

    path: Path
    sha256: str
    run_id: str
    made_by: Any
    checks: list[Check] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    on_trust: list[str] = field(default_factory=lambda: [ALWAYS])

    @property
    def holds(self) -> bool:
        """Whether all of it does, as far as it can be told."""
        return all(one.holds for one in self.checks) and all(one.status != "differs" for one in self.numbers)


def check_bundle(
    settings: Settings,
    path: Path,
    *,
    max_bytes: int = MAX_BYTES,
    seconds: float = 3600,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """Find the numbers of a bundle again. Nothing of the home is read but pulled suites, nothing is written.

    Raises: BundledError: it is no bundle, is damaged, or does not come to an end within `seconds`.
    """
    with (
        BundleReader(path, max_bytes) as bundle,
        tempfile.TemporaryDirectory(prefix="nightbench-check-") as folder,
        _within(seconds),
    ):
        report = Report(path, sha256_of(path), str(bundle.about["run_id"]), bundle.about["made_by"])
        wrong = bundle.wrong_sums()
        report.checks.append(
            Check("checksums", not wrong, "; ".join(wrong) or f"{len(bundle.names)} members as bundled")
        )
        tables = {table: _reader(bundle, table) for table in TABLES}
        prices = list(tables["prices"]())
        report.checks.append(_check_prices(prices))
        say("reading the rows ...")
        stored = Path(folder) / "stored"
        stored.mkdir()
        land_rows(stored, tables, prices)
        spec = _spec_of(tables, report.run_id)
        again = _grade(settings, bundle, report, stored, spec, say)
        final = stored
        if again.changed:
            final = Path(folder) / "again"
            final.mkdir()
            land_rows(final, {**tables, "grades": lambda: again.merged(tables["grades"]())}, prices)
        _compare(report, bundle.about["claims"], final, again.trusted)
        if not report.checks[1].holds:
            _price_here(report, final)
    return report


def _reader(bundle: BundleReader, table: str) -> Callable[[], Iterable[Row]]:
    def read() -> Iterator[Row]:
        for line, place in bundle.lines(f"tables/{table}.jsonl"):
            yield read_line(table, line, place)

    return read


def _spec_of(tables: dict[str, Callable[[], Iterable[Row]]], run_id: str) -> EvalSpec:
    """The spec of the run, which its row holds.

    Raises: BundledError: the run is not among the rows, or its spec is none.
    """
    row = next((row for row in tables["runs"]() if row["run_id"] == run_id), None)
    if row is None:
        raise BundledError(f"runs: the run {run_id!r:.60}, of which the bundle says it is, is not there.")
    try:
        return make_spec(json.loads(row["spec"]), f'spec of run "{run_id}"')
    except (NightbenchError, *MISMADE) as error:
        raise BundledError(f"runs: the spec of {run_id!r:.60} cannot be read: {error}") from error


def _grade(
    settings: Settings,
    bundle: BundleReader,
    report: Report,
    stored: Path,
    spec: EvalSpec,
    say: Callable[[str], None],
) -> Again:
    again = Again()
    with open_catalog(stored) as connection:
        for said in bundle.about["suites"]:
            judging = judging_of(settings, bundle, said, spec)
            suite = local_suite(settings, judging.name, judging.version)
            if suite is not None:
                sql = "select * from samples where suite = ? and suite_version = ?"
                found = connection.execute(sql, [judging.name, judging.version])
                names = [column[0] for column in found.description]
                rows = {row[2]: dict(zip(names, row, strict=True)) for row in found.fetchall()}
                other = differing_text(judging, suite, rows)
                report.checks.append(
                    Check(
                        f"text of {judging.name}",
                        not other,
                        f"{len(other):,} samples are not those of this nightbench's {judging.version}: "
                        f"{', '.join(other[:5])}"
                        if other
                        else f"this nightbench's own {judging.version}",
                    )
                )
            elif not judging.trusted:
                report.on_trust.append(
                    f"text, targets and graders of {judging.name} {judging.version}: the bundle's own, "
                    f"because this nightbench does not have that version"
                )
            say(f"grading {judging.name} ...")
            before = len(again.notes)
            grade_again(again, connection, report.run_id, judging, spec)
            report.checks += [Check(*note) for note in again.notes[before:]]
        report.on_trust += again.on_trust
        for entry in spec.suite_entries:
            if entry.graders is not None:
                report.on_trust.append(
                    f"graders that the run's spec puts in place of those of {entry.name}: read spec.json"
                )
    return again


def _check_prices(rows: Sequence[Row]) -> Check:
    """Whether the prices in the bundle are those of this nightbench."""
    wrong = []
    for row in rows:
        price = price_of_row(row)
        same = [
            one
            for one in prices_of(str(price.model))
            if (one.mode, one.token_kind, one.from_input_tokens, one.valid_from, one.valid_to)
            == (price.mode, price.token_kind, price.from_input_tokens, price.valid_from, price.valid_to)
        ]
        if not same or same[0].usd_per_mtok != price.usd_per_mtok:
            here = f"{same[0].usd_per_mtok.normalize():f}" if same else "no such price"
            wrong.append(
                f"{price.model} {price.mode} {price.token_kind} from {price.valid_from}: "
                f"{price.usd_per_mtok} USD a million in the bundle, {here} here"
            )
    found = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5:,} more" if len(wrong) > 5 else "")
    return Check("prices", not wrong, found or f"{len(rows)} prices, each this nightbench's own")


def _compare(report: Report, claims: Sequence[Any], warehouse: Path, trusted: frozenset[str]) -> None:
    with open_catalog(warehouse) as connection:
        rows = claims_of(connection, report.run_id)
    found = {_key(row): row for row in rows}
    for claim in claims:
        key = _key(claim)
        row = found.get(key)
        for name in NUMBERS:
            if name in claim:
                got = None if row is None else plain(row[name])
                same = row is not None and _same(claim[name], got)
                lent = name in OF_GRADES and key[0] in trusted
                status: Status = "differs" if not same else "trusted" if lent else "holds"
                report.numbers.append(Number(key[0], key[2], name, claim[name], got, status))
    claimed = {_key(claim) for claim in claims}
    silent = sorted(key[2] for key in found if key not in claimed)
    report.checks.append(
        Check(
            "results", not silent, f"no claim for {', '.join(silent)}" if silent else f"{len(found)} claimed"
        )
    )


def _key(claim: Any) -> tuple[str, str, str]:
    return str(claim.get("suite")), str(claim.get("suite_version")), str(claim.get("variant"))


def _price_here(report: Report, warehouse: Path) -> None:
    """What the run costs at this nightbench's prices, where the bundle's are others."""
    rewrite_catalog(warehouse)
    with open_catalog(warehouse) as connection:
        for row in claims_of(connection, report.run_id):
            usd = "unknown" if row["usd"] is None else f"{row['usd'].normalize():f}"
            what = f"cost of {row['variant']} on {row['suite']}"
            report.checks.append(Check(what, True, f"{usd} USD at this nightbench's prices"))


def _same(claimed: Any, found: Any) -> bool:
    if claimed is None or found is None:
        return claimed is found
    if isinstance(found, str):  # money
        try:
            return isinstance(claimed, str) and len(claimed) < 60 and Decimal(claimed) == Decimal(found)
        except InvalidOperation:
            return False
    if isinstance(claimed, bool) or not isinstance(claimed, int | float):
        return False
    return math.isclose(claimed, found, rel_tol=CLOSE, abs_tol=1e-12)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Bound the time of what a bundle asks for: a pattern of its own may never come to an end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    error = BundledError(
        f"the check did not come to its end within {seconds / 60:,.3g} minutes. --minutes gives it more, "
        f"where you trust the bundle."
    )
    fired: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        fired.append(number)
        raise error

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except Exception as other:
        if fired and other is not error:  # DuckDB says in its own words that it was interrupted
            raise error from other
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
