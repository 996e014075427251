"""A person at a terminal is asked before a dear run; nobody else is, and no means that nothing was sent."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import CHECKOUT, Nightbench, clean_environment
from tests.flows.conftest import Sums, requests, told

MODELS = ("openai/gpt-4o-2024-05-13",)
KEY = {"OPENAI_API_KEY": "sk-test-of-asking"}
DEAR = ("--ask-above-usd", "0.001")


def at_a_terminal(home: Path, answer: str, *words: str | Path) -> tuple[int, str]:
    """Run a command with a terminal for stdin and stderr, where somebody types the answer."""
    ours, theirs = pty.openpty()
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows.cli.main", *map(str, words)],
            cwd=CHECKOUT,
            env=clean_environment(home, **KEY, TERM="dumb"),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the last one has let go of the terminal
                break
            if not part:
                break
            said += part
        child.communicate(timeout=60)
        return child.returncode, said.decode(errors="replace")
    finally:
        os.close(ours)


@pytest.mark.slow
def test_no_begins_nothing_and_yes_goes_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    with start_server(told(20), make_settings({"latency_ms": 2})) as server:
        spec = sums(20, server.base_url, models=MODELS)
        words = ("run", spec, "--suites-dir", tmp_path / "suites", *DEAR)
        code, said = at_a_terminal(home, "n", *words)
        assert code == 1, said
        assert "sums, openai/gpt-4o-2024-05-13: 20 calls, about $" in said
        assert re.search(
            r"expected to cost \$0\.\d+ \(\$0\.\d+ to \$\d+\.\d+\), more than \$0\.001\.", said
        ), said
        assert "Go on? [y/N]" in said
        assert "Nothing was sent" in said
        assert requests(server) == []
        assert nightbench("runs", "--json").json == []
        code, said = at_a_terminal(home, "y", *words)
        assert code == 0, said
        assert len(requests(server)) == 20
        code, said = at_a_terminal(home, "", *words, "--yes")
        assert code == 0, said
        assert "Go on?" not in said
        done = nightbench(*words, env=KEY)
        assert done.code == 0, "without a terminal nobody is asked"
