"""Letters that group what cannot be told apart: a table of all pairs that a person can read."""

from collections.abc import Collection, Mapping, Sequence
from string import ascii_lowercase


def letters(names: Sequence[str], differ: Collection[tuple[str, str]]) -> Mapping[str, str]:
    """The compact letter display: two names share a letter exactly where they are not shown to differ.

    `differ` holds the pairs that do, in either order. Letters are given in the order of `names`, so that
    with names from best to worst the best has an `a`.

    Source: H.-P. Piepho (2004), Journal of Computational and Graphical Statistics 13:456-466 (insert and
    absorb).
    """
    groups: list[set[str]] = [set(names)]
    for one, other in sorted({(a, b) if a < b else (b, a) for a, b in differ}):
        split: list[set[str]] = []
        for group in groups:
            split += [group - {one}, group - {other}] if {one, other} <= group else [group]
        groups = _absorbed(split)
    place = {name: at for at, name in enumerate(names)}
    groups.sort(key=lambda group: sorted(place[name] for name in group))
    return {name: "".join(_letter(at) for at, group in enumerate(groups) if name in group) for name in names}


def _absorbed(groups: Sequence[set[str]]) -> list[set[str]]:
    """Groups that lie in no other, once each."""
    kept: list[set[str]] = []
    for group in sorted(groups, key=len, reverse=True):
        if group and not any(group <= other for other in kept):
            kept.append(group)
    return kept


def _letter(at: int) -> str:
    """A to z, then a1, b1, ..."""
    turn, place = divmod(at, len(ascii_lowercase))
    return ascii_lowercase[place] + (str(turn) if turn else "")
