"""JWT-06."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.installed import once, written
from plumbline.project.jwt import Jwt
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_HEAD = 'import os\n\nINSTALLED_APPS = []\nSECRET_KEY = os.environ["SECRET_KEY"]\n'


class SharedSigningKey(Rule):
    """Finds tokens that are signed with Django's own secret."""

    code = "JWT06"
    slug = "shared-signing-key"
    title = "Tokens are signed with a key of their own"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "JWT Authentication for APIs"
    guide_lines = (873, 883)
    effort = Effort.HOUR
    what = (
        "`SIMPLE_JWT` of deployed settings whose `SIGNING_KEY` is `SECRET_KEY`, or that gives none, so that "
        "the package takes `SECRET_KEY`."
    )
    why = (
        "`SECRET_KEY` also signs sessions, password resets and more. A key of its own can be changed when tokens leak "
        "without logging everybody out, and be given to another service without giving that service everything."
    )
    how = (
        'Read a second secret, such as `"SIGNING_KEY": env("JWT_SIGNING_KEY")`, with at least 32 random bytes. Where '
        "other services verify tokens, use `RS256` or `EdDSA` and give them the public key."
    )
    applies_when = (
        "the project uses djangorestframework-simplejwt with a shared secret (HS256 and its kin)"
    )
    absent = "djangorestframework-simplejwt is not used, or not with a shared secret"
    errata = (
        "The guide's sample assigns `SECRET_KEY` and says in a comment that production needs another key. The comment "
        "counts."
    )
    examples = (
        Example(
            "Django's own secret",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_HEAD}SIMPLE_JWT = {{"SIGNING_KEY": SECRET_KEY}}  # <-\n',
            },
        ),
        Example(
            "the default, which is the same",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_HEAD}SIMPLE_JWT = {{"ALGORITHM": "HS256"}}  # <-\n',
            },
        ),
        Example(
            "a key of its own",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"SIGNING_KEY": os.environ["JWT_SIGNING_KEY"]}}\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a pair of keys",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"ALGORITHM": "RS256", "SIGNING_KEY": os.environ["PRIVATE_KEY"]}}\n'
                ),
            },
            state="not_applicable",
            is_trap=True,
        ),
        Example(
            "without simplejwt",
            {"requirements.txt": "django\n", "config/settings.py": "INSTALLED_APPS = []\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module that signs with a secret."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for jwt in project.jwt:
            if jwt.is_symmetric is False:
                continue
            subject = jwt.located("SIGNING_KEY")
            if jwt.is_symmetric is None or (jwt.is_open and not jwt.gives("SIGNING_KEY")):
                yield subject.unknown("the algorithm or the key is computed")
            elif not jwt.gives("SIGNING_KEY"):
                yield subject.violation(
                    "tokens are signed with `SECRET_KEY`, the default; give `SIMPLE_JWT` a `SIGNING_KEY` of its own"
                )
            elif _is_secret_key(project, jwt):
                yield subject.violation(
                    "tokens are signed with `SECRET_KEY`; give `SIGNING_KEY` a secret of its own"
                )
            else:
                yield subject.in_order()


def _is_secret_key(project: Project, jwt: Jwt) -> bool:
    """Whether the signing key is Django's secret: by name, by value, or read from the same place."""
    key = jwt.written(project, "SIGNING_KEY")
    if isinstance(key, o.Ref):
        return key.name.rpartition(".")[2] == "SECRET_KEY"
    secret = jwt.module.get("SECRET_KEY")
    if secret is None:
        return False
    value = jwt.value("SIGNING_KEY")
    if isinstance(value, str):
        return bool(value == secret.value)
    source = written(project, secret, "SECRET_KEY")
    if not isinstance(key, o.Invocation) or not isinstance(source, o.Invocation) or not key.args:
        return False
    return (key.name, key.args) == (source.name, source.args)
