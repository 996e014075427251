"""The inverse of a small matrix."""

from collections.abc import Sequence


def inverse(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """By Gauss and Jordan with partial pivoting.

    Raises: ZeroDivisionError: the matrix has none.
    """
    n = len(matrix)
    rows = [[*map(float, row), *(float(i == j) for j in range(n))] for i, row in enumerate(matrix)]
    for at in range(n):
        best = max(range(at, n), key=lambda i: abs(rows[i][at]))
        rows[at], rows[best] = rows[best], rows[at]
        pivot = rows[at][at]
        rows[at] = [value / pivot for value in rows[at]]
        for i in range(n):
            if i != at and (factor := rows[i][at]):
                rows[i] = [value - factor * lead for value, lead in zip(rows[i], rows[at], strict=True)]
    return [row[n:] for row in rows]
