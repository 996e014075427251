"""A process killed outright loses no answer it had written, whenever the kill comes.

NIGHTBENCH_DRILLS sets how many kills a test makes.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.call.journal import read_journal
from tests.tasks.call.journal_cases import RUN_ID, text_of
from tests.tasks.cases import key_of

DRILLS = int(os.environ.get("NIGHTBENCH_DRILLS", "4"))
ROOT = Path(__file__).parents[3]


class Writer:
    """A process that journals calls from `first` on until it is killed."""

    def __init__(self, folder: Path, first: int, n_bytes: int) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.tasks.call.journal_cases",
            str(folder),
            str(first),
            str(n_bytes),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        assert self._process.stdout is not None
        self.n_cut = int(self._process.stdout.readline().split()[1])  # from here on it journals

    def kill(self) -> dict[str, set[int]]:
        """Kill it, and return the calls it began (b), wrote (w) and had durable (d)."""
        self._process.send_signal(signal.SIGKILL)
        said: dict[str, set[int]] = {"b": set(), "w": set(), "d": set()}
        with self._process as process:
            assert process.stdout is not None
            for line in process.stdout.read().decode().splitlines():
                word, number = line.split()
                said[word].add(int(number))
        return said


@pytest.mark.parametrize("n_bytes", [pytest.param(2_000, id="2 kB"), pytest.param(1_000_000, id="1 MB")])
def test_what_was_written_is_there_after_every_kill(tmp_path: Path, n_bytes: int) -> None:
    folder, rng = tmp_path / RUN_ID, random.Random(n_bytes)
    began: set[int] = set()
    wrote: set[int] = set()
    n_torn = 0
    for drill in range(DRILLS):
        writer = Writer(folder, drill * 1_000_000, n_bytes)
        assert writer.n_cut == n_torn
        time.sleep(rng.uniform(0, 0.2))
        said = writer.kill()
        assert said["d"] <= said["w"] <= said["b"]
        began |= said["b"]
        wrote |= said["w"]
        with read_journal(folder) as state:
            found = set(state.answered)
            assert {key_of(number) for number in wrote} <= found
            assert found <= {key_of(number) for number in began}
            assert state.corrupt == []
            n_torn = sum(torn.n_bytes for torn in state.torn)
            for number in said["w"]:
                outcome = state.outcome(key_of(number))
                assert outcome is not None
                assert outcome.answer is not None
                assert outcome.answer.text == text_of(number, n_bytes)
            for number in said["b"] - said["w"]:  # unseen, unless the kill came before the begin was written
                assert state.next_attempt_number(key_of(number)) in {1, 2}
    assert [path.name for path in folder.glob("*.jsonl")] == ["1.jsonl"]
    assert wrote


def test_two_processes_and_a_reader_at_one_time(tmp_path: Path) -> None:
    folder = tmp_path / RUN_ID
    writers = [Writer(folder, first * 1_000_000, 2_000) for first in range(2)]
    with read_journal(folder) as state:
        sizes = []
        for _ in range(20):
            state.refresh()
            assert (state.torn, state.corrupt) == ([], [])
            sizes.append(len(state.answered))
            for key in list(state.answered)[-3:]:
                outcome = state.outcome(key)
                assert outcome is not None
                assert outcome.status == "answered"
            time.sleep(0.02)
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]
        wrote = set().union(*(writer.kill()["w"] for writer in writers))
        state.refresh()
        assert {key_of(number) for number in wrote} <= set(state.answered)
        assert state.corrupt == []
    assert sorted(path.name for path in folder.glob("*.jsonl")) == ["1.jsonl", "2.jsonl"]
