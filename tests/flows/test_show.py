"""A table is readable at any width: nothing of it is cut, and a terminal too narrow gets lines instead."""

import re
import sys
from io import StringIO

import pytest

from flows.cli.show import print_table

ROWS = [
    {"variant": "simulated/claude-3-5-sonnet-20240620", "n": 1319, "usd": "0.014590000000"},
    {"variant": "short", "n": 5, "usd": None},
]
STYLE = re.compile(r"\x1b\[[0-9;]*m")
HOSTILE = "\x1b]0;owned\x07\x1b[2J"


class Terminal(StringIO):
    """A stdout that says that it is one."""

    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, columns: int | None) -> list[str]:
    out = StringIO() if columns is None else Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(columns or 40))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_table("Title", ROWS, right=["n", "usd"])
    return [STYLE.sub("", line).rstrip() for line in out.getvalue().splitlines()]


def test_a_pipe_gets_every_row_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, None)
    assert [line.split() for line in lines if "claude" in line] == [
        ["simulated/claude-3-5-sonnet-20240620", "1319", "0.014590000000"]
    ]


def test_long_text_is_folded_and_no_number_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 60)
    assert max(map(len, lines)) <= 60
    text = " ".join(lines)
    assert "0.014590000000" in text
    assert "1319" in text
    assert "simulated/claude-3-5-sonnet-20240620" in "".join(
        line.split()[0] for line in lines if line.strip()
    )


def test_a_terminal_too_narrow_gets_lines_of_column_and_value(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, 30)
    assert "variant  simulated/claude-3-5-sonnet-20240620" in lines
    assert "usd      0.014590000000" in lines
    assert lines.count("variant  short") == 1


@pytest.mark.parametrize("columns", [None, 30, 200])
def test_what_a_model_wrote_cannot_steer_the_terminal(
    monkeypatch: pytest.MonkeyPatch, columns: int | None
) -> None:
    out = StringIO() if columns is None else Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("COLUMNS", str(columns or 40))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    print_table(HOSTILE, [{HOSTILE: HOSTILE * 5, "b": "x" * 40}])
    assert "\x07" not in out.getvalue()
    assert "\x1b]" not in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()
