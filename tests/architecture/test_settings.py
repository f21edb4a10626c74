"""Settings say what is missing, and production refuses what is unsafe."""

import os
import subprocess
import sys

import pytest

from tests.servers import ROOT

KEY = "correct-horse-battery-staple-0123456789-abcdefghijklmnopq"
COMPLETE = {
    "SECRET_KEY": KEY,
    "JWT_SIGNING_KEY": KEY[::-1],
    "FIELD_ENCRYPTION_KEYS": "dGVzdC1vbmx5LWZpZWxkLWVuY3J5cHRpb24ta2V5LTE=",
    "DATABASE_URL": "postgresql://plumbline:secret@db.example.org:5433/plumbline?sslmode=require",
    "REDIS_URL": "redis://valkey.example.org:6379",
    "ALLOWED_HOSTS": "plumbline.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://plumbline.example.org",
    "SITE_URL": "https://plumbline.example.org",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
}


def load(expression="None", *, settings="production", **changes):
    """Import settings in a new process and print an expression of them."""
    environment = {**COMPLETE, **changes}
    code = f"from config.settings import {settings} as s; print(repr({expression}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | {k: v for k, v in environment.items() if v is not None},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_production_names_a_missing_variable_and_says_what_to_set(name):
    result = load(**{name: None})
    last = result.stderr.strip().splitlines()[-1]
    assert result.returncode != 0
    assert f"The environment variable {name} is not set. Set it to " in last


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DEBUG", "1", "DEBUG is on"),
        ("SECRET_KEY", "short", "SECRET_KEY is a default or too short"),
        ("SECRET_KEY", "django-insecure-" + KEY, "SECRET_KEY is a default"),
        ("SECRET_KEY", "a" * 80, "SECRET_KEY is a default"),
        ("JWT_SIGNING_KEY", "change-me-" + KEY, "JWT_SIGNING_KEY is a default"),
        ("JWT_SIGNING_KEY", KEY, "JWT_SIGNING_KEY equals SECRET_KEY"),
        ("FIELD_ENCRYPTION_KEYS", "c2hvcnQ=", "Key 1 of FIELD_ENCRYPTION_KEYS is not a Fernet key"),
        ("DATABASE_URL", "mysql://somewhere/else", "DATABASE_URL is not a PostgreSQL address"),
    ],
)
def test_production_refuses_unsafe_values(name, value, told):
    result = load(**{name: value})
    assert result.returncode != 0
    assert told in result.stderr.strip().splitlines()[-1]


def test_production_loads_when_all_is_given():
    result = load("(s.DEBUG, s.DATABASES['default']['HOST'], s.DATABASES['default']['PORT'])")
    assert result.stdout == "(False, 'db.example.org', '5433')\n", result.stderr


def test_a_secret_may_come_from_a_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(KEY + "\n")
    result = load("s.SECRET_KEY", SECRET_KEY=None, SECRET_KEY_FILE=str(secret))
    assert result.stdout == f"{KEY!r}\n", result.stderr


def test_a_key_may_begin_with_a_dollar_sign():
    result = load("s.SECRET_KEY", SECRET_KEY="$" + KEY)
    assert result.stdout == repr("$" + KEY) + "\n", result.stderr


def test_options_of_the_database_address_reach_the_driver():
    result = load("s.DATABASES['default']['OPTIONS']['sslmode']")
    assert result.stdout == "'require'\n", result.stderr


def test_mail_goes_where_the_address_says():
    result = load("s.MAILERS['default']['OPTIONS']")
    assert "'host': 'mail.example.org'" in result.stdout, result.stderr
    assert "'use_tls': True" in result.stdout


def test_broker_and_cache_use_different_databases_of_one_server():
    result = load("(s.CELERY_BROKER_URL, s.CACHES['default']['LOCATION'])")
    expected = ("redis://valkey.example.org:6379", "redis://valkey.example.org:6379/1")
    assert result.stdout == f"{expected!r}\n", result.stderr


def test_a_unix_socket_is_spelled_as_celery_wants_it():
    result = load("s.CELERY_BROKER_URL", REDIS_URL="unix:///run/valkey.sock")
    assert result.stdout == "'redis+socket:///run/valkey.sock?virtual_host=0'\n", result.stderr


def test_the_deployment_check_finds_nothing():
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={
            **COMPLETE,
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings.production",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
