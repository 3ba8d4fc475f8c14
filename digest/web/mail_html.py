"""The HTML of a mail in a sandboxed frame, where only its links work."""

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
    """Return a response with a mail's HTML, whose links open in the whole window."""
    head = _HEAD.search(html)
    place = head.end() if head else 0
    response = HttpResponse(html[:place] + _BASE + html[place:])
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
