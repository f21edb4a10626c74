"""Pages of API lists."""

from rest_framework.pagination import CursorPagination


class NewestFirstPagination(CursorPagination):
    """Pages by cursor, newest first: no page is skipped or repeated while rows arrive."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
