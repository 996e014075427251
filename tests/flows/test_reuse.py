"""`--reuse` takes identical answers of earlier runs at no cost, and says which run paid for each."""

from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, asked, assert_complete, query, told

N = 30


@pytest.mark.slow
def test_an_identical_request_is_not_paid_for_twice(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    with start_server(told(N + 5), make_settings({"latency_ms": 2})) as server:
        spec = sums(N, server.base_url)
        assert_complete(nightbench("run", spec, "--run-id", "first", "--json", env=env), N * len(MODELS))
        again = nightbench("run", spec, "--run-id", "again", "--json", env=env)
        assert_complete(again, N * len(MODELS))
        assert sum(asked(server).values()) == 2 * N * len(MODELS), "by default nothing is reused"

        sums(N + 5, server.base_url)  # five questions more, and another version of the suite
        planned = nightbench("plan", spec, "--reuse", "7d", "--json", env=env).json
        assert (planned["calls"], planned["reused"]) == ((N + 5) * len(MODELS), N * len(MODELS))
        whole = nightbench("plan", spec, "--json", env=env).json
        assert whole["reused"] == 0
        assert float(planned["usd"]) == pytest.approx(float(whole["usd"]) * 5 / (N + 5), rel=0.01)
        reused = nightbench("run", spec, "--run-id", "reused", "--reuse", "7d", "--json", env=env)
        assert_complete(reused, (N + 5) * len(MODELS))
        assert sum(asked(server).values()) == (2 * N + 5) * len(MODELS), "only the new ones were asked"
        rows = query(
            home,
            "select reused_from, count(*) as n, count(distinct attempts) as kinds, max(attempts) as tries, "
            "sum(usd) as usd, count(response) as texts from call_costs where run_id = 'reused' "
            "group by all order by reused_from nulls last",
        )
        assert [(row["reused_from"], row["n"], row["tries"]) for row in rows] == [
            ("again", N * len(MODELS), 0),
            (None, 5 * len(MODELS), 1),
        ]
        assert float(rows[0]["usd"]) == 0
        assert float(rows[1]["usd"]) > 0
        assert rows[0]["texts"] == N * len(MODELS)
        [kept] = query(home, "select predicted_usd from runs where run_id = 'reused'")
        assert float(kept["predicted_usd"]) == pytest.approx(float(planned["usd"]), rel=0.01)
        same = query(
            home,
            "select count(*) as n from calls a join calls b using (request_hash, epoch, response) "
            "where a.run_id = 'reused' and b.run_id = 'again'",
        )
        assert same == [{"n": N * len(MODELS)}]
        grades = query(home, "select count(*) as n from grades where run_id = 'reused'")
        assert grades == [{"n": (N + 5) * len(MODELS)}], "what is reused is graded anew"

        before = sum(asked(server).values())
        chain = nightbench("run", spec, "--run-id", "chain", "--reuse", "same-spec", "--json", env=env)
        assert_complete(chain, (N + 5) * len(MODELS))
        assert sum(asked(server).values()) == before
        origins = query(home, "select distinct reused_from from calls where run_id = 'chain' order by 1")
        assert [row["reused_from"] for row in origins] == ["again", "reused"], "the run that paid is named"
        other = nightbench("run", spec, "--seed", "7", "--reuse", "same-spec", "--json", env=env)
        assert_complete(other, (N + 5) * len(MODELS))
        assert sum(asked(server).values()) == before + (N + 5) * len(MODELS), "another spec has none"


@pytest.mark.parametrize("word", ["always", "8d", "0d", "7"])
def test_another_word_is_refused(word: str, nightbench: Nightbench) -> None:
    words = ("run", "--suite", "json_only", "--model", "simulated/gpt-4o-2024-05-13", "--reuse", word)
    said = nightbench(*words)
    assert said.code == 2, said.err
    assert 'reuse: is "never", "same-spec", or an age from "1d" to "7d"' in said.err


@pytest.mark.slow
def test_what_was_reused_is_said_and_an_answer_of_a_batch_has_no_latency(
    home: Path, nightbench: Nightbench
) -> None:
    words = ("run", "--suite", "word_problems", "--model", "simulated/gpt-4o-2024-05-13", "--limit", "4")
    assert_complete(nightbench(*words, "--mode", "batch", "--json"), 4)
    said = nightbench(*words, "--reuse", "7d", "--run-id", "later")
    assert "4 of 4 answers are of earlier runs, and cost nothing here" in said.out
    rows = query(home, "select distinct latency_s from calls where run_id = 'later'")
    assert rows == [{"latency_s": None}]
