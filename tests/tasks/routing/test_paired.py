"""A policy is better than one model alone by what was planted, and by nothing where nothing was planted."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.routing.data import Samples
from tasks.routing.measure import Measured, bounds, cross_choices, measure
from tasks.routing.paired import Against, _refits, _t, against_alone
from tasks.routing.policies import KINDS
from tasks.routing.routed import verdict
from tests.tasks.routing.test_routing import planted, samples


def judged(
    given: Samples, worth: float, refits: int = 12, seed: int = 0
) -> tuple[dict[str, Measured], dict[tuple[str, str], Against], str]:
    """The policies, what they are against the models alone, and the sentence."""
    fixed, choices = bounds(given, given.usd), cross_choices(given, given.usd, [worth], seed)
    found = measure(given, given.usd, [*fixed, *choices], seed)
    found, rows = against_alone(given, given.usd, worth, found, choices, seed, refits)
    by_role = {(row.policy, row.role): row for row in rows}
    return {m.policy: m for m in found}, by_role, verdict(given, found, rows)


@pytest.mark.parametrize("kind", ["category", "prompt"])
def test_a_category_that_the_cheap_model_solves_is_money_saved_at_the_same_accuracy(kind: str) -> None:
    """Half of the calls at half the price: a quarter of the good model's bill, for no loss at all."""
    measured, against, said = judged(planted(), 0.008)
    best, cheapest = against[kind, "best"], against[kind, "cheapest"]
    assert best.points_low <= best.points <= best.points_high
    assert best.points == pytest.approx(0, abs=1)
    assert best.points_low > -5
    assert best.saved == pytest.approx(0.25, abs=0.02)
    assert best.saved_low > 0.2
    assert cheapest.points_low > 10
    assert cheapest.saved == pytest.approx(-0.5, abs=0.04)
    assert measured[kind].gain_low > 0
    assert "is better than a random mixture" in said
    assert "against the cheapest alone, cheap, +" in said.lower()


def test_a_suite_of_one_kind_of_sample_gives_the_suite_policy_nothing_to_win() -> None:
    _, against, _ = judged(planted(), 0.008)
    row = against["suite", "best"]
    assert (row.points, row.usd, row.saved) == (0, 0, 0)


def test_quiet_data_gets_no_advantage_claimed() -> None:
    """Of 8 sets without any difference between the models, at most 1 has a policy that is called better."""
    claims = 0
    for seed in range(8):
        measured, against, said = judged(samples(160, seed=seed), 0.1, refits=6, seed=seed)
        claims += not said.startswith("No policy beats") or any(r.points_low > 0 for r in against.values())
        assert measured["suite"].share[0] > 0.6
    assert claims <= 1


def test_the_interval_covers_a_choice_that_might_have_been_another() -> None:
    """At a worth where the evidence is just enough, what was fitted is half of what is not known."""
    given = samples(240, better_on="code", seed=3)
    worth = 0.005
    choices = cross_choices(given, given.usd, [worth])
    fixed = next(m for m in measure(given, given.usd, choices) if m.policy == "suite")
    fitted = judged(given, worth)[0]["suite"]
    assert fitted.usd_high - fitted.usd_low > 2 * (fixed.usd_high - fixed.usd_low)


def test_clusters_widen_the_difference() -> None:
    given = planted()
    passed = np.repeat(given.passed[::20], 20, axis=0)
    clustered = replace(given, passed=passed, clusters=tuple(f"c{i // 20}" for i in range(400)))
    row, alone = (judged(one, 0.1, refits=8)[1]["suite", "cheapest"] for one in (clustered, given))
    assert row.points_high - row.points_low > 2 * (alone.points_high - alone.points_low)


def test_the_copies_of_a_cluster_stay_in_one_fold() -> None:
    given = samples(80)
    for again, usd, _ in _refits(given, given.usd, 0.1, 0, 3):
        assert len(usd) == len(again.keys) == 80
        assert len(set(again.clusters)) == 80
        assert set(again.kept_together) < set(given.clusters)


def test_every_fitted_policy_is_put_against_both() -> None:
    _, against, _ = judged(planted(80), 0.1, refits=2)
    assert set(against) == {(kind, role) for kind in KINDS for role in ("best", "cheapest")}


@pytest.mark.parametrize("tail", [0.025, 0.025 / 3])
def test_the_quantile_is_students(tail: float) -> None:
    """Oracle: scipy."""
    from scipy.stats import t

    assert _t(tail, 49) == pytest.approx(float(t.isf(tail, 49)), abs=0.01)


@pytest.mark.slow
def test_over_many_planted_sets_the_intervals_hold_what_the_policy_comes_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At least nine in ten, of 60 sets; an advantage over the best alone, which is none, in at most 4."""
    monkeypatch.setattr("tasks.routing.measure.installed", lambda: False)  # by suite alone: it is fast
    rows = [judged(samples(400, better_on="code", seed=5000 + s), 0.1, 30, s)[1] for s in range(60)]
    for role in ("best", "cheapest"):
        points = [of["suite", role] for of in rows]
        for name in ("points", "saved"):
            middle = np.mean([getattr(row, name) for row in points])
            held = [getattr(row, f"{name}_low") <= middle <= getattr(row, f"{name}_high") for row in points]
            assert np.mean(held) >= 0.9, (role, name)
    assert sum(of["suite", "best"].points_low > 0 for of in rows) <= 4
