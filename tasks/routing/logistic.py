"""Logistic regression by Newton's method, with a ridge on the weights: exported as a few numbers.

Source: T. Hastie, R. Tibshirani, J. Friedman (2009), The Elements of Statistical Learning, section 4.4.1.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 50
SMALL = 1e-8  # change of a coefficient at which it stands


def fit_logistic(x: Floats, y: Floats, ridge: float = 10.0) -> Floats:
    """The intercept and the weights; `y` are shares (0 to 1), `x` standardised. The intercept is not shrunk.

    A weak ridge on the intercept (0.01) keeps it finite where all or none passed.
    """
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 0.01
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        slope = design.T @ (y - chance) - penalty * beta
        weight = np.maximum(chance * (1 - chance), 1e-9)
        curve = (design.T * weight) @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        size = float(np.abs(step).max())
        beta = beta + step * min(1.0, 4.0 / size if size else 1.0)  # steps of at most 4 do not overshoot
        if size < SMALL:
            break
    return beta
