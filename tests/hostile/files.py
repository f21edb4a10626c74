"""All hostile files, and where each stands in a repository that holds them."""

from dataclasses import dataclass

from tests.hostile.other_files import OTHERS
from tests.hostile.python_files import PYTHON, Expected


@dataclass(frozen=True)
class HostileFile:
    """One file: what it is read as, what it holds, and what may come of it."""

    name: str
    kind: str
    content: bytes
    reasons: Expected
    """Words of which the reason must have one; empty if an outline is demanded, None if either will do."""

    def path(self, number: int) -> str:
        """Where it stands, so that it is read as its kind and as part of nothing else."""
        folder = f"hostile/f{number:03}"
        return {
            "python": f"{folder}.py",
            "toml": f"{folder}/ruff.toml",
            "ini": f"{folder}/tox.ini",
            "yaml": f"{folder}/.github/workflows/a.yml",
            "template": f"{folder}/templates/a.html",
            "requirements": f"{folder}/requirements.txt",
            "lock": f"{folder}/uv.lock",
            "text": f"{folder}/Dockerfile",
        }[self.kind]


HOSTILE_FILES = [
    *(HostileFile(name, "python", *rest) for name, rest in PYTHON.items()),
    *(HostileFile(name, *rest) for name, rest in OTHERS.items()),
]
