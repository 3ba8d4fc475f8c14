"""The links of a digest, and how people leave by its headers: a button of the mailbox provider,
or a mail.

The lives of links begin when the contents were frozen, so that a mail that is composed anew, on
whatever attempt, has the same ones. Both ways of leaving name the digest they were used in: it had
arrived, so that one whose arrival was not known counts as sent.
"""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from digest.mail.inbound import bounce_reports
from digest.models import Digest
from subscriptions import links
from subscriptions.links import Links, Purpose
from subscriptions.models import Subscriber

_SUBJECT = re.compile(r"unsubscribe (\S{1,200}?)(?: (\S{1,200}))?", re.IGNORECASE)
_MARK = "mail.digest"  # the salt of marks
DIGEST_PARAMETER = "in"  # the query field of the one-click address that holds the digest's mark


class UnsubscribeRequest(NamedTuple):
    """Who wants no more mail; the digest they say it of, where it is known."""

    subscriber: Subscriber
    digest: Digest | None


def list_unsubscribe(digest: Digest, page: str) -> str:
    """The value of List-Unsubscribe (RFC 2369, 8058): one click on the page, which never expires,
    and where VERP_SENDER is set a mail to it."""
    mail_of = mark(digest)
    click = f"<{page}?{DIGEST_PARAMETER}={mail_of}>" if mail_of else f"<{page}>"
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


def read_digest_reference(text: str, subscriber: Subscriber) -> Digest | None:
    """The digest of this person that such a name is of."""
    try:
        pk = int(_signer().unsign(text))
    except (signing.BadSignature, ValueError):
        return None
    return Digest.objects.filter(pk=pk, subscriber=subscriber).first()


def read_unsubscribe_mail(report: bounce_reports.Report) -> UnsubscribeRequest | None:
    """Who asks to leave with the subject of List-Unsubscribe's mail; None: nobody."""
    found = _SUBJECT.fullmatch(report.subject)
    if not found:
        return None
    try:
        subscriber = Subscriber.objects.resolve(links.read(links.Purpose.UNSUBSCRIBE, found[1]))
    except (links.BadLink, Subscriber.DoesNotExist):
        return None
    # The mail went to their former address, which gets none any more.
    if subscriber.link_has_ended(links.made_at(found[1])):
        return None
    return UnsubscribeRequest(subscriber, read_digest_reference(found[2] or "", subscriber))


def links_of(digest: Digest) -> Links:
    return Links(links_since(digest))


def links_since(digest: Digest) -> datetime:
    """When the lives of its links begin. Where the address was changed after the contents were
    frozen, then: links from before end with the former address."""
    assert digest.composed_at is not None, "links are made after the contents are frozen"
    changed = digest.subscriber.address_since
    if changed is None or changed <= digest.composed_at:
        return digest.composed_at
    # A token has its time in whole seconds.
    return changed.replace(microsecond=0) + timedelta(seconds=bool(changed.microsecond))


def signed(digest: Digest, view: str, purpose: Purpose, row: int, *more: int) -> str:
    """The address of the page `view` for one row, as the mail of this digest has it; `more` stands
    behind the token."""
    return links_of(digest).to(view, purpose, row, *more)
