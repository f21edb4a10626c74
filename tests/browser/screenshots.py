"""`python -m tests.browser.screenshots FOLDER [full] [busy] [empty] [PAGE…]`: every page in four forms.

`make screenshots` takes them all. Runs on servers of its own with the seeded fleet, with the same on a busy day for
its scans, then with an empty one. Says what was wrong with a page: wider than the window, against the policy, or an
error in the console.
"""

import os
import sys
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

PATHS = {
    "fleet": "/",
    "repositories": "/repositories/",
    "repositories-matrix": "/repositories/?view=matrix",
    "repositories-narrowed": "/repositories/?team=commerce&sort=-score&columns=score&columns=must",
    "teams": "/teams/",
    "team": "/teams/commerce/",
    "team-repositories": "/teams/payments/?tab=repositories",
    "team-tasks": "/teams/commerce/?tab=tasks",
    "team-trend": "/teams/commerce/?tab=trend",
    "team-members": "/teams/payments/?tab=members",
    "team-new": "/teams/new/",
    "team-edit": "/teams/payments/edit/",
    "team-remove": "/teams/payments/remove/",
    "trends": "/trends/",
    "trends-rule": "/trends/?rule=TOOL02&team=commerce&period=365",
    "trends-nobody": "/trends/?repository=nobody",
    "register": "/repositories/register/",
    "register-several": "/repositories/register/several/",
    "scorecard": "/repositories/payments-api/",
    "findings-filtered": "/repositories/storefront/?tab=findings&level=MUST&path=apps/&sort=newest",
    "findings-none": "/repositories/storefront/?tab=findings&q=nothing-says-this",
    "scorecard-rules": "/repositories/storefront/?tab=rules",
    "scorecard-ruff": "/repositories/storefront/?tab=ruff",
    "scorecard-ruff-family": "/repositories/storefront/?tab=ruff&family=D",
    "scorecard-ruff-hostile": "/repositories/hostile/?tab=ruff",
    "scorecard-migrations": "/repositories/storefront/?tab=migrations",
    "scorecard-migrations-rule": "/repositories/storefront/?tab=migrations&rule=ban-drop-column",
    "scorecard-migrations-hostile": "/repositories/hostile/?tab=migrations",
    "scorecard-migrations-failed": "/repositories/warehouse-sync/?tab=migrations",
    "scorecard-trend": "/repositories/payments-api/?tab=trend",
    "scorecard-facts": "/repositories/payments-api/?tab=facts",
    "scorecard-scans": "/repositories/payments-api/?tab=scans",
    "scorecard-hostile": "/repositories/hostile/",
    "scorecard-empty": "/repositories/design-tokens/",
    "scorecard-none": "/repositories/legacy-crm/",
    "scorecard-waivers": "/repositories/payments-api/?tab=waivers",
    # Their addresses are known once the fleet is made.
    "waiver": "",
    "finding": "",
    "finding-hostile": "",
    "search": "/search/?q=models&repository=storefront",
    "search-none": "/search/?q=nothing-is-called-so",
    "waivers": "/waivers/",
    "waivers-all": "/waivers/?show=all",
    "waiver-request": "/repositories/payments-api/waivers/new/?code=MOD08",
    "scans": "/scans/",
    "scan-done": "/repositories/payments-api/scan/",
    "scan-running": "/repositories/mobile-backend/scan/",
    "scan-failed": "/repositories/legacy-crm/scan/",
    "campaigns": "/campaigns/",
    "campaign": "/campaigns/no-surprises-on-upgrade-day/",
    "campaign-late": "/campaigns/reverse-names/",
    "campaign-closed": "/campaigns/time-outs-everywhere/",
    "campaign-close": "/campaigns/reverse-names/close/",
    "campaign-new": "/campaigns/new/?rule=TOOL01&rule=CEL02&scope=repositories&repositories=billing,reporting",
    "campaign-none": "/campaigns/new/",
    "profile": "/profile/",
    "guide": "/guide/",
    "guide-preview": "/guide/?coverage=preview",
    "rules": "/rules/",
    "rule": "/rules/MOD08/",
    "rule-what-if": "/rules/MOD09/?level=MUST&mode=on#what-if",
    "audit": "/audit/",
    "policy": "/policy/",
    "policy-draft": "/policy/fleet/?only=changed",
    "policy-section": "/policy/tag:legacy/?section=Models",
    "password": "/accounts/password/change/",
    "emails": "/accounts/email/",
    "second-factor": "/accounts/2fa/",
    "not-found": "/nowhere/",
    "styleguide": "/styleguide/",
}
BUSY = {
    "scans": "/scans/",
    "scans-waiting": "/scans/?state=queued",
    "scans-failed": "/scans/?state=failed&code=unreachable",
    "scans-none": "/scans/?repository=nobody-has-this-name",
    "scans-retry": "/scans/retry/?code=unreachable",
    "scan-log": "/repositories/payments-api/scan/",
    "scan-log-running": "/repositories/storefront/scan/",
    "scan-log-retrying": "/repositories/billing/scan/",
    "scan-log-failed": "/repositories/search-gateway/scan/",
    "scan-log-hostile": "/repositories/hostile/scan/",
}
EMPTY = (
    *("fleet", "repositories", "teams", "trends", "rules", "rule", "guide"),
    *("audit", "policy", "policy-draft", "waivers", "scans"),
    *("campaigns", "campaign-none", "profile"),
)
WIDTHS = (1440, 400)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        """Say nothing."""


def main(folder: Path, only: set[str]) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    import django

    django.setup()
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    from tests.browser import seed, seed_campaigns, seed_policy, seed_scans, seed_waivers
    from tests.servers import database_ensure, servers_ensure

    database_ensure(servers_ensure())
    server = make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder.mkdir(parents=True, exist_ok=True)
    base = f"http://127.0.0.1:{server.server_port}"
    fleets = {"full": PATHS, "busy": BUSY, "empty": {name: PATHS[name] for name in EMPTY}}
    for fleet, paths in fleets.items():
        if only & fleets.keys() and fleet not in only:
            continue
        names = only - fleets.keys()
        chosen = {name: path for name, path in paths.items() if not names or name in names}
        if not chosen:
            continue
        call_command("flush", interactive=False, verbosity=0)
        person = seed.person_create()
        if fleet != "empty":
            made = seed.fleet_create()
            seed_policy.policies_create(made, person)
        if fleet == "full":
            deep = {
                "waiver": seed_waivers.waivers_create(made),
                "finding": seed.finding_path(made["payments-api"]),
                "finding-hostile": seed.finding_path(made["hostile"]),
            }
            chosen |= {name: path for name, path in deep.items() if name in chosen}
            seed_campaigns.campaigns_create()
            seed_campaigns.profile_create()
        if fleet == "busy":
            seed_scans.scans_create(made)
        shoot(base, folder, fleet, chosen)


def shoot(base: str, folder: Path, fleet: str, paths: dict[str, str]) -> None:
    """Take the pictures of one fleet."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS, CHROMIUM, WATCH_VIOLATIONS, Visitor

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for theme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(
                    viewport={"width": width, "height": 900}, color_scheme=theme
                )
                context.add_init_script(WATCH_VIOLATIONS)
                visitor = Visitor(context.new_page(), base)
                visitor.page.goto(f"{base}/accounts/login/")
                visitor.page.screenshot(path=folder / f"{fleet}-sign-in-{theme}-{width}.png")
                visitor.sign_in()
                for name, path in paths.items():
                    page = visitor.open(path)
                    # Charts draw after the page has loaded.
                    page.wait_for_timeout(400)
                    if page.evaluate("document.documentElement.scrollWidth") > width:
                        visitor.problems.append(f"{path} is wider than {width}")
                    page.screenshot(
                        path=folder / f"{fleet}-{name}-{theme}-{width}.png", full_page=True
                    )
                for problem in visitor.problems:
                    sys.stderr.write(f"{problem}\n")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
