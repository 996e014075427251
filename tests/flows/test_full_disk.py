"""A home whose disk is full: one clear error, no received answer lost, and with room the run goes on.

The disk is a small tmpfs in a user and mount namespace of the test's own, which needs no root; where the
system lets nobody make one, the tests are skipped.
"""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import CHECKOUT, Said
from tests.flows.conftest import MODELS, Sums, asked, assert_complete, start_nightbench, told

MIB = 2**20
DISK_BYTES = 96 * MIB
RUN = "full"
N_SAMPLES = 100
N_CALLS = N_SAMPLES * len(MODELS)
IN_FLIGHT = 8  # of each model
PATIENCE_S = 90.0


@dataclass(frozen=True)
class SmallDisk:
    """A file system of DISK_BYTES, mounted at `home` for those inside the namespace only."""

    home: Path  # its name inside
    seen: Path  # the same folder, as this process can reach it
    holder: int  # a process inside

    def start(self, *words: str, module: str = "flows.cli.main") -> "subprocess.Popen[str]":
        """The command line, or another program of ours, inside."""
        inside = ("nsenter", f"--target={self.holder}", "--user", "--mount", "--preserve-credentials")
        return start_nightbench(self.home, *words, prefix=(*inside, f"--wd={CHECKOUT}"), module=module)

    def run(self, *words: str) -> Said:
        """The command line inside, to its end."""
        return end(self.start(*words))

    def fill(self, leave: int = 0) -> None:
        """Take all the room there is, but so many bytes."""
        with (self.seen / "filler").open("ab", buffering=0) as file:
            piece = MIB
            while piece:
                try:
                    file.write(bytes(piece))
                except OSError:
                    piece //= 2
            if leave:
                file.truncate(file.tell() - leave)

    def make_room(self) -> None:
        """Give it all back."""
        (self.seen / "filler").unlink()

    @contextmanager
    def staying_full(self) -> Iterator[None]:
        """Whatever anybody gives back while the block lasts is taken at once."""
        over = threading.Event()

        def take() -> None:
            while not over.wait(0.005):
                self.fill()

        self.fill()
        taker = threading.Thread(target=take)
        taker.start()
        try:
            yield
        finally:
            over.set()
            taker.join()

    def durable(self) -> frozenset[str]:
        """The calls whose answer the journal holds."""
        with read_journal(self.seen / "journal" / RUN) as state:
            return frozenset(map(str, state.answered))


def end(child: "subprocess.Popen[str]") -> Said:
    """What a command said, once it has ended."""
    try:
        out, err = child.communicate(timeout=PATIENCE_S)
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()
    return Said(child.returncode, out, err)


@pytest.fixture
def disk(home: Path) -> Iterator[SmallDisk]:
    """A small disk in place of the test's home."""
    script = f'mount -t tmpfs -o size={DISK_BYTES},mode=700 none "$1" && echo mounted && exec cat'
    try:
        holder = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("a disk of a test's own needs unshare and nsenter (util-linux)")
    with holder:  # `cat` ends with its standard input, and the disk with it
        assert holder.stdout is not None
        if holder.stdout.readline() != "mounted\n":
            pytest.skip(f"a disk of a test's own cannot be mounted here: {holder.communicate()[1].strip()}")
        yield SmallDisk(home, Path(f"/proc/{holder.pid}/root{home}"), holder.pid)


def start_run(disk: SmallDisk, server: SimulatedServer, sums: Sums, until: int) -> "subprocess.Popen[str]":
    """A run of N_CALLS that has got so many answers."""
    spec = sums(N_SAMPLES, server.base_url, IN_FLIGHT)
    child = disk.start("run", str(spec), "--run-id", RUN, "--suites-dir", str(spec.parent / "suites"))
    patience = time.monotonic() + PATIENCE_S
    while server.ledger(newest=0)["ended"] < until:
        if child.poll() is not None or time.monotonic() > patience:
            child.kill()
            pytest.fail(f"it did not get {until} answers: {end(child)}")
        time.sleep(0.02)
    return child


def goes_on(disk: SmallDisk) -> None:
    """With room again the run is resumed to its end."""
    disk.make_room()
    assert_complete(disk.run("resume", RUN, "--json"), N_CALLS)


def one_error(said: Said, *words: str) -> None:
    """One sentence with these words beside the lines of progress, nothing of Prefect's, nothing on stdout."""
    assert said.out == ""
    lines = [line for line in said.err.splitlines() if line and line != f"run {RUN}" and line[0] != "["]
    assert lines, "nothing was said"
    assert lines[0].startswith("nightbench: "), said.err
    assert len(lines) == 1, said.err
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("leave", [pytest.param(0, id="full"), pytest.param(20 * MIB, id="nearly full")])
def test_a_run_on_a_full_disk_is_refused_before_anything_is_sent(
    leave: int, disk: SmallDisk, sums: Sums
) -> None:
    with start_server(told(3)) as server:
        spec = sums(3, server.base_url)
        disk.fill(leave)
        said = disk.run("run", str(spec), "--run-id", RUN, "--suites-dir", str(spec.parent / "suites"))
        assert server.ledger()["arrived"] == 0
    assert said.code == 2, said.err
    one_error(said, str(disk.home), "Nothing was sent", "ree some space", "NIGHTBENCH_HOME")
    assert [path.name for path in disk.seen.rglob("*") if path.is_file()] == ["filler"]


@pytest.mark.slow
def test_a_disk_that_fills_up_amid_calls_keeps_every_received_answer_and_the_run_goes_on(
    disk: SmallDisk, sums: Sums
) -> None:
    settings = make_settings({"latency_ms": 150})
    with start_server(told(N_SAMPLES), settings) as server:
        child = start_run(disk, server, sums, until=60)
        disk.fill()
        said = end(child)
        assert said.code == 1, said.err
        one_error(said, str(disk.home / "journal" / RUN), "No space left", "kept", "Free space", "resume")

        received = asked(server)
        assert 60 <= len(received) < N_CALLS
        assert disk.durable() == received.keys(), "an answer that was received is not kept"
        (row,) = disk.run("runs", "--json").json
        assert (row["status"], row["resumable"], row["answered_calls"]) == ("failed", True, len(received))

        goes_on(disk)
        assert asked(server) == dict.fromkeys(asked(server), 1), "an answer that was kept was asked for again"


@pytest.mark.slow
def test_a_disk_that_stays_full_lands_nothing_and_costs_no_durable_answer(
    disk: SmallDisk, sums: Sums
) -> None:
    settings = make_settings({"latency_ms": 150})
    with start_server(told(N_SAMPLES), settings) as server:
        child = start_run(disk, server, sums, until=60)
        with disk.staying_full():  # it takes even what the journal had set aside for the last answers
            said = end(child)
        assert said.code == 1, said.err
        one_error(said, str(disk.home), "o space left", "resume")
        durable = disk.durable()
        assert len(durable) >= 60 - len(MODELS) * IN_FLIGHT
        assert not [path for path in (disk.seen / "warehouse").rglob("*") if path.is_file()]

        goes_on(disk)
        again = {key for key, times in asked(server).items() if times > 1}
    assert not again & durable
    assert len(again) <= len(MODELS) * IN_FLIGHT


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(0, id="no room to make a file"),
        pytest.param(100_000, id="no room for its log"),
        pytest.param(500_000, id="no room for its content"),
    ],
)
def test_a_catalog_that_finds_no_room_is_one_error_and_the_old_one_stays(leave: int, disk: SmallDisk) -> None:
    warehouse = disk.home / "warehouse"
    assert end(disk.start(str(warehouse), "r1", "1", module="tests.warehouse.sample_run")).code == 0
    catalog = disk.seen / "warehouse" / "catalog.duckdb"
    before = catalog.read_bytes()
    (disk.seen / "warehouse" / "commits" / "r1.000001.json").unlink()  # so that there is something to do
    disk.fill(leave)
    said = disk.run("sql", "select count(*) from runs")
    assert said.code == 1, said.err
    words = f"nightbench: {warehouse / 'catalog.duckdb'}: cannot be written (No space"
    assert said.err.startswith(words), said.err
    for word in ("No space left", "old catalog is as it was", "Make room"):
        assert word in said.err
    assert "Traceback" not in said.err
    assert catalog.read_bytes() == before
    disk.make_room()
    assert disk.run("sql", "--json", "select count(*) as n from runs").json == [{"n": 0}]


@pytest.mark.slow
def test_a_server_that_finds_no_room_says_so_and_leaves_no_half_database(disk: SmallDisk) -> None:
    disk.fill(100_000)  # as after the first look at the home somebody else took the rest
    said = end(disk.start(str(disk.home), module="tests.flows.standin.standin_client"))
    assert said.code == 1
    last = said.err[said.err.index("EngineError: ") :]
    for words in (str(disk.home / "prefect"), "MiB of that disk are free: make room", "Nothing was sent"):
        assert words in last
    assert not list((disk.seen / "prefect").glob("prefect.db*"))
