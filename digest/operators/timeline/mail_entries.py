"""Entries about mail: digests, letters, and what servers and recipients reported of them."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce

from digest.models import Digest, Letter, MailEvent, State
from digest.operators.disabled_links import remove_tokens
from subscriptions.models import Subscriber

from .timeline_entries import Kind, RowKind, TimelineEntry, admin_url

_STATES = {
    State.PLANNED: "waits to be sent",
    State.LEASED: "is being written",
    State.SENDING: "is being sent",
    State.SENT: "was sent",
    State.EMPTY: "had no new papers for them, so it was not sent",
    State.FAILED: "was refused by the mail server",
    State.SUPPRESSED: "was not sent: they got no e-mail then",
    State.EXPIRED: "was not sent in time",
    State.CANCELLED: "was cancelled",
    State.UNKNOWN: "got no reply from the mail server, so it may not have arrived",
}
_KINDS = {
    Digest.Kind.SCHEDULED: "The digest of {}",
    Digest.Kind.SAMPLE: "The sample of {}",
    Digest.Kind.COPY: "The copy of {}",
}
# When it was sent; if it was not, when it was written, or is to be.
_AT = Coalesce("sent_at", "composed_at", "not_before")
_LETTER_AT = Coalesce("sent_at", "not_before")


def mail_kinds(person: Subscriber) -> Iterator[Kind]:
    """Yield the kinds of entries about a person's mail."""
    digests = person.digests.all()
    letters = Letter.objects.filter(
        Q(subscriber=person) | Q(address_change__in=person.address_changes.values("pk"))
    )
    shown = digests.defer("follow_ups", "facts")
    yield RowKind("digest.view_digest", shown, _AT, _of_digest)
    yield RowKind(
        "digest.view_letter", letters.select_related("subscriber"), _LETTER_AT, _of_letter
    )
    events = (
        MailEvent.objects.filter(
            Q(digest__in=digests.values("pk")) | Q(letter__in=letters.values("pk"))
        )
        .select_related("digest", "letter")
        .defer("digest__entries", "digest__follow_ups", "digest__facts", "letter__facts")
    )
    yield RowKind("digest.view_mailevent", events, "at", _of_event)


def _of_digest(digest: Digest, at: datetime) -> TimelineEntry:
    sentence = f"{digest_name(digest)} {_STATES[State(digest.state)]}"
    if digest.state != State.EMPTY and digest.composed_at and not digest.pruned:
        count = len(digest.entries)
        sentence += f" ({count} paper{'s' * (count != 1)})"
    return TimelineEntry(at, f"{sentence}.", reply_of(digest), admin_url(digest))


def digest_name(digest: Digest) -> str:
    """Return what a digest is called at the start of a sentence."""
    return _KINDS[Digest.Kind(digest.kind)].format(f"{digest.local_date:%-d %B %Y}")


def _of_letter(letter: Letter, at: datetime) -> TimelineEntry:
    what = f"The letter “{letter.get_purpose_display()}”"
    to = "" if letter.subscriber_id else f" to {letter.email}"
    sentence = f"{what}{to} {_STATES[State(letter.state)]}."
    return TimelineEntry(at, sentence, reply_of(letter), admin_url(letter))


def reply_of(mail: Digest | Letter) -> str:
    """Return the mail server's last answer with the number of tries, "" if it was never tried."""
    answer = " ".join(filter(None, (str(mail.reply_code or ""), remove_tokens(mail.reply_text))))
    through = f"through {mail.backend}" if mail.backend else ""
    tries = f"{mail.attempts} tries" if mail.attempts > 1 else ""
    return "; ".join(filter(None, (answer, through, tries)))


def _of_event(event: MailEvent, at: datetime) -> TimelineEntry:
    about = ""
    if event.digest:
        name = digest_name(event.digest)
        about = f", about {name[0].lower()}{name[1:]}"
    elif event.letter:
        about = f", about the letter “{event.letter.get_purpose_display()}”"
    detail = "; ".join(filter(None, (event.status, f"from {event.provider}")))
    return TimelineEntry(
        at, f"Reported: {event.get_kind_display()}{about}.", detail, admin_url(event)
    )
