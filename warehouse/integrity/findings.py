"""What `verify` finds: one thing that does not hold, where, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

REPAIR = (
    '"nightbench verify --repair" restores it from the journal where it can; else bring it back from '
    "a backup."
)
AGAIN = 'Land the run again from its journal: "nightbench resume {run_id}".'

PROBLEMS = {
    "manifest": "a manifest cannot be read, has changed, or does not say what its files do",
    "lost_commit": "files of a commit whose manifest is gone, or that died at its last step",
    "missing": "a file that a manifest names is not there",
    "truncated": "a file is shorter than it was",
    "appended": "a file is longer than it was",
    "damaged": "a file's bytes are not those that were committed",
    "reference": "a row names another that is not there",
    "duplicate": "a key is there twice",
    "count": "counts do not agree",
    "money": "money or tokens do not add up",
    "catalog": "the catalog is not what follows from the committed files",
    "stranger": "a file lies where only manifests do",
}
NOTES = {
    "leftover": "a file that no manifest names; nothing reads it",
    "gap": "an earlier manifest of a run is gone; a later one counts",
    "stale": "the catalog is of another place or version; the next query writes it anew",
    "unchecked": "rows that could not be checked because files they need are damaged",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was found. `kind` is a word of PROBLEMS, or of NOTES where nothing is wrong.

    `place` is a path below the warehouse folder; `row_groups` counts from 0, as Parquet does.
    """

    kind: str
    place: str
    why: str
    remedy: str
    run_ids: tuple[str, ...] = ()
    row_groups: tuple[int, ...] = ()

    @property
    def is_problem(self) -> bool:
        """Whether something does not hold."""
        return self.kind in PROBLEMS

    def sentence(self) -> str:
        """Place, what is wrong, what to do."""
        return f"{self.place}: {self.why} {self.remedy}".strip()


@dataclass
class Verified:
    """What was checked, and what was found."""

    n_runs: int = 0
    n_files: int = 0
    n_bytes: int = 0
    n_rows: int = 0
    bytes_s: float = 0.0  # seconds that reading the files took
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def problems(self) -> Sequence[Finding]:
        """What does not hold."""
        return [finding for finding in self.findings if finding.is_problem]

    @property
    def notes(self) -> Sequence[Finding]:
        """What is worth knowing, and nothing is wrong with."""
        return [finding for finding in self.findings if not finding.is_problem]

    @property
    def mb_per_s(self) -> float:
        """How fast the files were read, in 10^6 bytes a second."""
        return self.n_bytes / 1e6 / self.bytes_s if self.bytes_s else 0.0
