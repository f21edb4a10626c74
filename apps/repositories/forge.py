"""Where a host shows commits and lines of a repository, as far as its address tells."""

from urllib.parse import quote, urlsplit

from apps.repositories.models import Provider, Repository

# How each host spells a commit, a file at a commit, and one line or several of it.
_COMMITS = {
    Provider.GITHUB: "/commit/{commit}",
    Provider.GITLAB: "/-/commit/{commit}",
    Provider.GITEA: "/commit/{commit}",
    Provider.FORGEJO: "/commit/{commit}",
    Provider.BITBUCKET: "/commits/{commit}",
}
_FILES = {
    Provider.GITHUB: "/blob/{commit}/{path}",
    Provider.GITLAB: "/-/blob/{commit}/{path}",
    Provider.GITEA: "/src/commit/{commit}/{path}",
    Provider.FORGEJO: "/src/commit/{commit}/{path}",
    Provider.BITBUCKET: "/src/{commit}/{path}",
}
_LINES = {
    Provider.GITHUB: ("#L{first}", "#L{first}-L{last}"),
    Provider.GITLAB: ("#L{first}", "#L{first}-{last}"),
    Provider.GITEA: ("#L{first}", "#L{first}-L{last}"),
    Provider.FORGEJO: ("#L{first}", "#L{first}-L{last}"),
    Provider.BITBUCKET: ("#lines-{first}", "#lines-{first}:{last}"),
}


def forge_commit_url(repository: Repository, commit: str) -> str:
    """The page of a commit at the repository's host; blank if nobody knows it."""
    base = _base(repository)
    if not base or not commit:
        return ""
    return base + _COMMITS[Provider(repository.provider)].format(commit=quote(commit, safe=""))


def forge_line_url(
    repository: Repository, *, commit: str, path: str, line: int, end_line: int = 0
) -> str:
    """The page of a line, or of several, in a file at a commit; blank if nobody knows it.

    Args:
        repository: Whose host.
        commit: The commit's full name.
        path: The file, as findings spell it.
        line: The first line, counted from 1.
        end_line: The last line, if there is more than one.
    """
    base = _base(repository)
    # A path with characters that cannot be shown is kept as their escapes, and is no address then.
    if not base or not commit or not path or "\\" in path:
        return ""
    provider = Provider(repository.provider)
    file = _FILES[provider].format(commit=quote(commit, safe=""), path=quote(path))
    one, several = _LINES[provider]
    mark = several if end_line > line else one
    return base + file + mark.format(first=line, last=end_line)


def _base(repository: Repository) -> str:
    """The page of the repository; blank for a host of an unknown kind, or a path on this machine."""
    parts = urlsplit(repository.url)
    if repository.provider not in _FILES or parts.scheme not in ("https", "ssh"):
        return ""
    # The port of ssh is not that of the pages.
    host = parts.netloc if parts.scheme == "https" else parts.hostname or ""
    path = parts.path.rstrip("/").removesuffix(".git")
    return f"https://{host.rpartition('@')[2]}{path}" if host and path else ""
