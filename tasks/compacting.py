"""`compact` of a home: what is settled is merged; runs that are being worked on are left alone."""

import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tasks.home import Home
from tasks.runs import is_running
from warehouse.columns import SHARED
from warehouse.commit import committed
from warehouse.compacted.standing import compaction_names, inside_of, standing_compactions
from warehouse.compaction.compacting import Compacted, MonthPlan, compact, plan_months
from warehouse.errors import SpecError
from warehouse.locks import lock_alone

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")
GRACE = re.compile(r"(?P<n>[0-9]{1,6})(?P<unit>[smhd])\Z")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def compact_home(
    home: Home,
    months: Collection[str] | None,
    grace: timedelta,
    tell: Callable[[MonthPlan], None] = lambda _: None,
) -> Compacted:
    """Merge the small files of these months, by default of all that are over.

    Raises: WarehouseError: another compaction is under way, a committed file is damaged, or the disk
        refuses.
    """

    @contextmanager
    def alone(run_id: str) -> Iterator[bool]:
        """Hold the run, so that nobody lands it while its old files leave."""
        home.runs.mkdir(parents=True, exist_ok=True)
        path = home.runs / f"{run_id}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            yield lock_alone(descriptor)
        finally:
            os.close(descriptor)

    return compact(
        home.warehouse,
        months=months,
        grace=grace,
        is_live=lambda run_id: is_running(home, run_id),
        alone=alone,
        clock=lambda: datetime.now(UTC),
        tell=tell,
    )


def plan_home(home: Home, months: Collection[str] | None) -> list[MonthPlan]:
    """What `compact_home` would merge."""
    return plan_months(home.warehouse, months, lambda run_id: is_running(home, run_id), datetime.now(UTC))


def old_files(home: Home) -> int:
    """How many files lie there still whose rows are merged elsewhere; a compaction removes them in time."""
    warehouse, standing = home.warehouse, standing_compactions(home.warehouse)
    inside = inside_of(standing)
    own = sum(
        (warehouse / file.path).exists()
        for manifest in committed(warehouse)
        if (manifest.run_id, manifest.n) in inside
        for file in manifest.files
        if file.table not in SHARED
    )
    replaced = len(compaction_names(warehouse)) - len(standing)
    return own + replaced


def check_months(given: Collection[str]) -> frozenset[str] | None:
    """The months that were named; None: none was.

    Raises: SpecError: one is no month.
    """
    for month in given:
        if not MONTH.match(month):
            raise SpecError(
                f'--month "{month}": a month is written like 2026-03. Nothing was changed. Write it so.'
            )
    return frozenset(given) or None


def parse_grace(given: str) -> timedelta:
    """A time like `24h`.

    Raises: SpecError: it is none.
    """
    match = GRACE.match(given)
    if match is None:
        raise SpecError(
            f'--grace "{given}": a time is a whole number and one of s, m, h, d, like 24h. '
            "Nothing was changed. Write it so."
        )
    return timedelta(**{UNITS[match["unit"]]: int(match["n"])})
