"""A week's seven summaries say what happened in it, and raise no other alarm."""

import re
from pathlib import Path

import pytest

from tasks.home import Home
from tasks.night.summary import MOST, NightSummary, night_markdown, summarize_night
from tests.tasks.night.week import CLAUDE, GPT, Week

RAN = (
    rf"^Ran: 2 suites \(sums, words\) put to 2 models \({GPT}, {CLAUDE}\): 2,880 of 2,880 calls answered, "
    r"0 failed in 30 min$"
)
QUIET = r"^Changed: nothing that 240 to 1,200 samples could show, against {} \(4 comparisons, the largest "
NO_DRIFT_YET = r"^Changed: drift is looked for from the fourth whole night "
COST = r"^Cost: it cost \$1\.\d\d, 16 % of its budget of \$10\.00; {} cost \$1\.\d\d \([+-]\d\.\d %\)$"
SERVED = "the provider serves claude-3-5-sonnet-20241022, after claude-3-5-sonnet-20240620"

# Of each night the statements that should be in its summary; -6 is night 6 while it lay there killed.
STATEMENTS = {
    1: [
        r"^Night: night-1, 2026-03-02, complete: nothing to look at$",
        r"^Changed: there is no earlier run of these suites and variants",
        NO_DRIFT_YET,
        RAN,
        r"^Ran: sums, % right: .*7\d\.\d \(7\d\.\d to 7\d\.\d\)",
        r"^Cost: it cost \$1\.\d\d, 16 % of its budget of \$10\.00$",
    ],
    2: [
        r"^Night: night-2, 2026-03-03, complete: nothing to look at$",
        QUIET.format("night-1"),
        RAN,
        COST.format("night-1"),
    ],
    3: [
        r"^Night: night-3, 2026-03-04, partial: 3 things to look at$",
        r"^Look at: it is partial: 1,940 of 2,880 calls were answered, 928 were not; to go on: "
        r"nightbench resume night-3$",
        rf"^Look at: {CLAUDE} gave no answer since 02:09 UTC \(126 attempts, the last 02:11\)$",
        rf'^Look at: 12 calls failed for good, server_error \({CLAUDE}\): "529 from api.anthropic.com: ',
        rf"^Changed: only samples that both answered are compared: sums, {CLAUDE} \(500\)$",
        r"1,940 of 2,880 calls answered, 12 failed in 30 min$",
        r"^Cost: it cost \$1\.\d\d, 1\d % of its budget of \$10\.00; night-2 cost \$1\.\d\d$",
    ],
    4: [
        r"^Night: night-4, 2026-03-05, complete: nothing to look at$",
        QUIET.format("night-2"),  # night 3 was not whole
        NO_DRIFT_YET,
        RAN,
        COST.format("night-2"),
    ],
    5: [
        r"^Night: night-5, 2026-03-06, complete: 1 alarm$",
        rf"^ALARM: sums, {CLAUDE}: [3-5]\.\d points lower than in the 3 nights before \(7\d\.\d % after "
        rf"7\d\.\d %, 95 % from -\d\.\d to -\d\.\d, n = 1,200, p = \S+\); "
        rf"most in carry \(-1\d\.\d\); {SERVED}",
        rf"^Changed: {CLAUDE}: {SERVED} \(sums, words\)$",
        r"^Changed: nothing else that 240 to 1,200 samples could show, against night-4 \(3 comparisons",
        RAN,
        COST.format("night-4"),
    ],
    -6: [
        r"^Night: night-6, 2026-03-07, interrupted: 1 thing to look at$",
        r"^Look at: it was interrupted, for its process died: 1,400 of 2,880 calls were answered; to go on, "
        r"asking none of them again: nightbench resume night-6$",
        r"^Cost: what it cost so far is in no table yet$",
    ],
    6: [
        r"^Night: night-6, 2026-03-07, complete: 1 thing to look at$",
        rf"^Look at: sums, {CLAUDE}: the alarm of the night before is not raised again, which is no recovery "
        r"yet \(7\d\.\d % now, 7\d\.\d % then, 7\d\.\d % before\)$",
        QUIET.format("night-5"),
        RAN,
        COST.format("night-5"),
    ],
    7: [
        r"^Night: night-7, 2026-03-08, complete: 1 alarm$",
        rf"^ALARM: sums, {CLAUDE}: in its newest 3 nights [3-5]\.\d points lower than in the "
        r"3 nights before ",
        RAN,
        COST.format("night-6"),
    ],
}


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[int, NightSummary]]:
    """The home after the week, and each summary as it was when its night had ended."""
    at_home = Home(tmp_path_factory.mktemp("week"))
    nights = Week(at_home).nights()
    return at_home, {n: summarize_night(at_home, f"night-{abs(n)}") for n in nights}


@pytest.mark.slow
@pytest.mark.parametrize("n", STATEMENTS)
def test_a_night_says_what_happened(week: tuple[Home, dict[int, NightSummary]], n: int) -> None:
    lines = week[1][n].lines
    missing = [wanted for wanted in STATEMENTS[n] if not any(re.search(wanted, line) for line in lines)]
    assert not missing, "\n".join(lines)
    assert len(lines) <= MOST
    assert len(night_markdown(week[1][n]).splitlines()) == len(lines)


@pytest.mark.slow
def test_no_other_alarm_is_raised(week: tuple[Home, dict[int, NightSummary]]) -> None:
    alarms = {n: summary.alarms for n, summary in week[1].items() if summary.alarms}
    assert set(alarms) == {5, 7}
    assert all(len(said) == 1 and said[0].startswith(f"sums, {CLAUDE}: ") for said in alarms.values())
    assert [n for n, summary in week[1].items() if summary.to_look_at] == [3, -6, 6]
    better = [line for summary in week[1].values() for line in summary.lines if "better" in line]
    assert better == []


@pytest.mark.slow
def test_an_earlier_night_still_reads_as_it_did(week: tuple[Home, dict[int, NightSummary]]) -> None:
    at_home, summaries = week
    for n in (1, 3, 5, 6):
        assert summarize_night(at_home, f"night-{n}").lines == summaries[n].lines


@pytest.mark.slow
def test_a_named_baseline_stays_what_the_night_is_compared_with(
    week: tuple[Home, dict[int, NightSummary]],
) -> None:
    summary = summarize_night(week[0], "night-6", baseline="night-2", max_drop=0.01)
    assert list(summary.baseline_runs) == ["night-2"]
    (drop,) = [line for line in summary.lines if line.startswith("ALARM")]
    assert f"sums, {CLAUDE}: a drop of more than 1.0 points is shown" in drop
    assert summary.usd is not None
    assert summary.budget_share == pytest.approx(float(summary.usd) / 10)


def test_a_baseline_that_is_not_there_is_said(home: Path) -> None:
    at_home = Home(home)
    Week(at_home).land(1)
    summary = summarize_night(at_home, "night-1", baseline="night-0")
    assert (
        'Changed: nothing is compared: there is no run "night-0" with answers. `nightbench runs` lists them'
        in (summary.lines)
    )
    assert summary.alarms == []
