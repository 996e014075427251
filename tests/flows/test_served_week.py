"""A compressed week on a served nightbench: what each morning says, and that no other alarm is raised.

Night 3: a provider is lost on the way. Night 5: the other model is four points worse in one kind of question.
Night 6: the process of the night is killed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.flows.conftest import query
from tests.flows.served_week import MODELS, N, ServedWeek

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

GPT, CLAUDE = MODELS
MOST = 15
ALL = f"{2 * N:,}"
RAN = (
    rf"\*\*Ran\*\* 1 suite \(sums\) put to 2 models \({GPT}, {CLAUDE}\): "
    rf"{ALL} of {ALL} calls answered, 0 failed in "
)
SCORES = r"\*\*Ran\*\* sums, % right: simulated/\S+ 7\d\.\d \(\d\d\.\d to \d\d\.\d\), simulated/"
QUIET = rf"\*\*Changed\*\* nothing that {N:,} samples could show, against {{}} \(2 comparisons, the "
PAID = r"\*\*Cost\*\* nothing was paid; at the prices of the simulated models it is \\\$2\.\d\d"
COST = PAID + r"; {} cost \\\$2\.\d\d \("
LATER = r"\*\*Changed\*\* drift is looked for from the fourth whole night"
STATEMENTS = {
    1: [
        r"^### {run}, 2026-03-02, complete: nothing to look at$",
        r"\*\*Changed\*\* there is no earlier run of these suites and variants: later nights are compared",
        LATER,
        RAN,
        SCORES,
        PAID + "$",
    ],
    2: ["^### {run}, 2026-03-03, complete: nothing to look at$", QUIET.format("{1}"), LATER, RAN, SCORES],
    3: [
        r"^### {run}, 2026-03-04, partial: 2 things to look at$",
        r"\*\*Look at\*\* it is partial: \d,\d\d\d of 2,400 calls were answered, \d+ were not; to go on: "
        r"`nightbench resume {run}`$",
        rf"\*\*Look at\*\* {CLAUDE} gave no answer since 02:0\d UTC \(\d+ attempts, the last 02:0\d\)$",
        rf"\*\*Changed\*\* only samples that both answered are compared: sums, {CLAUDE} \(\d",
    ],
    4: ["^### {run}, 2026-03-05, complete: nothing to look at$", QUIET.format("{2}"), LATER, RAN, SCORES],
    5: [
        r"^### {run}, 2026-03-06, complete: 1 alarm$",
        rf"\*\*ALARM\*\* sums, {CLAUDE}: [2-6]\.\d points lower than in the 3 nights before "
        rf"\(.* n = {N:,}, p = .*\); "
        r"most in carry \(-1\d\.\d\); the provider serves the same model as before$",
        rf"\*\*Changed\*\* nothing else that {N:,} samples could show, against {{4}} \(1 comparison, ",
        RAN,
        COST.format("{4}"),
    ],
    6: [
        r"^### {run}, 2026-03-07, complete: 1 thing to look at$",
        rf"\*\*Look at\*\* sums, {CLAUDE}: the alarm of the night before is not raised again, which is no "
        r"recovery yet \(.* % now, .* % then, .* % before\)$",
        QUIET.format("{5}"),
        RAN,
    ],
    7: [
        r"^### {run}, 2026-03-08, complete: 1 alarm$",
        rf"\*\*ALARM\*\* sums, {CLAUDE}: in its newest 3 nights [2-6]\.\d points lower than in the "
        r"3 nights before ",
        rf"\*\*Changed\*\* nothing else that {N:,} samples could show, against {{6}} \(1 comparison, ",
        RAN,
        COST.format("{6}"),
    ],
}
ENDS = {n: "FAILED" if n == 3 else "CRASHED" if n == 6 else "COMPLETED" for n in range(1, 8)}


@dataclass
class Told:
    """What is there after the week."""

    home: Path
    runs: dict[int, str]
    mornings: dict[int, list[str]] = field(default_factory=dict)
    ends: dict[int, str] = field(default_factory=dict)
    messages: dict[int, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The week, once; as it went."""
    with ServedWeek(tmp_path_factory.mktemp("week")) as at:
        told = Told(at.home, at.runs)
        for night in range(1, 8):
            if night == 4:
                at.find_provider(CLAUDE)
            run = at.begin(night)
            if night == 3:
                at.until_answered(run, 0.3)
                at.lose_provider(CLAUDE)
            if night == 6:
                at.until_answered(run, 0.4)
                at.kill_run(run)
            ended = at.end_of(run)
            told.ends[night], told.messages[night] = ended["state_type"], ended["state"]["message"] or ""
            if night == 6:
                code, _, err = at.command("resume", run, "--json")
                assert code == 0, err
                _, out, _ = at.command("report", run, "--night", "--markdown")
                told.mornings[night] = out.splitlines()
            else:
                told.mornings[night] = at.lines_of(run).splitlines()
        yield told


@pytest.mark.parametrize("night", STATEMENTS)
def test_a_morning_says_what_happened(week: Told, night: int) -> None:
    lines = week.mornings[night]
    names = [week.runs[n] for n in range(1, 8)]
    wanted = [
        re.sub(r"\{(run|\d)\}", lambda m: week.runs[night] if m[1] == "run" else names[int(m[1]) - 1], one)
        for one in STATEMENTS[night]
    ]
    missing = [one for one in wanted if not any(re.search(one, line) for line in lines)]
    assert not missing, "\n".join(lines)
    assert len(lines) <= MOST


def test_no_other_alarm_is_raised(week: Told) -> None:
    text = {night: "\n".join(lines) for night, lines in week.mornings.items()}
    assert {night: said.count("**ALARM**") for night, said in text.items()} == {
        night: int(night in {5, 7}) for night in range(1, 8)
    }
    assert [night for night, said in text.items() if "**Look at**" in said] == [3, 6]
    assert not any(word in said for said in text.values() for word in ("better than", "worse than"))


def test_prefect_says_how_each_night_ended(week: Told) -> None:
    assert week.ends == ENDS
    for night in (1, 2, 4, 5, 7):
        assert week.messages[night] == "Night: " + week.mornings[night][0].removeprefix("### ")
    assert f"nightbench resume {week.runs[3]}" in week.messages[3]


def test_the_killed_night_is_whole_and_no_received_answer_was_asked_again(week: Told) -> None:
    rows = query(
        week.home,
        "with calls as (select run_id, call_key, max(started_at)::date as day, "
        "count(*) filter (outcome = 'answered') as answered from attempts group by run_id, call_key) "
        "select run_id, count(*) as n, count(*) filter (answered > 1) as twice, max(day)::varchar as day "
        "from calls group by run_id",
    )
    found = {row["run_id"]: row for row in rows}
    asked = {night: found[run]["n"] for night, run in week.runs.items() if night != 3}
    assert asked == dict.fromkeys((1, 2, 4, 5, 6, 7), 2 * N)
    assert [row["twice"] for row in rows] == [0] * 7
    assert sorted(row["day"] for row in rows) == [f"2026-03-0{2 + night}" for night in range(7)]


def test_each_night_is_told_as_begun_through_the_api(week: Told) -> None:
    rows = query(week.home, "select trigger, kind, simulated, count(*) as n from runs group by all")
    assert json.loads(json.dumps(rows)) == [{"trigger": "api", "kind": "evaluate", "simulated": True, "n": 7}]
