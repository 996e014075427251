"""A share that an imperfect judge counted, corrected for the judge's own errors."""

import math

from warehouse.statistics.proportions import Z95, Measured


def corrected_share(
    share: float,
    n: int,
    *,
    sensitivity: float,
    n_positive: int,
    specificity: float,
    n_negative: int,
) -> Measured:
    """Rogan and Gladen's estimate of the true share, with Lang and Reiczigel's interval, cut to 0 to 1.

    `share` of `n` answers passed with a judge that passes `sensitivity` of the right ones (measured on
    `n_positive`) and fails `specificity` of the wrong ones (on `n_negative`). The interval carries the
    uncertainty of all three, and always contains the estimate. None where sensitivity + specificity <= 1:
    such a judge tells nothing.

    Source: W. J. Rogan, B. Gladen (1978), American Journal of Epidemiology 107:71-76; Z. Lang, J. Reiczigel
    (2014), Preventive Veterinary Medicine 113:13-22. The SQL macros corrected_share, corrected_low and
    corrected_high do the same.
    """
    if n <= 0 or n_positive <= 0 or n_negative <= 0 or sensitivity + specificity <= 1:
        return Measured(None, None, None, n)
    value = min(1.0, max(0.0, (share + specificity - 1) / (sensitivity + specificity - 1)))
    more_p, more_n = n_positive + 2, n_negative + 2
    passes = (n_positive * sensitivity + 1) / more_p
    fails = (n_negative * specificity + 1) / more_n
    more = n + Z95**2
    seen = (n * share + Z95**2 / 2) / more
    tells = passes + fails - 1
    if tells <= 0:  # so few labels that a judge that tells nothing would do as well
        return Measured(value, 0.0, 1.0, n)
    middle = (seen + fails - 1) / tells
    of_passes = passes * (1 - passes) / more_p
    of_fails = fails * (1 - fails) / more_n
    shift = 2 * Z95**2 * (middle * of_passes - (1 - middle) * of_fails)
    spread = seen * (1 - seen) / more + middle**2 * of_passes + (1 - middle) ** 2 * of_fails
    half = Z95 * math.sqrt(max(0.0, spread)) / tells
    low = min(value, max(0.0, middle + shift - half))
    return Measured(value, low, max(value, min(1.0, middle + shift + half)), n)
