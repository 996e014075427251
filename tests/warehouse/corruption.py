"""Random damage to a committed warehouse, one file at a time: few in the tests, many in the drill.

Every damage is looked at by `verify` and taken back. Beside it the answers of the plain tables and of two
rollups are read as a user reads them: an answer that is another than before, without an error, is silent, and
then `verify` must have seen it.
"""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import FOLDER as COMMITS
from warehouse.commit import committed
from warehouse.compacted.standing import FOLDER as COMPACTIONS
from warehouse.compacted.standing import files_of, records_of, standing_compactions
from warehouse.integrity.findings import Verified
from warehouse.integrity.verify import verify

TABLES = ("runs", "samples", "prompts", "calls", "attempts", "grades", "pairs", "calibrations", "metrics")
READ = (
    *(f"select count(*), sum(hash(columns(*))) from {table}" for table in TABLES),
    "select * from leaderboard_all order by all",
    "select * from cost_by_model order by all",
)


@dataclass(frozen=True)
class Damage:
    """What was done to which file; `other` is the second of two that were swapped."""

    how: str
    place: str
    detail: str
    other: str = ""


@dataclass
class Tally:
    """What came of all of them."""

    done: Counter[str] = field(default_factory=Counter)
    named: int = 0  # verify named the very file
    row_groups: int = 0  # and the row group, of those where one was hit
    in_row_group: int = 0
    refused: int = 0  # a query that read it ended in an error
    silent: int = 0  # a query was wrong without one
    missed: list[Damage] = field(default_factory=list)
    missed_and_silent: list[Damage] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(self.done.values())
        kinds = ", ".join(f"{n} {how}" for how, n in sorted(self.done.items()))
        return (
            f"{total} corruptions ({kinds}): {total - len(self.missed)} found, {self.named} with "
            f"the file's name; of {self.in_row_group} inside a row group {self.row_groups} with its number. "
            f"Queries were refused {self.refused} times and silently wrong {self.silent} times, "
            f"{len(self.missed_and_silent)} of them unseen by verify."
        )


def drill(warehouse: Path, n: int, seed: int, tell: Callable[[int], None] = lambda _: None) -> Tally:
    """Damage it `n` times, each time anew; afterwards it is as it was."""
    rng, tally = random.Random(seed), Tally()
    rewrite_catalog(warehouse)
    whole = verify(warehouse)
    assert not whole.problems, [finding.sentence() for finding in whole.problems]
    right, places = read(warehouse), places_of(warehouse)
    keep = warehouse.parent / "kept"
    for i in range(n):
        tell(i)
        place = rng.choice(places)
        with_copies(warehouse, keep, places)
        damage = hurt(warehouse, place, places, rng)
        found = verify(warehouse)
        _count(tally, damage, found, read(warehouse), right, warehouse, keep)
        for hurt_place in filter(None, (damage.place, damage.other)):
            (warehouse / hurt_place).unlink(missing_ok=True)
            shutil.copy2(keep / hurt_place, warehouse / hurt_place)
        (warehouse / f"{NAME}.wal").unlink(missing_ok=True)
    assert not verify(warehouse).problems
    return tally


def places_of(warehouse: Path) -> list[str]:
    """Manifests, records of compactions, the files that count, and the catalog."""
    records = [
        path for folder in (COMMITS, COMPACTIONS) for path in sorted(warehouse.glob(f"{folder}/*.json"))
    ]
    inside = records_of(standing_compactions(warehouse))
    files = {
        file.path
        for manifest in committed(warehouse)
        for file in files_of(manifest, inside.get((manifest.run_id, manifest.n)))
    }
    return [*(path.relative_to(warehouse).as_posix() for path in records), *sorted(files), NAME]


def with_copies(warehouse: Path, keep: Path, places: Sequence[str]) -> None:
    """Copy what may be damaged, once."""
    if not keep.exists():
        for place in places:
            (keep / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(warehouse / place, keep / place)


def hurt(warehouse: Path, place: str, places: Sequence[str], rng: random.Random) -> Damage:
    """Damage one file, or swap two of one kind."""
    path = warehouse / place
    raw = bytearray(path.read_bytes())
    how = rng.choice(("flip", "flip", "flip", "cut", "gone", "longer", "swap", "zeroes"))
    same = [other for other in places if other != place and Path(other).suffix == path.suffix]
    if how == "swap" and same:
        other = rng.choice(same)
        path.write_bytes((warehouse / other).read_bytes())
        (warehouse / other).write_bytes(raw)
        return Damage(how, place, f"with {other}", other)
    if how == "cut":
        size = rng.randrange(len(raw))
        path.write_bytes(raw[:size])
        return Damage(how, place, f"to {size}")
    if how == "gone":
        path.unlink()
        return Damage(how, place, "")
    if how == "longer":
        path.write_bytes(raw + rng.randbytes(rng.randint(1, 64)))
        return Damage(how, place, "")
    at = rng.choice((rng.randrange(len(raw)), rng.randrange(len(raw) * 2 // 3)))  # rows rather than footers
    if how == "zeroes" and any(raw[at : at + 16]):
        raw[at : at + 16] = bytes(len(raw[at : at + 16]))
    else:
        how = "flip"
        raw[at] ^= 1 << rng.randrange(8)
    path.write_bytes(raw)
    return Damage(how, place, f"at {at}")


def read(warehouse: Path) -> list[object]:
    """What a user reads with any DuckDB, table by table; an error in place of what cannot be read."""
    found: list[object] = []
    try:
        with duckdb.connect() as connection:
            copy = warehouse / ".read.duckdb"  # DuckDB shares an open file by its name
            copy.unlink(missing_ok=True)
            copy.hardlink_to(warehouse / NAME)
            try:
                connection.execute(f"attach '{str(copy).replace(chr(39), 2 * chr(39))}' as c (read_only)")
                connection.execute("use c")
                for sql in READ:
                    found.append(_rows(connection, sql))
                connection.execute("use memory")
                connection.execute("detach c")
            finally:
                copy.unlink(missing_ok=True)
    except (duckdb.Error, OSError) as error:
        return [error] * len(READ)
    return found


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    try:
        return connection.execute(sql).fetchall()
    except (duckdb.Error, UnicodeDecodeError) as error:
        return error


def _count(
    tally: Tally,
    damage: Damage,
    found: Verified,
    got: Sequence[object],
    right: Sequence[object],
    warehouse: Path,
    keep: Path,
) -> None:
    tally.done[damage.how] += 1
    places = {finding.place for finding in found.findings}
    seen = bool(found.problems) or damage.place in places
    hurt_places = {damage.place, damage.other} - {""}
    tally.named += bool(places & hurt_places)
    refused = any(isinstance(rows, Exception) for rows in got)
    silent = any(
        not isinstance(rows, Exception) and rows != want for rows, want in zip(got, right, strict=True)
    )
    tally.refused += refused
    tally.silent += silent
    groups = list(_hit_groups(damage, warehouse, keep))
    if groups:
        tally.in_row_group += 1
        tally.row_groups += any(
            set(groups) & set(finding.row_groups)
            for finding in found.problems
            if finding.place == damage.place
        )
    if not seen:
        tally.missed.append(damage)
        if silent:
            tally.missed_and_silent.append(damage)


def _hit_groups(damage: Damage, warehouse: Path, keep: Path) -> Iterator[int]:
    """The row groups of a Parquet file in which a byte was changed in its place."""
    if damage.how not in ("flip", "zeroes") or not damage.place.endswith(".parquet"):
        return
    from warehouse.files import row_groups_of

    old, new = (keep / damage.place).read_bytes(), (warehouse / damage.place).read_bytes()
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    for i, group in enumerate(row_groups_of(keep / damage.place)):
        if any(group.start <= at < group.start + group.n_bytes for at in changed):
            yield i
