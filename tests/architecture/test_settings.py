"""Settings say what is missing, and production refuses what is unsafe."""

import json
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


# Imports the settings once for each environment that it reads, and writes what came of it.
LOADER = """
import json, os, sys
path = os.environ["PATH"]
for line in sys.stdin:
    case = json.loads(line)
    os.environ.clear()
    os.environ.update(PATH=path, **case["environment"])
    # django-environ remembers the files that it read.
    for name in [name for name in sys.modules if name.startswith(("config.", "environ"))]:
        del sys.modules[name]
    try:
        from config.settings import production as s
        answer = {"value": eval(case["expression"])}
    except Exception as error:
        answer = {"refusal": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture(scope="module")
def loader():
    with subprocess.Popen(
        [sys.executable, "-c", LOADER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def load(loader):
    """Import the production settings in another process and give an expression of them."""

    def ask(expression="None", **changes):
        environment = {k: v for k, v in {**COMPLETE, **changes}.items() if v is not None}
        case = {"environment": environment, "expression": expression}
        loader.stdin.write(json.dumps(case) + "\n")
        loader.stdin.flush()
        return json.loads(loader.stdout.readline())

    return ask


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_production_names_a_missing_variable_and_says_what_to_set(load, name):
    refusal = load(**{name: None})["refusal"]
    assert refusal.startswith(
        f"ImproperlyConfigured: The environment variable {name} is not set. Set it to "
    )


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
def test_production_refuses_unsafe_values(load, name, value, told):
    assert told in load(**{name: value})["refusal"]


@pytest.mark.parametrize("value", ["soon", "0", "1.9", "3601", "nan", "inf"])
def test_a_time_outside_of_its_bounds_is_refused(load, value):
    assert load(PLUMBLINE_LEASE_SECONDS=value)["refusal"] == (
        "ImproperlyConfigured: PLUMBLINE_LEASE_SECONDS is not a time. Set it to 2 to 3600 seconds."
    )


def test_a_time_within_its_bounds_is_taken(load):
    answer = load("s.PLUMBLINE_LEASE_SECONDS", PLUMBLINE_LEASE_SECONDS="2.5")
    assert answer["value"] == 2.5


def test_production_loads_when_all_is_given(load):
    answer = load("(s.DEBUG, s.DATABASES['default']['HOST'], s.DATABASES['default']['PORT'])")
    assert answer == {"value": [False, "db.example.org", "5433"]}
    assert load("s.PLUMBLINE_STYLEGUIDE") == {"value": False}


def test_a_secret_may_come_from_a_file(load, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(KEY + "\n")
    answer = load("s.SECRET_KEY", SECRET_KEY=None, SECRET_KEY_FILE=str(secret))
    assert answer == {"value": KEY}


def test_a_key_may_begin_with_a_dollar_sign(load):
    assert load("s.SECRET_KEY", SECRET_KEY="$" + KEY) == {"value": "$" + KEY}


def test_options_of_the_database_address_reach_the_driver(load):
    assert load("s.DATABASES['default']['OPTIONS']['sslmode']") == {"value": "require"}


def test_mail_goes_where_the_address_says(load):
    options = load("s.MAILERS['default']['OPTIONS']")["value"]
    assert options["host"] == "mail.example.org"
    assert options["use_tls"] is True


def test_broker_and_cache_use_different_databases_of_one_server(load):
    answer = load("(s.CELERY_BROKER_URL, s.CACHES['default']['LOCATION'])")
    expected = ["redis://valkey.example.org:6379", "redis://valkey.example.org:6379/1"]
    assert answer == {"value": expected}


def test_a_unix_socket_is_spelled_as_celery_wants_it(load):
    answer = load("s.CELERY_BROKER_URL", REDIS_URL="unix:///run/valkey.sock")
    assert answer == {"value": "redis+socket:///run/valkey.sock?virtual_host=0"}


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
