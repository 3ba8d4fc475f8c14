"""Mails for operators to look at: the same words, with links that do nothing.

A link in somebody's mail acts for that person, so no token of it may reach an operator's page: a
token works on every host that the site has had, and a bounce address, sent a forged bounce, stops
that person's mail. What is long on this site's own addresses is removed as well.
"""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from digest.logs import TOKENS
from digest.mail.mime.composer import ComposedMail
from digest.mail.mime.header_fields import WIDE_POLICY

REMOVED = "link-removed"
# Behind an escape like %20, which stays.
_VERP = re.compile(
    r"(?<=-)[a-z2-7]{20}(?=[a-z0-9.+_=-]{0,64}(?:@|%40))", re.I
)  # see digest.mail.verp
_LONG = re.compile(r"((?:%[0-9A-Fa-f]{2})?)[\w.:~=-]{25,}", re.ASCII)


def with_disabled_links(mail: ComposedMail) -> ComposedMail:
    """The mail with all its tokens removed, from its headers and from each of its parts."""
    read = message_from_bytes(mail.message, policy=SMTP)
    assert isinstance(read, EmailMessage)
    for part in read.walk():
        _rewrite_headers(part)
        part.preamble = part.epilogue = None  # no mail program shows them
        if part.get_content_maintype() == "text":
            _rewrite(part)
    return ComposedMail(read.as_bytes(policy=WIDE_POLICY))


def remove_tokens(text: str) -> str:
    """The text without tokens and without what makes a bounce address good."""
    text = _addresses(settings.SITE_URL).sub(_without_long_parts, text)
    return _VERP.sub(REMOVED, TOKENS.sub(REMOVED, text))


def _rewrite_headers(part: EmailMessage) -> None:
    for name, value in part.items():
        if (changed := remove_tokens(str(value))) != str(value):
            part.replace_header(name, changed)


def _rewrite(part: EmailMessage) -> None:
    encoding = part["Content-Transfer-Encoding"] and str(part["Content-Transfer-Encoding"])
    text = remove_tokens(part.get_content()).replace("\r\n", "\n")
    had_version = "MIME-Version" in part
    part.set_content(text, subtype=part.get_content_subtype(), cte=encoding)
    if not had_version:
        del part["MIME-Version"]


@lru_cache(maxsize=4)
def _addresses(site: str) -> re.Pattern[str]:
    """What follows the host in addresses of this site, and all of addresses for mail."""
    host = re.escape(urlsplit(site).netloc)
    return re.compile(rf"(?<=//{host})[^\s\"'<>]+|\bmailto:[^\s\"'<>]+")


def _without_long_parts(found: re.Match[str]) -> str:
    return _LONG.sub(rf"\1{REMOVED}", found[0])
