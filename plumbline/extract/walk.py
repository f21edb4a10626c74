"""The one walk over a module's syntax tree that collects its outline.

It is the engine's hottest loop, and written for it: dispatch by type, expressions descended only where a call can
hide, state in plain attributes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from plumbline import outline as o
from plumbline.extract.bodies import documented, falls_through, tested_names, unbound_names
from plumbline.extract.reads import WATCHED, chain, is_keyed, root_of
from plumbline.extract.values import DEEP, SHALLOW, annotation_of, dotted, value_of

_MUTATORS = frozenset(("append", "insert", "extend", "update", "remove", "setdefault", "add"))
_NAME, _ATTRIBUTE, _CALL, _SUBSCRIPT = ast.Name, ast.Attribute, ast.Call, ast.Subscript
_COMPREHENSIONS = frozenset((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
_NOT_EXPRESSIONS = frozenset(
    ("ctx", "op", "ops", "id", "attr", "kind", "conversion", "is_async", "str")
)
_PLAIN_FIELDS: dict[type, tuple[str, ...]] = {
    kind: tuple(name for name in kind._fields if name not in _NOT_EXPRESSIONS)
    for kind in vars(ast).values()
    if isinstance(kind, type)
    and issubclass(kind, ast.expr)
    and kind not in (ast.Await, ast.Lambda, ast.Yield, ast.YieldFrom, *_COMPREHENSIONS)
}
"""Kinds of expression that only hold others, to the fields that hold them."""
_LEAVES = frozenset((ast.Name, ast.Constant))
_ARGUMENT_LIMIT = 40
_HANDLER_LIMIT = 60
"""How many ``except`` clauses of one function are looked at closely: each look costs a walk over the function."""


class Walk:
    """Collects the facts of one module."""

    def __init__(self) -> None:
        self.imports: list[o.Import] = []
        self.classes: list[o.Class] = []
        self.functions: list[o.Function] = []
        self.calls: list[o.Call] = []
        self.assignments: list[o.Assignment] = []
        self._scope = -1
        self._owner = -1
        self._flags = 0
        self._guards: list[str] = []
        self._typing_only = 0
        self._statements = 0
        self._branches = 0
        self._yields = False
        self.underscores: list[tuple[int, int]] = []
        self._iterated: list[tuple[str, int, bool]] | None = None
        self._exits = 0
        self._reads: list[o.Read] = []
        self._handlers: list[o.Handler] = []
        self._tested: list[tuple[str, int]] = []
        self._texts: list[o.Wording] = []
        self._body: ast.FunctionDef | ast.AsyncFunctionDef | None = None

    def module(self, tree: ast.Module) -> None:
        """Walk a whole module."""
        self._block(tree.body)

    # ---- statements ----

    def _block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statements += 1
            reader = _STATEMENTS.get(type(statement))
            if reader is None:
                self._children(statement)
            else:
                reader(self, statement)

    def _children(self, node: ast.AST) -> None:
        for name in node._fields:
            field = getattr(node, name)
            if isinstance(field, list):
                for item in field:
                    if isinstance(item, ast.expr):
                        self._expression(item, 0)
                    elif isinstance(item, ast.stmt):
                        self._block((item,))
                    elif isinstance(item, ast.AST):
                        self._children(item)
            elif isinstance(field, ast.expr):
                self._expression(field, 0)

    def _expr(self, node: ast.Expr) -> None:
        value = node.value
        if type(value) is ast.Constant:
            return
        if self._scope < 0 and self._owner < 0 and type(value) is ast.Call:
            self._mutation(value)
        if type(value) is ast.Await:
            self._expression(value.value, o.DISCARDED | o.AWAITED)
        else:
            self._expression(value, o.DISCARDED)

    def _mutation(self, call: ast.Call) -> None:
        """A module-level ``NAME.append(…)`` is an assignment to what settings will be."""
        function = call.func
        if type(function) is not ast.Attribute or function.attr not in _MUTATORS:
            return
        target = dotted(function.value)
        if "?" in target or "(" in target:
            return
        value = o.Many("tuple", [value_of(arg, DEEP) for arg in call.args])
        self._assigned(target, function.attr, value, call)

    def _assigned(
        self, target: str, operator: str, value: o.Value, node: ast.expr | ast.stmt
    ) -> None:
        guard = " and ".join(self._guards)
        self.assignments.append(
            o.Assignment(
                target, operator, value, node.lineno, node.end_lineno or node.lineno, guard
            )
        )

    def _assign(self, node: ast.Assign) -> None:
        value = node.value
        if self._scope < 0 and self._owner < 0:
            kept = value_of(value, DEEP)
            for target in node.targets:
                self._bind(target, kept, node)
        bound = _bound_name(node.targets[0])
        if type(value) is ast.JoinedStr and self._scope >= 0:
            self._texts.append(
                o.Wording(dotted(node.targets[0]), value_of(value, 1), node.lineno)  # type: ignore[arg-type]
            )
        self._value(value, bound)
        if bound == "_":
            self._underscore(node.targets[0])
        for target in node.targets:
            if type(target) is not _NAME:
                if type(target) is ast.Tuple:
                    self._underscore(target)
                self._expression(target, 0)

    def _bind(self, target: ast.expr, value: o.Value, node: ast.stmt) -> None:
        if type(target) is ast.Name:
            self._assigned(target.id, "=", value, node)
        elif type(target) is ast.Subscript:
            key = value_of(target.slice, 1)
            self._assigned(dotted(target.value), "[]=", o.Table([key], [value]), node)
        elif type(target) is ast.Attribute:
            self._assigned(dotted(target), "=", value, node)
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, o.Opaque("unpacked"), node)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            return
        if self._scope < 0 and self._owner < 0:
            self._bind(node.target, value_of(node.value, DEEP), node)
        self._value(node.value, _bound_name(node.target))

    def _augmented(self, node: ast.AugAssign) -> None:
        if self._scope < 0 and self._owner < 0:
            operator = (
                "+=" if type(node.op) is ast.Add else "|=" if type(node.op) is ast.BitOr else "?="
            )
            self._assigned(dotted(node.target), operator, value_of(node.value, DEEP), node)
        self._value(node.value, "")

    def _value(self, value: ast.expr, bound: str) -> None:
        if type(value) is ast.Await:
            self._expression(value.value, o.AWAITED, bound)
        else:
            self._expression(value, 0, bound)

    def _return(self, node: ast.Return) -> None:
        if node.value is None:
            self._exits |= o.RETURNS_NOTHING
        else:
            self._exits |= o.RETURNS_VALUE
            if type(node.value) is ast.Await:
                self._expression(node.value.value, o.RETURNED | o.AWAITED)
            else:
                self._expression(node.value, o.RETURNED)

    def _raise(self, node: ast.Raise) -> None:
        self._exits |= o.RAISES
        self._children(node)

    def _import(self, node: ast.Import) -> None:
        guarded = bool(self._guards)
        for name in node.names:
            bound = name.asname or name.name.partition(".")[0]
            self.imports.append(
                o.Import(
                    name.name, "", bound, node.lineno, self._scope, self._typing_only > 0, guarded
                )
            )

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        guarded = bool(self._guards)
        for name in node.names:
            bound = name.asname or name.name
            self.imports.append(
                o.Import(
                    module,
                    name.name,
                    bound,
                    node.lineno,
                    self._scope,
                    self._typing_only > 0,
                    guarded,
                )
            )

    def _if(self, node: ast.If) -> None:
        self._branches += 1
        self._condition(node.test)
        before = self._flags
        self._flags |= o.CONDITIONAL
        test = _condition(node.test)
        typing_only = test.endswith("TYPE_CHECKING")
        self._typing_only += typing_only
        self._guards.append(test)
        self._block(node.body)
        self._typing_only -= typing_only
        self._guards[-1] = (
            test.removeprefix("not ")
            if test.startswith("not ")
            else "?"
            if test == "?"
            else f"not {test}"
        )
        self._block(node.orelse)
        self._guards.pop()
        self._flags = before

    def _condition(self, test: ast.expr) -> None:
        self._tested += tested_names(test)
        self._expression(test, 0)

    def _loop(self, node: ast.For | ast.AsyncFor) -> None:
        self._branches += 1
        self._underscore(node.target)
        if self._iterated is not None and type(node.iter) is ast.Name:
            self._iterated.append((node.iter.id, node.lineno, type(node) is ast.AsyncFor))
        self._expression(node.iter, o.ITERATED if type(node) is ast.For else o.ASYNC_ITERATED)
        self._nested(node.body, o.IN_LOOP)
        self._nested(node.orelse, 0)

    def _underscore(self, target: ast.expr) -> None:
        """Note a statement that binds ``_``, which may be the name of a translation function elsewhere in the file."""
        names = target.elts if isinstance(target, ast.Tuple | ast.List) else (target,)
        if any(isinstance(name, ast.Name) and name.id == "_" for name in names):
            self.underscores.append((target.lineno, self._scope))

    def _while(self, node: ast.While) -> None:
        self._branches += 1
        self._condition(node.test)
        self._nested(node.body, o.IN_LOOP)
        self._nested(node.orelse, 0)

    def _nested(self, body: Sequence[ast.stmt], flag: int, guard: str = "?") -> None:
        before = self._flags
        self._flags |= flag
        if self._scope < 0:
            self._guards.append(guard)
            self._block(body)
            self._guards.pop()
        else:
            self._block(body)
        self._flags = before

    def _assert(self, node: ast.Assert) -> None:
        self._expression(node.test, 0)
        if node.msg is not None:
            self._expression(node.msg, 0)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        flag = o.IN_WITH
        awaited = o.AWAITED if type(node) is ast.AsyncWith else 0
        for item in node.items:
            context = item.context_expr
            self._expression(
                context,
                o.CONTEXT | awaited,
                item.optional_vars.id if type(item.optional_vars) is ast.Name else "",
            )
            name = dotted(context.func if type(context) is ast.Call else context)
            if name == "atomic" or name.endswith(".atomic"):
                flag |= o.IN_ATOMIC
        before = self._flags
        self._flags |= flag
        self._block(node.body)
        self._flags = before

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self._nested(node.body, o.IN_TRY)
        for handler in node.handlers:
            self._branches += 1
            if handler.type is not None:
                self._expression(handler.type, 0)
            exits, self._exits = self._exits, 0
            self._nested(handler.body, o.CONDITIONAL | o.IN_EXCEPT)
            if self._body is not None:
                self._handler(node, handler, self._body)
            self._exits |= exits
        self._nested(node.orelse, 0)
        self._nested(node.finalbody, o.IN_FINALLY)

    def _handler(
        self,
        node: ast.Try | ast.TryStar,
        handler: ast.ExceptHandler,
        function: ast.FunctionDef | ast.AsyncFunctionDef,
    ) -> None:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        is_usual = len(self._handlers) < _HANDLER_LIMIT
        self._handlers.append(
            o.Handler(
                [dotted(kind) for kind in kinds if kind is not None],
                handler.lineno,
                handler.end_lineno or handler.lineno,
                node.lineno,
                unbound_names(node, handler, function) if is_usual else [],
                bool(self._exits & o.RAISES),
            )
        )

    # ---- definitions ----

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator, 0)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self._expression(default, 0)
        index = len(self.functions)
        self.functions.append(_PLACEHOLDER)
        owner, scope = self._owner, self._scope
        state = (self._flags, self._statements, self._branches, self._yields, self._guards)
        before = (
            self._iterated,
            self._exits,
            self._reads,
            self._handlers,
            self._tested,
            self._texts,
            self._body,
        )
        self._exits, self._reads, self._handlers, self._tested, self._texts = 0, [], [], [], []
        self._body = node
        iterated = self._iterated = [] if type(node) is ast.AsyncFunctionDef else None
        self._scope, self._owner = index, -1
        self._flags, self._statements, self._branches, self._yields, self._guards = (
            0,
            0,
            0,
            False,
            [],
        )
        self._block(node.body)
        self.functions[index] = o.Function(
            node.name,
            node.lineno,
            node.end_lineno or node.lineno,
            node.col_offset,
            owner,
            scope,
            type(node) is ast.AsyncFunctionDef,
            [value_of(decorator, 3) for decorator in node.decorator_list],
            _parameters(node.args),
            annotation_of(node.returns),
            documented(node.body),
            self._statements,
            self._branches,
            self._yields,
            self._exits | (o.FALLS_THROUGH if falls_through(node.body) else 0),
            iterated or [],
            self._reads,
            self._handlers,
            self._tested,
            self._texts,
        )
        (
            self._iterated,
            self._exits,
            self._reads,
            self._handlers,
            self._tested,
            self._texts,
            self._body,
        ) = before
        self._flags, self._statements, self._branches, self._yields, self._guards = state
        self._scope, self._owner = scope, owner

    def _class(self, node: ast.ClassDef) -> None:
        for expression in (
            *node.decorator_list,
            *node.bases,
            *(keyword.value for keyword in node.keywords),
        ):
            self._expression(expression, 0)
        index = len(self.classes)
        members: list[o.Member] = []
        self.classes.append(_NO_CLASS)
        owner, self._owner = self._owner, index
        self._members(node.body, members, direct=True)
        self._owner = owner
        self.classes[index] = o.Class(
            node.name,
            node.lineno,
            node.end_lineno or node.lineno,
            node.col_offset,
            owner,
            self._scope,
            [value_of(base, 3) for base in node.bases],
            [(keyword.arg or "**", value_of(keyword.value, 2)) for keyword in node.keywords],
            [value_of(decorator, 3) for decorator in node.decorator_list],
            o.encode_later(members),
        )

    def _members(self, body: Iterable[ast.stmt], members: list[o.Member], *, direct: bool) -> None:
        for position, node in enumerate(body):
            kind, name, value, index = "other", "", None, -1
            start = node.lineno
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                kind, name, index = "function", node.name, len(self.functions)
                start = node.decorator_list[0].lineno if node.decorator_list else start
            elif isinstance(node, ast.ClassDef):
                kind, name, index = "class", node.name, len(self.classes)
            elif isinstance(node, ast.Assign):
                kind, name, value = "assign", dotted(node.targets[0]), value_of(node.value, DEEP)
            elif isinstance(node, ast.AnnAssign):
                kind, name = "annotation" if node.value is None else "assign", dotted(node.target)
                value = None if node.value is None else value_of(node.value, DEEP)
            elif isinstance(node, ast.Expr) and type(node.value) is ast.Constant:
                kind = "docstring" if position == 0 and direct else "other"
            members.append(
                o.Member(kind, name, start, node.end_lineno or start, node.col_offset, value, index)
            )
            if isinstance(node, ast.If | ast.Try | ast.With):
                self._conditional_members(node, members)
            else:
                self._block((node,))

    def _conditional_members(
        self, node: ast.If | ast.Try | ast.With, members: list[o.Member]
    ) -> None:
        """Members under a condition in a class body are members too."""
        if isinstance(node, ast.If):
            self._expression(node.test, 0)
        for name in ("body", "orelse", "finalbody"):
            self._members(getattr(node, name, ()), members, direct=False)
        for handler in getattr(node, "handlers", ()):
            self._members(handler.body, members, direct=False)

    # ---- expressions ----

    def _expression(self, node: ast.expr, flags: int, bound: str = "") -> None:
        kind: type = type(node)
        if kind is _ATTRIBUTE:
            top = node
            is_watched = False
            while kind is _ATTRIBUTE:
                is_watched |= node.attr in WATCHED  # type: ignore[attr-defined]
                node = node.value  # type: ignore[attr-defined]
                kind = type(node)
            flags |= o.CHAINED
            if kind is _SUBSCRIPT and is_keyed(root_of(node)):
                self._read(top)
                return
            if is_watched:
                self._read(top)
        if kind in _LEAVES:
            return
        if kind is _CALL:
            self._call(node, flags, bound)  # type: ignore[arg-type]
            return
        if kind is _SUBSCRIPT and is_keyed(root_of(node)):
            self._read(node)
            return
        fields = _PLAIN_FIELDS.get(kind)
        if fields is not None:
            for name in fields:
                field = getattr(node, name)
                if type(field) is list:
                    for item in field:
                        if item is not None and type(item) not in _LEAVES:
                            self._expression(item, 0)
                elif field is not None and type(field) not in _LEAVES:
                    self._expression(field, flags & o.CHAINED)
        elif kind is ast.Await:
            self._expression(node.value, o.AWAITED)  # type: ignore[attr-defined]
        elif kind is ast.Lambda:
            before = self._flags
            self._flags |= o.IN_LAMBDA
            self._expression(node.body, 0)  # type: ignore[attr-defined]
            self._flags = before
        elif kind in _COMPREHENSIONS:
            self._comprehension(node)  # type: ignore[arg-type]
        elif kind is ast.Yield or kind is ast.YieldFrom:
            self._yields = True
            if node.value is not None:  # type: ignore[attr-defined]
                self._expression(node.value, 0)  # type: ignore[attr-defined]

    def _read(self, node: ast.expr) -> None:
        stored = 0 if type(node.ctx) is ast.Load else o.STORED  # type: ignore[attr-defined]
        flags = self._flags | stored
        self._reads.append(o.Read(chain(node), node.lineno, node.col_offset, flags))

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        first = True
        before = self._flags
        for generator in node.generators:
            names = None if self._flags & o.IN_LAMBDA else self._iterated
            if names is not None and type(generator.iter) is ast.Name:
                names.append((generator.iter.id, generator.iter.lineno, bool(generator.is_async)))
            self._expression(generator.iter, o.ASYNC_ITERATED if generator.is_async else o.ITERATED)
            if first:
                self._flags |= o.IN_LOOP
                first = False
            for test in generator.ifs:
                self._expression(test, 0)
        if type(node) is ast.DictComp:
            self._expression(node.key, 0)
            self._expression(node.value, 0)
        else:
            self._expression(node.elt, 0)  # type: ignore[union-attr]
        self._flags = before

    def _call(self, node: ast.Call, flags: int, bound: str) -> None:
        function = node.func
        arguments = node.args
        keywords = node.keywords
        depth = SHALLOW if self._scope >= 0 else 4
        self.calls.append(
            o.Call(
                dotted(function),
                node.lineno,
                node.col_offset,
                node.end_lineno or node.lineno,
                self._scope,
                self._flags | flags,
                bound,
                [value_of(item, depth) for item in arguments[:_ARGUMENT_LIMIT]]
                if arguments
                else [],
                [
                    (item.arg or "**", value_of(item.value, depth))
                    for item in keywords[:_ARGUMENT_LIMIT]
                ]
                if keywords
                else [],
            )
        )
        kind: type = type(function)
        if kind is not _NAME and not (kind is _ATTRIBUTE and type(function.value) is _NAME):  # type: ignore[attr-defined]
            self._expression(function, 0)
        for item in arguments:
            kind = type(item)
            if kind not in _LEAVES and not (
                kind is _ATTRIBUTE and type(item.value) is _NAME and item.attr not in WATCHED  # type: ignore[attr-defined]
            ):
                self._expression(item, 0)
        for keyword in keywords:
            item = keyword.value
            kind = type(item)
            if kind not in _LEAVES and not (
                kind is _ATTRIBUTE and type(item.value) is _NAME and item.attr not in WATCHED  # type: ignore[attr-defined]
            ):
                self._expression(item, 0)


def _bound_name(target: ast.expr) -> str:
    """The plain name or the attribute of one, such as ``self.session``, that a statement binds; empty for others."""
    if type(target) is _NAME:
        return target.id
    if type(target) is _ATTRIBUTE and type(target.value) is _NAME:
        return f"{target.value.id}.{target.attr}"
    return ""


def _condition(test: ast.expr) -> str:
    if isinstance(test, ast.Name | ast.Attribute):
        return dotted(test)
    if (
        isinstance(test, ast.UnaryOp)
        and type(test.op) is ast.Not
        and isinstance(test.operand, ast.Name | ast.Attribute)
    ):
        return f"not {dotted(test.operand)}"
    return "?"


def _parameters(arguments: ast.arguments) -> list[o.Parameter]:
    found: list[o.Parameter] = []
    ordinary = [(arg, "/") for arg in arguments.posonlyargs] + [
        (arg, "a") for arg in arguments.args
    ]
    required = len(ordinary) - len(arguments.defaults)
    for position, (arg, kind) in enumerate(ordinary):
        found.append(
            o.Parameter(arg.arg, kind, annotation_of(arg.annotation), position >= required)
        )
    if arguments.vararg is not None:
        found.append(
            o.Parameter(
                arguments.vararg.arg, "*", annotation_of(arguments.vararg.annotation), False
            )
        )
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(o.Parameter(arg.arg, "k", annotation_of(arg.annotation), default is not None))
    if arguments.kwarg is not None:
        found.append(
            o.Parameter(arguments.kwarg.arg, "**", annotation_of(arguments.kwarg.annotation), False)
        )
    return found


_NO_CLASS = o.Class("", 0, 0, 0, -1, -1, [], [], [], memoryview(b""))
_PLACEHOLDER = o.Function("", 0, 0, 0, -1, -1, False, [], [], "", 0, 0, 0, False, 0)
_STATEMENTS: dict[type, Callable[[Walk, Any], None]] = {
    ast.Expr: Walk._expr,
    ast.Assign: Walk._assign,
    ast.AnnAssign: Walk._annotated,
    ast.AugAssign: Walk._augmented,
    ast.Return: Walk._return,
    ast.Raise: Walk._raise,
    ast.Import: Walk._import,
    ast.ImportFrom: Walk._import_from,
    ast.If: Walk._if,
    ast.For: Walk._loop,
    ast.AsyncFor: Walk._loop,
    ast.While: Walk._while,
    ast.With: Walk._with,
    ast.AsyncWith: Walk._with,
    ast.Try: Walk._try,
    ast.Assert: Walk._assert,
    ast.TryStar: Walk._try,
    ast.FunctionDef: Walk._function,
    ast.AsyncFunctionDef: Walk._function,
    ast.ClassDef: Walk._class,
    ast.Pass: lambda walk, node: None,
    ast.Break: lambda walk, node: None,
    ast.Continue: lambda walk, node: None,
    ast.Global: lambda walk, node: None,
    ast.Nonlocal: lambda walk, node: None,
}
