"""Two runs at once on one home share an account's limit, learn what nobody configured, and show its use."""

import json
import re
from pathlib import Path

import pytest

from flows.cli.live import limits_in_use
from tasks.call.rates import Share
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.history import fits_by_model, suite_fits
from tasks.progress import Progress
from tests.flows.conftest import Sums, start_nightbench, told

MODEL = "gpt-4o-2024-05-13"
PER_MINUTE = 1_200
N = 200


@pytest.mark.slow
def test_two_runs_of_one_home_share_a_limit_that_nobody_configured(home: Path, sums: Sums) -> None:
    limits = {MODEL: {"requests_per_minute": PER_MINUTE, "burst_s": 1.0}}
    settings = make_settings({"latency_ms": 100, "limits": limits})
    with start_server(told(N), settings) as server:
        spec = sums(N, server.base_url, in_flight=64, models=(MODEL,))
        suites = spec.parent / "suites"
        runs = [
            start_nightbench(home, "run", spec, "--suites-dir", suites, "--run-id", name, "--json")
            for name in ("one", "two")
        ]
        said = [run.communicate(timeout=240) for run in runs]
        rows = server.ledger()["rows"]
    assert [json.loads(out)["status"] for out, _ in said] == ["complete", "complete"]
    answered = sorted(row["arrived_at"] for row in rows if row["status"] == 200)
    assert len(answered) == 2 * N
    assert sum(row["status"] == 429 for row in rows) <= 10  # the calls in flight before the first header
    most = max(sum(at <= later < at + 5 for later in answered[i:]) for i, at in enumerate(answered))
    assert most <= (5 + 1.3) * PER_MINUTE / 60
    shown = json.loads((home / "progress" / "two.json").read_text(encoding="utf-8"))["limits"]
    assert shown[f"simulated/{MODEL}"]["per_minute"] == PER_MINUTE
    fits = fits_by_model(suite_fits(home / "warehouse"))[f"simulated/{MODEL}"]
    a_byte, _ = fits["ascii"].rates("ascii")
    assert a_byte == pytest.approx(0.25, abs=0.15)
    assert fits["ascii"].n == 2 * N
    assert sorted(path.name for path in home.glob("limits*")) == [
        "limits.lock",
        "limits.sqlite",
        "limits.sqlite-journal",
    ]


def test_the_display_says_which_share_of_its_limit_each_model_uses() -> None:
    progress = Progress("r", lambda call, usage, at: None)
    progress.shares["openai/gpt"] = lambda: Share("requests", 0.97, 3_000)
    progress.shares["simulated/x"] = lambda: None
    assert limits_in_use(progress) == []
    progress.start_calling()
    assert limits_in_use(progress) == ["openai/gpt: 97% of 3,000 requests/min"]
    assert progress.snapshot()["limits"] == {
        "openai/gpt": {"limit": "requests", "per_minute": 3_000, "used": 0.97}
    }


def test_a_new_home_has_no_history(home: Path) -> None:
    assert fits_by_model(suite_fits(home / "warehouse")) == {}
    assert re.fullmatch(r"\d+% of 1 input tokens/min", str(Share("input_tokens", 0.5, 1)))
