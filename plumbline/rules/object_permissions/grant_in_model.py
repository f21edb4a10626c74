"""GRD-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline.project import Project
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_GRANTS = ("assign_perm", "remove_perm", "assign", "bulk_assign_perm")
_MODEL = (
    "from django.db import models\nfrom guardian.shortcuts import assign_perm\n\n"
    "class Project(models.Model):\n"
)


class GrantInModel(Rule):
    """Finds models that assign permissions by themselves."""

    code = "GRD07"
    slug = "grant-in-model"
    title = "Permissions are assigned in services, not in models"
    level = Level.SHOULD
    basis = Basis.DERIVED
    preview = True
    section = "Object-Level Permissions with django-guardian"
    guide_lines = (932, 956)
    effort = Effort.HOUR
    what = (
        "A call of guardian's `assign_perm` or `remove_perm` in a method of a model, `save` above all. Calls in "
        "services, receivers, commands and everywhere else are in order."
    )
    why = (
        "Who may do what is a decision of the business act that creates the object, not of the row. In `save` it "
        "happens for fixtures, imports and tests too, not at all for `bulk_create`, and `self.pk is None` is wrong for "
        "keys that are made in advance."
    )
    how = "Assign permissions in the service that creates the object, in the same transaction."
    applies_when = "code assigns permissions with django-guardian"
    absent = "nothing assigns permissions"
    errata = (
        "The guide's own sample assigns permissions in `save()`, against its sentence that business logic is in "
        "services; the sentence decides. Preview, because of that sample."
    )
    examples = (
        Example(
            "assigned in save",
            {
                "projects/models.py": (
                    _MODEL + "    def save(self, *args, **kwargs):\n"
                    "        super().save(*args, **kwargs)\n"
                    '        assign_perm("edit_project", self.owner, self)  # <-\n'
                )
            },
        ),
        Example(
            "assigned in a service",
            {
                "projects/models.py": "from django.db import models\n\nclass Project(models.Model):\n    pass\n",
                "projects/services.py": (
                    "from guardian.shortcuts import assign_perm\n\nfrom projects.models import Project\n\n"
                    "def project_create(*, owner):\n"
                    "    project = Project.objects.create(owner=owner)\n"
                    '    assign_perm("edit_project", owner, project)\n'
                    "    return project\n"
                ),
            },
            state="pass",
        ),
        Example(
            "a function of another name that is no grant",
            {
                "projects/models.py": (
                    "from django.db import models\n\n"
                    "class Project(models.Model):\n"
                    "    def take(self, task):\n        task.assign(self)\n"
                )
            },
            state="not_applicable",
            is_trap=True,
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """Judge each grant by where it stands."""
        for call in project.calls.named(*_GRANTS):
            if not call.target.startswith("guardian."):
                continue
            function = call.function
            if function and function.owner and function.owner.inherits(knowledge.MODEL):
                yield call.violation(
                    f"`{function.owner.name}.{function.name}` assigns permissions; do it in the service that makes it"
                )
            else:
                yield call.in_order()
