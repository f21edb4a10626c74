"""Repositories in the admin: seen here, changed by the pages and the API."""

from django.contrib import admin

from apps.repositories.models import Repository
from core.admin import ReadOnly


@admin.register(Repository)
class RepositoryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """What is followed. Credentials and webhook secrets are shown nowhere."""

    list_display = ("name", "url", "branch", "provider", "enabled", "last_error_code")
    list_filter = ("provider", "enabled", "last_error_code")
    search_fields = ("name", "url")
