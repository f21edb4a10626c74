"""URLs of the pages about the fleet, its repositories and its rules."""

from django.urls import path

from apps.scorecards import (
    campaign_views,
    finding_views,
    policy_views,
    views,
    waiver_views,
)

app_name = "scorecards"
urlpatterns = [
    path("", views.fleet, name="fleet"),
    path("repositories/", views.repositories, name="repository_list"),
    path("repositories/<slug:slug>/", views.repository, name="repository"),
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
    path("waivers/", waiver_views.waivers, name="waiver_list"),
    path("waivers/decide/", waiver_views.waivers_decide_many, name="waivers_decide_many"),
    path("waivers/<int:pk>/", waiver_views.waiver, name="waiver"),
    path("waivers/<int:pk>/decide/", waiver_views.waiver_decide, name="waiver_decide"),
    path("waivers/<int:pk>/end/", waiver_views.waiver_end, name="waiver_end"),
    path("campaigns/", campaign_views.campaigns, name="campaign_list"),
    path("campaigns/new/", campaign_views.campaign_new, name="campaign_new"),
    path("campaigns/<slug:slug>/", campaign_views.campaign, name="campaign"),
    path("campaigns/<slug:slug>/change/", campaign_views.campaign_edit, name="campaign_edit"),
    path("campaigns/<slug:slug>/start/", campaign_views.campaign_begin, name="campaign_begin"),
    path("campaigns/<slug:slug>/close/", campaign_views.campaign_end, name="campaign_end"),
    path("campaigns/<slug:slug>/discard/", campaign_views.campaign_drop, name="campaign_drop"),
    path("guide/", views.guide, name="guide"),
    path("rules/", views.rules, name="rule_list"),
    path("rules/<slug:code>/", views.rule, name="rule"),
    path("policy/", policy_views.policies, name="policy_list"),
    path("policy/<str:key>/", policy_views.policy, name="policy"),
]
