"""The shared file of a home: whole transactions, one at a time, whoever is killed; unfit files make way.

NIGHTBENCH_DRILLS multiplies the number of kills.
"""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tasks.home import Home
from tasks.store import Store
from tests.tasks.store_cases import SUM, amounts, move, open_store
from warehouse.errors import WarehouseError

DRILLS = int(os.environ.get("NIGHTBENCH_DRILLS", "1"))
ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from tasks.store import Store
with Store(Path(sys.argv[1])).transaction() as connection:
    connection.execute("update money set amount = 0")
    print("holds", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(home: Path) -> Path:
    return Home(home).limits


def start(*words: str | Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline().strip() in {b"began", b"holds"}
    return process


def killed(process: "subprocess.Popen[bytes]") -> int:
    """Kill it; how often it had said that it moved."""
    process.send_signal(signal.SIGKILL)
    with process:
        assert process.stdout is not None
        return process.stdout.read().count(b"moved")


def test_what_was_committed_is_there_for_the_next_process(path: Path) -> None:
    store = open_store(path)
    move(store)
    store.close()
    again = open_store(path)
    assert amounts(again) == {"a": SUM - 1, "b": 1, "n": 1}
    assert again.moved is None
    again.close()


def test_what_the_block_raises_takes_everything_back(path: Path) -> None:
    store = open_store(path)

    def spoil(then: str) -> None:
        with store.transaction() as connection:
            connection.execute("update money set amount = 0")
            connection.execute(then)
            raise EOFError

    with pytest.raises(EOFError):
        spoil("select 1")
    with pytest.raises(sqlite3.IntegrityError):
        spoil("insert into money values ('a', 1)")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        spoil("select * from nowhere")
    assert amounts(store) == {"a": SUM, "b": 0, "n": 0}
    store.close()


def test_threads_take_turns(path: Path) -> None:
    store = open_store(path)

    def five_times() -> None:
        for _ in range(5):
            move(store)

    threads = [threading.Thread(target=five_times) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert amounts(store) == {"a": SUM - 20, "b": 20, "n": 20}
    store.close()


def test_processes_killed_at_any_instant_leave_whole_transactions(path: Path) -> None:
    rng, said = random.Random(0), 0
    n_kills = 0
    for _ in range(2 * DRILLS):
        processes = [start("-m", "tests.tasks.store_cases", path) for _ in range(3)]
        time.sleep(rng.uniform(0.0, 0.3))
        for process in processes:
            time.sleep(rng.uniform(0.0, 0.02))
            said += killed(process)
            n_kills += 1
        store = open_store(path)
        found = amounts(store)
        assert store.moved is None
        store.close()
        assert found["a"] + found["b"] == SUM
        # every transaction that a process spoke of is there; of one more a process nobody heard
        assert said <= found["n"] == found["b"] <= said + n_kills


def test_a_kill_while_the_file_is_made_leaves_one_that_can_be_used(path: Path) -> None:
    rng = random.Random(1)
    for _ in range(4 * DRILLS):
        words = [sys.executable, "-m", "tests.tasks.store_cases", str(path)]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
            until = time.monotonic() + 5
            while not path.exists() and time.monotonic() < until:
                time.sleep(0.0005)
            time.sleep(rng.uniform(0, 0.03))
            process.send_signal(signal.SIGKILL)
        store = open_store(path)
        found = amounts(store)
        assert (found["a"] + found["b"], store.moved) == (SUM, None)
        store.close()
        path.unlink()


def test_a_transaction_of_a_killed_holder_is_taken_back_and_a_living_holder_is_named(path: Path) -> None:
    store = open_store(path)
    holder = start("-c", HOLD, path)
    hasty = Store(path, patience_s=0.2)
    began = time.monotonic()
    with pytest.raises(WarehouseError, match=r"other processes have held it for 0\.2 s"):
        amounts(hasty)
    assert time.monotonic() - began < 5
    killed(holder)
    assert amounts(hasty) == {"a": SUM, "b": 0, "n": 0}
    hasty.close()
    store.close()


def test_whoever_waits_gets_his_turn(path: Path) -> None:
    store = open_store(path)
    holder = start("-c", HOLD, path)
    timer = threading.Timer(0.5, holder.kill)
    timer.start()
    assert amounts(store)["a"] == SUM
    killed(holder)
    timer.join()
    store.close()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x00" * 8192, id="zeros"),
        pytest.param(b"not a database at all, but long enough to be read" * 20, id="text"),
        pytest.param(b"SQLite format 3\x00" + b"\xff" * 4000, id="a header and noise"),
    ],
)
def test_a_damaged_file_is_moved_aside_with_a_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.with_name(path.name + "-journal").write_bytes(b"of the old file")
    store = open_store(path)
    assert amounts(store) == {"a": SUM, "b": 0, "n": 0}
    assert store.moved is not None
    aside = [file.name for file in path.parent.glob("limits.sqlite.aside-*Z")]
    assert len(aside) == 1
    assert aside[0] in store.moved
    assert "holds of money" in store.moved
    assert (path.parent / aside[0]).read_bytes() == content
    store.close()


def test_a_file_damaged_amid_the_work_is_one_error_and_the_next_transaction_begins_anew(path: Path) -> None:
    store = open_store(path)
    other = open_store(path)
    with store.transaction() as connection:
        connection.executemany("insert into money values (?, 1)", [[f"x{i:05}"] for i in range(2000)])
    with path.open("r+b") as file:  # this process's locks go with it, which matters to nobody here
        file.seek(24)
        file.write(b"\x00\x00\xff\xff")  # the change counter: nobody trusts the pages he remembers
        file.seek(4096)
        file.write(b"\xa5" * 4096 * 3)
    with pytest.raises(WarehouseError, match="moved to"), store.transaction() as connection:
        connection.execute("update money set amount = 7")
    assert store.moved is not None
    with store.transaction() as connection:
        assert connection.execute("select count(*) from money").fetchone() == (0,)  # ensured anew
    with other.transaction() as connection:  # it follows, and moves nothing aside
        assert connection.execute("select count(*) from money").fetchone() == (0,)
    assert other.moved is None
    assert len(list(path.parent.glob("limits.sqlite.aside-*Z"))) == 1
    store.close()
    other.close()


@pytest.mark.parametrize("statement", ["pragma user_version = 99", "pragma application_id = 5"])
def test_a_file_of_another_version_is_moved_aside_whole(path: Path, statement: str) -> None:
    open_store(path).close()
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.close()
    store = open_store(path)
    assert store.moved is not None
    assert "schema version" in store.moved
    assert amounts(store)["a"] == SUM
    (aside,) = path.parent.glob("limits.sqlite.aside-*Z")
    connection = sqlite3.connect(aside)
    assert connection.execute("select count(*) from money").fetchone() == (3,)
    connection.close()
    store.close()


def test_a_removed_home_is_begun_anew_and_a_missing_one_is_a_clear_error(path: Path) -> None:
    store = open_store(path)
    path.unlink()
    with store.transaction() as connection:
        assert connection.execute("select count(*) from money").fetchone() == (0,)
    store.close()
    shutil.rmtree(path.parent)
    with pytest.raises(WarehouseError, match="No such file"):
        amounts(store)
    store.close()


def test_two_who_find_the_same_damage_move_it_aside_once(path: Path) -> None:
    path.write_bytes(b"\x07" * 5000)
    stores = [Store(path) for _ in range(6)]
    threads = [
        threading.Thread(target=store.ensure, args=["create table if not exists t (i)"]) for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(path.parent.glob("limits.sqlite.aside-*Z"))) == 1
    assert sum(store.moved is not None for store in stores) == 1
    for store in stores:
        store.close()


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.tasks.store_cases import amounts, open_store
from warehouse.errors import WarehouseError
store = open_store(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 65536))
try:
    with store.transaction() as connection:
        connection.executemany("insert into money values (?, 1)", [[f"x{i:05}"] for i in range(5000)])
except WarehouseError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
print(sum(amounts(store).values()))
"""


def test_a_disk_that_takes_no_more_is_one_sentence_and_nothing_of_the_transaction_stays(path: Path) -> None:
    words = [sys.executable, "-c", FULL, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=True, timeout=60)
    sentence, total = done.stdout.splitlines()
    assert sentence.startswith(f"{path}: cannot be used: ")
    assert "Make room" in sentence
    assert total == str(SUM)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_read_only_file_is_one_sentence(path: Path) -> None:
    open_store(path).close()
    path.chmod(0o400)
    with pytest.raises(WarehouseError, match="readonly"):
        open_store(path)
