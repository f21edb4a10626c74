"""What the rules about django-waffle have in common."""

from __future__ import annotations

from plumbline.project import Project
from plumbline.project.flags import APP, DISTRIBUTION
from plumbline.rule import Rule


class WaffleRule(Rule):
    """A rule for repositories that use django-waffle."""

    def not_applicable(self, project: Project) -> str | None:
        """Why the statement does not apply here, or None if it does."""
        return None if project.uses(APP, DISTRIBUTION) else "django-waffle is not installed"
