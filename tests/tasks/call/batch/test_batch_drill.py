"""Runs of batches killed across submit, poll and download: nothing is sent or paid twice, nothing lost.

NIGHTBENCH_DRILLS sets the number of kills a vendor, NIGHTBENCH_SEED their moments.
"""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import CHECKOUT
from tests.tasks.call.batch.batch_cases import VENDORS

KILLS = max(6, int(os.environ.get("NIGHTBENCH_DRILLS", "6")))
BATCH = 500 if KILLS > 6 else 120


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("vendor", VENDORS)
def test_kills_at_random_instants_submit_nothing_twice_and_lose_nothing(vendor: str) -> None:
    seed = os.environ.get("NIGHTBENCH_SEED", "14")
    words = ["--kills", str(KILLS), "--batch", str(BATCH), "--vendor", vendor, "--seed", seed]
    done = subprocess.run(
        [sys.executable, "-m", "tests.tasks.call.batch.drill", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (report,) = json.loads(done.stdout)
    print(done.stdout)
    assert report["killed"] == KILLS
    bad = ("submitted_twice", "billed_twice", "lost", "unanswered", "usd_differs")
    assert {name: report[name] for name in bad} == dict.fromkeys(bad, 0), done.stderr
    assert report["errors"] == []
