"""The one exception by which a reader says that a file has no outline."""


class NotReadable(Exception):
    """A file that cannot be read; the message is the reason, for people."""


def decoded(content: bytes) -> str:
    """The text of a configuration file; raises ``NotReadable`` where it is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable(f"not UTF-8: byte {error.start:,} cannot be decoded") from None
