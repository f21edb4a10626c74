"""Findings in the admin."""

from django.contrib import admin

from apps.findings.models import Finding, Waiver
from core.admin import ReadOnly


@admin.register(Finding)
class FindingAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What is wrong where."""

    list_display = ("code", "level", "state", "repository", "path", "line")
    list_filter = ("state", "level")
    list_select_related = ("repository",)
    search_fields = ("code", "path", "fingerprint")
    show_full_result_count = False


@admin.register(Waiver)
class WaiverAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Leave to break a rule for a while."""

    list_display = ("code", "scope", "state", "repository", "until", "requested_by", "decided_by")
    list_filter = ("state", "scope")
    list_select_related = ("repository", "requested_by", "decided_by")
    search_fields = ("code", "reason")
