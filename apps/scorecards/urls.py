"""URLs of the pages about the fleet, its repositories and its rules."""

from django.urls import path

from apps.scorecards import (
    campaign_views,
    finding_views,
    policy_views,
    repository_views,
    search_views,
    sharing_views,
    team_views,
    trend_views,
    views,
    waiver_views,
)

app_name = "scorecards"
urlpatterns = [
    path("", views.fleet, name="fleet"),
    path("repositories/", repository_views.repositories, name="repository_list"),
    path("repositories.csv", repository_views.repositories_csv, name="repositories_csv"),
    path("repositories/many/act/", repository_views.repositories_act, name="repositories_act"),
    path("repositories/<slug:slug>/", views.repository, name="repository"),
    path("repositories/<slug:slug>/share/", sharing_views.share, name="share"),
    path(
        "repositories/<slug:slug>/findings.csv",
        finding_views.findings_as_csv,
        name="findings_csv",
    ),
    path("repositories/<slug:slug>/findings/<int:pk>/", finding_views.finding, name="finding"),
    path(
        "repositories/<slug:slug>/findings/<int:pk>/patch/",
        finding_views.patch_ask,
        name="patch_ask",
    ),
    path(
        "repositories/<slug:slug>/findings/<int:pk>/finding.patch",
        finding_views.patch_file,
        name="patch_file",
    ),
    path(
        "repositories/<slug:slug>/waivers/new/",
        waiver_views.waiver_request_page,
        name="waiver_request",
    ),
    path("search/", search_views.search, name="search"),
    path("waivers/", waiver_views.waivers, name="waiver_list"),
    path("waivers/decide/", waiver_views.waivers_decide_many, name="waivers_decide_many"),
    path("waivers/<int:pk>/", waiver_views.waiver, name="waiver"),
    path("waivers/<int:pk>/decide/", waiver_views.waiver_decide, name="waiver_decide"),
    path("waivers/<int:pk>/end/", waiver_views.waiver_end, name="waiver_end"),
    path("campaigns/", campaign_views.campaigns, name="campaign_list"),
    path("campaigns/new/", campaign_views.campaign_new, name="campaign_new"),
    path("campaigns/<slug:slug>/", campaign_views.campaign, name="campaign"),
    path(
        "campaigns/<slug:slug>/repositories.csv",
        campaign_views.campaign_as_csv,
        name="campaign_csv",
    ),
    path("campaigns/<slug:slug>/change/", campaign_views.campaign_edit, name="campaign_edit"),
    path("campaigns/<slug:slug>/start/", campaign_views.campaign_begin, name="campaign_begin"),
    path("campaigns/<slug:slug>/close/", campaign_views.campaign_end, name="campaign_end"),
    path("campaigns/<slug:slug>/discard/", campaign_views.campaign_drop, name="campaign_drop"),
    path("teams/", team_views.teams, name="team_list"),
    path("teams/new/", team_views.team_new, name="team_new"),
    path("teams/<slug:slug>/", team_views.team, name="team"),
    path("teams/<slug:slug>/edit/", team_views.team_edit, name="team_edit"),
    path("teams/<slug:slug>/remove/", team_views.team_remove, name="team_remove"),
    path("teams/<slug:slug>/member/", team_views.member, name="team_member"),
    path("teams/<slug:slug>/take/", team_views.team_take, name="team_take"),
    path("trends/", trend_views.trends, name="trends"),
    path("trends.csv", trend_views.trends_csv, name="trends_csv"),
    path("guide/", views.guide, name="guide"),
    path("rules/", views.rules, name="rule_list"),
    path("rules/<slug:code>/", views.rule, name="rule"),
    path("policy/", policy_views.policies, name="policy_list"),
    path("policy/<str:key>/", policy_views.policy, name="policy"),
]
