"""Scans of one push after the other say exactly what first scans say: benchmarks/replay.py in small."""

import pytest

from django.db.models import Value
from django.db.models.functions import Concat

from apps.repositories.services import repository_register
from apps.scans.models import LintedBlob, MigrationLint, Outline, Scan
from apps.scans.signals import scan_recorded
from benchmarks.recorded import differences, recorded
from tests.apps.scans.running import scan
from tests.apps.source import SHOP

pytestmark = pytest.mark.django_db

_MODELS = SHOP["apps/orders/models.py"]
_SETTINGS = SHOP["config/settings.py"]
_POSTGRES = '\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'
_PARTS = """from django.db import models


class Part(models.Model):
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE)
    name = models.CharField(max_length=20, null=True)
"""
_FIRST = """from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Part",
            fields=[("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())],
        )
    ]
"""
_SECOND = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parts", "0001_initial")]
    operations = [
        migrations.AddField("part", "size", models.IntegerField(default=0)),
        migrations.RemoveField("part", "name"),
    ]
"""
_IGNORED = "  # plumbline: ignore[MOD08] the orders have no other side"
_CONFIGURED = """
[tool.plumbline]
exclude = ["apps/legacy"]

[tool.plumbline.disable]
MOD08 = "decided elsewhere"
"""

PUSHES: list[dict[str, str | bytes | None]] = [
    {},
    {"apps/parts/__init__.py": "", "apps/parts/models.py": _PARTS},
    # The settings module changes what the repository is.
    {"config/settings.py": _SETTINGS + _POSTGRES},
    {
        "apps/parts/migrations/__init__.py": "",
        "apps/parts/migrations/0001_initial.py": _FIRST,
        "apps/parts/migrations/0002_size.py": _SECOND,
    },
    # A file is renamed, and its content appears twice.
    {"apps/parts/models.py": None, "apps/parts/stock.py": _PARTS, "apps/orders/more.py": _PARTS},
    {
        "apps/orders/models.py": "# A line above.\n" + _MODELS.replace("Order", "Purchase"),
        "config/settings.py": _SETTINGS,
    },
    {"apps/orders/models.py": None},
    # Nobody can read it, and then again.
    {"apps/parts/stock.py": "class Part(:\n", "apps/orders/models.py": b"\x00\xff"},
    {"apps/parts/stock.py": _PARTS.replace("CASCADE)", f"CASCADE){_IGNORED}")},
    {"pyproject.toml": SHOP["pyproject.toml"] + _CONFIGURED, "apps/legacy/models.py": _PARTS},
    {
        "apps/parts/migrations/0002_size.py": None,
        "config/settings.py": _SETTINGS + _POSTGRES,
        "pyproject.toml": SHOP["pyproject.toml"],
    },
    {"templates/orders/list.html": "<a onclick='x()'>{{ order|safe }}</a>", "apps/orders/models.py": _MODELS},
    {"prices/__init__.py": "", "apps/orders/uses.py": "import prices\nimport os, sys\n"},
]  # fmt: skip


@pytest.fixture
def reports():
    """What the engine said in each scan."""
    given = []

    def listen(report, **_kwargs):
        given.append(report)

    scan_recorded.connect(listen, sender=Scan)
    yield given
    scan_recorded.disconnect(listen, sender=Scan)


def forget() -> None:
    """Empty every cache. What migrations hold cannot be deleted while scans show it, but becomes unknown."""
    Outline.objects.all().delete()
    LintedBlob.objects.all().delete()
    MigrationLint.objects.update(
        digest=Concat(Value("gone-"), "id", output_field=MigrationLint.digest.field)
    )


def test_pushes_say_what_first_scans_of_the_same_commits_say(shop, source, user, reports):
    pushed = []
    for number, files in enumerate(PUSHES):
        source.push(files)
        source._git("push", "--quiet", "origin", f"main:refs/heads/commit-{number}")
        done = scan(shop)
        assert (done.state, done.error_text) == ("done", "")
        pushed.append(recorded(done, reports[-1]))
    assert len({said["scan"]["score"] for said in pushed}) > 3
    for number, said in enumerate(pushed):
        forget()
        stranger = repository_register(url=source.url, branch=f"commit-{number}", actor=user)
        done = scan(stranger)
        assert done.counts["outlines_parsed"] == done.counts["outlines_wanted"]
        first = recorded(done, reports[-1])
        assert not differences(said, first), f"of push {number}"
