"""A real browser on a real server. A missing browser fails the run; it never skips a test."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client

from apps.repositories.models import Repository
from tests.browser import seed
from tests.browser.kept import Kept

User = get_user_model()
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@dataclass
class Visitor:
    """A browser tab that remembers everything that went wrong on any page."""

    page: Page
    base: str
    problems: list[str] = field(default_factory=list)
    response: Response | None = None

    def open(self, path: str) -> Page:
        """Open a path and collect what it broke."""
        self.response = self.page.goto(f"{self.base}{path}")
        self.collect()
        return self.page

    def collect(self) -> None:
        """Take down policy violations of the page that is open."""
        for violation in self.page.evaluate("window.violations ?? []"):
            self.problems.append(f"{self.page.url}: {violation}")

    def sign_in(self) -> "Visitor":
        """Be signed in, as if by the form."""
        client = Client()
        client.force_login(User.objects.get(email=seed.EMAIL))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie.value, "url": self.base}]
        )
        return self

    def sign_in_by_form(self) -> "Visitor":
        """Sign in as people do."""
        self.page.goto(f"{self.base}/accounts/login/")
        self.page.locator("[name=login]").fill(seed.EMAIL)
        self.page.locator("[name=password]").fill(seed.PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.base}/")
        return self


@pytest.fixture(scope="session")
def _playing() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One Chromium for all tests of this worker, and the event loop of its driver.

    Playwright calls its loop the running one of this thread until the driver ends, where other tests would find it.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield chromium, loop
        asyncio._set_running_loop(loop)
        chromium.close()


@pytest.fixture
def browser(_playing, monkeypatch) -> Iterator[Browser]:
    """Chromium, whose loop runs while this test does."""
    chromium, loop = _playing
    # Django would refuse to query where a loop runs.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    asyncio._set_running_loop(loop)
    yield chromium
    asyncio._set_running_loop(None)


@pytest.fixture
def make_visitor(browser: Browser, live_server) -> Iterator:
    """A function that opens a browser tab of its own; at the end no tab may have had a problem."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def make(*, width: int = 1280, scripts: bool = True, theme: str = "light") -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme=theme,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page, live_server.url)
        visitors.append(visitor)
        if scripts:
            context.add_init_script(WATCH_VIOLATIONS)
        page.on("pageerror", lambda error: visitor.problems.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: _dialog(visitor, dialog))
        page.on("console", lambda message: _console(visitor, message))
        return visitor

    yield make
    for context in contexts:
        context.close()
    assert [visitor.problems for visitor in visitors] == [[] for _ in visitors]


@pytest.fixture
def person(transactional_db):
    """Somebody who may sign in."""
    return seed.person_create()


_fleets: list[tuple[Kept, dict[str, int]]] = []
"""The fleet that this process has made, once it has."""


@pytest.fixture
def fleet(person) -> dict[str, Repository]:
    """The seeded fleet, by name."""
    if not _fleets:
        made = seed.fleet_create()
        _fleets.append((Kept.of_database(), {name: one.pk for name, one in made.items()}))
        return made
    kept, pks = _fleets[0]
    kept.put_back()
    person.pk = User.objects.get(email=seed.EMAIL).pk
    found = Repository.objects.in_bulk(pks.values())
    return {name: found[pk] for name, pk in pks.items()}


@pytest.fixture
def visitor(make_visitor, fleet) -> Visitor:
    """Somebody signed in to the seeded fleet."""
    return make_visitor().sign_in()


def _dialog(visitor: Visitor, dialog) -> None:
    visitor.problems.append(f"{visitor.page.url}: dialog {dialog.message}")
    dialog.dismiss()


def _console(visitor: Visitor, message) -> None:
    # The browser itself reports each answer of 400 and above; tests ask for some of those.
    if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
        visitor.problems.append(f"{visitor.page.url}: {message.type} {message.text}")
