"""WAF-04."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.flags import Use, flag_uses
from plumbline.rule import Basis, Example, Level, Verdict
from plumbline.rules.feature_flags.waffle_rule import WaffleRule

_BASE = {"requirements.txt": "django\ndjango-waffle\n"}
_VIEW = (
    "import waffle\n\n\ndef checkout(request):\n"
    '    return waffle.flag_is_active(request, "new_checkout")\n'
)


class InconsistentFlagName(WaffleRule):
    """Finds names of flags that do not fit the other places that use them."""

    code = "WAF04"
    slug = "inconsistent-flag-name"
    title = "A flag has one name and one kind"
    level = Level.SHOULD
    basis = Basis.DERIVED
    preview = True
    section = "Feature Flags with django-waffle"
    guide_lines = (2350, 2400)
    what = (
        "A name that is asked for as a flag in one place and as a switch or sample in another, and an override in a "
        "test of a name that no code or template asks for."
    )
    why = "Each kind has a table of its own: a flag of the same name as a switch is another thing, and it is off."
    how = "Use the kind under which the name was created, and correct the name in the test."
    applies_when = "code, templates or tests name flags of django-waffle"
    absent = "no flag is named"
    errata = "Where some names are computed, an override of a name that is not seen is not judged."
    examples = (
        Example(
            "two kinds, and a misspelt override",
            {
                **_BASE,
                "shop/views.py": _VIEW,
                "shop/templates/shop.html": (
                    '{% load waffle_tags %}{% switch "new_checkout" %}{% endswitch %}{# <- #}\n'
                ),
                "shop/tests/test_views.py": (
                    "from waffle.testutils import override_flag\n\n\n"
                    '@override_flag("new_chekout", active=True)  # <-\ndef test_it(client):\n    pass\n'
                ),
                "shop/tasks.py": 'import waffle\n\nwaffle.flag_is_active(None, "new_checkout")\n',
            },
        ),
        Example(
            "one kind, one name",
            {
                **_BASE,
                "shop/views.py": _VIEW,
                "shop/tests/test_views.py": (
                    "from waffle.testutils import override_flag\n\n\n"
                    '@override_flag("new_checkout", active=True)\ndef test_it(client):\n    pass\n'
                ),
            },
            state="pass",
        ),
        Example(
            "names that come from the database",
            {
                **_BASE,
                "shop/views.py": (
                    "import waffle\n\n\ndef checkout(request, name):\n    return waffle.flag_is_active(request, name)\n"
                ),
                "shop/tests/test_views.py": (
                    "from waffle.testutils import override_flag\n\n\n"
                    '@override_flag("anything", active=True)\ndef test_it(client):\n    pass\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example("no waffle", {"requirements.txt": "django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each mention of a name."""
        uses = flag_uses(project)
        asked = [use for use in uses if not use.is_override]
        kinds: dict[str, Counter[str]] = {}
        for use in asked:
            if use.name:
                kinds.setdefault(use.name, Counter())[use.kind] += 1
        has_computed = any(not use.name for use in asked)
        for use in uses:
            if use.name:
                yield _judged(use, kinds, has_computed=has_computed)


def _judged(use: Use, kinds: dict[str, Counter[str]], *, has_computed: bool) -> Verdict:
    known = kinds.get(use.name)
    if known is None:
        if has_computed:
            return use.place.in_order()
        near = difflib.get_close_matches(use.name, list(kinds), 1)
        hint = f"did you mean `{near[0]}`?" if near else "correct the name or remove the override"
        return use.place.violation(f"nothing asks for the {use.kind} `{use.name}`; {hint}")
    usual = known.most_common(1)[0][0]
    if usual != use.kind:
        return use.place.violation(
            f"`{use.name}` is a {usual} elsewhere and a {use.kind} here; use one kind"
        )
    return use.place.in_order()
