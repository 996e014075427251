"""`serve` beyond loopback: never without a password, which programs, the page and commands then all need."""

import base64
import json
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.server.opening import check_opening, is_loopback, keep_password, listeners, password_for_clients
from flows.server.prefect_home import PrefectHome
from tests.conftest import Nightbench
from tests.flows.browser import CHROMEDRIVER, CHROMIUM, Browser
from tests.flows.serving import SPEC, Served
from warehouse.errors import SpecError

VARIABLE = "PREFECT_SERVER_API_AUTH_STRING"
PASSWORD = "night:canary-correct-horse"
BASIC = {"authorization": f"Basic {base64.b64encode(PASSWORD.encode()).decode()}"}
HAS_V6 = (
    socket.has_ipv6
    and Path("/proc/net/if_inet6").exists()
    and "00000001" in Path("/proc/net/if_inet6").read_text()
)


def own_address() -> str | None:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # for documentation: nothing is sent
        except OSError:
            return None
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("password", [None, "", "night", "night:", "night:short", ":long-enough-to-be-one"])
def test_without_a_password_nothing_is_opened(password: str | None) -> None:
    with pytest.raises(SpecError, match="starts runs that cost money") as refused:
        check_opening("0.0.0.0", {} if password is None else {VARIABLE: password})
    assert VARIABLE in str(refused.value)
    assert "long-enough" not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.8.8.8"])
def test_loopback_needs_none(host: str) -> None:
    check_opening(host, {})
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-name.invalid", "0.0.0.0.0"])
def test_what_is_no_address_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(SpecError, match="nothing can listen there"):
        check_opening(host, {VARIABLE: PASSWORD})


def test_command_says_it_in_one_line_and_starts_nothing(nightbench: Nightbench, home: Path) -> None:
    said = nightbench("serve", "--host", "0.0.0.0")
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert not (home / "prefect" / "server.json").exists()


@pytest.mark.skipif(not HAS_V6, reason="this machine has no IPv6")
def test_every_address_of_both_versions_is_one_socket() -> None:
    (both,) = listeners("::", 0)
    port = both.getsockname()[1]
    for at in ("127.0.0.1", "::1"):
        socket.create_connection((at, port), timeout=5).close()
    both.close()


def test_password_is_kept_for_its_user_alone_and_only_where_there_is_one(home: Path) -> None:
    at = PrefectHome.of(home).server_password
    keep_password(at, {VARIABLE: PASSWORD})
    assert at.stat().st_mode & 0o777 == 0o600
    assert password_for_clients(at, {}) == {"PREFECT_API_AUTH_STRING": PASSWORD}
    assert password_for_clients(at, {"PREFECT_API_AUTH_STRING": "mine:own"}) == {}
    keep_password(at, {})
    assert not at.exists()
    assert password_for_clients(at, {}) == {}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A `serve` on every address."""
    environ = {VARIABLE: PASSWORD}
    running = Served(tmp_path_factory.mktemp("opened"), environ=environ, host="0.0.0.0")
    running.headers = BASIC
    yield running
    running.end(signal.SIGTERM)


def status(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_it_says_what_it_opens_and_that_there_is_no_tls(opened: Served) -> None:
    port = opened.url.rpartition(":")[2]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", opened.lines[0])
    assert f"every address of this machine, port {port}" in opened.lines[1]
    assert "no TLS" in opened.lines[1]
    assert PASSWORD not in "".join(opened.lines)


@pytest.mark.slow
def test_api_asks_for_the_password_and_the_page_loads_to_ask_for_it(opened: Served) -> None:
    roots = [opened.url]
    if (own := own_address()) is not None:
        roots.append(opened.url.replace("127.0.0.1", own))
    for root in roots:
        assert status(f"{root}/api/version") == 401
        assert status(f"{root}/api/version", authorization="Basic bmlnaHQ6d3Jvbmc=") == 401
        assert status(f"{root}/api/version", **BASIC) == 200
        assert status(f"{root}/api/version", **BASIC, origin="https://example.org") == 403
        assert status(f"{root}/") == 200
        with urllib.request.urlopen(f"{root}/ui-settings", timeout=20) as reply:
            settings = json.loads(reply.read())
        assert (settings["api_url"], settings["auth"]) == ("/api", "BASIC")


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="needs chromium and chromedriver")
def test_page_is_entered_with_the_password_and_shows_what_is_there(opened: Served, tmp_path: Path) -> None:
    with Browser(tmp_path) as page:
        page.open(opened.url.replace("127.0.0.1", own_address() or "127.0.0.1"))
        page.type("//input[@type='password']", PASSWORD)
        page.click("//button[@type='submit']")
        page.wait_for_text("Dashboard", "Deployments")
        page.click("//a[contains(@href,'/deployments')]")
        page.wait_for_text("evaluate", "nightly")


@pytest.mark.slow
def test_runs_and_commands_of_the_same_home_come_in(opened: Served, nightbench: Nightbench) -> None:
    code, run = opened.begin("evaluate", {"parameters": {"spec": SPEC}})
    assert code == 201
    opened.wait_for(run["id"], "Completed")
    said = nightbench("doctor", "--json", env={"NIGHTBENCH_HOME": str(opened.home)})
    (blocks,) = [one for one in said.json if one["what"] == "blocks"]
    assert blocks["state"] == "good", blocks


@pytest.mark.slow
def test_password_is_in_no_argument_and_no_file_but_the_one(opened: Served) -> None:
    found = [
        path for path in opened.home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()
    ]
    assert found == [PrefectHome.of(opened.home).server_password]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert PASSWORD.encode() not in process.read_bytes()
        except OSError:
            continue
    opened.end(signal.SIGTERM)
    assert not found[0].exists()
