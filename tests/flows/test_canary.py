"""Not even a part of a key is left by debug logs, by either vendor's refusal, or in what commands print."""

from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench, Said
from tests.flows.conftest import Sums, told

CANARIES = {
    "OPENAI_API_KEY": "sk-proj-canary-0a1b2c3d4e5f6g7h8i9j",
    "ANTHROPIC_API_KEY": "sk-ant-api03-canary-9j8h7g6f5e4d3c2b1a",
}
MODELS = ("openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620")
FAULTS = {"server_error": 0.1, "cut": 0.1, "garbled": 0.1, "reset": 0.1, "max_in_a_row": 1}


def places(home: Path, said: list[Said]) -> list[str]:
    """Where a canary is, in files and in what the commands said; also in part, as a log would shorten it."""
    parts = [key[at : at + 16].encode() for key in CANARIES.values() for at in (0, len(key) - 16)]
    texts = {f"command {n}": (one.out + one.err).encode() for n, one in enumerate(said)}
    texts |= {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return [place for place, text in texts.items() if any(part in text for part in parts)]


@pytest.mark.slow
def test_no_part_of_a_key_is_left_by_faults_refusals_and_debug_logs(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {**CANARIES, "NIGHTBENCH_SUITES": str(tmp_path / "suites"), "PREFECT_LOGGING_LEVEL": "DEBUG"}
    said = []
    with start_server(told(20), make_settings({"latency_ms": 2, "faults": FAULTS})) as server:
        spec = sums(20, server.base_url, models=MODELS)
        said.append(nightbench("run", spec, "--run-id", "faults", "--json", env=env))
        assert {row["outcome"] for row in server.ledger()["rows"]} > {"answered"}, "no fault was injected"
    assert said[0].code == 0, said[0].err
    for key in CANARIES.values():
        with start_server(told(20), make_settings({"refused_keys": [key]})) as server:
            spec = sums(20, server.base_url, models=MODELS)
            said.append(nightbench("run", spec, "--run-id", f"refused-{len(said)}", env=env))
        assert said[-1].code == 1, said[-1].err
        assert said[-1].err.strip(), "it says why it ended"
    said.append(nightbench("doctor", "--json", env=env))
    said.append(nightbench("sql", "select * from attempts", "--json", env=env))
    said.append(nightbench("sql", "select * from errors", "--json", env=env))
    said.append(nightbench("journal", "refused-1", env=env))
    said.append(nightbench("runs", "--json", env=env))
    assert list((home / "prefect").rglob("*.db")), "Prefect's database is among what is searched"
    stored = [path for path in (home / "prefect" / "storage").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in stored if path.stat().st_size] == []  # a pickle would hide a key
    assert places(home, said) == []
    (home / "planted").write_text(CANARIES["OPENAI_API_KEY"], encoding="utf-8")
    assert places(home, said) == [str(home / "planted")]  # the search would have found it
