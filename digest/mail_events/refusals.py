"""Permanent refusals that say no more than that this mailbox takes no mail: several in a row tell.

A reply like "550 no" may mean anything once. From the same mailbox for one digest after another it
means that nobody reads mail there.
"""

from django.db.models import Exists, OuterRef, Q

from digest.mail.inbound.reply_codes import ABOUT_THE_MAILBOX, classify, own_status
from digest.models import Digest, MailEvent, State

MOST = 3  # digests in a row, after which the address is sent nothing more
_LOOKED_AT = 10  # the latest digests; those that say nothing about the mailbox are passed over
_KINDS = (MailEvent.Kind.BOUNCE_REFUSED, MailEvent.Kind.BOUNCE_HARD)


def in_a_row(digest: Digest) -> int:
    """How many of the person's digests up to this one were refused in a way that speaks of the
    mailbox or says nothing, by a reply or in a report, with none delivered in between.

    Refusals for policy, content and size neither count nor end the row, and neither does a mail
    without an answer. A confirmation, and an address that is new, begin it anew.
    """
    events = MailEvent.objects.filter(digest=OuterRef("pk"), kind__in=_KINDS)
    rows = Digest.objects.filter(
        Q(not_before__lt=digest.not_before) | Q(pk=digest.pk),
        subscriber_id=digest.subscriber_id,
        state__in=(State.SENT, State.FAILED),
        pruned=False,  # the words of a reply are gone then, and it says nothing
    ).exclude(kind=Digest.Kind.COPY)
    person = digest.subscriber
    for since in filter(None, (person.confirmed_at, person.address_since)):
        rows = rows.filter(not_before__gte=since)
    latest = rows.order_by("-not_before", "-pk").annotate(reported=Exists(events))
    count = 0
    for state, code, text, reported in latest.values_list(
        "state", "reply_code", "reply_text", "reported"
    )[:_LOOKED_AT]:
        if reported or (state == State.FAILED and speaks_of_the_mailbox(code, text)):
            count += 1
        elif state == State.SENT:
            break
    return count


def speaks_of_the_mailbox(code: int | None, text: str) -> bool:
    """Whether a reply to a mail that failed may mean that the mailbox takes none at all."""
    if code is None or not 500 <= code < 600:
        return False
    return classify(text, code, own_status(text)) in ABOUT_THE_MAILBOX
