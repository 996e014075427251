"""What a run's judges compared, as tables for a person: win rates, ratings, and how far judges agree."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.pages.summary import markdown_table, number, percent
from tasks.home import Home
from tasks.judges.comparisons import Comparisons, read_comparisons
from tasks.judges.scores import Scores, read_scores
from warehouse.statistics.proportions import Measured
from warehouse.statistics.ratings import to_elo


@dataclass(frozen=True)
class Table:
    """Rows under a title; `right` names the columns of numbers."""

    title: str
    rows: Sequence[dict[str, object]]
    right: Sequence[str]


@dataclass(frozen=True)
class Judged:
    """The comparisons of a run."""

    found: Comparisons
    scored: Scores = field(default_factory=Scores)

    def tables(self) -> list[Table]:
        """Those that have something to say."""
        tables = [self._scores(), self._win_rates(), self._ratings(), self._agreements()]
        return [table for table in tables if table.rows]

    def notes(self) -> list[str]:
        """What a reader of the tables must know."""
        rated = [rating for one in self.found.ratings for rating in one.ratings]
        if not any(rating.with_prior for rating in rated):
            return self.scored.notes()
        return [
            *self.scored.notes(),
            "Ratings: somebody won everything against the rest, or never met them. Each was given half a win "
            "and half a loss against a mean opponent, so that every rating is finite (docs/judges.md).",
        ]

    def markdown(self) -> str:
        """The tables as sections of a page; nothing where no judge compared."""
        lines = [
            line for table in self.tables() for line in ("", f"## {table.title}", *markdown_table(table.rows))
        ]
        return "".join(f"{line}\n" for line in (*lines, *(f"\n{note}" for note in self.notes())))

    def _scores(self) -> Table:
        panels = {(one.suite, one.grader) for one in self.scored.scores if one.judge is not None}
        rows: list[dict[str, object]] = [
            {
                "suite": one.suite,
                "criterion": one.criterion or "all together",
                "judge": one.judge or ("the panel" if (one.suite, one.grader) in panels else ""),
                "variant": one.variant,
                "n": one.n,
                "mean score": number(one.mean),
                "95 % from": number(one.low),
                "to": number(one.high),
                "passed %": percent(one.passed),
            }
            for one in self.scored.scores
        ]
        return Table("Judged", rows, list(rows[0])[4:] if rows else [])

    def _win_rates(self) -> Table:
        rows: list[dict[str, object]] = [
            {
                "suite": one.suite,
                "a": one.variant_a,
                "b": one.variant_b,
                "judge": one.judge or "–",
                "n": one.rate.n,
                "a won": one.wins,
                "b won": one.losses,
                "ties": one.ties,
                "contradicted": one.n_inconsistent,
                **_with_ends("a's rate %", one.rate),
                **_with_ends("at equal length %", one.at_equal_length, " "),
            }
            for one in self.found.win_rates
        ]
        return Table("Win rates", rows, list(rows[0])[4:] if rows else [])

    def _ratings(self) -> Table:
        rows: list[dict[str, object]] = [
            {
                "suite": one.suite,
                "judge": one.judge or "–",
                "variant": rating.name,
                "rating": f"{rating.elo:.0f}",
                "95 % from": f"{to_elo(rating.low):.0f}",
                "to": f"{to_elo(rating.high):.0f}",
                "games": f"{rating.n:.0f}",
            }
            for one in self.found.ratings
            for rating in one.ratings
        ]
        return Table(
            "Ratings (Bradley-Terry; 1000 is the mean)", rows, ["rating", "95 % from", "to", "games"]
        )

    def _agreements(self) -> Table:
        rows: list[dict[str, object]] = []
        for one in self.found.agreements:
            place = {"suite": one.suite, "criterion": one.criterion}
            for first, second, kappa in one.kappas:
                rows.append({**place, "judges": f"{first}, {second}", **_plain("Cohen's kappa", kappa)})
            rows.append({**place, "judges": "all", **_plain("Fleiss' kappa", one.fleiss)})
            rows.append({**place, "judges": "all", **_plain("Krippendorff's alpha", one.alpha)})
        return Table("Agreement of judges", rows, ["value", "95 % from", "to", "n"])


def read_judged(home: Home, run_id: str) -> Judged:
    """The comparisons of a committed run."""
    return Judged(read_comparisons(home.warehouse, run_id), read_scores(home.warehouse, run_id))


def _with_ends(name: str, measured: Measured, mark: str = "") -> dict[str, object]:
    """A share with its interval; `mark` keeps the names of two of them apart."""
    return {
        name: percent(measured.value),
        f"95 % from{mark}": percent(measured.low),
        f"to{mark}": percent(measured.high),
    }


def _plain(name: str, measured: Measured) -> dict[str, object]:
    figures = [
        "–" if value is None else f"{value:.3f}" for value in (measured.value, measured.low, measured.high)
    ]
    return {"measure": name, "value": figures[0], "95 % from": figures[1], "to": figures[2], "n": measured.n}
