"""What repositories tell other apps."""

from django.dispatch import Signal

# Sent inside the transaction that registers one, or that changes where its code comes from.
# Carry `repository` and `actor` (a user or None); a registration also `history_months`, the months of its past that
# somebody wants judged (None: as the installation is set).
repository_registered = Signal()
repository_redirected = Signal()

# Sent inside the transaction that gives a repository to another team or changes its tags. Carries `repository`
# and `actor`.
repository_regrouped = Signal()
