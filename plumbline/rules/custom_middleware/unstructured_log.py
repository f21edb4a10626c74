"""MW-12."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.edits import Fix, ReplaceText
from plumbline.project import Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Rule, Verdict

_LEVELS = frozenset(("debug", "info", "warning", "warn", "error", "exception", "critical", "log"))
_LOGGERS = (
    "log",
    "logger",
    "logging",
    "_logger",
    "_log",
    "LOG",
    "LOGGER",
    "self.logger",
    "self.log",
)
_SETTINGS = 'import django\n\nROOT_URLCONF = "config.urls"\nMIDDLEWARE = ["shop.middleware.Log"]\n'
_HEAD = (
    "import logging\n\nlogger = logging.getLogger(__name__)\n\n\nclass Log:\n"
    "    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
    "    def __call__(self, request):\n"
)
_END = "        return self.get_response(request)\n"


class UnstructuredLog(Rule):
    """Finds log calls in middleware that use the root logger or build their message."""

    code = "MW12"
    slug = "unstructured-log-in-middleware"
    title = "Middleware logs by its module's logger, with the values beside the message"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Custom Middleware"
    guide_lines = (528, 576)
    what = (
        "A log call in a middleware that goes to the root logger (`logging.info`), or whose message is an f-string, a "
        "sum, or made with `%` or `format`."
    )
    why = (
        "A middleware logs every request. The root logger cannot be turned down for one module alone, and a message "
        "that differs each time can neither be counted nor searched by its values."
    )
    how = (
        'Use `logger = logging.getLogger(__name__)`, a fixed message, and `extra={"path": request.path}` for the '
        "values."
    )
    applies_when = "a middleware of the repository logs"
    absent = "no middleware of the repository logs"
    errata = 'The guide\'s samples of signals use the root logger; a lazily formatted message, `"… %s", value`, passes.'
    examples = (
        Example(
            "the root logger, and messages that are built",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD
                + '        logging.info("started")  # <-\n'
                + '        logger.info(f"started {request.path}")  # <-\n'
                + '        logger.info("started " + request.path)  # <-\n'
                + '        logger.info("started {}".format(request.path))  # <-\n'
                + _END,
            },
            fixed={
                "shop/middleware.py": _HEAD
                + '        logger.info("started")\n'
                + '        logger.info(f"started {request.path}")\n'
                + '        logger.info("started " + request.path)\n'
                + '        logger.info("started {}".format(request.path))\n'
                + _END,
            },
        ),
        Example(
            "the module's logger with values beside the message",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD
                + '        logger.info("started", extra={"path": request.path})\n'
                + '        logger.info("started %s", request.path)\n'
                + _END,
            },
            state="pass",
        ),
        Example(
            "nothing is logged",
            {
                "config/settings.py": _SETTINGS,
                "shop/middleware.py": _HEAD + '        print(f"{request.path}")\n' + _END,
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each log call."""
        for middleware in project.middleware.own:
            for function in middleware.functions:
                for call in function.calls:
                    owner = call.outline.name.rpartition(".")[0]
                    if call.method not in _LEVELS or owner not in _LOGGERS:
                        continue
                    if call.target.startswith("logging.") and call.target.count(".") == 1:
                        yield call.violation(
                            f"`{call.outline.name}` writes to the root logger; use the logger of the module",
                            fix=_fix(call),
                        )
                    elif _is_built(call):
                        yield call.violation(
                            "the message is different each time; keep it fixed and give the values in `extra`"
                        )
                    else:
                        yield call.in_order()


def _is_built(call: CallSite) -> bool:
    args = call.outline.args[1:] if call.method == "log" else call.outline.args
    message = args[0] if args else call.keyword("msg")
    if isinstance(message, o.Text):
        return bool(message.fields)
    if isinstance(message, o.Joined):
        return not (isinstance(message.left, str) and isinstance(message.right, str))
    return isinstance(message, o.Invocation) and message.name.endswith(".format")


def _fix(call: CallSite) -> Fix | None:
    """Use the module's logger where it has one; what the root logger let through it may not."""
    module = call.function.module if call.function is not None else None
    makes = (
        [item for item in module.outline.assignments if item.target == "logger"] if module else []
    )
    if len(makes) != 1 or not isinstance(makes[0].value, o.Invocation):
        return None
    if not makes[0].value.name.endswith("getLogger"):
        return None
    old, new = f"{call.outline.name}(", f"logger.{call.method}("
    return Fix([ReplaceText(call.path, call.line, old, new)], is_safe=False)
