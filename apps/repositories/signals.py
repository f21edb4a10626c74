"""What repositories tell other apps."""

from django.dispatch import Signal

# Sent inside the transaction that registers one, or that changes where its code comes from.
# Carry `repository` and `actor` (a user or None).
repository_registered = Signal()
repository_redirected = Signal()
