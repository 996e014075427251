"""Print a journal for a person: a record a line as JSON, what is damaged and the counts on stderr.

python -m tasks.call.journal FOLDER_OR_FILE
"""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tasks.call.journal_end import TEXT, journal_went
from tasks.call.journal_reader import journal_files, read_journal
from tasks.call.journal_records import is_whole
from warehouse.errors import NightbenchError

_USAGE = "usage: python -m tasks.call.journal FOLDER_OR_FILE, for example data/journal/nightly-1\n"
# What a terminal would obey (C1 controls, overrides of direction) is printed as JSON's escapes.
_HARMLESS = {
    code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def main(arguments: Sequence[str]) -> int:
    """Print every record of a run's folder or of one file; 1 where the journal is damaged or absent."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write(_USAGE)
        return 2
    place = Path(arguments[0])
    files = [place] if place.is_file() else journal_files(place)
    if journal_went(place):
        sys.stderr.write(f"{place}: {TEXT}")
        return 1
    if not files:
        sys.stderr.write(f"{place}: no journal here. A run's lies in <home>/journal/<run id>.\n")
        return 1
    try:
        for path in files:
            for line in shown(path):
                sys.stdout.buffer.write(line)
        sys.stdout.flush()
        return summary(files)
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (NightbenchError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def shown(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, each with its place instead of its checksum."""
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if is_whole(line):
                body = line[line.index(b",") + 1 :].decode().translate(_HARMLESS)
                yield f'{{"file":"{path.name}","offset":{offset},{body}'.encode()
            offset += len(line)


def summary(files: Sequence[Path]) -> int:
    """Write damage and counts to stderr; 1 where a record in the middle is corrupt."""
    with read_journal(files) as state:
        for corrupt in state.corrupt:
            sys.stderr.write(
                f"{corrupt.file}: {corrupt.n_bytes} bytes at {corrupt.offset} are no record (skipped)\n"
            )
        for torn in state.torn:
            sys.stderr.write(
                f"{torn.file}: torn tail, {torn.n_bytes} bytes at {torn.offset}; the next owner cuts it\n"
            )
        sys.stderr.write(
            f"{len(state.answered)} answered, {len(state.failed)} failed, {state.n_unseen} attempts unseen, "
            f"{len(state.torn)} torn, {len(state.corrupt)} corrupt\n"
        )
        return 1 if state.corrupt else 0
