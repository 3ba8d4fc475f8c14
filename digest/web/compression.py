"""Compression of public pages and static files.

Pages that hold a token are sent as they are: the length of a compressed page tells something about
its secrets to who can repeat it with text of their own (BREACH). Public pages hold one secret, the
CSRF token, which Django masks anew in each.
"""

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from .private_pages import is_private

_COMPRESSIBLE = (
    "text/", "application/json", "application/javascript", "application/atom+xml", "image/svg+xml",
)  # fmt: skip


class CompressionMiddleware(GZipMiddleware):
    """Compresses texts for clients that accept gzip, except on private pages."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        content_type = response.get("Content-Type", "")
        is_text = content_type.startswith(_COMPRESSIBLE) and "Content-Range" not in response
        if not is_text or is_private(request.path_info):
            return response
        compressed = super().process_response(request, response)
        if compressed.streaming and "Content-Encoding" in compressed:
            # WhiteNoise knows no weak ETags; Last-Modified still saves a transfer.
            del compressed["ETag"]
        return compressed
