"""I18-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DJANGO = {"requirements.txt": "django\n"}


class LanguageLeftActive(Rule):
    """Finds tests that switch the language and do not switch it back."""

    code = "I1804"
    slug = "language-left-active"
    title = "Tests switch the language for a block only"
    level = Level.MAY
    basis = Basis.EXAMPLE
    preview = True
    section = "Internationalization Testing"
    guide_lines = (2245, 2252)
    what = (
        "A call of `translation.activate` in a test whose function neither deactivates nor uses "
        "`translation.override`."
    )
    why = "The language stays for every test that follows in the process, so that results depend on the order of tests."
    how = 'Write `with translation.override("es"):`.'
    applies_when = "tests switch the language"
    absent = "no test switches the language"
    errata = "A base class may switch it back in `tearDown`, which is not looked for: advice that never scores."
    examples = (
        Example(
            "switched for good",
            {
                **_DJANGO,
                "tests/test_names.py": (
                    "from django.utils import translation\n\n\n"
                    'def test_spanish():\n    translation.activate("es")  # <-\n'
                ),
            },
        ),
        Example(
            "for a block",
            {
                **_DJANGO,
                "tests/test_names.py": (
                    "from django.utils import translation\n\n\n"
                    'def test_spanish():\n    with translation.override("es"):\n        pass\n'
                ),
            },
            state="pass",
        ),
        Example(
            "no language is switched",
            {**_DJANGO, "tests/test_names.py": "def test_it():\n    pass\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each switch of the language in a test."""
        for call in project.calls.named("activate", "override", tests=True):
            if call.target == "django.utils.translation.override":
                yield call.in_order()
            elif call.target == "django.utils.translation.activate":
                if any(
                    other.name.rpartition(".")[2] in ("deactivate", "deactivate_all")
                    for other in call.siblings
                ):
                    yield call.in_order()
                else:
                    yield call.violation(
                        "the language stays switched for later tests; use `with translation.override(…)`"
                    )
