"""A real git repository on disk that tests push to."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TEMPLATE_DIR": "",
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.org",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.org",
}


class Source:
    """A bare repository, and the work tree from which it is filled."""

    def __init__(self, folder: Path, branch: str = "main") -> None:
        self.bare = folder / "shop.git"
        self.tree = folder / "tree"
        self.tree.mkdir(parents=True)
        self._git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(self.bare))
        self._git("init", "--quiet", f"--initial-branch={branch}", ".")
        self._git("remote", "add", "origin", str(self.bare))

    @classmethod
    def copied(cls, other: "Source", folder: Path) -> "Source":
        """What another one holds, in a folder of its own."""
        made = cls.__new__(cls)
        made.bare, made.tree = folder / "shop.git", folder / "tree"
        shutil.copytree(other.bare, made.bare)
        shutil.copytree(other.tree, made.tree)
        config = made.tree / ".git" / "config"
        config.write_text(config.read_text().replace(str(other.bare), str(made.bare)))
        return made

    @property
    def url(self) -> str:
        """The address of the bare repository."""
        return f"file://{self.bare}"

    def push(
        self,
        files: Mapping[str, str | bytes | None],
        branch: str = "main",
        *,
        at: datetime | None = None,
    ) -> str:
        """Commit these files (None removes one), now or at a time, to a branch and push it; the commit's id."""
        current = self._git("branch", "--show-current").strip()
        if current != branch:
            self._git("checkout", "--quiet", "-B", branch)
        for path, content in files.items():
            place = self.tree / path
            if content is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        self._git("add", "--all")
        dated = {"GIT_COMMITTER_DATE": f"@{int(at.timestamp())} +0000"} if at else {}
        self._git("commit", "--quiet", "--allow-empty", "--message", "change", environment=dated)
        self._git("push", "--quiet", "--force", "origin", branch)
        return self._git("rev-parse", "HEAD").strip()

    def restart(self) -> None:
        """Forget the history: the next push begins another one."""
        self._git("checkout", "--quiet", "--orphan", "rewritten")
        self._git("branch", "--quiet", "-D", "main")
        self._git("checkout", "--quiet", "--orphan", "main")

    def _git(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.tree,
            env=_ENVIRONMENT | dict(environment or {}),
            check=True,
            capture_output=True,
            text=True,
        ).stdout


SHOP: dict[str, str] = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\ndependencies = ["django>=6.1"]\n',
    "manage.py": (
        "import os\nimport sys\n\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
        "from django.core.management import execute_from_command_line\n\n"
        "execute_from_command_line(sys.argv)\n"
    ),
    "config/__init__.py": "",
    "config/settings.py": 'INSTALLED_APPS = ["apps.orders"]\nROOT_URLCONF = "config.urls"\n',
    "config/urls.py": "urlpatterns = []\n",
    "apps/__init__.py": "",
    "apps/orders/__init__.py": "",
    "apps/orders/models.py": (
        "from django.db import models\n\n\n"
        "class Customer(models.Model):\n"
        "    name = models.CharField(max_length=100)\n\n"
        "    def __str__(self):\n"
        "        return self.name\n\n\n"
        "class Order(models.Model):\n"
        "    number = models.CharField(max_length=20)\n"
        "    customer = models.ForeignKey(\n"
        '        Customer, on_delete=models.CASCADE, related_name="order"\n'
        "    )\n\n"
        "    def __str__(self):\n"
        "        return self.number\n"
    ),
}
# The plural reverse name that the guide asks for.
SHOP_BETTER = {
    "apps/orders/models.py": SHOP["apps/orders/models.py"].replace('="order"', '="orders"')
}
