"""The ways out that stand in a digest's headers: a button of the mailbox provider, and a mail.

Both name the digest they stood in too: who uses them had that very mail, so that one whose arrival
was not known counts as sent.
"""

import re
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from digest.delivery.addresses import links_since
from digest.mail.inbound import bounce_reports
from digest.models import Digest
from subscriptions import links
from subscriptions.models import Subscriber

_SUBJECT = re.compile(r"unsubscribe (\S{1,200}?)(?: (\S{1,200}))?", re.IGNORECASE)
_MARK = "mail.digest"  # the salt of marks
ASKED_IN = "in"  # the query field of the one-click address that holds the digest's mark


class Leaving(NamedTuple):
    """Who wants no more mail; the digest they say it of, where it is known."""

    subscriber: Subscriber
    digest: Digest | None


def list_unsubscribe(digest: Digest, page: str) -> str:
    """The value of List-Unsubscribe (RFC 2369, 8058): one click on the page, which never expires,
    and where VERP_SENDER is set a mail to it."""
    mail_of = mark(digest)
    click = f"<{page}?{ASKED_IN}={mail_of}>" if mail_of else f"<{page}>"
    if not settings.VERP_SENDER:
        return click
    leave = links.Purpose.UNSUBSCRIBE
    since = links_since(digest) if digest.composed_at else None
    token = links.token(leave, digest.subscriber_id, at=since)
    address = str(settings.VERP_SENDER).replace("{}", "unsubscribe", 1)
    subject = "%20".join(filter(None, ["unsubscribe", token, mail_of]))
    return f"{click}, <mailto:{address}?subject={subject}>"


def mark(digest: Digest) -> str:
    """A signed name of a digest, URL-safe; "" for one that is no row. It opens nothing: it says
    only which mail a person left by."""
    return _signer().sign(str(digest.pk)) if digest.pk else ""


def _signer() -> signing.Signer:
    return signing.Signer(sep=".", salt=_MARK)


def marked(text: str, subscriber: Subscriber) -> Digest | None:
    """The digest of this person that such a name is of."""
    try:
        pk = int(_signer().unsign(text))
    except (signing.BadSignature, ValueError):
        return None
    return Digest.objects.filter(pk=pk, subscriber=subscriber).first()


def by_mail(report: bounce_reports.Report) -> Leaving | None:
    """Who asks to leave with the subject of List-Unsubscribe's mail; None: nobody."""
    found = _SUBJECT.fullmatch(report.subject)
    if not found:
        return None
    try:
        subscriber = Subscriber.objects.named(links.read(links.Purpose.UNSUBSCRIBE, found[1]))
    except (links.BadLink, Subscriber.DoesNotExist):
        return None
    # The mail went to their former address, which gets none any more.
    if subscriber.link_has_ended(links.made_at(found[1])):
        return None
    return Leaving(subscriber, marked(found[2] or "", subscriber))
