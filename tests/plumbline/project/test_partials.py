"""Template partials and the references to them."""

import pytest

from plumbline.project.partials import no_partials, references
from tests.plumbline.project.projects import project_of


@pytest.mark.parametrize(
    ("requirement", "can"),
    [
        ("django>=6.0\n", True),
        ("django\n", True),
        ("django>=5.2\n", False),
        ("django>=5.2\ndjango-template-partials\n", True),
    ],
)
def test_partials_come_with_django_6_or_the_package(requirement, can):
    assert (no_partials(project_of({"requirements.txt": requirement})) is None) is can


def test_references_are_found_in_templates_calls_and_views():
    project = project_of(
        {
            "shop/templates/a.html": (
                "{% include 'b.html#x' with y=1 %}{% include \"b.html\" %}{% include name %}\n"
            ),
            "shop/views.py": (
                "from django.shortcuts import render\n"
                "from django.template.loader import select_template\n"
                "from django.views.generic import TemplateView\n"
                "def f(request, name):\n"
                "    render(request, 'c.html#y')\n"
                "    render(request, f'c.html#{name}')\n"
                "    render(request, f'{name}.html#y')\n"
                "    select_template(['d.html#z', 'd.html'])\n"
                "class V(TemplateView):\n"
                "    template_name = 'e.html#v'\n"
            ),
        }
    )
    assert [(item.template, item.partial) for item in references(project)] == [
        ("b.html", "x"),
        ("c.html", "y"),
        ("c.html", ""),
        ("d.html", "z"),
        ("e.html", "v"),
    ]
