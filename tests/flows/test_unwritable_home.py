"""A home that this user may not write to is one clear error before anything is sent, however deep it sits.

Root may write everywhere; where the tests run as root, the command runs without that privilege.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, told

# Root without the right to pass over permission bits: they bind it as they bind the owner of the files.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--"]


@pytest.fixture
def powerless(tmp_path: Path) -> list[str]:
    """The words in front of a command for which permission bits hold; checked on a folder."""
    words = AS_ANYBODY if os.geteuid() == 0 else []
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    try:
        tried = subprocess.run([*words, "touch", str(closed / "x")], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("permissions do not bind root, and there is no setpriv to give its rights up")
    if tried.returncode == 0:
        pytest.skip("permissions do not bind this user")
    return words


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nobody may write to the folder while the block lasts."""
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)  # so that pytest can tidy up


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("", id="the home, empty"),
        pytest.param("runs", id="runs"),
        pytest.param("journal", id="journal"),
        pytest.param("prefect", id="prefect"),
        pytest.param("warehouse/commits", id="a folder of the warehouse"),
    ],
)
def test_a_home_without_write_permission_is_one_error_and_nothing_is_sent(
    place: str, powerless: list[str], home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    (home / place).mkdir(parents=True, exist_ok=True)
    with start_server(told(2)) as server:
        spec = sums(2, server.base_url)
        with closed(home / place):
            said = nightbench("run", spec, "--suites-dir", tmp_path / "suites", prefix=powerless)
        assert server.ledger()["arrived"] == 0
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith("nightbench: ")
    for word in (str(home / place), "Permission denied", "Nothing was sent", "NIGHTBENCH_HOME"):
        assert word in said.err
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_run_whose_lock_file_is_another_users_is_one_error(
    powerless: list[str], home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    lock = home / "runs" / "mine.lock"
    lock.parent.mkdir()
    lock.touch(mode=0o444)
    with start_server(told(2)) as server:
        words = (sums(2, server.base_url), "--suites-dir", tmp_path / "suites", "--run-id", "mine")
        said = nightbench("run", *words, prefix=powerless)
        assert server.ledger()["arrived"] == 0
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1, said.err
    assert f"nightbench: {lock}: cannot be written (Permission denied)" in said.err
