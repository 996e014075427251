"""What the last error of a command is, where Prefect's server or the disk had the last word.

A real Prefect client's error is raised from a real reply; the disk's are the system's own.
"""

import asyncio
import errno
import os
import sys
from collections import namedtuple
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError

from flows.cli import run as command
from flows.failures import explain, is_outside
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.progress import Progress
from tasks.runs import begin_run
from tasks.spec import make_spec
from warehouse.errors import EngineError, NightbenchError, StoppedShort, WarehouseError

Usage = namedtuple("Usage", "total used free")


def server_error() -> PrefectHTTPStatusError:
    """A 500 as Prefect's client raises it."""
    request = httpx.Request("POST", "http://127.0.0.1:4200/api/flow_runs/1/set_state")
    reply = httpx.Response(500, json={"exception_message": "Internal Server Error"}, request=request)
    try:
        reply.raise_for_status()
    except httpx.HTTPStatusError as error:
        return PrefectHTTPStatusError.from_httpx_error(error)
    raise AssertionError("a 500 is an error")


def disk_full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")


def met_while_handling(last: BaseException, first: BaseException) -> BaseException:
    """The last error, as it comes out of an `except` that had the first."""
    with suppress(type(last)):
        try:
            raise first
        except type(first):
            raise last  # noqa: B904 - the context is what is looked at
    return last


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(server_error(), id="the server's 500"),
        pytest.param(httpx.ConnectError("refused"), id="the server is gone"),
        pytest.param(disk_full(), id="the disk"),
        pytest.param(ExceptionGroup("shards", [server_error(), server_error()]), id="of several shards"),
    ],
)
def test_the_reason_for_which_a_run_ended_is_told_and_not_what_followed_from_it(
    last: Exception, home: Path
) -> None:
    reason = StoppedShort("stopped by SIGINT")
    assert explain(met_while_handling(last, reason), home) is reason


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(StoppedShort("stopped by SIGINT."), id="told plainly"),
        pytest.param(
            met_while_handling(server_error(), StoppedShort("stopped by SIGINT.")),
            id="under a 500",
        ),
        pytest.param(
            ExceptionGroup("shards", [server_error(), StoppedShort("stopped by SIGINT.")]), id="in a group"
        ),
        pytest.param(asyncio.CancelledError(), id="its loop cancelled"),
        pytest.param(KeyboardInterrupt(), id="Ctrl-C before anything listened for it"),
    ],
)
def test_a_run_stopped_short_says_once_how_to_go_on_with_it(
    error: BaseException, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def evaluate(_: object) -> None:
        raise error

    monkeypatch.setitem(sys.modules, "flows.evaluate", SimpleNamespace(evaluate=evaluate))
    settings = Settings(Home(home), ())
    settings.home.make()
    spec = make_spec({"suites": ["any"], "models": [{"model": "simulated/any"}]})
    record = begin_run(settings.home, spec, "mine", trigger="cli", suite_folders=())
    work = SimpleNamespace(progress=Progress("mine", lambda call, usage, at: None))
    with pytest.raises(StoppedShort) as caught:
        command._run_flow(settings, record, work, Interrupts(), retry_failed=False)
    assert str(caught.value).startswith("stopped b")
    assert str(caught.value).count("`nightbench resume mine` goes on with it.") == 1


def test_the_reason_is_found_inside_a_group(home: Path) -> None:
    reason = WarehouseError("the journal cannot be written")
    assert explain(ExceptionGroup("shards", [server_error(), reason]), home) is reason


def test_a_server_that_fails_on_a_disk_with_room_is_an_engine_error_with_what_to_do(home: Path) -> None:
    told = explain(server_error(), home)
    assert type(told) is EngineError
    for words in ("500 Internal Server Error", "kept", "nightbench resume", "server.log"):
        assert words in str(told)
    assert "\n" not in str(told)


def test_a_server_that_fails_on_a_full_disk_is_told_as_the_full_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.home.shutil.disk_usage", lambda _: Usage(10**9, 10**9, 1000))
    told = explain(server_error(), home)
    assert type(told) is WarehouseError
    for words in (str(home), "the disk is full", "kept", "Free some space", "nightbench resume"):
        assert words in str(told)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TypeError("a defect"), id="a defect"),
        pytest.param(PermissionError(errno.EACCES, "no", "/x"), id="an error of the system that is another"),
        pytest.param(
            ExceptionGroup("shards", [server_error(), KeyError("x")]), id="a defect beside the rest"
        ),
    ],
)
def test_a_defect_keeps_its_traceback_also_while_another_error_is_handled(
    error: Exception, home: Path
) -> None:
    assert not is_outside(error)
    assert explain(error, home) is None
    assert explain(met_while_handling(error, NightbenchError("before")), home) is None
