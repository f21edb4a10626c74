"""What the rulebook reports to other apps."""

from django.dispatch import Signal

policy_published = Signal()
"""A version of a policy layer came into force; sent in its transaction, with `layer` and `version`."""
