"""From a browser: the form of `evaluate` filled in and submitted ends in artifacts; `nightly` has times.

The whole product as served: `nightbench serve`, Prefect's own page in Chromium, simulated models.
NIGHTBENCH_SCREENSHOTS names a folder that keeps what was seen.
"""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.browser import CHROMEDRIVER, CHROMIUM, Browser
from tests.flows.conftest import query, start_nightbench

MODEL = "simulated/gpt-4o-2024-05-13"
SERVED_S = 120.0
RUN_S = 120.0
NOBODY = "http://127.0.0.1:9/v1"  # no server listens on discard
ARTIFACTS = {"leaderboard", "cost", "limits", "failures", "summary"}
RUN_LINK = "//a[contains(@href,'/runs/flow-run/')]"
PICTURES = "return [...document.images].filter(i => i.src.startsWith('data:') && i.naturalWidth > 300).length"
OPACITY = "const n = document.querySelector('[data-sonner-toast]'); return n && getComputedStyle(n).opacity"
NIGHTLY = f"""suites = ["json_only"]
limit = 3
mode = "batch"
[[models]]
model = "{MODEL}"
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or CHROMEDRIVER is None, reason="needs chromium and chromedriver"),
]


class Served:
    """`nightbench serve --nightly` on a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.spec = home.parent / "nightly.toml"
        self.spec.write_text(NIGHTLY, encoding="utf-8")
        self._log = home.parent / "serve.txt"
        words = ("serve", "--nightly", self.spec)
        self._process = start_nightbench(
            home, *words, said=self._log, PYTHONUNBUFFERED="1", NIGHTBENCH_GIVE_UP_S="1"
        )

    def said(self, first: str) -> str:
        """The address in the line that begins with this word, once it is there."""
        deadline = time.monotonic() + SERVED_S
        while time.monotonic() < deadline and self._process.poll() is None:
            for line in self._log.read_text().splitlines():
                if line.startswith(first):
                    return line.removeprefix(first).split()[0]
            time.sleep(0.1)
        raise AssertionError(self._log.read_text())

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Prefect's HTTP API."""
        url = self.said("evaluate ").partition("/v2/")[0]
        request = urllib.request.Request(
            f"{url}/api{path}",
            None if body is None else json.dumps(body).encode(),
            {"content-type": "application/json"},
            method=method,
        )
        for _ in range(20):
            try:
                with urllib.request.urlopen(request, timeout=20) as reply:
                    return reply.status, json.loads(reply.read())
            except urllib.error.HTTPError as error:
                if error.code != 503:  # SQLite was busy: Prefect's clients ask again too
                    return error.code, json.loads(error.read())
                time.sleep(0.2)
        raise AssertionError("busy for too long")

    def deployment(self, name: str) -> str:
        """The deployment's id."""
        return str(self.ask("GET", f"/deployments/name/{name}/{name}")[1]["id"])

    def runs(self, name: str) -> list[str]:
        """The ids of the deployment's flow runs."""
        only = {"deployments": {"id": {"any_": [self.deployment(name)]}}}
        return [str(run["id"]) for run in self.ask("POST", "/flow_runs/filter", only)[1]]

    def end_of(self, run_id: str) -> dict[str, Any]:
        """The flow run in its final state."""
        deadline = time.monotonic() + RUN_S
        while True:
            run: dict[str, Any] = self.ask("GET", f"/flow_runs/{run_id}")[1]
            if run["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return run
            assert time.monotonic() < deadline, run["state"]
            time.sleep(0.3)

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """The keyed artifacts of a flow run, by key."""
        found = self.ask("POST", "/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run_id]}}})[1]
        return {artifact["key"]: artifact for artifact in found if artifact["key"]}

    def end(self) -> None:
        """Ctrl-C; all of it is down within its five seconds and a little."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `serve` for this module: it takes longer to start than a test."""
    home = tmp_path_factory.mktemp("ui") / "home"
    home.mkdir()
    started = Served(home)
    try:
        started.said("Ctrl-C")
        yield started
    finally:
        started.end()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    """A browser with a fresh profile."""
    with Browser(tmp_path / "profile") as browser:
        yield browser


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """Where screenshots go."""
    folder = Path(os.environ.get("NIGHTBENCH_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def field(title: str) -> str:
    """Where the form takes the field of this title."""
    return f"//label[normalize-space()='{title}']/following::fieldset[1]"


def choose_suite(page: Browser, name: str) -> None:
    """The form offers the suites that there are."""
    page.click(f"{field('Suites')}//button[.='Add item']")
    page.click(f"{field('Suites')}//button[contains(.,'Select')]")
    page.click(f"//*[@role='option'][.='{name}']")


def artifact_page(served: Served, artifact: dict[str, Any]) -> str:
    """Where Prefect's page shows an artifact."""
    return f"{served.said('evaluate ').partition('/v2/')[0]}/v2/artifacts/artifact/{artifact['id']}"


def test_the_filled_in_form_runs_and_shows_its_artifacts(served: Served, page: Browser, seen: Path) -> None:
    page.open(served.said("evaluate "))
    choose_suite(page, "json_only")
    page.click(f"{field('Models')}//button[.='Add item']")
    page.click(f"{field('Model')}//button[contains(.,'Select')]")
    page.click(f"//*[@role='option'][.='{MODEL}']")
    page.click(f"{field('Samples a suite (Optional)')}//button[.='int']")
    page.type(f"{field('Samples a suite (Optional)')}//input", "5")
    page.screenshot(seen / "ui_1_form_filled.png")
    deadline = time.monotonic() + 120
    while not served.runs("evaluate"):
        assert time.monotonic() < deadline, page.text
        page.click("//button[@type='submit']")  # one that comes too early does nothing
        until = time.monotonic() + 15
        while time.monotonic() < until and not served.runs("evaluate"):
            time.sleep(0.5)
    (run_id,) = served.runs("evaluate")  # its notice with a link is gone in seconds, so the address is used
    page.open(f"{served.said('evaluate ').partition('/v2/')[0]}/v2/runs/flow-run/{run_id}")
    run = served.end_of(run_id)
    assert run["state_type"] == "COMPLETED", run["state"]
    spec = run["parameters"]["spec"]
    assert (spec["suites"], [entry["model"] for entry in spec["models"]], spec["limit"]) == (
        ["json_only"],
        [MODEL],
        5,
    )
    page.wait_for_text("Completed", f"json_only: {MODEL} · 5 samples")
    page.screenshot(seen / "ui_2_run_completed.png")
    assert set(served.artifacts(run_id)) == ARTIFACTS
    page.click("//button[@role='tab'][contains(.,'Artifacts')]")
    page.wait_for_text("leaderboard", "summary")
    page.screenshot(seen / "ui_3_run_artifacts.png")
    page.click("//a[contains(@href,'/artifacts/')][contains(.,'leaderboard')]")
    page.wait_for_text(MODEL, "json_only")
    page.screenshot(seen / "ui_4_leaderboard.png")
    kept = served.artifacts(run_id)
    for name, words in (("cost", "output tokens"), ("limits", "refused with 429"), ("failures", "answer")):
        page.open(artifact_page(served, kept[name]))
        page.wait_for_text(words, MODEL)
        page.screenshot(seen / f"ui_4_{name}.png")
    page.open(artifact_page(served, kept["summary"]))
    page.wait_for(lambda it: it.script(PICTURES) == 3, "three pictures that are shown")
    page.screenshot(seen / "ui_4_summary.png")


def test_the_form_does_not_send_what_the_spec_forbids(served: Served, page: Browser, seen: Path) -> None:
    page.open(served.said("evaluate "))
    choose_suite(page, "json_only")
    page.click(f"{field('Models')}//button[.='Add item']")
    page.click(f"{field('Model')}//button[.='Another']")
    page.type(f"{field('Model')}//textarea", "gpt-4o")
    page.click("//button[@type='submit']")
    page.wait_for_text("Validation failed for field 'spec.models[0].model'")
    page.wait_for(lambda it: it.script(OPACITY) == "1", "the notice, no longer fading in")
    page.screenshot(seen / "ui_5_refused.png")
    assert page.url.split("?")[0].endswith("/run")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"limit": 0}, "limit", id="a limit of none"),
        pytest.param({"suites": []}, "suites", id="no suite"),
        pytest.param({"models": [{"model": "gpt-4o"}]}, "model", id="a model without provider"),
        pytest.param({"suits": ["json_only"]}, "suits", id="no such field"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_named(
    served: Served, change: dict[str, Any], named: str
) -> None:
    spec = {"suites": ["json_only"], "models": [{"model": MODEL}]} | change
    path = f"/deployments/{served.deployment('evaluate')}/create_flow_run"
    code, said = served.ask("POST", path, {"parameters": {"spec": spec}})
    assert code in {409, 422}
    assert named in json.dumps(said)


@pytest.mark.parametrize(
    ("change", "state", "hint"),
    [
        pytest.param({"budget_usd": "0.02"}, "CANCELLED", "--budget-usd MORE", id="at its budget"),
        pytest.param(
            {"models": [{"model": "compatible/x", "base_url": NOBODY}]},
            "FAILED",
            "given up: 127.0.0.1:9 (down for 1 s)",
            id="a provider that stays down",
        ),
    ],
)
def test_a_run_that_stops_short_says_why_and_how_it_goes_on(
    served: Served, change: dict[str, Any], state: str, hint: str
) -> None:
    spec = {"suites": ["word_problems"], "models": [{"model": MODEL}], "limit": 30} | change
    path = f"/deployments/{served.deployment('evaluate')}/create_flow_run"
    _, begun = served.ask("POST", path, {"parameters": {"spec": spec}})
    run = served.end_of(begun["id"])
    assert run["state_type"] == state, run["state"]
    assert hint in run["state"]["message"]
    assert f"nightbench resume {run['id']}" in run["state"]["message"]


def test_nightly_lists_its_next_runs_and_completes_by_hand(served: Served, page: Browser, seen: Path) -> None:
    nightly = served.deployment("nightly")
    of_nightly = {"deployments": {"id": {"any_": [nightly]}}}
    scheduled = of_nightly | {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    deadline = time.monotonic() + 60
    while not (coming := served.ask("POST", "/flow_runs/filter", scheduled)[1]):
        assert time.monotonic() < deadline, "no run is scheduled"
        time.sleep(0.5)
    assert {run["expected_start_time"][10:19] for run in coming} == {"T02:00:00"}
    assert all(run["parameters"]["spec"]["limit"] == 3 for run in coming)
    page.open(served.said("nightly "))
    page.click("//button[@role='tab'][contains(.,'Upcoming')]")
    page.wait_for(lambda it: it.count(RUN_LINK) >= min(len(coming), 5), "the next runs")
    page.wait_for_text("At 02:00 AM", "Scheduled")
    page.screenshot(seen / "ui_6_nightly_upcoming.png")
    page.click("//button[normalize-space()='Run']")
    page.click("//*[@role='menuitem'][contains(.,'Quick run')]")
    start = "//*[@role='dialog']//button[normalize-space()='Run']"
    deadline = time.monotonic() + 60
    while not (
        mine := [
            run for run in served.ask("POST", "/flow_runs/filter", of_nightly)[1] if not run["auto_scheduled"]
        ]
    ):
        assert time.monotonic() < deadline, page.text
        if page.count(start):  # a click that comes while the dialog is still being filled does nothing
            page.click(start)
        time.sleep(2)
    run = served.end_of(mine[0]["id"])
    assert run["state_type"] == "COMPLETED", run["state"]
    assert set(served.artifacts(run["id"])) == ARTIFACTS | {"night"}
    how = "select mode, count(*) as n from calls where run_id = '{}' group by mode"
    assert query(served.home, how.format(run["id"])) == [{"mode": "batch", "n": 3}]
    page.open(f"{page.url.partition('/v2/')[0]}/v2/runs/flow-run/{run['id']}")
    page.wait_for_text("Completed", "3 samples")
    page.screenshot(seen / "ui_7_nightly_by_hand.png")
    page.open(artifact_page(served, served.artifacts(run["id"])["night"]))
    page.wait_for_text("Night:", "nothing to look at", "Ran", "Cost")
    page.screenshot(seen / "ui_8_night.png")
