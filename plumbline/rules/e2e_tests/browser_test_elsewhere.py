"""E2E-03."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_PLAYWRIGHT = {"requirements.txt": "django\npytest-playwright\n"}


class BrowserTestElsewhere(Rule):
    """Finds browser tests that visit a fixed address instead of the live server."""

    code = "E2E03"
    slug = "browser-test-elsewhere"
    title = "Browser tests visit the live server"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "E2E & Acceptance Testing"
    guide_lines = (2074, 2081)
    effort = Effort.HOUR
    what = (
        "A `page.goto()` of Playwright in a test that names an address with `http` and does not come from "
        "`live_server`."
    )
    why = "A test against a server that somebody else starts fails for reasons that the code under test does not know."
    how = 'Ask for the `live_server` fixture of pytest-django and visit `f"{live_server.url}/orders/"`.'
    applies_when = "tests drive a browser with Playwright"
    absent = "no test drives a browser with Playwright"
    errata = (
        "A suite against a staging system does this on purpose; so this is advice and never scores."
    )
    examples = (
        Example(
            "a fixed address",
            {
                **_PLAYWRIGHT,
                "tests/test_browser.py": (
                    "from playwright.sync_api import Page\n\n\n"
                    'def test_orders(page: Page):\n    page.goto("http://localhost:8000/orders/")  # <-\n'
                ),
            },
        ),
        Example(
            "the live server",
            {
                **_PLAYWRIGHT,
                "tests/test_browser.py": (
                    "from playwright.sync_api import Page\n\n\n"
                    'def test_orders(page: Page, live_server):\n    page.goto(f"{live_server.url}/orders/")\n'
                ),
            },
            state="pass",
        ),
        Example("no browser", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        if project.installs("playwright", "pytest-playwright") or project.uses("playwright"):
            return None
        return self.absent

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each visit."""
        for call in project.calls.named("goto", tests=True):
            target = call.outline.args[0] if call.outline.args else call.keyword("url")
            if isinstance(target, str) and target.startswith("http"):
                yield call.violation(
                    "the test visits a fixed address; ask for `live_server` and visit its `url`"
                )
            elif isinstance(target, o.Text) and target.template.startswith("http"):
                yield call.unknown("the address is put together")
            else:
                yield call.in_order()
