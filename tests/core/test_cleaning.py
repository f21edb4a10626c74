import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django.db import connection

from core.cleaning import clean_json, clean_text
from core.sealing import SealBroken, seal, unseal

anything = st.text(st.characters(codec=None), max_size=200)


@given(anything, st.booleans(), st.integers(0, 50))
def test_clean_text_is_what_a_text_column_can_store(text, lines, limit):
    cleaned = clean_text(text, limit=limit, lines=lines)
    cleaned.encode("utf-8")
    assert "\0" not in cleaned
    assert not limit or len(cleaned) <= limit


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("a\x00b", "a\\x00b"),
        ("\udc80", "\\udc80"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\x1b[31m", "\\x1b[31m"),
        ("naïve ✓", "naïve ✓"),
    ],
)
def test_what_a_reader_would_not_see_is_spelled_out(given_text, shown):
    assert clean_text(given_text) == shown


def test_source_code_keeps_its_lines():
    assert clean_text("a\r\n\tb\n", lines=True) == "a\n\tb\n"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(anything, inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_clean_json_is_what_jsonb_can_parse(value):
    text = json.dumps(clean_json(value), allow_nan=False)
    assert "\\u0000" not in text
    text.encode("utf-8")


@pytest.mark.django_db
def test_postgresql_stores_the_worst_of_it():
    worst = clean_json({"\x00": ["\udfff", float("inf"), "\u0000"]})
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb, %s::text", [json.dumps(worst), clean_text("\x00\udfff")])
        assert cursor.fetchone() is not None


def test_a_secret_opens_for_its_owner_alone():
    sealed = seal("s3cret", owner="credential:1")
    assert "s3cret" not in sealed
    assert unseal(sealed, owner="credential:1") == "s3cret"
    with pytest.raises(SealBroken):
        unseal(sealed, owner="credential:2")


def test_a_secret_does_not_open_without_its_key(settings):
    sealed = seal("s3cret", owner="credential:1")
    settings.FIELD_ENCRYPTION_KEYS = ["YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc="]
    with pytest.raises(SealBroken):
        unseal(sealed, owner="credential:1")


def test_an_old_key_still_opens_what_it_sealed(settings):
    sealed = seal("s3cret", owner="credential:1")
    settings.FIELD_ENCRYPTION_KEYS = [
        "YW5vdGhlci1rZXktb2YtMzItYnl0ZXMtMDEyMzQ1Njc=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert unseal(sealed, owner="credential:1") == "s3cret"
