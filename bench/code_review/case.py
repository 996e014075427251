"""What a case of the suite code_review is: a change, the defect planted in it or none, and its proof."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

KINDS: Mapping[str, str] = {
    "off_by_one": "a boundary is one too far or one too short: a range, slice, page, window or limit",
    "null_handling": "NULL, None or a missing value falsifies the result or raises",
    "injection": "text from outside becomes part of SQL, of a command or of a path",
    "resource_leak": "a connection, file or lock is not released on some way out",
    "swallowed_error": "a failure is hidden, so that what follows takes it for success",
    "duplicate_rows": "rows are counted, kept or returned more than once",
    "time_zone": "times of different zones are mixed, a change of clocks is ignored, or a day begins at the "
    "wrong hour",
    "shared_state": "calls or tasks change or read state that they should not share",
}
NONE = "none"
HERE, ALSO = "  <<<", "  <<~"  # at the end of the line that is the target, of one that is right as well


@dataclass(frozen=True)
class Case:
    """A change from `before` to `after`.

    `kind` is that of the planted defect, or `none`; a clean change has the kind that it resembles as `bait`.
    `repair` replaces text of `after` by what makes it right. `probe` runs code on an input that tells the two
    apart, and returns what it saw; of right code that is `right`. `same` says that `before` already did so.
    """

    kind: str
    difficulty: str
    purpose: str
    before: str
    after: str
    probe: Callable[[str], Any]
    right: Any
    repair: tuple[tuple[str, str], ...] = ()
    bait: str = ""
    same: bool = False

    @property
    def defective(self) -> str:
        """The code after the change, without marks."""
        return _unmarked(self.after)

    @property
    def clean(self) -> str:
        """The code after the change as it should have been."""
        code = self.defective
        for wrong, right in self.repair:
            if code.count(wrong) != 1:
                raise ValueError(f"{wrong!r} is there {code.count(wrong)} times in:\n{code}")
            code = code.replace(wrong, right)
        return code

    @property
    def lines(self) -> list[int]:
        """The right line numbers, the target first; 0 for a clean change."""
        marked = [
            number
            for mark in (HERE, ALSO)
            for number, line in enumerate(self._diff(), 1)
            if line.endswith(mark)
        ]
        return marked or [0]

    @property
    def added(self) -> list[int]:
        """The numbers of the lines that the change adds."""
        return [number for number, line in enumerate(self._diff(), 1) if line.startswith("+")]

    @property
    def prompt(self) -> str:
        """What the change is for, and its numbered diff."""
        numbered = [f"{n:>3} {_unmarked(line)}".rstrip() for n, line in enumerate(self._diff(), 1)]
        return "\n".join([self.purpose, "", "```diff", *numbered, "```"])

    def _diff(self) -> list[str]:
        before, after = self.before.strip("\n").split("\n"), self.after.strip("\n").split("\n")
        marks = {_unmarked(line): line for line in after if line != _unmarked(line)}
        plain = [_unmarked(line) for line in after]
        lines = list(difflib.unified_diff(before, plain, n=len(before) + len(after), lineterm=""))[3:]
        return [
            f"{line[0]} {marks.get(line[1:], line[1:]) if line[0] != '-' else line[1:]}" for line in lines
        ]


def _unmarked(text: str) -> str:
    return text.replace(HERE, "").replace(ALSO, "")
