"""What a process has imported, kept out of its garbage collector."""

import gc

from django.urls import get_resolver


def imports_keep() -> None:
    """Import every view, and never look for garbage among what was imported.

    A full collection that goes through all of it takes a tenth of a second of somebody's request.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
