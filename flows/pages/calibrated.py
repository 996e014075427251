"""What a calibration has to say: its measures, and in a sentence what they mean."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.pages.summary import Row, percent, run_summary
from tasks.home import Home
from warehouse.query import run_all

MEASURES = """
select measure, value, ci_low, ci_high, n
from calibrations
where run_id = '{run_id}'
"""

SHOWN = {  # measure -> what a person reads; shares as percentages, the others as they are
    "accuracy": "right, mean of what was asked",
    "accuracy_first": "right, answers in their order",
    "accuracy_swapped": "right, answers swapped",
    "accuracy_both": "right in both orders",
    "consistency": "same verdict in both orders",
    "kappa_orders": "kappa between the orders",
    "kappa": "kappa with the persons",
    "position_bias": "for what stands first, beyond half",
    "length_bias": "for the longer answer, beyond the persons",
    "self_consistency": "same verdict when asked again",
    "sensitivity": "right answers that it passes",
    "specificity": "wrong answers that it fails",
}
KAPPAS = ("kappa", "kappa_orders")


@dataclass(frozen=True)
class Calibrated:
    """The calibration's own row, whom it is of, and its measures by name."""

    run: Row
    judge: str
    labels: str
    labels_hash: str
    measures: Mapping[str, Row]

    def rows(self) -> list[dict[str, object]]:
        """The measures as a table for a person: shares in percent, kappas as they are."""
        return [
            {
                "measure": name,
                "": SHOWN[name],
                "value": _figure(name, row["value"]),
                "95 % from": _figure(name, row["ci_low"]),
                "to": _figure(name, row["ci_high"]),
                "n": row["n"],
            }
            for name in SHOWN
            if (row := self.measures.get(name)) is not None
        ]

    @property
    def meaning(self) -> str:
        """One sentence."""
        accuracy = self.measures["accuracy"]
        low, high = percent(accuracy["ci_low"]), percent(accuracy["ci_high"])
        parts = [
            f"{self.judge} says what the persons say in {percent(accuracy['value'])} % of its verdicts "
            f"({low} to {high})"
        ]
        if consistency := self.measures.get("consistency"):
            changed = 1 - float(str(consistency["value"]))
            parts.append(f"contradicts itself in {percent(changed)} % of pairs when their order is swapped")
        parts += [
            sentence
            for name, more, less in (
                ("position_bias", "prefers what stands first", "prefers what stands last"),
                ("length_bias", "prefers longer answers", "prefers shorter answers"),
            )
            if (sentence := _bias(self.measures.get(name), more, less))
        ]
        if "sensitivity" in self.measures and "specificity" in self.measures:
            right, wrong = (percent(self.measures[name]["value"]) for name in ("sensitivity", "specificity"))
            parts.append(f"passes {right} % of the right answers and fails {wrong} % of the wrong ones")
        return f"{', '.join(parts[:-1])}{' and ' if parts[1:] else ''}{parts[-1]}."


def calibrated(home: Home, run_id: str) -> Calibrated:
    """Read a committed calibration.

    Raises: SpecError: no such run is committed.
    """
    own = run_summary(home, run_id).run
    asked = json.loads(str(own["spec"]))["calibrate"]
    found = run_all(home.warehouse, [MEASURES.format(run_id=run_id)])[0]
    measures: Sequence[Row] = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return Calibrated(
        own,
        asked["judge"],
        asked["labels"],
        asked["labels_hash"],
        {str(row["measure"]): row for row in measures},
    )


def _figure(name: str, value: object) -> str:
    if name in KAPPAS:
        return f"{value:.4f}" if isinstance(value, float) else "–"
    return percent(value)


def _bias(row: Row | None, more: str, less: str) -> str:
    """In words; nothing where the interval holds 0."""
    if row is None:
        return ""
    low, high = float(str(row["ci_low"])), float(str(row["ci_high"]))
    points = percent(abs(float(str(row["value"]))))
    if low > 0:
        return f"{more} (by {points} points)"
    return f"{less} (by {points} points)" if high < 0 else ""
