"""SVC-05."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Function, Project
from plumbline.project.layers import is_callable_freely
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict


class ServiceWithoutContract(Rule):
    """Finds services whose annotations or docstrings leave out what goes in, comes out or goes wrong."""

    code = "SVC05"
    slug = "service-without-contract"
    title = "Services are fully annotated and document arguments, result and errors"
    level = Level.MAY
    basis = Basis.EXAMPLE
    section = "Services Pattern"
    guide_lines = (234, 262)
    effort = Effort.MINUTES
    what = (
        "A public function of a services module with a parameter or a result that is not annotated, without a "
        "docstring, or with one that leaves out the arguments, the value that it returns or the exceptions that it "
        "raises itself. The sections may be in the style of Google, NumPy or Sphinx; what a function does not have "
        "needs no section."
    )
    why = (
        "A service is called from views, tasks and commands by people who do not read its body. Its signature and "
        "docstring are the whole contract, and exceptions appear in neither unless someone writes them down."
    )
    how = (
        "Annotate each parameter and the result, and describe them under Args, Returns and Raises."
    )
    applies_when = "the repository has public functions in services modules"
    absent = "no services module has a public function"
    errata = "The guide's sample service is documented like this but no sentence asks for it, so this weighs nothing."
    examples = (
        Example(
            "nothing said, and half of it said",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def order_create(*, user, items):  # <-\n    return user\n\n"
                    "def order_cancel(*, order: int) -> None:  # <-\n"
                    '    """Cancel an order."""\n\n'
                    "def order_pay(*, order: int) -> int:  # <-\n"
                    '    """Pay.\n\n    Args:\n        order: Which.\n    """\n'
                    "    if not order:\n        raise ValueError\n"
                    "    return order\n"
                )
            },
        ),
        Example(
            "all said",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def order_create(*, user: int) -> int:\n"
                    '    """Create an order.\n\n    Args:\n        user: Who buys.\n\n'
                    "    Returns:\n        The order.\n\n    Raises:\n        ValueError: Nobody buys.\n"
                    '    """\n'
                    "    if not user:\n        raise ValueError\n"
                    "    return user\n\n"
                    "def _total(order):\n    return order\n"
                )
            },
            state="pass",
        ),
        Example(
            "sections in the style of NumPy and Sphinx, and nothing to document",
            {
                "shop/services.py": (
                    "from django.db import transaction\n\n"
                    "def order_create(*, user: int) -> int:\n"
                    '    """Create an order.\n\n    Parameters\n    ----------\n    user : int\n        Who buys.\n\n'
                    '    Returns\n    -------\n    int\n        The order.\n    """\n'
                    "    return user\n\n"
                    "def order_pay(*, user: int) -> int:\n"
                    '    """Pay.\n\n    :param user: Who pays.\n    :returns: The order.\n    """\n'
                    "    return user\n\n"
                    "def orders_close() -> None:\n"
                    '    """Close all orders."""\n'
                    "    transaction.atomic()\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "no services",
            {"shop/models.py": "from django.db import models\n\ndef first(a):\n    return a\n"},
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each public function of a services module."""
        for function in project.functions_in("services"):
            if is_callable_freely(function):
                missing = _missing(function)
                if missing:
                    yield function.violation(
                        f"service `{function.name}` does not say {_listed(missing)}; {_remedy(missing)}"
                    )
                else:
                    yield function.in_order()


def _missing(function: Function) -> list[str]:
    outline = function.outline
    documented, exits = outline.documented, outline.exits
    missing = [
        f"the type of `{item.name}`"
        for item in function.parameters
        if not item.annotation and item.kind != "**"
    ]
    if not outline.returns:
        missing.append("the type of its result")
    if not documented & o.HAS_DOCSTRING:
        return [*missing, "what it does"]
    if function.parameters and not documented & o.DOCUMENTS_ARGUMENTS:
        missing.append("what its arguments are")
    if (
        exits & o.RETURNS_VALUE
        and not outline.yields
        and outline.returns != "None"
        and not documented & o.DOCUMENTS_RETURN
    ):
        missing.append("what it returns")
    if exits & o.RAISES and not documented & o.DOCUMENTS_ERRORS:
        missing.append("what it raises")
    return missing


def _remedy(missing: list[str]) -> str:
    untyped = sum(item.startswith("the type of") for item in missing)
    if untyped in (0, len(missing)):
        return "annotate it" if untyped else "document it"
    return "annotate and document it"


def _listed(items: list[str]) -> str:
    shown = items[:3] + ([f"{len(items) - 3} more"] if len(items) > 3 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
