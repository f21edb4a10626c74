from datetime import timedelta

import pytest

from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import ApiToken, AuditEvent
from apps.accounts.services import (
    TokenRejected,
    token_authenticate,
    token_create,
    token_revoke,
)
from apps.accounts.tokens import token_text_new, token_text_parse
from core.exceptions import Invalid

pytestmark = pytest.mark.django_db


def test_a_token_opens_what_it_was_made_for(user):
    token, text = token_create(user=user, name="ci", scopes=["scan:write"])
    assert token_authenticate(text=text) == token
    assert text.startswith(f"plb_{token.prefix}_")


def test_the_text_of_a_token_is_not_in_the_database(user):
    _, text = token_create(user=user, name="ci", scopes=["scan:write"])
    row = ApiToken.objects.values().get()
    assert text.split("_")[2] not in str(row)


def test_a_revoked_token_opens_nothing(user):
    token, text = token_create(user=user, name="ci", scopes=["scan:write"])
    token_revoke(token=token, actor=user)
    with pytest.raises(TokenRejected):
        token_authenticate(text=text)


def test_revoking_twice_is_recorded_once(user):
    token, _ = token_create(user=user, name="ci", scopes=["scan:write"])
    token_revoke(token=token, actor=user)
    token_revoke(token=token, actor=user)
    assert AuditEvent.objects.filter(action="token.revoke").count() == 1


def test_an_expired_token_opens_nothing(user):
    token, text = token_create(user=user, name="ci", scopes=["scan:write"])
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(TokenRejected):
        token_authenticate(text=text)


def test_the_token_of_a_user_who_left_opens_nothing(user):
    _, text = token_create(user=user, name="ci", scopes=["scan:write"])
    user.is_active = False
    user.save()
    with pytest.raises(TokenRejected):
        token_authenticate(text=text)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "0", lambda t: t.replace("plb", "abc"), lambda t: ""]
)
def test_a_mistyped_token_is_rejected_without_a_query(user, change, django_assert_num_queries):
    _, text = token_create(user=user, name="ci", scopes=["scan:write"])
    with django_assert_num_queries(0), pytest.raises(TokenRejected):
        token_authenticate(text=change(text))


def test_another_secret_under_a_known_prefix_is_rejected(user):
    token, _ = token_create(user=user, name="ci", scopes=["scan:write"])
    forged = token_text_new()._replace(prefix=token.prefix)
    with pytest.raises(TokenRejected):
        token_authenticate(text=str(forged))


def test_the_day_of_use_is_written_once_a_day(user, django_assert_num_queries):
    token, text = token_create(user=user, name="ci", scopes=["scan:write"])
    token_authenticate(text=text)
    token.refresh_from_db()
    assert token.last_used_on == timezone.localdate()
    with django_assert_num_queries(1):
        token_authenticate(text=text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["scan:write"], "days": 0},
        {"scopes": ["scan:write"], "days": 366},
        {"scopes": ["scan:write"], "name": " "},
    ],
)
def test_a_token_needs_a_name_known_scopes_and_an_end(user, wrong):
    with pytest.raises(Invalid) as refusal:
        token_create(**{"user": user, "name": "ci"} | wrong)
    assert refusal.value.remedy


def test_parsing_gives_back_what_was_made():
    text = token_text_new()
    assert token_text_parse(str(text)) == text


def test_the_command_prints_a_token_that_works(user, capsys):
    call_command("token_create", user.email, "--scope", "scan:read")
    text = capsys.readouterr().out.strip()
    assert token_authenticate(text=text).scopes == ["scan:read"]


def test_the_command_says_whom_it_does_not_know():
    with pytest.raises(CommandError, match="Nobody signs in as"):
        call_command("token_create", "nobody@example.org")
