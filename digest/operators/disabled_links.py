"""Mail with disabled links, for operators to read.

A link in a mail acts for its recipient, so no token of it may appear on an operator's page: a token
is valid on every host that the site has had, and a forged bounce to a bounce address stops the
recipient's mail. Long parts of this site's own URLs are removed as well.
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
_VERP = re.compile(
    r"(?<=-)[a-z2-7]{20}(?=[a-z0-9.+_=-]{0,64}(?:@|%40))", re.I
)  # see digest.mail.verp
# An escape like %20 before the long part stays.
_LONG = re.compile(r"((?:%[0-9A-Fa-f]{2})?)[\w.:~=-]{25,}", re.ASCII)


def with_disabled_links(mail: ComposedMail) -> ComposedMail:
    """Return the mail with all tokens removed from its headers and parts."""
    read = message_from_bytes(mail.message, policy=SMTP)
    assert isinstance(read, EmailMessage)
    for part in read.walk():
        for name, value in part.items():
            if (changed := remove_tokens(str(value))) != str(value):
                part.replace_header(name, changed)
        part.preamble = part.epilogue = None  # no mail program shows them
        if part.get_content_maintype() == "text":
            _rewrite(part)
    return ComposedMail(read.as_bytes(policy=WIDE_POLICY))


def remove_tokens(text: str) -> str:
    """Return the text without tokens and without the signatures of bounce addresses."""
    text = _urls(settings.SITE_URL).sub(lambda found: _LONG.sub(rf"\1{REMOVED}", found[0]), text)
    return _VERP.sub(REMOVED, TOKENS.sub(REMOVED, text))


def _rewrite(part: EmailMessage) -> None:
    encoding = part["Content-Transfer-Encoding"] and str(part["Content-Transfer-Encoding"])
    text = remove_tokens(part.get_content()).replace("\r\n", "\n")
    had_version = "MIME-Version" in part
    part.set_content(text, subtype=part.get_content_subtype(), cte=encoding)
    if not had_version:
        del part["MIME-Version"]


@lru_cache(maxsize=4)
def _urls(site: str) -> re.Pattern[str]:
    """Match what follows the host in URLs of this site, and whole mailto URLs."""
    host = re.escape(urlsplit(site).netloc)
    return re.compile(rf"(?<=//{host})[^\s\"'<>]+|\bmailto:[^\s\"'<>]+")
