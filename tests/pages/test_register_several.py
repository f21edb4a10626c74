"""Registering many repositories on a page."""

import pytest

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.repositories import bulk_pages
from apps.repositories.models import Repository
from apps.repositories.services import repository_register

PAGE = "/repositories/register/several/"
FORGE = "https://github.com/example"


def test_what_would_be_done_is_shown_before_anything_is(reader, django_assert_max_num_queries):
    repository_register(url=f"{FORGE}/known.git")
    text = f"{FORGE}/new,,<b>New</b>\n{FORGE}/known.git\nftp://example.org/x\n{FORGE}/new\n"
    with django_assert_max_num_queries(12):
        page = reader.post(PAGE, {"text": text})
    several = page.context["several"]
    assert [row.is_new for row in several.previews] == [True, False, False, False]
    assert (several.known, several.refused) == (1, 2)
    assert b"&lt;b&gt;New" in page.content and b"The list names it twice." in page.content
    assert Repository.objects.count() == 1
    done = reader.post(PAGE, {"text": several.text, "act": "register"})
    done = done.context["several"]
    assert done.registered == 1
    assert [entry.url for entry in done.failed] == ["ftp://example.org/x", f"{FORGE}/new"]
    many = "\n".join(f"{FORGE}/a-repository-with-a-name-{number}" for number in range(1000))
    size = len(reader.post(PAGE, {"text": many}).content)
    assert size < 150_000, size
    assert Repository.objects.get(url__endswith="/new").name == "<b>New</b>"


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("list.csv", f"name,url\nA,{FORGE}/a\nB,{FORGE}/b\n".encode(), 2),
        ("list.yaml", f"- {FORGE}/a\n- url: {FORGE}/b\n".encode(), 2),
        ("list.yml", b"- &a x\n- *a\n", 0),
        ("list.csv", b"\xff\xfe\x00", 0),
        ("list.csv", b"x" * 600_000, 0),
        ("empty.yaml", b"[]", 0),
    ],
)
def test_a_file_is_read_or_refused_at_its_field(reader, name, content, count):
    page = reader.post(PAGE, {"file": SimpleUploadedFile(name, content)})
    if count:
        assert len(page.context["several"].new) == count
    else:
        assert list(page.context["form"].errors) == ["file"]
    assert reader.post(PAGE, {"text": "a,b,c,d"}).context["form"].errors["text"]


def test_many_are_registered_part_by_part_and_what_failed_can_be_corrected(reader, monkeypatch):
    monkeypatch.setattr(bulk_pages, "AT_ONCE", 2)
    text = "\n".join(f"{FORGE}/{name}" for name in ("a", "b!%", "c", "d", "d"))
    page = reader.post(PAGE, {"text": text, "act": "register"})
    while page.context["several"].left:
        several = page.context["several"]
        given = {
            "text": several.left_text,
            "failed": several.failed_text,
            "registered": several.registered,
            "act": "register",
        }
        page = reader.post(PAGE, given)
    several = page.context["several"]
    assert several.registered == Repository.objects.count() == 3
    assert [entry.url for entry in several.failed] == [f"{FORGE}/b!%", f"{FORGE}/d"]
    assert several.failed_text in page.content.decode()
