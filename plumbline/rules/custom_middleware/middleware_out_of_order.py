"""MW-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, MoveItem
from plumbline.project import Project
from plumbline.project.middleware import listed_at
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_SECURITY = "django.middleware.security.SecurityMiddleware"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
_REMOTE = "django.contrib.auth.middleware.RemoteUserMiddleware"
_MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"
_FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
_KNOWN = (_SECURITY, _SESSIONS, _CSRF, _AUTH, _REMOTE, _MESSAGES, _FRAMES)
_PAIRS = (
    *((_SECURITY, other) for other in _KNOWN if other != _SECURITY),
    (_SESSIONS, _AUTH),
    (_SESSIONS, _MESSAGES),
    (_AUTH, _MESSAGES),
    (_AUTH, _REMOTE),
    (_CSRF, _REMOTE),
    *((other, _FRAMES) for other in (_SESSIONS, _CSRF, _AUTH, _MESSAGES)),
)
"""Which comes before which."""
_HEAD = 'import django\n\nROOT_URLCONF = "config.urls"\n'


def _listed(*names: str, mark: str = "") -> str:
    return _HEAD + f"MIDDLEWARE = [{mark}\n" + "".join(f'    "{name}",\n' for name in names) + "]\n"


class MiddlewareOutOfOrder(Rule):
    """Finds Django's own middleware in an order that it does not work in."""

    code = "MW05"
    slug = "middleware-out-of-order"
    title = "Middleware is listed in the order that it needs"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (652, 671)
    what = (
        "A `MIDDLEWARE` in which the security middleware comes after sessions, CSRF, authentication, messages or "
        "clickjacking; in which sessions, authentication and messages do not follow each other; in which a remote user "
        "is signed in before CSRF and authentication; or in which clickjacking comes before any of these but the "
        "remote user."
    )
    why = (
        "A request passes the list from the top. Authentication reads the session and messages may read the user, so "
        "what comes too early raises or does nothing; a redirect to HTTPS that comes late has done work, and set "
        "cookies, over plain HTTP."
    )
    how = (
        "List security first, then sessions, CSRF, authentication, messages, and clickjacking behind them. Others may "
        "stand between."
    )
    applies_when = "settings list several of Django's own middleware in `MIDDLEWARE`"
    absent = "no settings list several of Django's own middleware in `MIDDLEWARE`"
    errata = (
        "The guide shows one order without saying what matters in it. Only the order among these is judged: middleware "
        "of other kinds may stand anywhere, also before the security middleware."
    )
    examples = (
        Example(
            "authentication before sessions",
            {"config/settings.py": _listed(_SECURITY, _AUTH, _SESSIONS, _MESSAGES, mark="  # <-")},
            fixed={"config/settings.py": _listed(_SECURITY, _SESSIONS, _AUTH, _MESSAGES)},
        ),
        Example(
            "security last",
            {"config/settings.py": _listed(_SESSIONS, _AUTH, _FRAMES, _SECURITY, mark="  # <-")},
            fixed={"config/settings.py": _listed(_SECURITY, _SESSIONS, _AUTH, _FRAMES)},
        ),
        Example(
            "clickjacking in the middle",
            {
                "config/settings.py": _listed(
                    _SECURITY, _SESSIONS, _FRAMES, _CSRF, _AUTH, _REMOTE, mark="  # <-"
                )
            },
            fixed={
                "config/settings.py": _listed(_SECURITY, _SESSIONS, _CSRF, _AUTH, _FRAMES, _REMOTE)
            },
        ),
        Example(
            "in order, with others between",
            {
                "config/settings.py": _listed(
                    "corsheaders.middleware.CorsMiddleware",
                    _SECURITY,
                    "whitenoise.middleware.WhiteNoiseMiddleware",
                    _SESSIONS,
                    _CSRF,
                    _AUTH,
                    _MESSAGES,
                    _FRAMES,
                    "shop.middleware.Late",
                )
            },
            state="pass",
        ),
        Example(
            "items that are added under conditions, at places that are not known",
            {
                "config/settings.py": "import os\n\n"
                + _listed(_SECURITY, _SESSIONS, _MESSAGES)
                + f'MIDDLEWARE.insert(MIDDLEWARE.index("{_MESSAGES}"), "{_AUTH}")\n'
                + f'if os.environ.get("LATE"):\n    MIDDLEWARE.append("{_CSRF}")\n'
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "a list that only the environment knows",
            {"config/settings.py": 'import os\n\nMIDDLEWARE = os.environ["MIDDLEWARE"].split()\n'},
            state="not_applicable",
            is_trap=True,
        ),
        Example("none", {"shop/apps.py": "import django\n"}, state="not_applicable"),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each ``MIDDLEWARE`` that production runs."""
        seen: set[tuple[str, int]] = set()
        for module in project.settings.deployed or project.settings.modules:
            setting = module.get("MIDDLEWARE")
            if setting is None or (setting.path, setting.line) in seen:
                continue
            seen.add((setting.path, setting.line))
            listed = [(kind, item) for item in setting.items if (kind := _kind(project, item))]
            if len({kind for kind, _ in listed}) < 2:
                continue
            wrong = _wrong([kind for kind, _ in listed])
            if not wrong:
                yield setting.in_order()
                continue
            early, late = wrong[0]
            place = listed_at(project, setting, str(dict(listed)[early]))
            yield setting.violation(
                f"`{_short(early)}` stands behind `{_short(late)}` and must come before it",
                at=place,
                fix=_fix(project, place, listed, wrong),
            )


def _wrong(kinds: list[str]) -> list[tuple[str, str]]:
    """The pairs that stand the other way round."""
    places = {kind: index for index, kind in reversed([*enumerate(kinds)])}
    return [
        (early, late)
        for early, late in _PAIRS
        if early in places and late in places and places[early] > places[late]
    ]


def _kind(project: Project, item: object) -> str:
    """Which of Django's own an entry is, or is derived from; empty if it is none of them."""
    if not isinstance(item, str):
        return ""
    if item in _KNOWN:
        return item
    cls = project.classes.by_name.get(item)
    # What signs a remote user in may be derived from what authenticates, so the order of looking matters.
    return next((kind for kind in reversed(_KNOWN) if cls is not None and cls.inherits(kind)), "")


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _fix(
    project: Project,
    place: Located,
    listed: list[tuple[str, object]],
    wrong: list[tuple[str, str]],
) -> Fix | None:
    """Move one item, if that puts all in order and what it passes stands in the same literal list."""
    kinds = [kind for kind, _ in listed]
    if len(set(kinds)) < len(kinds):
        return None
    written = {kind: str(item) for kind, item in listed}
    here = _written_at(project, place)
    for moved in dict.fromkeys(kind for pair in wrong for kind in pair):
        first = min((kinds.index(late) for early, late in wrong if early == moved), default=None)
        last = max((kinds.index(early) for early, late in wrong if late == moved), default=None)
        index = first if first is not None else last
        if index is None or (first is not None and last is not None):
            continue
        other = kinds[index]
        rest = [kind for kind in kinds if kind != moved]
        rest.insert(rest.index(other) + (first is None), moved)
        if _wrong(rest) or not here.issuperset((written[moved], written[other])):
            continue
        edit = (
            MoveItem(place.path, place.line, written[moved], before=written[other])
            if first is not None
            else MoveItem(place.path, place.line, written[moved], after=written[other])
        )
        return Fix([edit], is_safe=False)
    return None


def _written_at(project: Project, place: Located) -> set[str]:
    """The strings of the list that a statement assigns."""
    module = project.names.modules[place.path]
    return {
        text
        for item in module.outline.assignments
        if item.line == place.line and isinstance(item.value, o.Many)
        for text in item.value.items
        if isinstance(text, str)
    }
