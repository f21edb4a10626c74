"""The base of every table."""

from django.db import models


class Record(models.Model):
    """A row that knows when it was written."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True
