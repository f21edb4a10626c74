"""CAC-04."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.project import Project
from plumbline.project.caches import DJANGO_REDIS
from plumbline.project.installed import beside_apps, holds, once
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_DATABASE = "django.contrib.sessions.backends.db"
_HEAD = (
    'INSTALLED_APPS = ["django.contrib.sessions"]\n'
    f'CACHES = {{"default": {{"BACKEND": "{DJANGO_REDIS}"}}}}\n'
)


class SessionsInTheDatabase(Rule):
    """Finds sessions in the database beside a cache that could hold them."""

    code = "CAC04"
    slug = "sessions-in-the-database"
    title = "Sessions are read from the cache"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Caching with django-redis"
    guide_lines = (1638, 1640)
    preview = True
    what = (
        "Deployed settings that have Redis or memcached as a cache and leave sessions to the database alone, which is "
        "Django's default."
    )
    why = (
        "Each request of somebody who is logged in begins with a query for the session. A cache answers it faster, and "
        "spares the database the table that grows most."
    )
    how = (
        'Set `SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"`, which reads from the cache and writes to '
        "both. With `cache` alone everybody is logged out when the cache is emptied."
    )
    applies_when = "deployed settings have a shared default cache and install sessions"
    absent = "no deployed settings have both a shared default cache and sessions"
    errata = (
        "The guide's sample keeps sessions in the cache alone, which loses them with it. Plumbline is content with "
        "either, and with sessions in signed cookies; this is advice."
    )
    examples = (
        Example(
            "Django's default",
            {"manage.py": "import django\n", "config/settings.py": _HEAD},
            reports=("config/settings.py",),
        ),
        Example(
            "the database, said so",
            {
                "manage.py": "import django\n",
                "config/settings.py": f'{_HEAD}SESSION_ENGINE = "{_DATABASE}"  # <-\n',
            },
        ),
        Example(
            "the cache",
            {
                "manage.py": "import django\n",
                "config/settings.py": (
                    f'{_HEAD}SESSION_ENGINE = "django.contrib.sessions.backends.cache"\n'
                ),
            },
            state="pass",
        ),
        Example(
            "the cache over the database",
            {
                "manage.py": "import django\n",
                "config/settings.py": (
                    f'{_HEAD}SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"\n'
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no cache",
            {
                "manage.py": "import django\n",
                "config/settings.py": 'INSTALLED_APPS = ["django.contrib.sessions"]\n',
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each deployed settings module with a shared cache and sessions."""
        yield from once(self._verdicts(project))

    @staticmethod
    def _verdicts(project: Project) -> Iterator[Verdict]:
        shared = {cache.module.path for cache in project.caches if cache.is_shared}
        for module in project.settings.deployed:
            if module.path not in shared or not holds(
                project, module, "INSTALLED_APPS", "django.contrib.sessions"
            ):
                continue
            setting = module.get("SESSION_ENGINE")
            subject = setting or beside_apps(module, "SESSION_ENGINE")
            value = setting.value if setting is not None else _DATABASE
            if not isinstance(value, str) or (setting is None and module.is_open):
                yield subject.unknown("the engine of sessions is computed")
            elif value == _DATABASE:
                yield subject.violation(
                    "sessions are read from the database at each request; use the `cached_db` engine"
                )
            else:
                yield subject.in_order()
