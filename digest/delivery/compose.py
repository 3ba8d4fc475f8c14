"""Digest → message: the same bytes for the mailbox, the preview and the outbox."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings

from digest import corpus
from digest.delivery.account import Account
from digest.delivery.asides import papers_aside
from digest.delivery.card import Card, card
from digest.delivery.contents import contents, fill, keywords_of
from digest.delivery.frame import Shown, frame
from digest.delivery.leaving import list_unsubscribe
from digest.delivery.rendered import RenderedCard, Renderer, Variant, rendered_card
from digest.mail.message import ComposedMail, build, derived_id, render
from digest.matching.index import PaperIndex
from digest.matching.keywords import Keyword
from digest.models import Digest, Paper
from subscriptions.changes import usable
from subscriptions.models import Subscriber

Entry = Mapping[str, Any]
MOST_PAPERS = 120  # more than fit without their abstracts
MOST_BYTES = 90_000  # of the whole mail; beyond 102 kB of HTML Gmail cuts it


def preview(subscriber: Subscriber, at: datetime) -> ComposedMail | None:
    """The digest this person would get at that time, None if there is nothing to say; no row is
    made."""
    local_date = at.astimezone(subscriber.zone).date()
    digest = Digest(subscriber=subscriber, local_date=local_date, composed_at=at)
    fill(digest, contents(digest, at), at)
    return compose_digest(digest) if digest.entries or digest.told.get("quiet") else None


def compose_digest(digest: Digest, rendered: Renderer = rendered_card) -> ComposedMail:
    """The mail of a digest whose contents are frozen: of the same row, papers and keywords always
    the same bytes. `rendered` turns a card into HTML and text.

    It is shorter than MOST_BYTES: where the papers do not fit, the last ones lose their abstracts
    first, then go behind "and 14 more".
    """
    assert digest.composed_at is not None, "a digest is composed after its contents are frozen"
    papers = _papers(digest)
    keywords = keywords_of(digest.subscriber)
    rows = _rows(digest.subscriber)
    entries = [entry for entry in digest.entries if entry["paper"] in papers]
    account = _account(digest, entries, keywords)
    best = _cards(_best(entries, digest.subscriber), papers, keywords)
    once = _Once(rendered)

    @cache
    def mail(cut: int) -> ComposedMail | None:
        return _mail(digest, frame(account, _shown(best, cut), papers, rows, once))

    # Each step leaves out more, so the first that fits is found by halving.
    cuts = range(2 * len(best))
    cut = 0 if mail(0) else bisect_left(cuts, True, key=lambda cut: mail(cut) is not None)
    found = mail(cut)
    assert found is not None, "a mail without papers fits: all else in it is bounded"
    return found


class _Once:
    """Renders each card once, however often its mail is tried."""

    def __init__(self, rendered: Renderer) -> None:
        self._rendered = rendered
        self._known: dict[tuple[int, Variant], RenderedCard] = {}

    def __call__(self, card: Card, variant: Variant) -> RenderedCard:
        key = (card.paper.pk, variant)
        if key not in self._known:
            self._known[key] = self._rendered(card, variant)
        return self._known[key]


def _shown(best: Sequence[Card], cut: int) -> Shown:
    """What is left after `cut` steps: one abstract each, from the last, then one paper each."""
    size = len(best)
    return Shown(best[: size - max(cut - size, 0)], max(size - cut, 0))


def _mail(digest: Digest, context: Mapping[str, Any]) -> ComposedMail | None:
    """The mail, None if it is too long."""
    assert digest.composed_at is not None
    subscriber = digest.subscriber
    subject, text, html = render("digest", context)
    if subscriber.body_format == Subscriber.BodyFormat.TEXT:
        html = ""
    if len(text.encode()) + len(html.encode()) >= MOST_BYTES:  # an encoding only adds to it
        return None
    mail = build(
        sender=settings.MAIL_FROM,
        recipient=subscriber.address,
        subject=subject,
        text=text,
        html=html,
        message_id=_message_id(digest),
        date=digest.composed_at,
        headers=_headers(digest),
    )
    return mail if len(mail.message) < MOST_BYTES else None


def cards(digest: Digest) -> list[Card]:
    """A card for each entry, best first; a paper deleted since is left out."""
    papers = _papers(digest)
    entries = [entry for entry in digest.entries if entry["paper"] in papers]
    return _cards(entries, papers, keywords_of(digest.subscriber))


def _papers(digest: Digest) -> dict[int, Paper]:
    """Every paper that the digest speaks of, by its id."""
    wanted = {entry["paper"] for entry in digest.entries} | papers_aside(digest)
    return Paper.objects.in_bulk(wanted)


def _cards(
    entries: Sequence[Entry], papers: Mapping[int, Paper], keywords: Sequence[Keyword]
) -> list[Card]:
    index = corpus.holding(entry["paper"] for entry in entries)
    known = _known(entries, keywords)
    return [_card(index, papers[entry["paper"]], entry, known) for entry in entries]


def _known(entries: Sequence[Entry], keywords: Sequence[Keyword]) -> dict[str, Keyword]:
    """The keywords of the entries, also those dropped since, by their texts. One that an older
    release froze and this one cannot read is left out."""
    known = {keyword.text: keyword for keyword in keywords}
    told = {text: None for entry in entries for text in entry["keywords"] if text not in known}
    return known | {keyword.text: keyword for keyword in usable(told)}


def _card(index: PaperIndex, paper: Paper, entry: Entry, known: Mapping[str, Keyword]) -> Card:
    """What brought a paper is told as it was frozen; what is not known any more marks nothing."""
    texts = tuple(entry["keywords"])
    found = card(index, paper, [known[text] for text in texts if text in known], entry["why"])
    return replace(found, keywords=texts)


def _rows(subscriber: Subscriber) -> dict[str, int]:
    """The keywords in force, as typed, and the ids of their rows."""
    return dict(subscriber.subscriptions.active().order_by("pk").values_list("text", "pk"))


def _account(digest: Digest, entries: Sequence[Entry], keywords: Sequence[Keyword]) -> Account:
    return Account(
        digest=digest,
        matched=[entry["keywords"] for entry in entries if entry["keywords"]],
        trending=sum(not entry["keywords"] for entry in entries),
        wanted=sum(not keyword.excludes for keyword in keywords),
    )


def _best(entries: Sequence[Entry], subscriber: Subscriber) -> list[Entry]:
    """What the mail shows before its size is looked at."""
    matched = [entry for entry in entries if entry["keywords"]]
    trending = [entry for entry in entries if not entry["keywords"]]
    return [*matched[: subscriber.max_papers], *trending][:MOST_PAPERS]


def _message_id(digest: Digest) -> str:
    key = f"digest:{digest.subscriber_id}:{digest.kind}:{digest.local_date}"
    return derived_id(settings.SECRET_KEY, key, settings.SITE_HOST)


def _headers(digest: Digest) -> dict[str, str]:
    """The headers of list mail: RFC 2369, 2919, 3834, 8058 and the mailbox providers' own."""
    return {
        "List-Id": f"Paper Digest <digest.{settings.SITE_HOST}>",
        "List-Unsubscribe": list_unsubscribe(digest),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Precedence": "bulk",
        "Feedback-ID": f"{digest.local_date:%Y%m%d}:{digest.kind}:v1:paperdigest",
    }
