"""The weekly digest is put together once for each team, and sent once to each who wants it."""

from apps.scorecards.services.digests.composing import digests_begin
from apps.scorecards.services.digests.message import digest_message
from apps.scorecards.services.digests.sending import digest_send

__all__ = ["digest_message", "digest_send", "digests_begin"]
