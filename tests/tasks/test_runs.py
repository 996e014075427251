"""A run's record is written once, its lock dies with its holder, and another spec is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.home import Home
from tasks.runs import (
    begin_run,
    check_run_id,
    is_running,
    list_runs,
    pin_asked,
    read_progress,
    read_run,
    run_lock,
)
from tasks.spec import make_spec
from warehouse.errors import SpecError

SPEC = make_spec({"suites": ["a"], "models": [{"model": "openai/x"}]})
HOLD = (
    "import sys, time; from pathlib import Path\n"
    "from tasks.home import Home; from tasks.runs import run_lock\n"
    "with run_lock(Home(Path(sys.argv[1])), 'r'): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def at(home: Path) -> Home:
    found = Home(home)
    found.make()
    return found


def test_the_record_keeps_the_first_start_and_the_spec(at: Home) -> None:
    first = begin_run(at, SPEC, "r", trigger="cli")
    again = begin_run(at, SPEC, "r", trigger="ui")
    assert again == first == read_run(at, "r")
    assert again.eval_spec() == SPEC
    assert list_runs(at) == [first]


def test_another_spec_under_the_same_id_is_refused(at: Home) -> None:
    begin_run(at, SPEC, "r", trigger="cli")
    with pytest.raises(SpecError, match="another spec"):
        begin_run(at, SPEC.model_copy(update={"seed": 1}), "r", trigger="cli")


def test_a_regrade_under_the_id_of_another_runs_is_refused(at: Home) -> None:
    of_r1 = {"run_id": "r1", "graders": ["judge"]}
    begin_run(at, SPEC, "g1", trigger="cli", kind="regrade", regrade=of_r1)
    begin_run(at, SPEC, "g1", trigger="cli", kind="regrade", regrade=of_r1)
    with pytest.raises(SpecError, match="begun for something else: run_id r1, graders judge"):
        begin_run(at, SPEC, "g1", trigger="cli", kind="regrade", regrade={**of_r1, "run_id": "r2"})


def test_a_run_of_the_time_before_a_field_goes_on(at: Home) -> None:
    begin_run(at, SPEC, "r", trigger="cli")
    path = at.runs / "r.json"
    old = json.loads(path.read_text(encoding="ascii"))
    for name in ("budget_usd", "on_budget", "spend_evenly", "ask_above_usd"):
        del old["spec"][name]
    del old["spec"]["models"][0]["api"]
    path.write_text(json.dumps({**old, "fingerprint": "12345678"}), encoding="ascii")
    assert begin_run(at, SPEC, "r", trigger="cli").started_at == old["started_at"]
    with pytest.raises(SpecError, match="another spec"):
        begin_run(at, SPEC.model_copy(update={"seed": 1}), "r", trigger="cli")


@pytest.mark.parametrize("run_id", ["", "-a", "A", "a/b", "..", "a" * 41])
def test_an_id_that_cannot_name_a_folder_is_refused(run_id: str) -> None:
    with pytest.raises(SpecError, match="run id"):
        check_run_id(run_id)


def test_a_second_process_is_refused_and_a_killed_holder_lets_go(at: Home) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(at.root)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"held\n"
        assert is_running(at, "r")
        with pytest.raises(SpecError, match=str(holder.pid)), run_lock(at, "r"):
            pytest.fail("two processes hold one run")
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert not is_running(at, "r")
    with run_lock(at, "r"):
        assert is_running(at, "r")


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SpecError, match="NIGHTBENCH_HOME"):
        Home(tmp_path / "file").make()


def test_a_run_that_goes_on_asks_what_it_asked_when_it_began(at: Home) -> None:
    asked = {'suite "a"': "1+aaaaaaaa", 'the prompt of variant "x"': "bbbbbbbb"}
    pinned = pin_asked(at, begin_run(at, SPEC, "r", trigger="cli"), asked)
    again = begin_run(at, SPEC, "r", trigger="cli")
    assert again == pinned == read_run(at, "r")
    assert pin_asked(at, again, asked) == again
    with pytest.raises(SpecError, match=r'suite "a" was changed since.*Nothing was sent'):
        pin_asked(at, again, {**asked, 'suite "a"': "1+cccccccc"})
    with pytest.raises(SpecError, match="the prompt of variant"):
        pin_asked(at, again, {'suite "a"': "1+aaaaaaaa"})
    assert read_run(at, "r") == pinned


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"done_calls": null}'])
def test_a_damaged_progress_file_is_no_progress(at: Home, content: bytes) -> None:
    (at.progress / "r.json").write_bytes(content)
    assert read_progress(at, "r") is None
