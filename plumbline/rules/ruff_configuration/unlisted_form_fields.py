"""RUF-10."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import outline as o
from plumbline.project import Class, Project
from plumbline.project.functions import CallSite
from plumbline.rule import Basis, Example, Level, Located, Rule, Verdict

_MODEL_FORMS = ("django.forms.ModelForm", "django.forms.BaseModelForm")
_RENDERERS = frozenset(
    "render render_to_string render_to_response TemplateResponse SimpleTemplateResponse Context RequestContext "
    "make_context".split()
)
_FORM = "from django import forms\nfrom shop.models import Order\n\n\nclass OrderForm(forms.ModelForm):\n"


class UnlistedFormFields(Rule):
    """Finds model forms that take whichever fields the model has, and templates that get all local variables."""

    code = "RUF10"
    slug = "unlisted-form-fields"
    title = "Model forms list their fields, and templates are given their context by name"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Ruff Configuration"
    guide_lines = (86, 91)
    what = (
        'A `ModelForm` whose `Meta` has no `fields`, says `"__all__"`, or only names what to leave out, and '
        "`locals()` as the context of a template. `Meta` classes are followed through the project's own base forms."
    )
    why = (
        "A column that is added to the model later appears in such a form by itself, and whoever posts to it may "
        "write it. With `locals()` nobody can tell which variables a template uses, or rename one."
    )
    how = (
        'List the fields: `fields = ["name", "email"]`. Pass a dict with the names that the template needs. '
        "Ruff's DJ003, DJ006 and DJ007 find the same."
    )
    applies_when = "the repository has model forms with a model, or a template gets `locals()`"
    absent = "no model form, and no template that gets local variables"
    errata = (
        "The guide asks for Ruff's Django rules; what they say of forms and templates is counted here, the order of "
        "a receiver's decorators with the rules on signals."
    )
    examples = (
        Example(
            "no list, everything, and all but some",
            {
                "shop/forms.py": (
                    f"{_FORM}    class Meta:  # <-\n        model = Order\n\n\n"
                    "class AllForm(forms.ModelForm):\n    class Meta:\n        model = Order\n"
                    '        fields = "__all__"  # <-\n\n\n'
                    "class RestForm(forms.ModelForm):\n    class Meta:\n        model = Order\n"
                    '        exclude = ["user"]  # <-\n'
                )
            },
        ),
        Example(
            "local variables as context",
            {
                "shop/views.py": (
                    "from django.shortcuts import render\n\n\ndef page(request):\n    name = 1\n"
                    '    return render(request, "page.html", locals())  # <-\n\n\n'
                    "def other(request):\n    context = locals()  # <-\n"
                    '    return render(request, "page.html", context)\n'
                )
            },
        ),
        Example(
            "listed fields",
            {
                "shop/forms.py": (
                    f'{_FORM}    class Meta:\n        model = Order\n        fields = ["name", "email"]\n'
                ),
                "shop/views.py": (
                    "from django.shortcuts import render\n\n\ndef page(request):\n    print(locals())\n"
                    '    return render(request, "page.html", {"name": 1})\n'
                ),
            },
            state="pass",
        ),
        Example(
            "a base form of the project",
            {
                "shop/forms.py": (
                    "from django import forms\nfrom shop.models import Order\n\n\n"
                    "class BaseForm(forms.ModelForm):\n    def clean(self):\n        return {}\n\n\n"
                    "class OrderForm(BaseForm):\n    class Meta:\n        model = Order\n"
                    '        fields = ("name", "email")\n\n\n'
                    'class ShortForm(OrderForm):\n    class Meta(OrderForm.Meta):\n        exclude = ["email"]\n\n\n'
                    "class SameForm(OrderForm):\n    pass\n"
                )
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "serializers have rules of their own",
            {
                "shop/serializers.py": (
                    "from rest_framework import serializers\nfrom shop.models import Order\nimport django\n\n\n"
                    "class OrderSerializer(serializers.ModelSerializer):\n    class Meta:\n"
                    '        model = Order\n        fields = "__all__"\n'
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject."""
        seen: set[tuple[str, int]] = set()
        for name in _MODEL_FORMS:
            for cls in project.classes.heirs(name):
                if (cls.path, cls.line) not in seen:
                    seen.add((cls.path, cls.line))
                    yield from _form(cls)
        for call in project.calls.named("locals"):
            if call.target == "locals" and _is_context(call):
                yield call.violation(
                    "The template gets every local variable; pass a dict with the names that it uses"
                )


def _form(cls: Class) -> Iterator[Verdict]:
    """A verdict for a form that names its model in a ``Meta`` of its own."""
    meta = cls.inner("Meta")
    if meta is None or cls.option("model") is None:
        return
    fields, exclude = _own(cls, "fields"), meta.member("exclude")
    if fields is None:
        place: Located = meta.located(exclude) if exclude is not None else meta
        wording = "only names what it leaves out" if exclude is not None else "lists no fields"
        if meta.unknown_bases:
            yield meta.unknown(f"what `{meta.unknown_bases[0]}` lists is not known")
        else:
            yield cls.violation(
                f"`{cls.name}` {wording}, so it takes every other field that the model has or gets; list `fields`",
                at=place,
            )
    elif _is_all(cls, fields):
        yield cls.violation(
            f"`{cls.name}` takes every field that the model has or gets; list `fields` by name",
            at=fields,
        )
    else:
        yield cls.in_order()


def _own(cls: Class, name: str) -> Located | None:
    """The place of a ``Meta`` option, in the form's own ``Meta`` or in what that inherits from."""
    meta = cls.inner("Meta")
    for scope in (meta, *meta.ancestors) if meta is not None else ():
        member = scope.member(name)
        if member is not None:
            return scope.located(member)
    return None


def _is_all(cls: Class, place: Located) -> bool:
    value = cls.option("fields")
    if isinstance(value, o.Ref):
        return cls.resolve(value.name) in (
            "django.forms.ALL_FIELDS",
            "django.forms.models.ALL_FIELDS",
        )
    return value == "__all__"


def _is_context(call: CallSite) -> bool:
    """Whether the result of ``locals()`` goes to something that renders, directly or under the name it gets."""
    bound = call.outline.bound
    for other in call.siblings:
        if other.name.rpartition(".")[2] not in _RENDERERS:
            continue
        for value in (*other.args, *(item for _, item in other.keywords)):
            if isinstance(value, o.Invocation) and value.name == "locals":
                if other.line <= call.line <= other.end_line:
                    return True
            elif bound and isinstance(value, o.Ref) and value.name == bound:
                return True
    return False
