"""The calls by which the repository asks other servers over HTTP, and how long each may wait for the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from plumbline import outline as o
from plumbline.project.functions import CallSite, site
from plumbline.project.modules import Module
from plumbline.project.sessions import MISSING, OPEN, SET, Sessions, given

if TYPE_CHECKING:
    from plumbline.project import Project

_VERBS = frozenset("get post put patch delete head options request".split())
_METHODS = _VERBS | {"send", "stream", "send_request"}
_RUNNERS = frozenset(("call", "call_async", "submit", "to_thread"))
"""What runs a function that it is given with the arguments that follow."""
_URLOPEN = "urllib.request.urlopen"


class Outbound(NamedTuple):
    """A call that asks another server. ``wait`` is one of ``SET``, ``MISSING``, ``ENDLESS``, ``OPEN`` of sessions."""

    call: CallSite
    wait: str


def find_outbound(project: Project) -> Iterator[Outbound]:
    """Every such call outside tests, in the order of path and line."""
    sessions = Sessions(project)
    for module in sessions.modules:
        for call in module.calls:
            last = call.name.rpartition(".")[2]
            if last in _METHODS or last == "urlopen" or last in _RUNNERS:
                default = _default(project, sessions, module, call, last)
                if default is not None:
                    function = project.functions.by_index.get((module.path, call.scope))
                    found = site(call, module, project.names, function)
                    yield Outbound(found, _wait(project, found, default))


def _default(
    project: Project, sessions: Sessions, module: Module, call: o.Call, last: str
) -> str | None:
    """How long a call waits that says nothing of it; None if it asks nobody."""
    target = project.names.resolve(module, call.name, call.scope)
    if last in _RUNNERS:
        first = call.args[0] if call.args else None
        if not isinstance(first, o.Ref) or first.name.rpartition(".")[2] not in _METHODS:
            return None
        named = project.names.resolve(module, first.name, call.scope)
        return _plain(named) or sessions.wait(module, call.scope, first.name.rpartition(".")[0])
    if target == _URLOPEN:
        return _of_sockets(project)
    plain = _plain(target)
    if plain is not None:
        return plain
    owner = call.name.rpartition(".")[0]
    return sessions.wait(module, call.scope, owner) if owner else None


def _plain(target: str) -> str | None:
    """The default of the functions of requests, which wait for ever, and of httpx, which wait for five seconds."""
    package, _, name = target.replace(".api.", ".").partition(".")
    if package == "requests" and name in _VERBS:
        return MISSING
    return SET if package == "httpx" and name in _VERBS | {"stream"} else None


def _of_sockets(project: Project) -> str:
    """The default of the standard library, which code may have set for the whole process."""
    calls = project.calls.named("setdefaulttimeout")
    return SET if any(call.target == "socket.setdefaulttimeout" for call in calls) else MISSING


def _wait(project: Project, call: CallSite, default: str) -> str:
    outline = call.outline
    said = given(outline.keywords)
    if call.target == _URLOPEN and len(outline.args) > 2:
        said = given([("timeout", outline.args[2])])
    if said == OPEN:
        options = [value for key, value in outline.keywords if key == "**"]
        return SET if default == SET else _of_options(project, call, options)
    return default if said == MISSING else said


def _of_options(project: Project, call: CallSite, options: list[o.Value]) -> str:
    """What ``**options`` say, as far as the function itself or all its callers give the limit."""
    found = MISSING
    for value in options:
        if isinstance(value, o.Table):
            pairs = zip(value.keys, value.values, strict=True)
            said = given([(key if isinstance(key, str) else "**", item) for key, item in pairs])
        else:
            said = _of_name(project, call, value.name) if isinstance(value, o.Ref) else OPEN
        if said != MISSING:
            found = said
    return found


def _of_name(project: Project, call: CallSite, name: str) -> str:
    function = call.function
    if function is None:
        return OPEN
    for other in call.siblings:
        if other.name == f"{name}.setdefault" and other.args[:1] == ["timeout"]:
            return SET
        if (other.name == f"{name}.update" or other.bound == name) and given(other.keywords) == SET:
            return SET
    if any(item.name == name and item.kind == "**" for item in function.outline.parameters):
        callers = [
            item
            for item in project.calls.named(function.name)
            if project.functions.called_by(item) is function
        ]
        if callers and all(given(item.outline.keywords) == SET for item in callers):
            return SET
    return OPEN
