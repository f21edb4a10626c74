"""CSP-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import AddImport, Edit, Fix, ReplaceString
from plumbline.project import Project
from plumbline.project.policies import MEMBERS, MIDDLEWARE, NONCE, Policy
from plumbline.project.setting_values import UNKNOWN
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_BY_TEXT = {text: name for name, text in MEMBERS.items()}
_HEAD = f'from django.utils.csp import CSP\n\nINSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'


class LooseScriptSources(Rule):
    """Finds policies that let any inline script or evaluated text run, and sources that are quoted by hand."""

    code = "CSP06"
    slug = "loose-script-sources"
    title = "Scripts need no unsafe source, and sources are members of `CSP`"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Content Security Policy"
    guide_lines = (752, 775)
    effort = Effort.HOUR
    what = (
        "`'unsafe-eval'` among the sources of scripts, or `'unsafe-inline'` where no nonce or hash overrules it. Also "
        "keyword sources that are written as quoted text where `django.utils.csp.CSP` has a member for them."
    )
    why = (
        "A policy that lets any inline script run stops no injected one, which is what a policy is for. Quotes inside "
        "quotes are easily forgotten, and a source such as `self` without them names a host."
    )
    how = (
        "Give inline scripts a nonce and put `CSP.NONCE` in place of `CSP.UNSAFE_INLINE`; replace libraries that need "
        "`eval`. Write `CSP.SELF`, `CSP.NONE` and so on for the keywords."
    )
    applies_when = "a policy says where scripts may come from, or has keyword sources"
    absent = "no Content Security Policy of Django's own is set up"
    errata = (
        "The guide shows the enum members and no unsafe source, without a sentence on either. Inline styles are left "
        "alone, as Django's documentation shows them; a loose policy beside a stricter one in report-only mode is "
        "taken as a transition."
    )
    examples = (
        Example(
            "any inline script may run",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP = {{"script-src": [CSP.SELF, CSP.UNSAFE_INLINE]}}  # <-\n'
                )
            },
        ),
        Example(
            "keywords in quotes",
            {
                "manage.py": "import django\n",
                "config/settings.py": (
                    f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'
                    "SECURE_CSP = {  # <-\n"
                    '    "default-src": ["\'self\'"],\n    "img-src": ["\'self\'", "https:"],\n'
                    '    "object-src": ["\'none\'"],\n}\n'
                ),
            },
            fixed={
                "config/settings.py": (
                    "from django.utils.csp import CSP\n\n"
                    f'INSTALLED_APPS = []\nMIDDLEWARE = ["{MIDDLEWARE}"]\n'
                    "SECURE_CSP = {\n"
                    '    "default-src": [CSP.SELF],\n    "img-src": [CSP.SELF, "https:"],\n'
                    '    "object-src": [CSP.NONE],\n}\n'
                )
            },
        ),
        Example(
            "a nonce and enum members",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP = {{"script-src": [CSP.SELF, CSP.NONCE]}}\n'
                )
            },
            state="pass",
        ),
        Example(
            "inline styles, and inline scripts for old browsers only",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP = {{"script-src": [CSP.NONCE, CSP.UNSAFE_INLINE], '
                    '"style-src": [CSP.SELF, CSP.UNSAFE_INLINE]}\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a transition that a stricter policy watches",
            {
                "config/settings.py": (
                    f'{_HEAD}SECURE_CSP = {{"script-src": [CSP.SELF, CSP.UNSAFE_INLINE]}}\n'
                    'SECURE_CSP_REPORT_ONLY = {"script-src": [CSP.SELF, CSP.NONCE], "report-uri": "/csp/"}\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no policy",
            {"config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Two verdicts for each policy: on its scripts, and on the wording of its sources."""
        policies = project.policies
        for policy in policies:
            yield from self._scripts(policy, policies)
            yield from self._wording(project, policy)

    @staticmethod
    def _scripts(policy: Policy, policies: list[Policy]) -> Iterator[Verdict]:
        sources = policy.sources("script-src", "default-src")
        if sources is None:
            return
        subject = policy.located("scripts")
        found = _unsafe(sources)
        is_watched = policy.is_enforced and any(
            not other.is_enforced
            and (stricter := other.sources("script-src", "default-src")) is not None
            and None not in stricter
            and not _unsafe(stricter)
            for other in policies
        )
        if found and not is_watched:
            remedy = (
                "give inline scripts a nonce and put `CSP.NONCE` in its place"
                if found == "'unsafe-inline'"
                else "replace what needs it"
            )
            yield subject.violation(f"`{policy.name}` lets scripts use {found}; {remedy}")
        elif None in sources and not found:
            yield subject.unknown("the sources of scripts are partly computed")
        else:
            yield subject.in_order()

    @staticmethod
    def _wording(project: Project, policy: Policy) -> Iterator[Verdict]:
        values = [
            item
            for name, value in policy.directives.items()
            if name is not UNKNOWN
            for item in (value if isinstance(value, list) else [value])
        ]
        quoted = sorted({item for item in values if isinstance(item, str) and item in _BY_TEXT})
        subject = policy.located("keywords")
        if quoted:
            members = ", ".join(f"`CSP.{_BY_TEXT[text]}`" for text in quoted)
            yield subject.violation(
                f"`{policy.name}` quotes keywords by hand; write {members}",
                fix=_fix(project, policy, quoted),
            )
        elif any(item in _BY_TEXT for item in (policy.sources(*_names(policy)) or ())):
            yield subject.in_order()


def _names(policy: Policy) -> list[str]:
    return [name for name in policy.directives if isinstance(name, str)]


def _unsafe(sources: list[str | None]) -> str:
    """The source that lets injected scripts run; empty if there is none."""
    words = {word for source in sources if source for word in source.split()}
    if "'unsafe-eval'" in words:
        return "'unsafe-eval'"
    is_overruled = NONCE in words or any(
        word.startswith(("'sha256-", "'sha384-", "'sha512-", "'nonce-", "'strict-dynamic'"))
        for word in words
    )
    return "'unsafe-inline'" if "'unsafe-inline'" in words and not is_overruled else ""


def _fix(project: Project, policy: Policy, quoted: list[str]) -> Fix | None:
    """Put members in place of the texts, where the whole policy is written in one assignment."""
    path, line = policy.setting.path, policy.setting.line
    module = project.names.modules[path]
    steps = [step for step in module.outline.assignments if step.target.startswith(policy.name)]
    steps = [step for step in steps if step.target.rstrip("[]") == policy.name]
    if [step.line for step in steps] != [line]:
        return None
    edits: list[Edit] = [
        ReplaceString(path, line, text, f"CSP.{_BY_TEXT[text]}") for text in quoted
    ]
    return Fix([AddImport(path, "django.utils.csp", "CSP"), *edits])
