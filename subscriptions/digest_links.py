"""The links of a digest, and unsubscribing through its List-Unsubscribe header.

The lifetime of links starts when the digest's contents are frozen, so that every attempt has the
same ones. One click and the unsubscribe mail both carry a signed reference to the digest: it has
arrived, so a digest in state UNKNOWN counts as sent.
"""

import re
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core import signing

from digest.mail.inbound import bounce_reports
from digest.models import Digest
from subscriptions import links
from subscriptions.links import KeyedSigner, Links, Purpose
from subscriptions.models import Subscriber

_SUBJECT = re.compile(r"unsubscribe (\S{1,200}?)(?: (\S{1,200}))?", re.IGNORECASE)
_SALT = "mail.digest"  # the salt of digest references
DIGEST_PARAMETER = "in"  # the query parameter of the one-click URL with the digest's reference


class UnsubscribeRequest(NamedTuple):
    """A subscriber who unsubscribes by mail, and the digest they answer, if it is known."""

    subscriber: Subscriber
    digest: Digest | None


def list_unsubscribe(digest: Digest, page: str) -> str:
    """Return the value of List-Unsubscribe (RFC 2369, RFC 8058): the one-click URL, which never
    expires, and an address for mail if VERP_SENDER is set."""
    reference = digest_reference(digest)
    click = f"<{page}?{DIGEST_PARAMETER}={reference}>" if reference else f"<{page}>"
    if not settings.VERP_SENDER:
        return click
    leave = links.Purpose.UNSUBSCRIBE
    since = links_since(digest) if digest.composed_at else None
    token = links.token(leave, digest.subscriber_id, at=since)
    address = str(settings.VERP_SENDER).replace("{}", "unsubscribe", 1)
    subject = "%20".join(filter(None, ["unsubscribe", token, reference]))
    return f"{click}, <mailto:{address}?subject={subject}>"


def digest_reference(digest: Digest) -> str:
    """Return a signed, URL-safe reference to a digest, "" if it is not saved.

    It grants no access: it tells only from which mail somebody unsubscribed.
    """
    return _signer().sign(str(digest.pk)) if digest.pk else ""


def _signer() -> signing.Signer:
    return KeyedSigner(sep=".", salt=_SALT)


def read_digest_reference(text: str, subscriber: Subscriber) -> Digest | None:
    """Return the subscriber's digest that a `digest_reference` names, None for anything else."""
    try:
        pk = int(_signer().unsign(text))
    except (signing.BadSignature, ValueError):
        return None
    return Digest.objects.filter(pk=pk, subscriber=subscriber).first()


def read_unsubscribe_mail(report: bounce_reports.Report) -> UnsubscribeRequest | None:
    """Read an unsubscribe mail by its subject. Returns None for any other mail."""
    found = _SUBJECT.fullmatch(report.subject)
    if not found:
        return None
    try:
        subscriber = Subscriber.objects.resolve(links.read(links.Purpose.UNSUBSCRIBE, found[1]))
    except (links.BadLink, Subscriber.DoesNotExist):
        return None
    # The mail went to a former address of theirs, which gets no mail any more.
    if subscriber.link_has_ended(links.made_at(found[1])):
        return None
    return UnsubscribeRequest(subscriber, read_digest_reference(found[2] or "", subscriber))


def links_of(digest: Digest) -> Links:
    """Links whose lifetime starts when the digest was frozen."""
    return Links(links_since(digest))


def links_since(digest: Digest) -> datetime:
    """When the lifetime of the digest's links starts: when its contents were frozen, or when its
    subscriber's address changed after that, which invalidates earlier links."""
    assert digest.composed_at is not None, "links are made after the contents are frozen"
    changed = digest.subscriber.address_since
    if changed is None or changed <= digest.composed_at:
        return digest.composed_at
    return links.next_whole_second(changed)


def signed(digest: Digest, view: str, purpose: Purpose, row: int, *more: int) -> str:
    """Return the URL of the page `view` for one row, as in the mail of this digest. `more` follows
    the token in the path."""
    return links_of(digest).to(view, purpose, row, *more)
