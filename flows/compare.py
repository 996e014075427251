"""The flow `compare`: which of two is better at what, by how much, and how sure."""

import os
from collections.abc import Iterator, Sequence

from prefect import flow
from prefect.runtime import flow_run

from flows.pages.compared import result_row
from flows.pages.publishing import publish_pages
from flows.pages.summary import markdown_table
from flows.parameters import LAST, PREVIOUS, Comparison
from flows.running.storage import PLAIN
from tasks.comparing.contests import Entry, find_contests, read_entries
from tasks.comparing.results import Disagreement, Result, measure, read_telling
from tasks.comparing.words import caveats, compared, outlook, price_of_right, verdict
from tasks.home import Settings
from tasks.hostile import in_markdown, shortened
from warehouse.errors import SpecError


def _name() -> str:
    options = Comparison.model_validate(flow_run.parameters["options"])
    return f"{options.a} against {options.b}"[:200]


@flow(name="compare", flow_run_name=_name, **PLAIN)
def compare(options: Comparison = Comparison()) -> None:  # noqa: B008 - frozen
    """Compares two runs, variants or models on the same samples: the difference with its interval.

    Args:
        options: What is compared with what. As it stands: the newest run with the one before.
    """
    warehouse = Settings.read(os.environ).home.warehouse
    entries = read_entries(warehouse, options.suites)
    a, b = meant(entries, options.a, options.b)
    found = find_contests(entries, a, b)
    results = measure(warehouse, found.contests)
    telling = read_telling(warehouse, found.contests, options.show)
    notes = [*caveats(results), *found.notes]
    rows = [result_row(result, several=True) for result in results]
    publish_pages(
        "comparison", rows, [*page(results, telling, notes)], f"{in_markdown(a)} and {in_markdown(b)}"
    )


def meant(entries: Sequence[Entry], a: str, b: str) -> tuple[str, str]:
    """The words of a comparison: `last` and `the one before` are the runs that they mean now.

    Raises: SpecError: there is no such run.
    """
    runs = {entry.run_id: entry.started_at for entry in entries}  # the newest first
    if b == LAST:
        if not runs:
            raise SpecError("nothing was run yet that could be compared. Start an evaluation first.")
        b = next(iter(runs))
    if a != PREVIOUS:
        return a, b
    if b not in runs:
        raise SpecError(f'"{PREVIOUS}" is the one before a run, and "{b}" is none. Name the baseline.')
    asked = {(entry.suite, entry.variant) for entry in entries if entry.run_id == b}
    for entry in entries:
        if entry.started_at < runs[b] and entry.run_id != b and (entry.suite, entry.variant) in asked:
            return entry.run_id, b
    raise SpecError(f'no run before "{b}" has a suite and a variant of it. Name the baseline.')


def page(results: Sequence[Result], telling: Sequence[Disagreement], notes: Sequence[str]) -> Iterator[str]:
    """The comparison in markdown."""
    yield "# Comparison"
    for result in results:
        yield f"- {in_markdown(compared(result.contest))}"
    for result in results:
        contest = result.contest
        sides = f"{contest.label_a} and {contest.label_b}: {verdict(result, of=len(results))}"
        more = [line for line in (outlook(result), price_of_right(result)) if line]
        yield "\n" + in_markdown(". ".join((sides, *more)))
    yield ""
    yield from markdown_table([result_row(result, several=True) for result in results])
    yield from (f"\n{in_markdown(note)}" for note in notes)
    if telling:
        yield "\n## Samples that tell most\n"
        yield from escaped_rows(telling)


def escaped_rows(telling: Sequence[Disagreement]) -> Iterator[str]:
    """A line a sample and, under it, what was expected and what either said, shortened."""
    for d in telling:
        right, wrong = (d.variant_b, d.variant_a) if d.passed_b > d.passed_a else (d.variant_a, d.variant_b)
        sides = f"{in_markdown(right)} is right, {in_markdown(wrong)} is not"
        yield f"- **{in_markdown(d.suite)} {in_markdown(d.sample_id)}**: {sides}"
        if d.target is not None:
            yield f"    - expected: {shortened(d.target)}"
        for variant, answer, response in (
            (d.variant_a, d.answer_a, d.response_a),
            (d.variant_b, d.answer_b, d.response_b),
        ):
            yield f"    - {in_markdown(variant)}: {shortened(response if answer is None else answer)}"
