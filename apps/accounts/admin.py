"""People, tokens and the audit log in the admin."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from apps.accounts.models import ApiToken, AuditEvent, User
from apps.accounts.services import token_revoke
from core.admin import ReadOnly


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic at run time
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
