"""The Router needs nothing but the standard library, applies a policy, and asks both APIs behind one call."""

import asyncio
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks import router as module
from tasks.router import FEATURES, FORMAT, VERSION, AskFailed, Router, RouterError, best
from tests.tasks.call.simulated.loopback import GPT, QUESTION, SONNET, entry, serving

PRICES = {"input": "3.000000", "output": "15.000000"}
MODELS = [
    {"name": "cheap", "model": f"anthropic/{SONNET}", "usd_per_mtok": PRICES},
    {"name": "good", "model": f"openai/{GPT}", "usd_per_mtok": PRICES},
]


def policy(**more: Any) -> dict[str, Any]:
    return {"format": FORMAT, "version": VERSION, "models": MODELS, "default": "cheap"} | more


def test_a_copy_of_the_file_runs_without_any_package(tmp_path: Path) -> None:
    (tmp_path / "router.py").write_bytes(Path(module.__file__).read_bytes())
    (tmp_path / "policy.json").write_text(json.dumps(policy()), encoding="utf-8")
    code = 'from router import Router; print(Router.load("policy.json").choose("2 + 2?"))'
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("cheap\n", "")


@pytest.mark.parametrize(
    ("suite", "category", "name"),
    [
        pytest.param("maths", "algebra", "cheap", id="the category's rule is the narrowest"),
        pytest.param("maths", "geometry", "good", id="a category without a rule follows its suite"),
        pytest.param("poems", None, "cheap", id="a suite without a rule gets the default"),
        pytest.param(None, None, "cheap", id="nothing said"),
    ],
)
def test_rules(suite: str | None, category: str | None, name: str) -> None:
    rules = [
        {"suite": "maths", "category": None, "choose": "good"},
        {"suite": "maths", "category": "algebra", "choose": "cheap"},
    ]
    assert Router(policy(rules=rules)).choose("x", suite=suite, category=category) == name


def test_the_dearer_model_is_taken_where_its_chance_is_worth_its_cost() -> None:
    """Without fences both are right half the time; with one, the good one nearly always."""
    flat = {"intercept": 0.0, "weights": [0.0], "usd_base": 0.0, "usd_per_char": 0.0}
    steep = {"intercept": 0.0, "weights": [3.0], "usd_base": 0.01, "usd_per_char": 0.0}
    model = {
        "features": ["code_fence"],
        "means": [0.0],
        "scales": [1.0],
        "models": {"cheap": flat, "good": steep},
    }
    assert best(model | {"worth_usd": 0.03}, "say hello", "cheap") == "cheap"
    assert best(model | {"worth_usd": 0.03}, "```x```", "cheap") == "good"
    assert best(model | {"worth_usd": 0.02}, "```x```", "cheap") == "cheap"


@pytest.mark.parametrize(
    ("margin", "suite", "name"),
    [
        # the regressions find "good" worth 0.005 more on this prompt
        pytest.param(0.004, "cheap one", "good", id="beyond the margin"),
        pytest.param(0.006, "cheap one", "cheap", id="within it"),
        pytest.param(None, "cheap one", "cheap", id="never"),
        pytest.param(0.006, "good one", "good", id="the suite's choice is where it starts"),
        pytest.param(0.006, None, "cheap", id="without a suite at the default"),
    ],
)
def test_a_prompt_leaves_the_suites_choice_only_beyond_the_margin(
    margin: float | None, suite: str | None, name: str
) -> None:
    even = {"intercept": 0.0, "weights": [0.0], "usd_base": 0.006, "usd_per_char": 0.0}
    small = {
        "worth_usd": 0.03, "margin_usd": margin, "features": ["code_fence"], "means": [0.0], "scales": [1.0],
        "models": {"cheap": even, "good": {**even, "usd_base": 0.001}},
    }  # fmt: skip
    rules = [{"suite": f"{one} one", "category": None, "choose": one} for one in ("cheap", "good")]
    assert Router(policy(rules=rules, prompt=small)).choose("x", suite=suite) == name


@pytest.mark.parametrize("text", ["", "\x00", "é" * 10, "日本語", "```\n" * 1000])
def test_every_feature_is_a_finite_number_of_any_text(text: str) -> None:
    assert all(abs(of(text)) < 1e6 for of in FEATURES.values())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"version": 2}, id="another version"),
        pytest.param({"default": "nobody"}, id="an unknown default"),
        pytest.param({"models": None}, id="no models"),
        pytest.param({"prompt": {"features": ["smell"]}}, id="an unknown feature"),
    ],
)
def test_a_policy_that_cannot_be_applied_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(RouterError, match="xport"):
        Router(policy(**wrong))


@pytest.mark.parametrize(("name", "model"), [("cheap", f"anthropic/{SONNET}"), ("good", f"openai/{GPT}")])
def test_both_apis_answer_one_call(name: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> Any:
        async with serving({}, [entry()]) as (base, _):
            monkeypatch.setenv("ANTHROPIC_BASE_URL", base)
            monkeypatch.setenv("OPENAI_BASE_URL", f"{base}/v1")
            monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-mine")
            monkeypatch.setenv("OPENAI_API_KEY", "sk-of-mine")
            return await asyncio.to_thread(Router(policy(default=name)).ask, QUESTION, max_tokens=300)

    answer = asyncio.run(asked())
    assert (answer.name, answer.model) == (name, model)
    assert answer.text
    assert answer.input_tokens > 0
    assert answer.usd == Decimal(3 * answer.input_tokens + 15 * answer.output_tokens) / 1_000_000


def test_an_error_says_its_status_and_never_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    async def asked() -> None:
        async with serving() as (base, _):
            monkeypatch.setenv("OPENAI_BASE_URL", f"{base}/nowhere")
            monkeypatch.setenv("OPENAI_API_KEY", "sk-of-mine")
            await asyncio.to_thread(Router(policy(default="good")).ask, QUESTION)

    with pytest.raises(AskFailed) as caught:
        asyncio.run(asked())
    assert caught.value.status == 404
    assert "sk-of-mine" not in str(caught.value)


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with pytest.raises(RouterError, match="ANTHROPIC_API_KEY is not set"):
        Router(policy()).ask("hello")
