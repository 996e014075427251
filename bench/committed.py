"""A committed file that a program wrote: write it again, or say whether it is what would be written."""

import argparse
from collections.abc import Callable
from pathlib import Path


def write_or_check(title: str, file: Path, render: Callable[[], str], what: str) -> int:
    """Write the file, or with `--check` on the command line compare it; returns the exit code.

    `what` says what its lines are.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file differs")
    check = parser.parse_args().check
    made = render().encode()
    if check:
        same = file.read_bytes() == made
        print("as committed" if same else f"{file} differs from what would be written")
        return 0 if same else 1
    file.write_bytes(made)
    print(f"{made.count(10)} {what} written to {file}")
    return 0
