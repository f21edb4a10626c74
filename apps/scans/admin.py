"""Scans and deliveries in the admin, for looking into trouble."""

from django.contrib import admin

from apps.scans.models import Scan, WebhookDelivery
from core.admin import ReadOnly


@admin.register(Scan)
class ScanAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Every scan with its state and reason."""

    list_display = ("created_at", "repository", "ref", "state", "phase", "attempt", "error_code")
    list_filter = ("state", "trigger", "error_code")
    list_select_related = ("repository",)
    search_fields = ("repository__name", "commit")
    show_full_result_count = False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What hosts announced."""

    list_display = ("created_at", "endpoint", "event", "outcome", "scan")
    list_filter = ("outcome", "event")
    list_select_related = ("endpoint", "scan")
    show_full_result_count = False
