"""A policy as `policy.json`, version 1, which tasks/router.py applies; docs/routing.md has the schema."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.router import FORMAT, VERSION
from tasks.routing.data import Samples, rate
from tasks.routing.measure import Measured
from tasks.routing.policies import fit_cells
from tasks.routing.prompts import feature_matrix, fit_prompts, names_of_features, prompt_model
from warehouse.errors import SpecError

PREFIXES = ("recorded/", "simulated/")


def policy_document(
    samples: Samples, usd: NDArray[np.float64], kind: str, worth: float, measured: Measured | None
) -> dict[str, Any]:
    """The policy of a kind, fitted on all samples; `measured` is what it came to out of fold.

    Raises: SpecError: its features need prompts whose text was not kept.
    """
    rows = np.arange(len(usd))
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "worth_usd": worth,
        "simulated": samples.simulated,
        "models": [_model(samples, m) for m in range(len(samples.names))],
        "default": samples.names[0],
        "rules": [],
        "prompt": None,
        "fitted_on": {
            "n_samples": len(rows),
            "runs": sorted({entry.run_id for entry in samples.entries}),
            "suites": sorted({f"{s}@{version}" for s, version, _ in samples.keys}),
        },
        "measured": None if measured is None else vars(measured),
    }
    if kind in {"suite", "category", "prompt"}:
        cells = fit_cells(samples, usd, rows, worth, by_category=kind == "category")
        document["default"] = samples.names[cells.choose[None, None]]
        document["rules"] = [
            {"suite": suite, "category": category, "choose": samples.names[m]}
            for (suite, category), m in cells.choose.items()
            if suite is not None
        ]
    else:
        document["default"] = kind.removeprefix("always ")
    if kind == "prompt":
        document["prompt"] = _prompt(samples, usd, worth)
    return document


def _prompt(samples: Samples, usd: NDArray[np.float64], worth: float) -> dict[str, Any]:
    seen = feature_matrix(samples)
    if seen is None:
        raise SpecError(
            "the texts of some prompts are not kept, so their features are not known. Nothing was exported. "
            "Export --policy suite or category."
        )
    rows = np.arange(len(usd))
    fitted = prompt_model(samples, usd, *seen, rows, fit_prompts(samples, usd, *seen, rows), worth)
    model = fitted.regressions
    return {
        "worth_usd": worth,
        "margin_usd": None if math.isinf(fitted.margin_usd) else fitted.margin_usd,  # null: never leave
        "features": list(names_of_features()),
        "means": model.means.tolist(),
        "scales": model.scales.tolist(),
        "models": {
            name: {
                "intercept": float(model.betas[m, 0]),
                "weights": model.betas[m, 1:].tolist(),
                "usd_base": float(model.usd_lines[m, 0]),
                "usd_per_char": float(model.usd_lines[m, 1]),
            }
            for m, name in enumerate(samples.names)
        },
    }


def _model(samples: Samples, m: int) -> dict[str, Any]:
    """A model as a Router asks it: recorded and simulated ones by the name they stand for."""
    model = samples.models[m]
    real = samples.priced_as[m] if model.startswith(PREFIXES) else model
    prices = {kind: f"{1e6 * rate(samples.priced_as[m], kind):.6f}" for kind in ("input", "output")}
    return {"name": samples.names[m], "model": real, "usd_per_mtok": prices}
