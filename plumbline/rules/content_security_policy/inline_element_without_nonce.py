"""CSP-04."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceText
from plumbline.project import Project
from plumbline.project.installed import has_context_processor
from plumbline.project.policies import CONTEXT_PROCESSOR, MIDDLEWARE, Policy, active_policies
from plumbline.project.templates import Template
from plumbline.roles import is_project_file
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_ATTRIBUTE = re.compile(r"""([\w:@.-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_RUNS = frozenset(
    (
        "", "text/javascript", "application/javascript", "application/ecmascript", "text/ecmascript", "module",
        "importmap", "speculationrules", "text/css",
    )
)  # fmt: skip
_DIRECTIVES = {
    "script": ("script-src-elem", "script-src", "default-src"),
    "style": ("style-src-elem", "style-src", "default-src"),
}
_MAIL = re.compile(r"(^|[/_.-])e?-?mails?([/_.-]|$)|newsletter", re.IGNORECASE)
_NONCE = ' nonce="{{ csp_nonce }}"'
_SETTINGS = (
    "from django.utils.csp import CSP\n\n"
    f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'
    'SECURE_CSP = {"default-src": [CSP.SELF], "script-src": [CSP.SELF, CSP.NONCE]}\n'
    'TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", '
    f'"OPTIONS": {{"context_processors": ["{CONTEXT_PROCESSOR}"]}}}}]\n'
)


class InlineElementWithoutNonce(Rule):
    """Finds inline scripts and styles that the site's own policy forbids."""

    code = "CSP04"
    slug = "inline-element-without-nonce"
    title = "Inline scripts and styles carry the nonce of the policy"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Content Security Policy"
    guide_lines = (777, 784)
    needs = ("python", "template")
    what = (
        "`<script>` and `<style>` elements with content and without a nonce, in templates of a site whose policy does "
        "not allow inline elements. Data blocks, scripts with `src` and e-mail templates are left alone."
    )
    why = (
        "The browser drops such an element without a word to the user: the policy that protects the page also breaks "
        "it. Allowing all inline code instead would take the protection away."
    )
    how = 'Write `nonce="{{ csp_nonce }}"` on the element, or move its content to a static file that the policy allows.'
    applies_when = "an active policy governs inline elements and templates have some"
    absent = "no inline element stands under a Content Security Policy that forbids it"
    examples = (
        Example(
            "an inline script",
            {
                "config/settings.py": _SETTINGS,
                "templates/base.html": (
                    "<html>\n<script>  {# <- #}\n  go();\n</script>\n"
                    '<style media="print">p { color: red }</style>  {# <- #}\n</html>\n'
                ),
            },
            fixed={
                "templates/base.html": (
                    f"<html>\n<script{_NONCE}>\n  go();\n</script>\n"
                    f'<style{_NONCE} media="print">p {{ color: red }}</style>\n</html>\n'
                )
            },
        ),
        Example(
            "with the nonce",
            {
                "config/settings.py": _SETTINGS,
                "templates/base.html": (
                    f"<script{_NONCE}>go();</script>\n<style {{% csp_nonce_attr %}}>p {{}}</style>\n"
                ),
            },
            state="pass",
        ),
        Example(
            "data, files and mail",
            {
                "config/settings.py": _SETTINGS,
                "templates/base.html": (
                    '<script type="application/json">{"a": 1}</script>\n<script src="/go.js"></script>\n'
                    '{{ rows|json_script:"rows" }}\n'
                ),
                "templates/email/welcome.html": "<style>p { color: red }</style>\n",
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "a policy that allows inline styles",
            {
                "config/settings.py": _SETTINGS.replace(
                    '"script-src"', '"style-src": [CSP.UNSAFE_INLINE], "script-src"'
                ),
                "templates/base.html": "<style>p { color: red }</style>\n",
            },
            state="not_applicable",
        ),
        Example(
            "no policy",
            {
                "config/settings.py": "INSTALLED_APPS = []\n",
                "templates/base.html": "<script>go();</script>\n",
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each inline element that a policy governs."""
        policies = active_policies(project)
        governed = {kind: _governing(policies, kind) for kind in _DIRECTIVES}
        if not any(governed.values()):
            return
        is_handed_out = any(
            has_context_processor(policy.module, CONTEXT_PROCESSOR) for policy in policies
        )
        for template in project.templates:
            elements = template.outline.elements
            if not elements or not _is_page(template):
                continue
            begun = Counter((element.line, element.name) for element in elements)
            for number, element in enumerate(elements):
                attributes = _attributes(element)
                if not governed[element.name] or not _is_inline(element, attributes):
                    continue
                subject = Located(
                    template.path,
                    element.line,
                    element.line,
                    0,
                    f"{template.name}:{element.name}:{number}",
                    f"<{element.name} {element.attributes}>",
                )
                if "nonce" in attributes or "nonce" in element.attributes:
                    yield subject.in_order()
                elif governed[element.name] == "hash":
                    yield subject.unknown("the policy allows some inline elements by their hash")
                else:
                    fix = (
                        _fix(template, element) if begun[element.line, element.name] == 1 else None
                    )
                    if fix is not None and not is_handed_out:
                        fix = Fix(fix.edits, is_safe=False)
                    yield subject.violation(
                        f"the policy forbids this inline `<{element.name}>`; give it the nonce: "
                        '`nonce="{{ csp_nonce }}"`',
                        fix=fix,
                    )


def _governing(policies: list[Policy], kind: str) -> str:
    """``nonce`` or ``hash`` where a policy forbids inline elements of a kind that lack it; empty where none does."""
    found = ""
    for policy in policies:
        sources = policy.sources(*_DIRECTIVES[kind])
        if sources is None or None in sources:
            continue
        has_hash = any(
            f"{source}".startswith(("'sha256-", "'sha384-", "'sha512-")) for source in sources
        )
        allows = (
            "'unsafe-inline'" in sources and not has_hash and "<CSP_NONCE_SENTINEL>" not in sources
        )
        if not allows:
            found = "hash" if has_hash else found or "nonce"
    return found


def _is_page(template: Template) -> bool:
    return (
        is_project_file(template.path)
        and not _MAIL.search(template.path)
        and "jinja" not in template.path
    )


def _attributes(element: o.Element) -> dict[str, str]:
    return {
        name.lower(): value.strip("\"'").lower()
        for name, value in _ATTRIBUTE.findall(element.attributes)
    }


def _is_inline(element: o.Element, attributes: dict[str, str]) -> bool:
    """Whether the browser would run what stands in the element."""
    kind = attributes.get("type", "").partition(";")[0].strip()
    return element.has_content and "src" not in attributes and kind in _RUNS


def _fix(template: Template, element: o.Element) -> Fix:
    old = f"<{element.name}"
    return Fix([ReplaceText(template.path, element.line, old, f"{old}{_NONCE}")])
