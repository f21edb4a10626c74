import pytest

from django.db import IntegrityError

from apps.accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_address_is_one_person_in_any_case():
    User.objects.create_user("a@example.org")
    with pytest.raises(IntegrityError):
        User.objects.create(email="A@EXAMPLE.ORG")


def test_somebody_signs_in_with_the_address_in_any_case():
    user = User.objects.create_user("a@example.org")
    assert User.objects.get_by_natural_key("A@Example.org") == user


def test_a_user_needs_an_address():
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user("")
