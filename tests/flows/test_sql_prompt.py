"""The prompt of `nightbench sql` at a terminal: completes, remembers, answers, and keeps no key."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.cli.sql_prompt import is_secret
from tests.conftest import CHECKOUT, clean_environment
from tests.warehouse.sample_run import land
from warehouse.catalog import rewrite_catalog
from warehouse.vocabulary import completions


def converse(home: Path, typed: list[str]) -> str:
    """What a terminal shows while a person types."""
    ours, theirs = pty.openpty()
    environment = clean_environment(
        home, TERM="dumb", PAGER="sed s/^/paged:/", COLUMNS="120", LINES="40", TEST_KEY="very-secret"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli.main", "sql"],
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs},  # type: ignore[call-overload]
        cwd=CHECKOUT,
        env=environment,
        close_fds=True,
    )
    os.close(theirs)
    seen = b""
    waiting = list(typed)
    prompts = 0
    until = time.monotonic() + 30
    try:
        while time.monotonic() < until:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen += os.read(ours, 65536)
                except OSError:  # the other end was closed
                    break
            if seen.count(b"> ") > prompts and waiting:
                prompts = seen.count(b"> ")
                os.write(ours, waiting.pop(0).encode())
            elif process.poll() is not None:
                break
        assert process.wait(timeout=5) == 0, seen.decode()
    finally:
        process.kill()
        os.close(ours)
    return seen.decode(errors="replace")


@pytest.fixture
def filled(home: Path) -> Path:
    (home / "warehouse").mkdir(parents=True)
    land(home / "warehouse", "r1")
    rewrite_catalog(home / "warehouse")
    return home


@pytest.mark.slow
def test_a_person_is_answered_completed_and_remembered(filled: Path) -> None:
    typed = [
        "select status,\n",
        "  n from leaderboard_a\t;\n",
        "select 'very-secret';\n",
        ".schema leaderboard\n",
        "select chr(27) || '[2Jhostile' as text;\n",
        ".tables\n",
        "selec 1;\n",
        ".quit\n",
    ]
    seen = converse(filled, typed)
    assert "complete" in seen
    assert "double" in seen.lower()
    assert "\x1b[2J" not in seen
    assert "syntax error" in seen
    assert "paged:" in seen
    assert "paged: complete" not in seen  # what is short stays on the screen
    history = filled / "sql_history"
    assert history.stat().st_mode & 0o777 == 0o600
    kept = history.read_text(encoding="utf-8")
    assert '"select status,\\n  n from leaderboard_all;"' in kept
    assert "very-secret" not in kept


def test_words_are_completed_whatever_their_case() -> None:
    known = ("leaderboard", "leaderboard_all", "left")
    assert completions(known, "LEAD") == ["leaderboard", "leaderboard_all"]
    assert completions(known, "") == []


@pytest.mark.parametrize(
    ("statement", "secret"),
    [
        pytest.param("select 'sk-ant-api03-0123456789abcdef'", True, id="a vendor's key"),
        pytest.param("set api_key = 'x'", True, id="a key by name"),
        pytest.param("select 'hunter22'", True, id="a variable's value"),
        pytest.param("select input_tokens from calls", False, id="no key"),
    ],
)
def test_a_statement_with_a_key_is_known(statement: str, secret: bool) -> None:
    assert is_secret(statement, {"SOME_PASSWORD": "hunter22"}) is secret
