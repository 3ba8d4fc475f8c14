"""Mails for operators to look at: the same words, with links that do nothing.

A link in somebody's mail acts for that person, so no token of it may reach an operator's page. A
token is long, and nothing else on this site's addresses is.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from digest.mail.headers import WIDE
from digest.mail.message import ComposedMail

REMOVED = "link-removed"
# Behind an escape like %20, which stays.
_LONG = re.compile(r"((?:%[0-9A-Fa-f]{2})?)[\w.:~=-]{25,}", re.ASCII)


def without_tokens(mail: ComposedMail) -> ComposedMail:
    """The mail with all its tokens removed, from its headers and from each of its parts."""
    read = message_from_bytes(mail.message, policy=SMTP)
    assert isinstance(read, EmailMessage)
    for name, value in read.items():
        if (changed := _inert(str(value))) != str(value):
            read.replace_header(name, changed)
    for part in read.walk():
        if part.get_content_maintype() == "text":
            _rewrite(part)
    return ComposedMail(read.as_bytes(policy=WIDE))


def _rewrite(part: EmailMessage) -> None:
    encoding = part["Content-Transfer-Encoding"] and str(part["Content-Transfer-Encoding"])
    text = _inert(part.get_content()).replace("\r\n", "\n")
    had_version = "MIME-Version" in part
    part.set_content(text, subtype=part.get_content_subtype(), cte=encoding)
    if not had_version:
        del part["MIME-Version"]


def _inert(text: str) -> str:
    return _addresses(settings.SITE_URL).sub(_without_long_parts, text)


@lru_cache(maxsize=4)
def _addresses(site: str) -> re.Pattern[str]:
    """What follows the host in addresses of this site, and all of addresses for mail."""
    host = re.escape(urlsplit(site).netloc)
    return re.compile(rf"(?<=//{host})[^\s\"'<>]+|\bmailto:[^\s\"'<>]+")


def _without_long_parts(found: re.Match[str]) -> str:
    return _LONG.sub(rf"\1{REMOVED}", found[0])
