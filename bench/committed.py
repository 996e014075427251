"""A committed file that a program wrote: write it again, or say whether it is what would be written."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

# What is guessed without an idea: a figure a name. Text as it is, counts, shares up to 1, other means.
Figures = Mapping[str, str | int | float]
Balance = Callable[[], Figures]


def write_or_check(title: str, file: Path, render: Callable[[], str], what: str, balance: Balance) -> int:
    """Write the file, with `--check` compare it, with `--balance` print the figures; returns the exit code.

    `what` says what its lines are.
    """
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file differs")
    parser.add_argument("--balance", action="store_true", help="write nothing; print what can be guessed")
    asked = parser.parse_args()
    if asked.balance:
        print(as_table(balance()))
        return 0
    made = render().encode()
    if asked.check:
        same = file.read_bytes() == made
        print("as committed" if same else f"{file} differs from what would be written")
        return 0 if same else 1
    file.write_bytes(made)
    print(f"{made.count(10)} {what} written to {file}")
    return 0


def as_table(figures: Figures) -> str:
    """Rows of a Markdown table; shares in percent."""
    return "\n".join(f"| {name} | {_shown(figure)} |" for name, figure in figures.items())


def _shown(figure: str | float) -> str:
    if isinstance(figure, float):
        return f"{figure:.1%}" if figure <= 1 else f"{figure:.1f}"
    return str(figure)
