"""Many repositories out of a few: each a random part of the apps of a real one, with edits of its own.

Some of their blobs are shared by many of them and some are in one alone, as in an organisation whose projects began as
copies of each other. No network; the same seed gives the same repositories.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plumbline.source import SIZE_LIMIT, is_left_out

# What makes a folder an app, or as good as one.
_APP_FILES = ("apps.py", "models.py", "views.py")
_SKIPPED = frozenset((".git", "node_modules", ".venv", "__pycache__", "static", "locale"))
_FILES_LIMIT = 400
_SHARE_OF_APPS = 0.4
_SHARE_EDITED = 0.05
_DATE = "1750000000 +0000"


@dataclass(frozen=True)
class Material:
    """The sources of one real repository, by app; what belongs to none is in every part."""

    name: str
    apps: dict[str, list[str]]
    common: list[str]
    content: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path) -> Material:
        """Read a work tree."""
        content = dict(_files(folder))
        roots = sorted({os.path.dirname(path) for path in content if _is_app(path)}, key=len)
        apps: dict[str, list[str]] = {root: [] for root in roots if root}
        common = []
        for path in content:
            owner = next((root for root in apps if path.startswith(f"{root}/")), None)
            (apps[owner] if owner else common).append(path)
        # Tests and documentation of everything would make all parts alike.
        common = [path for path in common if path.count("/") < 2 or "settings" in path]
        return cls(folder.name, apps, common, content)

    def part(self, chance: random.Random) -> dict[str, bytes]:
        """A random part, with some of its Python files edited."""
        names = list(self.apps)
        chosen = chance.sample(names, max(1, round(len(names) * chance.uniform(0, _SHARE_OF_APPS))))
        paths = [*self.common, *(path for name in chosen for path in self.apps[name])]
        part = {path: self.content[path] for path in paths[:_FILES_LIMIT]}
        python = [path for path in part if path.endswith(".py")]
        for path in chance.sample(python, max(1, round(len(python) * _SHARE_EDITED))):
            part[path] += f"\n\nRECUT = {chance.getrandbits(64)}\n".encode()
        return part


def recut(folders: Sequence[Path], target: Path, *, repositories: int, seed: int) -> None:
    """Make bare repositories below a folder."""
    materials = [material for material in map(Material.of, folders) if material.apps]
    if not materials:
        raise SystemExit("There is no Django app in the folders given.")
    for number in range(repositories):
        chance = random.Random(f"{seed}-{number}")  # noqa: S311
        material = materials[number % len(materials)]
        _import(target / f"{material.name}-{number:04d}.git", material.part(chance))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for place, names, files in os.walk(folder):
        names[:] = sorted(set(names) - _SKIPPED)
        for name in sorted(files):
            path = Path(place, name)
            relative = path.relative_to(folder).as_posix()
            if '"' in relative or "\n" in relative or is_left_out(relative) or path.is_symlink():
                continue
            if path.suffix in {".py", ".html", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".ini"}:
                content = path.read_bytes()
                if len(content) <= SIZE_LIMIT:
                    yield relative, content


def _is_app(path: str) -> bool:
    return path.endswith(_APP_FILES) and os.path.basename(path) in _APP_FILES


def _import(git_dir: Path, files: dict[str, bytes]) -> None:
    """Make a bare repository with one commit of these files."""
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "--quiet", "--bare", str(git_dir)], check=True)
    stream = [b"commit refs/heads/main\n", f"committer Recut <r@example.org> {_DATE}\n".encode()]
    stream.append(b"data 5\nBegin\n")
    for path, content in files.items():
        stream.append(f'M 100644 inline "{path}"\ndata {len(content)}\n'.encode())
        stream += [content, b"\n"]
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        cwd=git_dir,
        input=b"".join(stream),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/main"], cwd=git_dir, check=True)
