"""The live site in a real Chromium, and what every page must satisfy there.

    @pytest.mark.journey
    @pytest.mark.django_db(transaction=True)
    def test_a_borrower_adds_a_debt(page, look, sign_in):
        sign_in(page, borrower)
        page.goto("/")
        look(page)

- `site` – the site as a browser meets it (compressed, hashed static files); `site.url`.
- `page` – a phone (390 × 844), Chinese, a fresh profile. `browse(…)` opens further ones:
  `browse(width=1280, locale="en-GB", javascript=False, scheme="dark")`.
- `sign_in(page, user)` – puts the user's session into that browser.
- `look(page, heaviest=45_000)` – no accessibility violation, no sideways scrolling at 320, 390 and
  1280 pixels, one h1, a title, a language; call it on every page a journey visits.
- `weigh(path)` – bytes over the wire of a cold load.

Every browser opened here also fails the test on any request that leaves the site, on any breach
of the content security policy, on any console or page error, on any server error.
"""

import contextlib
import itertools
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.processes import absent

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 390, 1280)
HEAVIEST = 45_000
STATIC = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
TELL_BREACHES = """
document.addEventListener("securitypolicyviolation", event =>
  console.error(`content security policy: ${event.violatedDirective} refused ${event.blockedURI}`));
"""


def executable() -> str | None:
    """The browser of this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole run."""
    from playwright.sync_api import sync_playwright

    program = executable()
    if program is None:
        absent("a Chromium browser")
    # Playwright keeps an event loop in this thread; our own code is not asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def _collected() -> Path:
    """Static files as production serves them, made once."""
    from django.core.management import call_command
    from django.test.utils import override_settings

    folder = Path(os.environ["VAR_DIR"]) / "static"
    with override_settings(STORAGES=STATIC, STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


class Site:
    """The address of the running site."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def __str__(self) -> str:
        return self.url


@pytest.fixture
def site(transactional_db: None, _collected: Path) -> Iterator[Site]:
    """The whole site behind a real socket, with this test's database and clock."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.db import connections
    from django.test.testcases import QuietWSGIRequestHandler
    from django.test.utils import override_settings

    with override_settings(
        STORAGES=STATIC, STATIC_ROOT=_collected, WHITENOISE_USE_FINDERS=False, WHITENOISE_AUTOREFRESH=False
    ):
        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, connections_override=None)
        server.daemon_threads = True
        server.set_app(WSGIHandler())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield Site(server.server_port)
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)
            connections.close_all()


class Log:
    """What the browsers of one test did that they must not do."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.problems: list[str] = []
        self.listening = True

    def add(self, problem: str) -> None:
        if self.listening:
            self.problems.append(problem)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """While our own tools work inside the page, what they do is not the page's doing."""
        self.listening = False
        try:
            yield
        finally:
            self.listening = True

    def watch(self, context: Any) -> None:
        context.add_init_script(TELL_BREACHES)
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.add(f"page error: {error.error}"))

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and not request.url.startswith(self.origin + "/"):
            self.add(f"a request left the site: {request.url}")

    def _response(self, response: Any) -> None:
        # A page may answer 403 or 404 on purpose; what a page is made of may not.
        limit = 500 if response.request.resource_type == "document" else 400
        if response.status >= limit:
            self.add(f"{response.status} for {response.url}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.add(f"console: {message.text}")


@pytest.fixture
def log(site: Site) -> Iterator[Log]:
    """The record kept of every browser of this test; empty at its end, or the test fails."""
    record = Log(site.url)
    yield record
    assert not record.problems, "\n".join(record.problems)


@pytest.fixture
def browse(browser: Any, site: Site, log: Log) -> Iterator[Callable[..., Any]]:
    """`browse(width=…, height=…, locale=…, javascript=…, scheme=…)` → a page in a fresh profile."""
    contexts = []

    def open_page(
        *,
        width: int = 390,
        height: int = 844,
        locale: str = "zh-CN",
        javascript: bool = True,
        scheme: str = "light",
        **options: Any,
    ) -> Any:
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": height},
            locale=locale,
            java_script_enabled=javascript,
            color_scheme=scheme,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(10_000)
        log.watch(context)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(browse: Callable[..., Any]) -> Any:
    """A phone in Chinese."""
    return browse()


@pytest.fixture
def sign_in(site: Site) -> Callable[..., None]:
    """`sign_in(page, user)`: the page's browser now holds the user's session."""

    def put(page: Any, user: Any, **options: Any) -> None:
        from django.conf import settings

        from tests.signing_in import session_cookie

        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": session_cookie(user, **options),
            "url": site.url,
        }
        page.context.add_cookies([cookie])

    return put


@pytest.fixture
def weigh(browser: Any, site: Site) -> Callable[..., int]:
    """`weigh("/")` → bytes over the wire, headers included, of a cold load of that page."""

    def measure(path: str, *, cookies: list[Any] | None = None, locale: str = "zh-CN") -> int:
        context = browser.new_context(
            base_url=site.url, viewport={"width": 390, "height": 844}, locale=locale
        )
        context.add_cookies(cookies or [])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        sizes: list[float] = []
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        response = page.goto(path, wait_until="networkidle")
        assert response.ok, f"{response.status} for {path}"
        context.close()
        return int(sum(sizes))

    return measure


def accessibility(page: Any, log: Log) -> list[str]:
    """What axe-core objects to on this page, one line for each element.

    axe is put in through the debugger (`evaluate`), which the page's content security policy does
    not govern; a script element would need the policy switched off, and then the page looked at
    would not be the page served.
    """
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    with log.away():
        page.evaluate(source)
        result = page.evaluate(
            "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
            RULES,
        )
    return [
        f"{violation['id']}: {violation['help']} – {' '.join(map(str, node['target']))}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def sideways(page: Any, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """The widths at which the page scrolls sideways, each with what sticks out."""
    before = page.viewport_size
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": before["height"]})
        excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if excess > 0:
            culprits = page.evaluate(
                """() => [...document.body.querySelectorAll('*')]
                    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
                    .slice(0, 3).map(e => e.tagName.toLowerCase() + '.' + e.className)"""
            )
            found.append(f"{width} px: {excess} px too wide, {', '.join(culprits)}")
    page.set_viewport_size(before)
    return found


def outline(page: Any) -> list[str]:
    """Faults in what every page must have: one h1, headings in order, a title, a language."""
    seen = page.evaluate(
        """() => ({
            title: document.title.trim(), lang: document.documentElement.lang,
            levels: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1]),
            styled: document.querySelectorAll('[style]').length,
            ids: [...document.querySelectorAll('[id]')].map(e => e.id),
        })"""
    )
    levels, ids = seen["levels"], seen["ids"]
    faults = []
    if not seen["title"]:
        faults.append("no title")
    if not seen["lang"]:
        faults.append("no language")
    if levels.count(1) != 1:
        faults.append(f"{levels.count(1)} h1 elements")
    faults += [f"h{a} is followed by h{b}" for a, b in itertools.pairwise(levels) if b > a + 1]
    faults += sorted({f"id {name!r} twice" for name in ids if ids.count(name) > 1})
    return faults


@pytest.fixture
def look(log: Log) -> Callable[..., None]:
    """`look(page)`: the checks of every page, all findings at once."""

    def check(page: Any) -> None:
        findings = accessibility(page, log) + sideways(page) + outline(page)
        assert not findings, f"{page.url}\n" + "\n".join(findings)

    return check
