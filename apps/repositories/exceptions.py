"""Why a repository cannot be registered or changed."""

from core.exceptions import Conflict, Invalid


class RepositoryExists(Conflict):
    """The same branch of the same address is followed already."""

    code = "repository_exists"
    text = "This repository is registered already."
    remedy = "Open the existing one, or give another branch."


class NameMissing(Invalid):
    """There is nothing to call it."""

    code = "name_missing"
    text = "The repository needs a name."
    remedy = "Give a name."


class CredentialUnfit(Invalid):
    """A token for an ssh address, or an SSH key for an https one."""

    code = "credential_unfit"
    text = "This kind of credential does not go with the repository's address."
    remedy = "Give an access token for an https address and an SSH key for an ssh address."


class RefInvalid(Invalid):
    """The name cannot be a branch."""

    code = "ref_invalid"
    text = "This is not the name of a branch."
    remedy = "Give a branch as git writes it, for instance main."
