"""Pages about what everything adds up to: the fleet, its repositories, its rules."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts.requests import SignedInRequest
from apps.rulebook.selectors import rule_get, rule_list, statement_list
from apps.scans.selectors import scan_list
from apps.scorecards.fleet_pages import FleetPage
from apps.scorecards.guide_pages import GuideQuery, coverage_facets, statement_sections
from apps.scorecards.listing import page_of
from apps.scorecards.policy_pages import RuleTrial
from apps.scorecards.rule_pages import RuleInFleet, example_rows, rule_sections, rules_found
from apps.scorecards.selectors import (
    repository_scorecard,
    rule_overview,
)
from apps.scorecards.selectors.campaigns import campaign_may_open
from apps.scorecards.tabs import TABS, tab_list
from core.fragments import page_render

STATEMENTS_PER_PAGE = 100
RULES_PER_PAGE = 100


@require_GET
def fleet(request: SignedInRequest) -> HttpResponse:
    """Show which repositories comply, which way they move, and what needs a look."""
    page = FleetPage.of(request.GET, user=request.user)
    context = {"page": page, "fleet": page.overview, "charts": page.charts}
    return page_render(request, "scorecards/fleet.html", context, fragments=("course",))


@require_GET
def repository(request: SignedInRequest, slug: str) -> HttpResponse:
    """Show whether a repository complies, and if not, what to do first."""
    card = repository_scorecard(user=request.user, slug=slug)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else "findings"
    context: dict[str, Any] = {
        "card": card,
        "repository": card.repository,
        "scan": card.scan,
        "latest": scan_list(user=request.user, repository=card.repository, with_past=False).first(),
        "tab": tab,
        "tabs": tab_list(card),
    }
    if card.scan is not None:
        context |= TABS[tab](request, card, card.scan)
    is_filtered = tab == "findings" and "query" in context
    return page_render(
        request,
        "scorecards/repository.html",
        context,
        fragments=("tab",),
        query=context["query"].tab_address if is_filtered else None,
    )


@require_GET
def guide(request: SignedInRequest) -> HttpResponse:
    """List every statement of the guide with what is done about it and how the fleet follows it."""
    query = GuideQuery.of(request.GET)
    found = query.found(statement_list())
    page = page_of(query.covered(found), request.GET.get("page"), size=STATEMENTS_PER_PAGE)
    context = {
        "query": query,
        "total": len(found),
        "facets": coverage_facets(found),
        "page": page,
        "sections": statement_sections(page.object_list, rule_overview(user=request.user)),
    }
    return page_render(request, "rulebook/guide.html", context, fragments=("listing",))


@require_GET
def rules(request: SignedInRequest) -> HttpResponse:
    """List the rules by section of the guide, with how well the fleet follows each."""
    search = request.GET.get("q", "").strip()[:200]
    page = page_of(
        rules_found(rule_list(), search=search), request.GET.get("page"), size=RULES_PER_PAGE
    )
    sections = rule_sections(page.object_list, rule_overview(user=request.user))
    context = {"sections": sections, "query": search, "page": page}
    return render(request, "rulebook/rule_list.html", context)


@require_GET
def rule(request: SignedInRequest, code: str) -> HttpResponse:
    """Show what a rule asks, why, how to follow it, and who does not."""
    found = rule_get(code)
    context = {
        "rule": found,
        "examples": example_rows(found),
        "fleet": RuleInFleet.of(
            found,
            user=request.user,
            team_slug=request.GET.get("team", ""),
            number=request.GET.get("page"),
        ),
        "may_campaign": campaign_may_open(user=request.user),
        "trial": RuleTrial.of(user=request.user, rule=found, address=request.GET.dict()),
    }
    return page_render(request, "rulebook/rule.html", context, fragments=("what-if", "standings"))
