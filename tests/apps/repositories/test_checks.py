import pytest

from apps.repositories.checks import addresses_readable


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLUMBLINE_ALLOWED_PRIVATE_HOSTS", ["git.example=10.0.0.0/99"]),
        ("PLUMBLINE_SSH_KNOWN_HOSTS", "*.example ssh-ed25519 AAAA"),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error_at_the_start(settings, name, value):
    assert addresses_readable(None) == []
    setattr(settings, name, value)
    (error,) = addresses_readable(None)
    assert error.id == "repositories.E001"
    assert name in error.hint
