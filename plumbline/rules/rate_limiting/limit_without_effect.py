"""RAT-02."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.edits import Fix, SetKeyword
from plumbline.project import Function, Project
from plumbline.project.throttling import OLD_DECORATOR, Limit
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_HEAD = (
    "from django.shortcuts import render\nfrom django_ratelimit.decorators import ratelimit\n\n\n"
)


class LimitWithoutEffect(Rule):
    """Finds limits that count requests and stop none."""

    code = "RAT02"
    slug = "limit-without-effect"
    title = "A limit that is reached stops the request"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Rate Limiting"
    guide_lines = (1748, 1764)
    what = (
        "django-ratelimit's decorator with `block=False` on a view that never looks at `request.limited`, or the "
        "decorator of a version before 4.0, whose default that was."
    )
    why = (
        "Without `block` the decorator only marks the request and lets it through. The view is written as if it were "
        "protected, and whoever guesses passwords there is not slowed down at all."
    )
    how = "Leave `block` out, since it is on by default from 4.0, or answer in the view when `request.limited` is true."
    applies_when = "a view is limited by django-ratelimit's decorator"
    absent = "no view is limited by django-ratelimit's decorator"
    examples = (
        Example(
            "counted and let through",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="5/m", block=False)  # <-\n'
                    'def sign_in(request):\n    return render(request, "sign_in.html")\n'
                )
            },
            fixed={
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="5/m", block=True)\n'
                    'def sign_in(request):\n    return render(request, "sign_in.html")\n'
                )
            },
        ),
        Example(
            "before 4.0 nothing was stopped by default",
            {
                "shop/views.py": (
                    "from ratelimit.decorators import ratelimit\n\nimport django\n\n\n"
                    '@ratelimit(key="ip", rate="5/m")  # <-\ndef sign_in(request):\n    return None\n'
                )
            },
            fixed={
                "shop/views.py": (
                    "from ratelimit.decorators import ratelimit\n\nimport django\n\n\n"
                    '@ratelimit(key="ip", rate="5/m", block=True)\ndef sign_in(request):\n    return None\n'
                )
            },
        ),
        Example(
            "the view answers itself",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="5/m", block=False)\ndef sign_in(request):\n'
                    '    if request.limited:\n        return render(request, "later.html", status=429)\n'
                    '    return render(request, "sign_in.html")\n'
                )
            },
            state="pass",
        ),
        Example(
            "from 4.0 a limit that is reached stops the request by default",
            {
                "shop/views.py": (
                    f'{_HEAD}@ratelimit(key="ip", rate="5/m")\n'
                    'def sign_in(request):\n    return render(request, "sign_in.html")\n'
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no limits",
            {"shop/views.py": "import django\n\n\ndef home(request):\n    return None\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each decorator that is called."""
        for limit in project.throttling.limits:
            if limit.call is None:
                continue
            given = limit.arguments
            block = given.get("block", limit.name != OLD_DECORATOR)
            if block is True or ("block" not in given and "**" not in given and block):
                yield limit.place.in_order()
            elif block is not False or "**" in given:
                yield limit.place.unknown("whether it blocks is computed")
            elif limit.function is None and limit.cls is None:
                yield limit.place.unknown("what it limits is not in sight")
            elif any(_asks(project, function) for function in _limited(project, limit)):
                yield limit.place.in_order()
            else:
                yield limit.place.violation(
                    "this limit stops nothing: with `block=False` the view must look at `request.limited`",
                    fix=_fix(limit),
                )


def _limited(project: Project, limit: Limit) -> list[Function]:
    """The functions that a limit is on."""
    if limit.function is not None:
        return [limit.function]
    cls = limit.cls
    return (
        [project.functions.by_index[cls.module.path, index] for index, _ in cls.methods()]
        if cls is not None
        else []
    )


def _asks(project: Project, function: Function, depth: int = 0) -> bool:
    """Whether a function, one that it calls or a decorator of the repository looks at ``request.limited``."""
    if any(read.name.endswith(".limited") for read in function.outline.reads) or any(
        call.method == "getattr" and "limited" in call.outline.args for call in function.calls
    ):
        return True
    if depth:
        return False
    called = [project.functions.called_by(call) for call in function.calls]
    called += [project.functions.by_name.get(name) for name, _ in function.decorators]
    inner = [
        project.functions.by_index[item.path, index]
        for item in called
        if item is not None
        for index, outline in enumerate(item.module.functions)
        if outline.parent == item.index
    ]
    return any(item is not None and _asks(project, item, 1) for item in (*called, *inner))


def _fix(limit: Limit) -> Fix | None:
    """Let it block. Unsafe: who is limited now gets an error page where nothing happened before."""
    call = limit.call
    if call is None or len(call.outline.args) > 4:
        return None
    name = call.outline.name
    return Fix(
        [SetKeyword(call.path, call.line, call.column, name, "block", "True")], is_safe=False
    )
