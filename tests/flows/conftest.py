"""A suite of any size, a spec that puts it to a simulated server of the test's own, a command at work."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import SimulatedServer
from tasks.model import hash_uuid
from tests.conftest import CHECKOUT, Said, clean_environment

SUITE = """name = "sums"
[params]
max_tokens = 256
temperature = 0.0
[[graders]]
type = "numeric"
extract = "last_number"
"""
SAMPLES = """select 's' || i as sample_id,
    'How much is ' || i || ' plus 17? Answer with the number.' as input,
    cast(i + 17 as varchar) as target
from range({n}) as r(i)
"""
MODELS = ("gpt-4o-2024-05-13", "claude-3-5-sonnet-20240620")

PROMPT = "How much is {} plus 17? Answer with the number."

Sums = Callable[..., Path]


def write_sums(folder: Path, n: int) -> None:
    """The suite `sums` of n samples, in `suites` of this folder."""
    suite = folder / "suites" / "sums"
    suite.mkdir(parents=True, exist_ok=True)
    (suite / "suite.toml").write_text(SUITE, encoding="utf-8")
    (suite / "samples.sql").write_text(SAMPLES.format(n=n), encoding="utf-8")


@pytest.fixture
def sums(tmp_path: Path) -> Sums:
    """Write the suite `sums` of n samples and a spec for it; returns the spec's path."""

    def write(n: int, base_url: str, in_flight: int = 16, models: tuple[str, ...] = MODELS) -> Path:
        write_sums(tmp_path, n)
        spec = tmp_path / "spec.toml"
        lines = ['suites = ["sums"]', "shard_size = 100"]
        for name in models:
            model = name if "/" in name else f"simulated/{name}"
            url = f"{base_url}/v1" if model.startswith("openai/") else base_url
            lines += ["[[models]]", f'model = "{model}"', f'base_url = "{url}"']
            lines += [f"limits = {{ in_flight = {in_flight} }}"]
        spec.write_text("\n".join(lines), encoding="utf-8")
        return spec

    return write


def told(n: int) -> list[dict[str, Any]]:
    """What the simulated server has to know of the suite: the right answer to each prompt."""
    return [
        {
            "prompt_hash": str(hash_uuid([{"role": "user", "content": PROMPT.format(i)}])),
            "suite": "sums",
            "sample_id": f"s{i}",
            "form": "number",
            "target": str(i + 17),
        }
        for i in range(n)
    ]


def start_nightbench(
    home: Path,
    *words: str | Path,
    said: Path | None = None,
    prefix: Sequence[str] = (),
    module: str = "flows.cli.main",
    **env: str,
) -> "subprocess.Popen[str]":
    """The command line, or another program of ours, in a process group of its own.

    What it says goes to the file `said`, else into pipes; `prefix` are words in front of the command.
    """
    with ExitStack() as stack:
        out = subprocess.PIPE if said is None else stack.enter_context(said.open("w", encoding="utf-8"))
        return subprocess.Popen(
            [*prefix, sys.executable, "-m", module, *map(str, words)],
            cwd=CHECKOUT,
            env=clean_environment(home, **env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            text=True,
            start_new_session=True,
        )


def requests(server: SimulatedServer) -> list[tuple[int, str]]:
    """Every request that came to an end at the server, as they arrived: its number and its call's key."""
    return sorted((row["n"], row["sample"]) for row in server.ledger()["rows"])


def asked(server: SimulatedServer) -> Counter[str]:
    """How often each call reached the server and came to an end there."""
    return Counter(key for _, key in requests(server))


def assert_complete(done: Said, n_calls: int) -> None:
    """The command, asked for JSON, has brought the run to its end with so many answers."""
    assert done.code == 0, done.err
    assert (done.json["status"], done.json["run"]["answered_calls"]) == ("complete", n_calls)


def query(home: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of the catalog, as `nightbench sql --json` prints them."""
    from warehouse.query import run_sql, to_json

    rows: list[dict[str, Any]] = json.loads(to_json(run_sql(home / "warehouse", sql)))
    return rows
