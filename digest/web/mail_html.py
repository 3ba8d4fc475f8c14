"""A mail's HTML on its own: it may be looked at and its links followed, and nothing else."""

import re

from django.http import HttpResponse

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox allow-popups allow-popups-to-escape-sandbox"
        " allow-top-navigation-by-user-activation",
    )
)
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)
_BASE = '<base target="_top">'


def framed_mail_response(html: str) -> HttpResponse:
    """The answer that shows a mail; its links open in the whole window, as a mail program's do."""
    head = _HEAD.search(html)
    place = head.end() if head else 0
    response = HttpResponse(html[:place] + _BASE + html[place:])
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
