"""Do compacted files hold, run by run, the rows that were merged, and does each run have its own number?"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from warehouse.columns import SCHEMA_VERSION
from warehouse.commit import Manifest
from warehouse.compacted.standing import FOLDER, Compaction, Merged
from warehouse.compaction.merging import TABLES_MERGED, contents_of
from warehouse.integrity.findings import Finding

REMEDY = "It was written so; report it as a mistake of nightbench. Bring its files back from a backup."


def check_merged_rows(
    warehouse: Path, record: Compaction, manifests: Mapping[tuple[str, int], Manifest]
) -> Iterator[Finding]:
    """What does not hold in a compaction whose files are whole, of the manifests that count."""
    place = f"{FOLDER}/{record.name}"
    for merged in record.runs:
        manifest = manifests.get((merged.run_id, merged.n))
        if manifest is not None and (wrong := _miscounted(manifest, merged)):
            why = f"run {merged.run_id} is in it with other numbers of rows than it committed ({wrong})."
            yield Finding("count", place, why, REMEDY, (merged.run_id,))
    if record.schema_version != SCHEMA_VERSION:  # its checksums are of columns as they were
        return
    for table in TABLES_MERGED:
        bad: list[str] = []
        for merged, content in contents_of(warehouse, table, record):
            same = content.rows == merged.rows.get(table, 0) and (
                content.rows == 0 or content.hexdigest() == merged.rows_sha256[table]
            )
            if not same:
                bad.append(merged.run_id)
        if bad:
            files = [file.path for file in record.files if file.table == table]
            why = f"the rows of {len(bad):,} runs in it are not those that were merged ({_some(bad)})."
            yield Finding("damaged", files[0] if files else place, why, REMEDY, tuple(bad))


def _miscounted(manifest: Manifest, merged: Merged) -> str:
    counted: dict[str, int] = {}
    for file in manifest.files:
        if file.table in TABLES_MERGED:
            counted[file.table] = counted.get(file.table, 0) + file.rows
    tables = sorted(counted.keys() | merged.rows.keys())
    return _some([t for t in tables if counted.get(t, 0) != merged.rows.get(t, 0)])


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + ", ..." * (len(names) > 5)
