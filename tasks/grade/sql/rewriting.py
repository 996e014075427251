"""A tree of SQL with every node mended."""

from collections.abc import Callable

from sqlglot import exp


def rewritten(tree: exp.Expr, mend: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Every node mended, inner ones first; `mend` changes a node, or returns another that holds a copy."""
    for node in reversed(list(tree.walk())):
        other = mend(node)
        if other is not node:
            tree = other if node is tree else tree
            node.replace(other)
    return tree
