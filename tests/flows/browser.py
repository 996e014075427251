"""A headless Chromium, driven through chromedriver by the W3C WebDriver protocol (w3.org/TR/webdriver2).

Plain HTTP on loopback: no dependency. Elements are found by XPath, typed at and clicked as a person does;
whatever is waited for has a deadline, and when it passes, the page's text is in the failure.
"""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
WITHIN_S = 30.0
LOOK_S = 0.1
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name of an element's id
NOT_YET = (
    "no such element",
    "stale element reference",
    "element not interactable",
    "element click intercepted",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1400,3000",
)


class DriverError(Exception):
    """What chromedriver refused: `code` is the protocol's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Browser:
    """A Chromium of its own with a fresh profile; gone at the end of the block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._session = ""

    def __enter__(self) -> Self:
        assert CHROMIUM is not None
        assert CHROMEDRIVER is not None
        self._driver = subprocess.Popen(
            [CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self._address = f"http://127.0.0.1:{self._port()}/session"
            arguments = [*FLAGS, f"--user-data-dir={self._folder}"]
            options = {"binary": CHROMIUM, "args": arguments}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options}
            made = self._ask("POST", "", {"capabilities": {"alwaysMatch": wanted}})
            self._session = f"/{made['sessionId']}"
        except BaseException:
            self._end_driver()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._ask("DELETE", self._session)
        finally:
            self._end_driver()

    def open(self, url: str) -> None:
        """Go to an address."""
        self._ask("POST", f"{self._session}/url", {"url": url})

    @property
    def url(self) -> str:
        """Where the page is now."""
        return str(self._ask("GET", f"{self._session}/url"))

    @property
    def text(self) -> str:
        """What the page says."""
        return str(self.script("return document.body.innerText"))

    def script(self, source: str, *arguments: Any) -> Any:
        """Run JavaScript in the page; for looking, not for acting."""
        return self._ask("POST", f"{self._session}/execute/sync", {"script": source, "args": list(arguments)})

    def screenshot(self, path: Path) -> None:
        """What is seen, as PNG."""
        path.write_bytes(base64.b64decode(self._ask("GET", f"{self._session}/screenshot")))

    def click(self, xpath: str, within_s: float = WITHIN_S) -> None:
        """Click the first element of this path once it is there and nothing covers it."""
        self._once(lambda: self._act(xpath, "click", {}), f"cannot click {xpath}", within_s)

    def type(self, xpath: str, text: str, within_s: float = WITHIN_S) -> None:
        """Type at the first element of this path once it takes input."""
        self._once(lambda: self._act(xpath, "value", {"text": text}), f"cannot type at {xpath}", within_s)

    def count(self, xpath: str) -> int:
        """How many elements there are of this path."""
        return len(self._ask("POST", f"{self._session}/elements", {"using": "xpath", "value": xpath}))

    def wait_for(self, claim: Callable[["Browser"], object], what: str, within_s: float = WITHIN_S) -> None:
        """Wait until the claim holds."""
        self._once(lambda: bool(claim(self)), what, within_s)

    def wait_for_text(self, *words: str, within_s: float = WITHIN_S) -> None:
        """Wait until the page says all of these."""
        self.wait_for(lambda page: all(word in page.text for word in words), f"no {words}", within_s)

    def _act(self, xpath: str, action: str, body: dict[str, Any]) -> bool:
        found = self._ask("POST", f"{self._session}/element", {"using": "xpath", "value": xpath})
        self._ask("POST", f"{self._session}/element/{found[ELEMENT]}/{action}", body)
        return True

    def _once(self, attempt: Callable[[], bool], what: str, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        why = "it did not come"
        while time.monotonic() < deadline:
            try:
                if attempt():
                    return
            except DriverError as error:
                if error.code not in NOT_YET:
                    raise
                why = str(error).splitlines()[0]
            time.sleep(LOOK_S)
        raise AssertionError(f"{what} within {within_s:.0f} s: {why}\n{self.url}\n{self.text}")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._address + path, data, {"content-type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.loads(reply.read())["value"]
        except urllib.error.HTTPError as error:
            value = json.loads(error.read())["value"]
            raise DriverError(value["error"], value["message"]) from None

    def _port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                return int(line.strip().rstrip(".").rsplit(" ", 1)[1])
        raise AssertionError("chromedriver did not start")

    def _end_driver(self) -> None:
        self._driver.terminate()
        self._driver.communicate()
