"""The policy by prompt corrects the one by suite where it is shown to gain, and else is the same."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tasks.router import Router
from tasks.routing import measure, prompts
from tasks.routing.data import Samples
from tasks.routing.export import policy_document
from tasks.routing.measure import cross_choices
from tasks.routing.prompts import C, PromptModel, _logistic, beyond, feature_matrix, fit_prompts, prompt_model
from tests.tasks.routing.test_routing import planted, samples
from warehouse.errors import SpecError


def fitted(given: Samples, worth: float) -> PromptModel:
    seen = feature_matrix(given)
    assert seen is not None
    rows = np.arange(len(given.keys))
    return prompt_model(given, given.usd, *seen, rows, fit_prompts(given, given.usd, *seen, rows), worth)


def test_prompts_that_the_cheap_model_solves_leave_the_suites_choice() -> None:
    given = planted()
    of = {c.policy: c.of for c in cross_choices(given, given.usd, [0.008])}
    code = np.array([category == "code" for category in given.categories])
    assert (of["suite"] == 1).all()
    assert of["prompt"][code].mean() < 0.1
    assert of["prompt"][~code].mean() > 0.9


def test_prompts_that_say_nothing_of_who_is_right_stay_with_the_suites_choice() -> None:
    """Of 20 sets in which the prompt tells nothing, the regressions are followed in at most 3."""
    followed = 0
    for seed in range(20):
        given = samples(200, seed=seed)
        followed += math.isfinite(fitted(given, 0.1).margin_usd)
    assert followed <= 3


def test_out_of_fold_it_is_never_much_worse_than_the_policy_by_suite() -> None:
    """Over 20 sets in which the suite says all there is, it loses less than a fifth of a point's worth."""
    lost = []
    for seed in range(20):
        given = samples(200, better_on="code", seed=seed)
        rows = np.arange(200)
        of = {c.policy: c.of for c in cross_choices(given, given.usd, [0.1])}
        real = {kind: (0.1 * given.passed - given.usd)[rows, chosen].mean() for kind, chosen in of.items()}
        lost.append(real["suite"] - real["prompt"])
    assert np.mean(lost) < 0.1 * 0.002


def test_a_prompt_leaves_only_beyond_the_margin() -> None:
    worths = np.array([[1.0, 1.2], [1.0, 1.3], [2.0, 1.0]])
    assert list(beyond(worths, np.array([0, 0, 0]), 0.25)) == [0, 1, 0]
    assert list(beyond(worths, np.array([0, 0, 1]), math.inf)) == [0, 0, 1]


def test_the_regression_is_the_optimum_of_its_penalised_likelihood() -> None:
    """Oracle: scipy's general minimiser on the same objective."""
    from scipy.optimize import minimize

    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(200, 3)), rng.random(200)
    more = 0.5 / 200

    def loss(beta: np.ndarray) -> float:
        z = beta[0] + x @ beta[1:]
        each = (1 + 2 * more) * np.logaddexp(0, z) - (y + more) * z
        return float(np.sum(each) + 0.5 / C * beta[1:] @ beta[1:])

    best = minimize(loss, np.zeros(4), tol=1e-12)
    assert _logistic(x, y) == pytest.approx(best.x, abs=1e-3)


@pytest.mark.parametrize("passed", [0.0, 1.0])
def test_where_all_or_none_passed_the_chance_is_finite(passed: float) -> None:
    found = _logistic(np.random.default_rng(0).normal(size=(50, 3)), np.full(50, passed))
    assert abs(found[0]) < math.log(110)
    assert np.abs(found[1:]).max() < 1e-3


@pytest.mark.parametrize(("worth", "leaves"), [(0.008, True), (0.1, False)])
def test_a_router_chooses_as_the_policy_that_was_exported(worth: float, leaves: bool) -> None:
    given = planted()
    seen = feature_matrix(given)
    assert seen is not None
    model = fitted(given, worth)
    assert math.isfinite(model.margin_usd) == leaves
    router = Router(policy_document(given, given.usd, "prompt", worth, None))
    chosen = [given.names.index(router.choose(text or "", suite="mixed")) for text in given.texts]
    assert chosen == list(model.choose(*seen, given.suites))


def test_without_scikit_learn_the_other_policies_are_measured_and_this_one_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(prompts, "installed", lambda: False)
    monkeypatch.setattr(measure, "installed", lambda: False)
    given = replace(samples(), categories=("x",) * 400)
    assert {c.policy for c in cross_choices(given, given.usd, [0.1])} == {"suite", "category"}
    with pytest.raises(SpecError, match=r'pip install -e "\.\[routing\]"'):
        prompts.need_scikit_learn()
