"""Where this machine keeps its bare copies. They are a cache: losing one costs a fetch."""

from pathlib import Path

from django.conf import settings

from apps.repositories.git.command import GitLimits
from apps.repositories.git.mirror import Mirror


def mirror_of(repository_id: int) -> Mirror:
    """This machine's copy of a repository."""
    folder = Path(settings.PLUMBLINE_VAR) / "mirrors" / str(repository_id)
    limits = GitLimits(
        seconds=settings.PLUMBLINE_GIT_TIMEOUT, file_size=settings.PLUMBLINE_PACK_LIMIT_BYTES
    )
    return Mirror(folder, limits=limits)
