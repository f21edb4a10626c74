"""JWT-08."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.installed import once
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_BYTES = {"HS256": 32, "HS384": 48, "HS512": 64}
_REQUIREMENTS = "django\ndjangorestframework\ndjangorestframework-simplejwt\n"
_HEAD = 'import os\n\nINSTALLED_APPS = []\nSECRET_KEY = os.environ["SECRET_KEY"]\n'
_LONG = "k9" * 16


class ShortSigningKey(Rule):
    """Finds secrets that are too short for the signature made with them."""

    code = "JWT08"
    slug = "short-signing-key"
    title = "A secret that signs tokens has at least 32 bytes"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "JWT Authentication for APIs"
    guide_lines = (873, 883)
    what = (
        "A `SIGNING_KEY` of `SIMPLE_JWT`, or the `SECRET_KEY` in its place, that is written in deployed settings "
        "and has fewer bytes than the hash of its algorithm: 32 for HS256, 48 for HS384, 64 for HS512."
    )
    why = (
        "A token shows its signature to everyone, so a short secret can be guessed offline. PyJWT warns of such keys "
        "with InsecureKeyLengthWarning, and RFC 7518 forbids them."
    )
    how = (
        'Make a key by `python -c "import secrets; print(secrets.token_urlsafe(48))"` and read it from the environment '
        "rather than from the repository."
    )
    applies_when = "simplejwt signs with a secret that is written in deployed settings"
    absent = "no secret for tokens of djangorestframework-simplejwt is written in deployed settings"
    examples = (
        Example(
            "a word",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_HEAD}SIMPLE_JWT = {{"SIGNING_KEY": "hush"}}  # <-\n',
            },
        ),
        Example(
            "long enough for HS256, not for HS512",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"ALGORITHM": "HS512", "SIGNING_KEY": "{_LONG}"}}  # <-\n'
                ),
            },
        ),
        Example(
            "32 bytes",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": f'{_HEAD}SIMPLE_JWT = {{"SIGNING_KEY": "{_LONG}"}}\n',
            },
            state="pass",
        ),
        Example(
            "a key from the environment",
            {
                "requirements.txt": _REQUIREMENTS,
                "config/settings.py": (
                    f'{_HEAD}SIMPLE_JWT = {{"SIGNING_KEY": os.environ["JWT_KEY"]}}\n'
                ),
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each secret that can be seen."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        for jwt in project.jwt:
            algorithm = jwt.value("ALGORITHM")
            needed = _BYTES.get(algorithm) if isinstance(algorithm, str) else None
            if needed is None:
                continue
            secret = jwt.module.get("SECRET_KEY")
            if jwt.gives("SIGNING_KEY"):
                subject, key = jwt.located("SIGNING_KEY length"), jwt.value("SIGNING_KEY")
            elif secret is not None and not jwt.is_open:
                subject, key = secret, secret.value
            else:
                continue
            if not isinstance(key, str):
                continue
            length = len(key.encode())
            if length < needed:
                yield subject.violation(
                    f"the secret that signs tokens has {length} bytes; {algorithm} needs {needed}"
                )
            else:
                yield subject.in_order()
