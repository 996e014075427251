"""Keys reach no file, no log, no table and no page: a canary is searched for in every byte that was left."""

from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums

CANARIES = {"OPENAI_API_KEY": "sk-canary-1f7c40aa", "ANTHROPIC_API_KEY": "sk-ant-canary-93be"}
REFUSED = "sk-canary-refused-5d"


@pytest.mark.slow
def test_no_key_is_left_after_faults_and_a_refused_key(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    faults = {"server_error": 0.1, "cut": 0.1, "garbled": 0.1, "reset": 0.1, "retry_after_s": 0.0}
    settings = make_settings({"latency_ms": 2, "faults": faults, "refused_keys": [REFUSED]})
    env = {**CANARIES, "NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    models = ("openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620")
    with start_server([], settings) as server:
        spec = sums(40, server.base_url, models=models)
        done = nightbench("run", str(spec), "--run-id", "faults", env=env)
        assert done.code == 0, done.err
        refused = nightbench("run", str(spec), "--run-id", "refused", env={**env, "OPENAI_API_KEY": REFUSED})
        assert refused.code == 1
        assert "Traceback" not in refused.err
    assert nightbench("sql", "select count(*) as n from attempts where outcome = 'failed'", "--json").json[0][
        "n"
    ]
    said = (done.out + done.err + refused.out + refused.err).encode()
    left = [path for path in home.rglob("*") if path.is_file()]
    assert any("prefect.db" in path.name for path in left)
    for key in (*CANARIES.values(), REFUSED):
        assert key.encode() not in said
        assert [path for path in left if key.encode() in path.read_bytes()] == []
