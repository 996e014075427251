"""What a finished run has to say: its leaderboard and its bill, read from the catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.home import Home
from tasks.hostile import in_markdown
from warehouse.errors import SpecError
from warehouse.query import Found, run_all, run_sql

Row = Mapping[str, object]

RUN = "select * from runs where run_id = '{run_id}'"

NEWEST = """
select run_id from runs
where kind not in ('ask', 'rehearsal', 'regrade', 'calibrate')
order by started_at desc, run_id
limit 1
"""

LEADERBOARD = """
select suite, variant, model, n, n_failed, n_refused, n_cut, accuracy, ci_low, ci_high, mean_score,
       usd, n_unpriced, usd_per_correct, latency_p50, latency_p95, input_tokens, output_tokens, n_ungraded,
       judge, judge_accuracy, accuracy_corrected, corrected_low, corrected_high
from leaderboard_all
where run_id = '{run_id}'
order by suite, accuracy desc nulls last, variant
"""

DECIDED = """
select suite, words, usd_saved
from decisions
where run_id = '{run_id}'
"""

COSTS = """
select variant, model, count(*) as calls, sum(attempts) as attempts,
       sum(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens) as input_tokens,
       sum(output_tokens) as output_tokens,
       case when count(*) = count(usd) then sum(usd) end as usd,
       count(*) - count(usd) as n_unpriced,
       sum(cached_input_tokens) as cached_input_tokens,
       sum(cache_write_tokens + cache_write_1h_tokens) as cache_write_tokens,
       count(*) filter (cached_input_tokens > 0) as cache_hits,
       count(reused_from) as n_reused
from call_costs
where run_id = '{run_id}'
group by variant, model
order by variant
"""


@dataclass(frozen=True)
class RunSummary:
    """A run's own row, its leaderboard and its bill."""

    run: Row
    leaderboard: Sequence[Row]
    costs: Sequence[Row]
    decided: Sequence[Row] = ()

    def decision_notes(self) -> list[str]:
        """A sentence on each comparison that [stop] decided, and what was saved by it."""
        notes = [str(row["words"]) for row in self.decided]
        saved = {row["suite"]: row["usd_saved"] for row in self.decided}
        if saved:
            known = [usd for usd in saved.values() if isinstance(usd, Decimal)]
            usd = f"about ${money(sum(known, Decimal(0)))}" if len(known) == len(saved) else "an unknown sum"
            notes.append(f"[stop] saved {usd}: what the calls that were not needed would have cost.")
        return notes

    def leaderboard_rows(self) -> list[dict[str, object]]:
        """The leaderboard as Prefect's table artifact shows it: text and numbers."""
        ungraded = any(row["n_ungraded"] for row in self.leaderboard)
        judged = any(row["judge"] for row in self.leaderboard)
        corrected = any(row["accuracy_corrected"] is not None for row in self.leaderboard)
        return [
            {
                "suite": row["suite"],
                "variant": row["variant"],
                "n": row["n"],
                **({"without a grade": row["n_ungraded"]} if ungraded else {}),
                "accuracy %": percent(row["accuracy"]),
                "95 % from": percent(row["ci_low"]),
                "to": percent(row["ci_high"]),
                **(_judge_columns(row) if judged else {}),
                **(_corrected_columns(row) if corrected else {}),
                "failed": row["n_failed"],
                "usd": money(row["usd"]),
                "usd per correct": money(row["usd_per_correct"]),
                "latency p50 s": number(row["latency_p50"]),
            }
            for row in self.leaderboard
        ]

    def notes(self) -> list[str]:
        """A sentence on each variant with reused answers, and on each suite with ungraded ones."""
        suites = dict.fromkeys(row["suite"] for row in self.leaderboard if row["n_ungraded"])
        reused = [
            f"{row['variant']}: {row['n_reused']:,} of {row['calls']:,} answers are of earlier runs, and "
            f"cost nothing here (calls.reused_from names the runs)."
            for row in self.costs
            if row["n_reused"]
        ]
        return reused + [
            f'suite "{suite}": answers have no score, because nightbench does not have its first grader yet, '
            f"or because it cannot tell (docs/grading.md). They are kept and priced; whether they are right "
            f"is not known, which is not 0."
            for suite in suites
        ]

    def prediction_notes(self) -> list[str]:
        """What the run was expected to cost, beside what it cost; nothing where it was not predicted."""
        run, costs = self.run, [row["usd"] for row in self.costs]
        if run["predicted_usd"] is None:
            return []
        known = [usd for usd in costs if isinstance(usd, Decimal)]
        cost = money(sum(known, Decimal(0))) if len(known) == len(costs) else "unknown"
        low, high = money(run["predicted_usd_low"]), money(run["predicted_usd_high"])
        return [f"predicted ${money(run['predicted_usd'])} ({low} to {high}), cost ${cost}"]

    def cache_notes(self) -> list[str]:
        """A sentence on each variant whose prompts a vendor's cache held a part of."""
        return [
            f"{row['variant']}: {row['cache_hits']:,} of {row['calls']:,} calls read a vendor's cache: "
            f"{_share(row, 'cached_input_tokens')} % of the input tokens; "
            f"{_share(row, 'cache_write_tokens')} % were written to it."
            for row in self.costs
            if row["cached_input_tokens"] or row["cache_write_tokens"]
        ]

    def markdown(self, pictures: Sequence[str] = ()) -> str:
        """The summary as a page: status, leaderboard, pictures (lines of markdown), bill."""
        run = self.run
        made_up = " Its models are **simulated**: they say nothing of real ones." if run["simulated"] else ""
        lines = [
            f"# Run `{run['run_id']}`: {run['status']}",
            f"{run['answered_calls']} of {run['planned_calls']} calls answered, {run['failed_calls']} failed."
            f"{made_up}",
            "",
            *markdown_table(self.leaderboard_rows()),
            *(f"\n{note}" for note in (*self.notes(), *self.decision_notes())),
            *pictures,
            "",
            "## Cost",
            *markdown_table(self.cost_rows()),
            *(f"\n{note}" for note in (*self.cache_notes(), *self.prediction_notes())),
        ]
        return "\n".join(lines) + "\n"

    def cost_rows(self) -> list[dict[str, object]]:
        """The bill, a row a variant."""
        return [
            {
                "variant": row["variant"],
                "calls": row["calls"],
                "attempts": row["attempts"],
                "input tokens": row["input_tokens"],
                "output tokens": row["output_tokens"],
                "usd": money(row["usd"]),
                "without a price": row["n_unpriced"],
            }
            for row in self.costs
        ]


def run_summary(home: Home, run_id: str) -> RunSummary:
    """Read the summary of a committed run.

    Raises: SpecError: no such run is committed.
    """
    queries = [query.format(run_id=run_id) for query in (RUN, LEADERBOARD, COSTS, DECIDED)]
    runs, leaderboard, costs, decided = map(rows_of, run_all(home.warehouse, queries))
    if not runs:
        raise SpecError(f'run "{run_id}" is not in the warehouse. `nightbench runs` lists what there is.')
    return RunSummary(runs[0], leaderboard, costs, decided)


def newest_run(home: Home) -> str:
    """The run that was committed last begun; a question, a rehearsal, a regrade or a calibration is none.

    Raises: SpecError: none is committed.
    """
    rows = rows_of(run_sql(home.warehouse, NEWEST))
    if not rows:
        raise SpecError(
            f"no run is committed in {home.root}. `nightbench run --help` shows how to start one."
        )
    return str(rows[0]["run_id"])


def percent(value: object) -> str:
    """A share as a percentage with two decimals; a dash where there is none."""
    return f"{100 * value:.2f}" if isinstance(value, float | Decimal) else "–"


def money(value: object) -> str:
    """Dollars with as many decimals as a reader needs; a dash where there is no price."""
    if not isinstance(value, float | Decimal):
        return "–"
    return f"{value:,.2f}" if value >= 100 else f"{value:,.4f}" if value >= 0.01 else f"{value:,.6f}"


def number(value: object) -> str:
    """A measure with two decimals; a dash where there is none."""
    return f"{value:,.2f}" if isinstance(value, int | float | Decimal) else "–"


def _judge_columns(row: Row) -> dict[str, object]:
    """Who gave the score, and how often that judge was right when it was calibrated."""
    return {"judge": row["judge"] or "–", "judge right %": percent(row["judge_accuracy"])}


def _corrected_columns(row: Row) -> dict[str, object]:
    """Accuracy with the judge's errors taken out, and its interval; names differ, as keys must."""
    return {
        "corrected %": percent(row["accuracy_corrected"]),
        "corr. from": percent(row["corrected_low"]),
        "corr. to": percent(row["corrected_high"]),
    }


def _share(row: Row, kind: str) -> str:
    """Tokens of a kind as a share of the whole input."""
    part, whole = row[kind], row["input_tokens"]
    return percent(float(str(part)) / float(str(whole)) if part is not None and whole else None)


def rows_of(found: Found) -> list[Row]:
    """What a query found, a row by the names of its columns."""
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def markdown_table(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Rows as a table in markdown, line by line; whatever is in a cell is shown as text."""
    if not rows:
        return ["(nothing)"]
    names = list(rows[0])
    cells = [[in_markdown(row[name]) for name in names] for row in rows]
    return [
        "| " + " | ".join(map(in_markdown, names)) + " |",
        "|" + " --- |" * len(names),
        *("| " + " | ".join(line) + " |" for line in cells),
    ]
