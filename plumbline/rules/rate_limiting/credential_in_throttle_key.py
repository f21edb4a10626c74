"""RAT-11."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.project import Class, Function, Project
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = "import hashlib\n\nfrom rest_framework.throttling import UserRateThrottle\n\n\n"
_METHOD = (
    '    scope = "api_key"\n\n    def get_cache_key(self, request, view):MARK\n'
    '        token = request.headers.get("Authorization", "")\n'
)
_REQUIREMENTS = {"requirements.txt": "django\ndjangorestframework\n"}
_SECRET = re.compile(
    r"authorization|api[-_]?key|token|secret|password|cookie|sessionid", re.IGNORECASE
)
_HASHES = re.compile(r"sha\d|md5|blake|hash|hmac|digest|crc32|fingerprint", re.IGNORECASE)


class CredentialInThrottleKey(Rule):
    """Finds cache keys of throttles that hold a client's token as it is."""

    code = "RAT11"
    slug = "credential-in-throttle-key"
    title = "Keys of throttles do not hold credentials"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Rate Limiting"
    guide_lines = (1809, 1818)
    preview = True
    what = (
        "A throttle class whose `get_cache_key` reads a token, a key or a cookie from the request and calls nothing "
        "that hashes it."
    )
    why = (
        "Keys of a cache are not secret: they are listed by tools, written to logs and kept in backups. A token in one "
        "is good for whoever reads it."
    )
    how = "Hash it first: `hashlib.sha256(token.encode()).hexdigest()`, or use the id of the key's row in the database."
    applies_when = "a throttle class makes its own cache keys"
    absent = "no throttle class makes its own cache keys"
    errata = "The guide's `APIKeyThrottle` puts the bearer token into the key as it is."
    examples = (
        Example(
            "the token as it is, as in the guide",
            {
                **_REQUIREMENTS,
                "shop/throttling.py": (
                    f"{_HEAD}class KeyThrottle(UserRateThrottle):\n{_METHOD.replace('MARK', '  # <-')}"
                    '        return f"throttle_{token}"\n'
                ),
            },
        ),
        Example(
            "hashed",
            {
                **_REQUIREMENTS,
                "shop/throttling.py": (
                    f"{_HEAD}class KeyThrottle(UserRateThrottle):\n{_METHOD.replace('MARK', '')}"
                    "        digest = hashlib.sha256(token.encode()).hexdigest()\n"
                    '        return f"throttle_{digest}"\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "REST framework's own keys",
            {
                **_REQUIREMENTS,
                "shop/throttling.py": f'{_HEAD}class Burst(UserRateThrottle):\n    rate = "60/min"\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each throttle class with keys of its own."""
        for throttle in project.throttling.throttles:
            function = _method(project, throttle)
            if function is None:
                continue
            secret = next(
                (
                    word
                    for call in function.calls
                    if call.method in ("get", "get_signed_cookie")
                    for word in call.outline.args[:1]
                    if isinstance(word, str) and _SECRET.search(word)
                ),
                None,
            )
            is_hashed = any(_HASHES.search(call.outline.name) for call in function.calls)
            if secret is None or is_hashed:
                yield function.in_order()
            else:
                yield function.violation(
                    f"`{throttle.name}` may put `{secret}` of the request into its cache keys; hash it first"
                )


def _method(project: Project, throttle: Class) -> Function | None:
    member = throttle.member("get_cache_key")
    if member is None or member.kind != "function":
        return None
    return project.functions.by_index.get((throttle.module.path, member.index))
