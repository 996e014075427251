"""Policies take the better model where it is shown to be better, measured on what they did not see."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.router import Router
from tasks.routing.data import Samples
from tasks.routing.export import policy_document
from tasks.routing.measure import Choices, bounds, cross_choices, measure
from tasks.routing.policies import fit_cells, folds
from tasks.routing.workload import read_profile, usd_a_call
from warehouse.errors import SpecError

SONNET, GPT = "anthropic/claude-3-5-sonnet-20240620", "openai/gpt-4o-2024-05-13"


def samples(n: int = 400, *, better_on: str = "", seed: int = 1) -> Samples:
    """Two suites of short questions; the dear model is right 30 points more often on `better_on`."""
    rng = np.random.default_rng(seed)
    suites = tuple("code" if i % 2 else "talk" for i in range(n))
    texts = tuple(
        f"```\nf({i})\n```" if suite == "code" else f"Say hello to {i}" for i, suite in enumerate(suites)
    )
    chance = np.array([[0.6, 0.9 if suite == better_on else 0.6] for suite in suites])
    return Samples(
        names=("cheap", "good"),
        priced_as=(SONNET, GPT),
        models=(SONNET, GPT),
        keys=tuple((suite, "1+00000000", str(i)) for i, suite in enumerate(suites)),
        suites=suites,
        categories=(None,) * n,
        clusters=tuple(f"c{i}" for i in range(n)),
        texts=texts,
        passed=(rng.random((n, 2)) < chance).astype(float),
        usd=np.tile([0.001, 0.002], (n, 1)),
        entries=(),
    )


def planted(n: int = 400, *, seed: int = 1, solved: float = 0.95) -> Samples:
    """One suite: the cheap model solves the category `code` as well as the good one, and half of the rest."""
    given = samples(n, seed=seed)
    chance = np.array([[solved if suite == "code" else 0.5, 0.95] for suite in given.suites])
    passed = (np.random.default_rng(seed).random((n, 1)) < chance).astype(float)  # one draw a sample
    return replace(given, suites=("mixed",) * n, categories=given.suites, passed=passed)


@pytest.mark.parametrize("kind", ["suite", "prompt"])
def test_the_better_model_gets_the_suite_where_it_is_better(kind: str) -> None:
    given = samples(better_on="code")
    of = next(c.of for c in cross_choices(given, given.usd, [0.1]) if c.policy == kind)
    code = np.array([suite == "code" for suite in given.suites])
    assert of[code].mean() > 0.9
    assert of[~code].mean() < 0.2


def test_worth_nothing_is_the_cheapest_and_cost_grows_with_worth() -> None:
    given = samples(better_on="code")
    worths = [0.0, 0.004, 0.1]
    chosen = [c for c in cross_choices(given, given.usd, worths) if c.policy == "prompt"]
    shares = [c.of.mean() for c in chosen]
    assert shares[0] == 0
    assert shares == sorted(shares)


def test_a_cluster_is_never_on_both_sides_of_a_fold() -> None:
    clusters = [f"c{i // 7}" for i in range(100)]
    seen: list[int] = []
    for train, test in folds(clusters, seed=3):
        assert not {clusters[i] for i in train} & {clusters[i] for i in test}
        seen += list(test)
    assert sorted(seen) == list(range(100))


def test_clusters_widen_the_interval() -> None:
    given = samples()
    alone = measure(given, given.usd, [Choices("always cheap", None, np.zeros(400, dtype=np.int64))])[0]
    passed = np.repeat(given.passed[::20], 20, axis=0)
    by_20 = Samples(**{**vars(given), "passed": passed, "clusters": tuple(f"c{i // 20}" for i in range(400))})
    whole = measure(by_20, given.usd, [Choices("always cheap", None, np.zeros(400, dtype=np.int64))])[0]
    assert whole.accuracy_high - whole.accuracy_low > 2 * (alone.accuracy_high - alone.accuracy_low)


def test_the_oracle_is_the_cheapest_of_those_that_are_right() -> None:
    given = samples()
    oracle = bounds(given, given.usd)[-1].of
    only_good = (given.passed[:, 1] > given.passed[:, 0]).astype(int)
    assert (oracle == only_good).all()


def test_a_small_group_follows_the_wider_one() -> None:
    given = samples(better_on="code")
    rows = np.array([i for i in range(400) if given.suites[i] == "code" or i < 20])
    cells = fit_cells(given, given.usd, rows, 0.1, by_category=False)
    assert cells.choose["talk", None] == cells.choose[None, None]


@pytest.mark.parametrize("kind", ["suite", "prompt", "always good"])
def test_an_exported_policy_chooses_as_it_was_fitted(kind: str) -> None:
    given = samples(better_on="code")
    router = Router(policy_document(given, given.usd, kind, 0.1, None))
    code = [
        router.choose(t or "", suite=s) for t, s in zip(given.texts, given.suites, strict=True) if s == "code"
    ]
    assert code.count("good") > 0.9 * len(code)


@pytest.mark.parametrize(
    ("text", "sonnet", "gpt"),
    [
        # 3 and 15 USD against 5 and 15 a million tokens: long input tells them apart, long output does not
        pytest.param("1M calls a month, 10k in, 300 out", 34_500, 54_500, id="long documents"),
        pytest.param("1M calls a month, 0 in, 1k out", 15_000, 15_000, id="output alone"),
        pytest.param("1,000 calls a day, 1000 in, 0 out", 90, 150, id="thirty days"),
        pytest.param("1M calls, 10k in, 0 out, 50% cached", 16_500, 50_000, id="from a cache"),
    ],
)
def test_a_workload_costs_what_its_tokens_cost(text: str, sonnet: float, gpt: float) -> None:
    profile = read_profile(text)
    assert profile.calls * usd_a_call(profile, SONNET) == pytest.approx(sonnet)
    assert profile.calls * usd_a_call(profile, GPT) == pytest.approx(gpt)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1M calls, 10k in", "does not say out"),
        ("1M calls, 10k in, 300 out, soon", '"soon" is not understood'),
        ("1M calls, 10k in, 2k in, 300 out", "again"),
        ("1M calls, 10k in, 3 out, 120% cached", "more than 100 %"),
        ("", "does not say calls, in, out"),
    ],
)
def test_a_workload_that_is_not_understood_is_refused(text: str, why: str) -> None:
    with pytest.raises(SpecError, match=why):
        read_profile(text)
