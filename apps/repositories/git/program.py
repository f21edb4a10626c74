"""Whether the git of this machine is one that keeps what we tell it."""

from __future__ import annotations

import re
import shutil

from django.conf import settings

from apps.repositories.git.command import GitLimits, run
from apps.repositories.git.configuration import PATH
from apps.repositories.git.errors import GitError

# An older git takes no notice of http.curloptResolve, and would ask a name server itself.
OLDEST = (2, 39)
_VERSION = re.compile(rb"git version (\d+)\.(\d+)")


def program_trouble() -> str:
    """What is wrong with git or ssh on this machine, as a sentence; empty if nothing is."""
    try:
        finished = run(["--version"], limits=GitLimits(seconds=20))
    except GitError as error:
        return error.text
    found = _VERSION.match(finished.stdout)
    if finished.status or found is None:
        return "git is not installed."
    version = int(found[1]), int(found[2])
    if version < OLDEST:
        return f"git is {version[0]}.{version[1]}, older than {OLDEST[0]}.{OLDEST[1]}."
    if settings.PLUMBLINE_SSH_KNOWN_HOSTS.strip() and not shutil.which("ssh", path=PATH):
        return "Hosts are known for SSH, but ssh is not installed."
    return ""
