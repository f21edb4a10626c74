"""What findings tell other apps."""

from django.dispatch import Signal

# Sent inside the transaction in which a waiver began or ceased to cover findings, so that the scores that follow
# from it are written with it or not at all. Carries `repository_id`.
waivers_applied = Signal()

# Sent inside the transaction in which a repository's baseline moved. Carries `repository_id`.
baseline_moved = Signal()
