"""Programs and files that nobody wrote: no reader and no rule meets one that it did not foresee.

A short run in the suite; `PLUMBLINE_FUZZ_PROGRAMS=100000` makes it as long as one likes.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbline import outline as o
from plumbline.analysis import evaluate
from plumbline.extract import outline_bytes
from tests.hostile.programs import program

# Ten programs are one project, so that names lead from one to the other.
PATHS = [
    *("shop/__init__.py", "shop/models.py", "shop/views.py", "shop/tasks.py", "shop/urls.py"),
    *("shop/admin.py", "shop/tests/test_models.py", "shop/migrations/0001_a.py"),
    *("config/settings.py", "config/urls.py"),
]
PROJECTS = int(os.environ.get("PLUMBLINE_FUZZ_PROGRAMS", "200")) // len(PATHS)
PYPROJECT = b'[project]\nname = "a"\nversion = "1"\ndependencies = ["django>=6.1", "celery", "djangorestframework"]\n'
_LENGTH = "PLUMBLINE_FUZZ_PROGRAMS"
WITHOUT_HASTE = settings(
    deadline=None,
    database=None,
    derandomize=_LENGTH not in os.environ,  # a run of the suite says the same each time
    suppress_health_check=[HealthCheck.too_slow],
)


def read(kind: str, content: bytes) -> o.Outline:
    outline = o.decode(outline_bytes(kind, content))
    if isinstance(outline, o.Unreadable):
        assert "failed" not in outline.reason, (outline.reason, content)
        assert "stored" not in outline.reason, (outline.reason, content)
        assert outline.reason.isprintable()
        assert len(outline.reason) < 300
    return outline


@settings(WITHOUT_HASTE, max_examples=PROJECTS)
@given(st.integers(0, 1 << 62))
def test_no_program_is_met_that_a_reader_or_a_rule_did_not_foresee(seed):
    programs = {path: program(seed + number) for number, path in enumerate(PATHS)}
    outlines = {path: read("python", content) for path, content in programs.items()}
    outlines["pyproject.toml"] = read("toml", PYPROJECT)
    report = evaluate(outlines, today="2026-01-01", include_fixes=True, include_migrations=True)
    failed = {rule.code: rule.evidence for rule in report.rules if "failed" in rule.evidence}
    assert failed == {}, (seed, failed)


FRAGMENTS = {
    "yaml": [
        *("a: ", "- ", "[", "]", "{", "}", "&a ", "*a", "!!x ", "!a ", "<<: *a", "|", ">", "'", '"', "? "),
        *(": ", "---", "...", "%YAML 1.1", "\n", "  ", "\t", "# c", "1:2:3", "0o7", ".inf", "2001-01-01", "~"),
        *("on", "${{ a }}"),
    ],
    "toml": [
        *("a", ".", " = ", "[", "]", "[[", "]]", "{", "}", '"', "'", '"""', "'''", "\\u00e9", "\\ud800", "\n"),
        *(",", "1", "1e9", "nan", "0x1", "1979-05-27T07:32:00Z", "true", "#", "tool.plumbline", "exclude"),
        *("disable", "project", "dependencies"),
    ],
    "ini": [
        *("[a]", "[", "]", "a", "=", ":", "\n", "  ", "#", ";", "%(a)s", "%", "${a}", "{a,b}", "DEFAULT"),
        *("[DEFAULT]", "\t"),
    ],
    "template": [
        *("{%", "%}", "{{", "}}", "{#", "#}", "extends", "block", "if", "for", "include", "'a.html'", '"', "|"),
        *(":", "<", ">", "</", "<script", "<style", " on", "click=", "<!--", "-->", "endblock", "comment"),
        *("verbatim", "csrf_token", "partialdef", "\n", " "),
    ],
    "requirements": [
        *("django", "==", ">=", "6.1", "~=", "[", "]", ";", "python_version", "<", "'3.9'", "-r ", "-e "),
        *("--hash=", "git+https://", "@", "#", "\\\n", "\n", ",", "!", "*", "(", ")"),
    ],
    "lock": [
        *("[[package]]", "name", " = ", '"', "django", "version", "\n", "[", "]", "{", "}", ",", ":", "'"),
        *("source", "6.1"),
    ],
    "text": [
        *("FROM ", "RUN ", "python ", "manage.py ", "\\\n", "\n", "&&", "||", ";", "|", "$(", ")", "`", "'"),
        *('"', "<<EOF", "EOF", "\t", "a:", "pytest", "${a:-b}", "#"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", FRAGMENTS)
def test_no_other_file_is_met_that_its_reader_did_not_foresee(kind):
    pieces = st.one_of(st.sampled_from(FRAGMENTS[kind]), st.text(max_size=5))

    @settings(WITHOUT_HASTE, max_examples=3 * PROJECTS)
    @given(st.lists(pieces, max_size=40))
    def each(parts):
        read(kind, "".join(parts).encode("utf-8", "replace"))

    each()


@settings(WITHOUT_HASTE, max_examples=3 * PROJECTS)
@given(st.sampled_from(["python", *FRAGMENTS]), st.binary(max_size=200))
def test_no_bytes_are_met_that_a_reader_did_not_foresee(kind, content):
    read(kind, content)
