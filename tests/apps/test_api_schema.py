"""The committed schema is what the code says."""

from pathlib import Path

import pytest

from django.core.management import call_command

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"


def test_the_committed_schema_is_current_valid_and_without_warnings(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert COMMITTED.read_text() == made.read_text(), "run `manage.py spectacular` again"


@pytest.mark.django_db
def test_the_schema_and_its_page_are_served(client, user):
    client.force_login(user)
    assert client.get("/api/v1/schema/").status_code == 200
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content
