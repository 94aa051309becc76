"""Headless Chromium by its own driver: W3C WebDriver over HTTP, as much of it as the tests need."""

import base64
import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "End": "\ue010", "Alt": "\ue00a"}
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1366,911",
    "--lang=vi",
)


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def _call(self, method: str, path: str, **body: Any) -> Any:
        answer = self._client.request(
            method, f"/session/{self._session}/{path}", json=body if method == "POST" else None
        )
        found = answer.json()["value"]
        if answer.status_code != 200:
            raise AssertionError(f"{path}: {found['error']}: {found['message'][:300]}")
        return found

    def open(self, url: str) -> None:
        """Go there; back when the page is loaded."""
        self._call("POST", "url", url=url)

    @property
    def path(self) -> str:
        """Where it is now."""
        return httpx.URL(self._call("GET", "url")).path

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script in the page answers."""
        return self._call("POST", "execute/sync", script=text, args=list(arguments))

    def find(self, selector: str) -> str:
        """The first element of that kind."""
        found: dict[str, str] = self._call("POST", "element", using="css selector", value=selector)
        return found[ELEMENT]

    def text(self, selector: str = "body") -> str:
        """What people read there."""
        return str(self._call("GET", f"element/{self.find(selector)}/text"))

    def press(self, *keys: str) -> None:
        """Keys as from a keyboard, to whatever has the focus; words are typed letter by letter."""
        actions = []
        for key in keys:
            for letter in [KEYS[key]] if key in KEYS else list(key):
                actions += [
                    {"type": "keyDown", "value": letter},
                    {"type": "keyUp", "value": letter},
                ]
        self._call(
            "POST", "actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}]
        )

    def tab_to(self, wanted: str, most: int = 60) -> None:
        """Tab until the element that a selector names has the focus."""
        for _ in range(most):
            if self.script("return document.activeElement.matches(arguments[0])", wanted):
                return
            self.press("Tab")
        raise AssertionError(f"no way by Tab to {wanted}")

    def type_into(self, selector: str, text: str) -> None:
        """Go there by Tab and type."""
        self.tab_to(selector)
        self.press(text)

    def enter_on(self, selector: str) -> None:
        """Go there by Tab, press Enter, wait for the page that follows."""
        self.tab_to(selector)
        self.script("window.before = true")
        self.press("Enter")
        deadline = time.monotonic() + 20
        while self.script("return window.before === true || document.readyState !== 'complete'"):
            assert time.monotonic() < deadline, "no page followed"

    def choose_file(self, selector: str, path: Path) -> None:
        """Give a file to a file field."""
        self._call("POST", f"element/{self.find(selector)}/value", text=str(path))

    def forget(self) -> None:
        """Drop the cookies of the page's site."""
        self._call("DELETE", "cookie")

    def telephone(self, width: int, height: int) -> None:
        """A window as small as a telephone's, two dots a point."""
        size = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": True}
        command = "Emulation.setDeviceMetricsOverride"
        self._call("POST", "goog/cdp/execute", cmd=command, params=size)

    def own_size(self) -> None:
        """The window as it was before it was a telephone's."""
        command = "Emulation.clearDeviceMetricsOverride"
        self._call("POST", "goog/cdp/execute", cmd=command, params={})

    def picture(self, path: Path) -> None:
        """The window as PNG."""
        path.write_bytes(base64.b64decode(self._call("GET", "screenshot")))


def look(browser: Browser, name: str) -> None:
    """Keep a picture where somebody wants to look at them."""
    if folder := os.environ.get("LOOKS"):
        browser.picture(Path(folder) / f"{name}.png")


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a new, empty profile."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        tempfile.TemporaryDirectory(prefix="motcua-chromium-", ignore_cleanup_errors=True) as home,
        subprocess.Popen(
            ["chromedriver", f"--port={port}", "--log-level=SEVERE"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as driver,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client,
    ):
        try:
            _wait(client)
            options = {
                "args": [*ARGUMENTS, f"--user-data-dir={home}"],
                "binary": "/usr/bin/chromium",
            }
            wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
            made = client.post("/session", json=wanted).json()["value"]
            assert "sessionId" in made, made
            yield Browser(client, made["sessionId"])
            client.delete(f"/session/{made['sessionId']}")
        finally:
            driver.terminate()


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if client.get("/status").json()["value"]["ready"]:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, "chromedriver does not answer"
