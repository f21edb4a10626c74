"""What a process has imported, kept out of its garbage collector."""

import gc

from django.urls import get_resolver


def imports_keep() -> None:
    """Never look for garbage among what was imported: going through all of it takes a tenth of a second."""
    gc.collect()
    gc.freeze()


def views_keep() -> None:
    """Import every view, then keep all that was imported: else a full collection holds up somebody's request."""
    _ = get_resolver().url_patterns
    imports_keep()
