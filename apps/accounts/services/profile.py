"""What people set for themselves."""

from collections.abc import Collection

from django.db import transaction

from apps.accounts.models import Membership, User
from core.cleaning import clean_text

PERSON_NAME_LIMIT = 150


def name_change(*, user: User, first_name: str, last_name: str) -> User:
    """Call somebody by another name; both parts may be blank."""
    user.first_name = clean_text(first_name.strip(), limit=PERSON_NAME_LIMIT)
    user.last_name = clean_text(last_name.strip(), limit=PERSON_NAME_LIMIT)
    user.save(update_fields=["first_name", "last_name"])
    return user


@transaction.atomic
def digests_choose(*, user: User, team_ids: Collection[int]) -> None:
    """Want the digests of these of one's teams, and of no others."""
    own = Membership.objects.filter(user=user)
    own.filter(team__in=team_ids).update(wants_digest=True)
    own.exclude(team__in=team_ids).update(wants_digest=False)


def digest_stop(*, team_id: int, user_id: int) -> None:
    """Want the digest of a team no more. Doing it again, or as no member, changes nothing."""
    Membership.objects.filter(team=team_id, user=user_id).update(wants_digest=False)
