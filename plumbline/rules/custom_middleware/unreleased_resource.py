"""MW-09."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.project.middleware import line_of_view
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_ENDS = {
    "acquire": ("release",),
    "open": ("close",),
    "connect": ("disconnect", "close"),
    "activate": ("deactivate",),
    "start": ("stop", "end", "finish"),
    "begin": ("end", "finish", "commit"),
    "enable": ("disable",),
    "disable": ("enable",),
    "lock": ("unlock",),
    "push": ("pop",),
    "set": ("reset", "unset", "clear", "delete", "remove"),
    "bind": ("unbind", "clear"),
    "enter": ("exit",),
    "attach": ("detach",),
    "setup": ("teardown", "cleanup"),
    "create": ("destroy",),
    "register": ("unregister",),
}
"""A word that begins something, to the words that end it."""
_SETTINGS = (
    'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Resource"]\n'
)
_INIT = (
    "from shop.pool import acquire_slot, release_slot\n\n\nclass Resource:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
)


class UnreleasedResource(Rule):
    """Finds what middleware begins before the view and ends only if nothing raises."""

    code = "MW09"
    slug = "unreleased-resource"
    title = "What a middleware acquires before the view it releases in `finally`"
    level = Level.SHOULD
    basis = Basis.MARKED
    section = "Custom Middleware"
    guide_lines = (702, 713)
    what = (
        "A pair of calls around `get_response` that begin and end something (`acquire` and `release`, `activate` and "
        "`deactivate`, `set` and `reset`), the second of which stands neither in `finally` nor in a `with`."
    )
    why = (
        "Django turns most exceptions into responses before they come back here, but not a worker's time-out, a "
        "cancelled request, or an error in the lines between. The slot then stays taken, and what was set for one "
        "request holds for the next."
    )
    how = "Put `get_response` into `try` and the release into `finally`, or make both a context manager and use `with`."
    applies_when = "a middleware of the repository begins and ends something around the view"
    absent = "no middleware of the repository begins and ends something around the view"
    examples = (
        Example(
            "released if all goes well",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n"
                + "        slot = acquire_slot()\n        response = self.get_response(request)\n"
                + "        release_slot(slot)  # <-\n        return response\n",
            },
        ),
        Example(
            "in finally",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _INIT
                + "    def __call__(self, request):\n        slot = acquire_slot()\n"
                + "        try:\n            return self.get_response(request)\n"
                + "        finally:\n            release_slot(slot)\n",
            },
            state="pass",
        ),
        Example(
            "a context manager, and a stack of them",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": "from contextlib import ExitStack\n\n"
                + _INIT
                + "    def __call__(self, request):\n"
                + "        with ExitStack() as stack:\n"
                + "            slot = acquire_slot()\n            stack.callback(release_slot, slot)\n"
                + "            response = self.get_response(request)\n"
                + '        response.set_cookie("seen", "1")\n        return response\n',
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call behind the view that ends what one before it began."""
        for middleware in project.middleware.own:
            for handler in middleware.handlers:
                line = line_of_view(handler)
                begun = [call for call in handler.calls if call.line < line]
                for call in handler.calls:
                    if call.line <= line:
                        continue
                    begin = next((item for item in begun if _are_pair(item, call)), None)
                    if begin is None:
                        continue
                    if call.has(o.IN_FINALLY):
                        yield call.in_order()
                    else:
                        yield call.violation(
                            f"`{call.outline.name}` is skipped if anything before it raises, and what "
                            f"`{begin.outline.name}` began goes on; put it into `finally`"
                        )


def _are_pair(begin: CallSite, end: CallSite) -> bool:
    """Whether a call ends what another began, by a word in their names that are otherwise the same."""
    first, second = _words(begin), _words(end)
    if begin.outline.bound and second[:-1] == _split(begin.outline.bound):
        return second[-1] in _ENDS.get(first[-1], ())
    if len(first) != len(second):
        return False
    different = [(one, other) for one, other in zip(first, second, strict=True) if one != other]
    if len(different) != 1:
        return False
    one, other = different[0]
    return other in _ENDS.get(one, ())


def _words(call: CallSite) -> list[str]:
    return _split(call.outline.name)


def _split(name: str) -> list[str]:
    return name.lower().replace("_", ".").split(".")
