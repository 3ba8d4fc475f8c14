"""Digest → message: the same bytes for the mailbox, the preview and the outbox."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from digest import corpus
from digest.delivery.card import Card, card
from digest.delivery.entries import Contents, contents, keywords_of, of_last_days
from digest.mail.message import ComposedMail, build, derived_id, render
from digest.matching.keywords import Keyword, parse
from digest.models import Digest, Dump, Paper, State
from subscriptions.links import Purpose, address, token
from subscriptions.models import Subscriber


def preview(subscriber: Subscriber, at: datetime) -> ComposedMail | None:
    """The digest this person would get at that time, None if nothing matches; no row is made."""
    local_date = at.astimezone(subscriber.zone).date()
    digest = Digest(subscriber=subscriber, local_date=local_date, composed_at=at)
    found = contents(digest, at)
    fill(digest, found, at)
    return compose_digest(digest) if found.entries else None


def fill(digest: Digest, found: Contents, at: datetime) -> None:
    """Put what was found on the (unsaved) digest."""
    digest.from_seq, digest.to_seq = found.after, found.through
    digest.entries, digest.papers_read, digest.composed_at = found.entries, found.read, at


def compose_digest(digest: Digest) -> ComposedMail:
    """The mail of a digest whose contents are frozen; the same on every attempt."""
    subscriber = digest.subscriber
    assert digest.composed_at is not None, "a digest is composed after its contents are frozen"
    subject, text, html = render("digest", _context(digest))
    return build(
        sender=settings.MAIL_FROM,
        recipient=subscriber.address,
        subject=subject,
        text=text,
        html=html,
        message_id=_message_id(digest),
        date=digest.composed_at,
        headers=_headers(digest),
    )


def cards(digest: Digest) -> list[Card]:
    """A card for each entry, best first; a paper deleted since is left out."""
    wanted = [entry["paper"] for entry in digest.entries]
    papers = Paper.objects.in_bulk(wanted)
    index = corpus.holding(papers)
    known = {keyword.text: keyword for keyword in keywords_of(digest.subscriber)}
    return [
        card(
            index,
            papers[entry["paper"]],
            _keywords(entry["keywords"], known),
            entry["why"],
        )
        for entry in digest.entries
        if entry["paper"] in papers
    ]


def _keywords(texts: Sequence[str], known: dict[str, Keyword]) -> list[Keyword]:
    return [known.get(text) or parse(text) for text in texts]


def _context(digest: Digest) -> dict[str, Any]:
    subscriber = digest.subscriber
    all_cards = cards(digest)
    matched = [each for each in all_cards if each.keywords]
    shown = matched[: subscriber.max_papers]
    return {
        "digest": digest,
        **_look_back(digest),
        "doubtful_day": _doubtful_day(digest),
        "count": len(matched),
        "cards": shown,
        "trending": [each for each in all_cards if not each.keywords],
        "more": len(matched) - len(shown),
        "day": _day(digest.local_date),
        "keywords": subscriber.active_keywords(),
        "wanted": sum(not keyword.excludes for keyword in keywords_of(subscriber)),
        "first": not _earlier(digest).exists(),
        "subscriber": subscriber,
        "home_url": address("home"),
        "digest_url": address("digest", token(Purpose.DIGEST, digest.pk)) if digest.pk else "",
        "preferences_url": address("preferences", token(Purpose.PREFERENCES, subscriber.pk)),
        "unsubscribe_url": unsubscribe_url(subscriber),
        "postal_address": settings.POSTAL_ADDRESS,
    }


def _look_back(digest: Digest) -> dict[str, Any]:
    """What the opening says of a sample: the 7 days, or the newest listing when they had none."""
    if digest.kind != Digest.Kind.SAMPLE:
        return {"sample": False}
    quiet = not of_last_days(digest.to_seq or 0, digest.local_date).exists()
    newest = Dump.objects.newest_listing() if quiet else None
    day = newest.listed_on if newest else None
    return {"sample": True, "quiet_week": quiet, "newest_day": _day(day) if day else ""}


def _earlier(digest: Digest) -> QuerySet[Digest]:
    """The person's scheduled digests before this one that ended with their papers dealt with."""
    return Digest.objects.scheduled().filter(
        subscriber_id=digest.subscriber_id,
        local_date__lt=digest.local_date,
        state__in=(State.SENT, State.EMPTY),
    )


def _doubtful_day(digest: Digest) -> str:
    """The day of an earlier mail whose fate is unknown and whose papers are in this one too."""
    overlapping = Digest.objects.scheduled().filter(
        subscriber_id=digest.subscriber_id, state=State.UNKNOWN, to_seq__gt=digest.from_seq
    )
    newest = overlapping.exclude(pk=digest.pk).order_by("-local_date").first()
    return _day(newest.local_date) if newest and digest.kind == Digest.Kind.SCHEDULED else ""


def _day(day: date) -> str:
    """Like "Fri 20 Nov": no leading zero, whatever the platform's strftime does."""
    return f"{day:%a} {day.day} {day:%b}"


def unsubscribe_url(subscriber: Subscriber) -> str:
    return address("unsubscribe", token(Purpose.UNSUBSCRIBE, subscriber.pk))


def _message_id(digest: Digest) -> str:
    key = f"digest:{digest.subscriber_id}:{digest.kind}:{digest.local_date}"
    return derived_id(settings.SECRET_KEY, key, settings.SITE_HOST)


def _headers(digest: Digest) -> dict[str, str]:
    """The headers of list mail: RFC 2369, 2919, 3834, 8058 and the mailbox providers' own."""
    return {
        "List-Id": f"Paper Digest <digest.{settings.SITE_HOST}>",
        "List-Unsubscribe": f"<{unsubscribe_url(digest.subscriber)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        "Feedback-ID": f"{digest.local_date:%Y%m%d}:{digest.kind}:v1:paperdigest",
    }
