"""People, tokens and the audit log in the admin."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest

from apps.accounts.models import ApiToken, AuditEvent, User
from apps.accounts.services import audit_record, token_revoke
from core.admin import ReadOnly


class Recorded:
    """Writes what somebody does here into the audit log, in the transaction of the act."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401 - as its base
        """Record something new."""
        _record(request, obj, "create", message)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401 - as its base
        """Record a change: which fields, never what secrets they hold."""
        _record(request, obj, "update", message)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:  # noqa: ANN401 - as its base
        """Record what goes."""
        for obj in queryset:
            _record(request, obj, "delete", "")
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _record(request: HttpRequest, obj: Model, act: str, message: object) -> None:
    kind = str(obj._meta.model_name)
    audit_record(
        action=f"{kind}.{act}",
        target=f"{kind}:{obj.pk}",
        actor=request.user if isinstance(request.user, User) else None,
        detail={"name": str(obj), "changes": _changed(message)},
    )


def _changed(message: object) -> list[str]:
    """The fields that the admin says were changed."""
    if not isinstance(message, list):
        return [str(message)] if message else []
    parts = [part for entry in message if isinstance(entry, dict) for part in entry.values()]
    return [
        str(name) for part in parts if isinstance(part, dict) for name in part.get("fields", [])
    ]


admin.site.unregister(Group)


@admin.register(Group)
class PermissionGroupAdmin(Recorded, GroupAdmin):
    """Groups of permissions."""


@admin.register(User)
class PersonAdmin(Recorded, UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Users without user names."""

    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active")
    search_fields = ("email", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Name", {"fields": ("first_name", "last_name")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "password1", "password2")}),)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Tokens: seen and revoked here, made by `manage.py token_create`."""

    list_display = ("name", "prefix", "user", "expires_at", "last_used_on", "revoked_at")
    list_select_related = ("user",)
    actions = ("revoke",)

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: object) -> None:
        """Revoke the chosen tokens."""
        actor = request.user if isinstance(request.user, User) else None
        for token in queryset:  # type: ignore[attr-defined]
            token_revoke(token=token, actor=actor)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """What was done."""

    list_display = ("created_at", "action", "target", "actor_name")
    list_filter = ("action",)
    search_fields = ("target", "actor_name")
